# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The machines of one cluster: which there are, which come and go next, how they are."""

from __future__ import annotations

import random
from collections.abc import Container, Sequence

from twin.eksa.conditions import Counts
from twin.eksa.delays import Delays
from twin.eksa.groups import Group
from twin.eksa.health import given_up
from twin.eksa.life import Around, Lives, Machine
from twin.eksa.machines import Vm
from twin.eksa.names import new_name
from twin.eksa.rollout import Member, next_step, settled


class Fleet:
    """For one thread. `initialized` once the first control-plane machine runs; it stays so."""

    def __init__(self, cluster: str, around: Around, dice: random.Random) -> None:
        self.cluster = cluster
        self.machines: dict[str, Machine] = {}
        self.initialized = False
        self._around = around
        self._lives = Lives(around)
        self._delays = Delays(around.clock)
        self._dice = dice
        self._looked = float("-inf")

    def go_on(self, groups: Sequence[Group], *, chosen: Container[str] = (), spared: Container[str] = ()) -> float:
        """Move every machine on and begin what comes next; the real seconds until there is something to do again.

        `chosen` go first when fewer are wished, `spared` are not replaced when they are unhealthy.
        """
        after = self._look(spared)
        for machine in list(self.machines.values()):
            after = min(after, self._advance(machine))
        # etcd comes before the control plane, and that before the workers.
        for role in ("etcd", "control-plane", "worker"):
            mine = [group for group in groups if group.role == role]
            for group in mine:
                self._step(group, chosen)
            if not all(self.settled(group) for group in mine):
                break
        return min(after, *(self._advance(each) for each in list(self.machines.values())), 60.0)

    def leave_other_groups(self, groups: Sequence[Group]) -> None:
        """Machines of groups that are wished no more go."""
        names = {(group.role, group.name) for group in groups}
        for machine in self.machines.values():
            if (machine.group.role, machine.group.name) not in names:
                self._lives.leave(machine)

    def empty(self) -> float:
        """End them all, workers first; the real seconds until there is something to do, inf when none is left."""
        for role in ("worker", "control-plane", "etcd"):
            mine = [machine for machine in self.machines.values() if machine.group.role == role]
            for machine in mine:
                self._lives.leave(machine)
            if mine:
                return min(self._advance(machine) for machine in mine)
        return float("inf")

    def leave(self, name: str) -> None:
        """Somebody ends this machine; its group makes another one."""
        if name in self.machines:
            self._lives.leave(self.machines[name])

    def gone(self) -> list[Machine]:
        """Those whose end is complete; they are forgotten."""
        found = [machine for machine in self.machines.values() if machine.phase == "gone"]
        for machine in found:
            del self.machines[machine.name]
        return found

    def counts(self, group: Group) -> Counts:
        """Replicas of a group."""
        mine = self.of(group)
        return Counts(
            group.count, len(mine), sum(each.group.digest == group.digest for each in mine),
            sum(each.ready and not each.leaving for each in mine),
        )  # fmt: skip

    def settled(self, group: Group) -> bool:
        """Whether the group is exactly as wished and ready."""
        return settled(group, self._members(group, ()))

    def of(self, group: Group) -> list[Machine]:
        """The machines of a group."""
        return [each for each in self.machines.values() if each.group.name == group.name
                and each.group.role == group.role]  # fmt: skip

    def _members(self, group: Group, chosen: Container[str]) -> list[Member]:
        return [
            Member(each.name, each.group.digest, each.ready, each.leaving, each.created, each.name in chosen)
            for each in self.of(group)
        ]

    def _step(self, group: Group, chosen: Container[str]) -> None:
        step = next_step(group, self._members(group, chosen))
        for name in step.delete:
            self._lives.leave(self.machines[name])
        now = self._around.clock.now()
        for _ in range(step.create):
            name = new_name(group.prefix, self.machines, self._dice)
            self.machines[name] = Machine(name, self.cluster, group, now, now)

    def _advance(self, machine: Machine) -> float:
        while True:
            after = self._lives.advance(machine)
            if machine.group.role == "control-plane" and machine.phase == "running":
                self.initialized = True
            if after is None or after > 0 or machine.phase == "gone":
                return float("inf") if after is None else after or float("inf")

    def _look(self, spared: Container[str]) -> float:
        """How the machines are, from time to time; those that are given up go."""
        now, interval = self._around.clock.now(), self._delays.real("look")
        if now - self._looked < interval:
            return self._looked + interval - now
        self._looked = now
        running = [each for each in self.machines.values() if each.vm and each.phase == "running"]
        seen = self._around.machines.look([each.vm.uuid for each in running if each.vm])
        for machine in running:
            self._take(machine, seen.get(machine.vm.uuid) if machine.vm else None, now)
        for group in {(each.group.role, each.group.name): each.group for each in self.machines.values()}.values():
            # Before the first control-plane machine runs, no check can tell anything.
            for machine in given_up(group, self.of(group), self._around.clock, spared) if self.initialized else ():
                self._lives.leave(machine)
        return interval

    def _take(self, machine: Machine, found: Vm | None, now: float) -> None:
        if found is not None:
            machine.vm = found
        if found is not None and found.runs:
            machine.well, machine.seen_well = True, now
        elif now - machine.seen_well >= self._delays.real("node-lost"):
            machine.well = False
