# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""MachineHealthCheck: which machines are given up. Pure."""

from __future__ import annotations

from collections.abc import Container, Sequence

from twin.contract import Clock
from twin.eksa.groups import Group
from twin.eksa.life import Machine


def given_up(group: Group, machines: Sequence[Machine], clock: Clock, spared: Container[str]) -> list[Machine]:
    """Those to be replaced. `spared` are the names that somebody has marked to be left alone.

    Nothing is done when more are unhealthy than the check allows: then the fault is elsewhere.
    """
    if group.health is None:
        return []
    staying = [each for each in machines if not each.leaving]
    unhealthy = [each for each in staying if _is_given_up(each, group, clock)]
    if len(unhealthy) > _allowed(group.health.most, len(staying)):
        return []
    return [each for each in unhealthy if each.name not in spared]


def _is_given_up(machine: Machine, group: Group, clock: Clock) -> bool:
    if group.health is None:
        return False
    if machine.phase == "running":
        return not machine.well and clock.now() - machine.seen_well >= clock.scaled(group.health.unhealthy)
    return clock.now() - machine.created >= clock.scaled(group.health.startup)


def _allowed(most: str | int, all_of_them: int) -> int:
    text = str(most)
    return int(text[:-1]) * all_of_them // 100 if text.endswith("%") else int(text)
