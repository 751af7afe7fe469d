# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which machines are given up: by MachineHealthChecks, and members of etcd by their own controller. Pure."""

from __future__ import annotations

from collections.abc import Container, Sequence

from twin.contract import Clock
from twin.eksa.groups import Group
from twin.eksa.life import Machine

_MEMBER_SECONDS = 150.0
"""etcdadm-controller asks every member each 30 s, and gives one up that has failed five times."""


def given_up(group: Group, machines: Sequence[Machine], clock: Clock, spared: Container[str]) -> list[Machine]:
    """Those to be replaced. `spared` are the names that somebody has marked to be left alone.

    Nothing is done when more are unhealthy than the check allows: then the fault is elsewhere.
    """
    if group.role == "etcd":
        return _member_given_up(machines, clock)
    if group.health is None:
        return []
    staying = [each for each in machines if not each.leaving]
    unhealthy = [each for each in staying if _is_given_up(each, group, clock)]
    if len(unhealthy) > _allowed(group.health.most, len(staying)):
        return []
    return [each for each in unhealthy if each.name not in spared]


def _member_given_up(machines: Sequence[Machine], clock: Clock) -> list[Machine]:
    """Members go one at a time, and only while a majority of those that have joined is well."""
    if any(each.leaving for each in machines):
        return []
    members = [each for each in machines if each.phase == "running"]
    failing = [each for each in members if not each.well]
    if len(members) - len(failing) < len(members) // 2 + 1:
        return []
    return [each for each in failing if clock.now() - each.seen_well >= clock.scaled(_MEMBER_SECONDS)][:1]


def _is_given_up(machine: Machine, group: Group, clock: Clock) -> bool:
    if group.health is None:
        return False
    if machine.phase == "running":
        return not machine.well and clock.now() - machine.seen_well >= clock.scaled(group.health.unhealthy)
    return clock.now() - machine.created >= clock.scaled(group.health.startup)


def _allowed(most: str | int, all_of_them: int) -> int:
    text = str(most)
    return int(text[:-1]) * all_of_them // 100 if text.endswith("%") else int(text)
