# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One machine from its wish to its end, and what keeps it from going on."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Literal, NamedTuple

from twin.contract import Clock, TwinError
from twin.eksa.delays import Delay, Delays
from twin.eksa.faults import EksaFaults
from twin.eksa.groups import Group
from twin.eksa.machines import Machines, Vm, VmWish

Phase = Literal["pending", "cloning", "booting", "joining", "running", "draining", "destroying", "gone"]


class Problem(NamedTuple):
    """Why it does not go on, in the words of the Cluster API's conditions."""

    reason: str
    message: str


@dataclass
class Machine:
    """`since` is when the phase began; `seen_well` when its node was last alive."""

    name: str
    cluster: str
    group: Group
    created: float
    since: float
    phase: Phase = "pending"
    vm: Vm | None = None
    address: str = ""
    problem: Problem | None = None
    clone: Future[Vm] | None = None
    seen_well: float = 0.0
    well: bool = True
    has_node: bool = False

    @property
    def ready(self) -> bool:
        """Whether it counts as a ready replica."""
        return self.phase == "running" and self.well

    @property
    def leaving(self) -> bool:
        """Whether it is on its way out."""
        return self.phase in ("draining", "destroying", "gone")

    @property
    def look(self) -> object:
        """All that its objects tell of it: while this is the same, they are."""
        return (self.phase, self.vm, self.address, self.problem, self.well, self.has_node)

    @property
    def provider_id(self) -> str:
        """As the vSphere cloud provider writes it; "" before there is a machine."""
        return f"vsphere://{self.vm.uuid}" if self.vm else ""


@dataclass(frozen=True)
class Around:
    """What a machine's life needs of others. `node` makes or renews its node (False: without its provider's id)."""

    machines: Machines
    clock: Clock
    faults: EksaFaults
    executor: Executor
    may_start: Callable[[Machine], bool]
    may_join: Callable[[Machine], bool]
    lease: Callable[[Machine], str]
    node: Callable[[Machine, bool], None]
    drop_node: Callable[[Machine], None]
    wake: Callable[[], None]


class Lives:
    """Moves machines on. `advance` answers the real seconds until the next look; None: when something has changed."""

    def __init__(self, around: Around) -> None:
        self._around = around
        self._delays = Delays(around.clock)

    def advance(self, machine: Machine) -> float | None:
        """One step, or none."""
        step: Callable[[Machine], float | None] = getattr(self, f"_{machine.phase}")
        return step(machine)

    def leave(self, machine: Machine) -> None:
        """Begin its end; again is no error."""
        if not machine.leaving:
            self._enter(machine, "draining")

    def _enter(self, machine: Machine, phase: Phase) -> float:
        machine.phase, machine.since = phase, self._around.clock.now()
        return 0.0

    def _left(self, machine: Machine, what: Delay) -> float:
        return max(0.0, machine.since + self._delays.real(what) - self._around.clock.now())

    def _pending(self, machine: Machine) -> float | None:
        if machine.problem and (left := self._left(machine, "retry")) > 0:
            return left
        if not self._around.may_start(machine):
            return None
        wish: VmWish = dataclasses.replace(machine.group.wish, name=machine.name)
        if self._around.faults.holds("datastore-full", machine.cluster, wish.datastore):
            return self._refused(machine, f"Insufficient disk space on datastore '{wish.datastore}'.")
        machine.clone = self._around.executor.submit(self._around.machines.clone, wish)
        machine.clone.add_done_callback(lambda _done: self._around.wake())
        return self._enter(machine, "cloning")

    def _cloning(self, machine: Machine) -> float | None:
        if machine.clone is None or not machine.clone.done():
            return None
        try:
            machine.vm = machine.clone.result()
        except TwinError as error:
            return self._refused(machine, str(error))
        if (left := self._left(machine, "clone")) > 0:
            return left
        machine.problem = None
        return self._enter(machine, "booting")

    def _refused(self, machine: Machine, why: str) -> float:
        machine.problem = Problem("CloningFailed", f"error triggering clone op for machine {machine.name}: {why}")
        self._enter(machine, "pending")
        return self._left(machine, "retry")

    def _booting(self, machine: Machine) -> float | None:
        if (left := self._left(machine, "boot")) > 0:
            return left
        if self._around.faults.holds("dhcp-empty", machine.cluster, machine.group.wish.network):
            machine.problem = Problem("WaitingForIPAllocation", "waiting for IP addresses")
            return self._delays.real("look")
        machine.problem = None
        if machine.vm is None:
            return None
        machine.address = self._around.lease(machine)
        self._around.executor.submit(self._around.machines.give_address, machine.vm.uuid, machine.address)
        return self._enter(machine, "joining")

    def _joining(self, machine: Machine) -> float | None:
        if (left := self._left(machine, "join")) > 0:
            return left
        if not self._around.may_join(machine):
            return None
        reached = not self._around.faults.holds(
            "nodes-cannot-reach-vcenter", machine.cluster, machine.group.wish.network
        )
        if machine.group.role != "etcd":
            self._around.node(machine, reached)
            machine.has_node = True
        if not reached and machine.group.role != "etcd":
            message = f"Waiting for a Node with spec.providerID {machine.provider_id} to exist"
            machine.problem = Problem("NodeProvisioning", message)
            return self._delays.real("look")
        machine.problem, machine.well, machine.seen_well = None, True, self._around.clock.now()
        return self._enter(machine, "running")

    def _running(self, machine: Machine) -> float | None:
        return None

    def _draining(self, machine: Machine) -> float | None:
        # A machine that never became a node has nothing to drain; one whose clone is under way is waited for.
        if machine.clone is not None and not machine.clone.done():
            return None
        if machine.clone is not None and machine.vm is None and machine.clone.exception() is None:
            machine.vm = machine.clone.result()
        if machine.has_node and (left := self._left(machine, "drain")) > 0:
            return left
        if machine.has_node:
            self._around.drop_node(machine)
        if machine.vm is not None:
            machine.clone = None
            self._around.executor.submit(self._around.machines.destroy, machine.vm.uuid)
        return self._enter(machine, "destroying")

    def _destroying(self, machine: Machine) -> float | None:
        if machine.vm is not None and (left := self._left(machine, "destroy")) > 0:
            return left
        return self._enter(machine, "gone")

    def _gone(self, machine: Machine) -> float | None:
        return None
