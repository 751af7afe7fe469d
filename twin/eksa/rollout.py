# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which machines a group makes and ends next: scaling, rollouts with surge. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from twin.eksa.groups import Group


@dataclass(frozen=True)
class Member:
    """A machine as a rollout sees it; `order` tells older from newer ones, `chosen` was marked to go first."""

    name: str
    digest: str
    ready: bool
    leaving: bool
    order: float
    chosen: bool = False


@dataclass(frozen=True)
class Step:
    """How many to make, and which to end."""

    create: int = 0
    delete: Sequence[str] = field(default_factory=tuple)


def next_step(group: Group, members: Sequence[Member]) -> Step:
    """What to do now; nothing when it is as wished, or when something must end first."""
    return _parallel(group, members) if group.role == "worker" else _one_by_one(group, members)


def settled(group: Group, members: Sequence[Member]) -> bool:
    """Whether the group is exactly as wished and ready."""
    return len(members) == group.count and all(
        each.ready and not each.leaving and each.digest == group.digest for each in members
    )


def _one_by_one(group: Group, members: Sequence[Member]) -> Step:
    """As KubeadmControlPlane and EtcdadmCluster do: one change at a time, and none while one is under way."""
    if any(each.leaving or not each.ready for each in members):
        return Step()
    old = [each for each in members if each.digest != group.digest]
    room = group.count + (min(group.surge, 1) if old else 0)
    if len(members) < room:
        return Step(create=1)
    if old:
        return Step(delete=(_first(old),))
    return Step(delete=(_first(members),)) if len(members) > group.count else Step()


def _parallel(group: Group, members: Sequence[Member]) -> Step:
    """As a MachineDeployment does: what leaves counts no longer."""
    staying = [each for each in members if not each.leaving]
    old = [each for each in staying if each.digest != group.digest]
    new = [each for each in staying if each.digest == group.digest]
    room = group.count + (group.surge if old else 0) - len(staying)
    create = max(0, min(group.count - len(new), room))
    delete = [each.name for each in _in_order(new)[: max(0, len(new) - group.count)]]
    spare = sum(each.ready for each in staying) - (group.count - group.unavailable)
    for each in _in_order(old):
        if not each.ready:
            delete.append(each.name)
        elif spare > 0:
            delete.append(each.name)
            spare -= 1
    return Step(create, tuple(delete))


def _in_order(members: Sequence[Member]) -> list[Member]:
    return sorted(members, key=lambda each: (not each.chosen, each.ready, each.order, each.name))


def _first(members: Sequence[Member]) -> str:
    return _in_order(members)[0].name
