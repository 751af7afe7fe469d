# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Which step brings a worker nearer to its GPUs: decided by what there is alone, so that a kill anywhere is continued.

EKS Anywhere knows no GPUs on vSphere. The way of one machine, each step seen in the world afterwards:
skip (its remediation) - cordon - drain - power_off - move - attach - override - power_on - wait - uncordon - unskip.
"""

from __future__ import annotations

import dataclasses
import enum
import typing as t
from collections import Counter


class Step(enum.Enum):
    """One step of one machine."""

    SKIP = "skip"
    """Cluster API is told not to replace the machine while it is off, until a time."""
    CORDON = "cordon"
    DRAIN = "drain"
    POWER_OFF = "power_off"
    MOVE = "move"
    """To a host with a free device; the machine is off."""
    ATTACH = "attach"
    """Devices, all memory reserved, 64-bit MMIO: one reconfiguration."""
    OVERRIDE = "override"
    """DRS leaves it where its device is."""
    POWER_ON = "power_on"
    WAIT = "wait"
    """Its node has to be ready again, and the GPUs to be offered there."""
    UNCORDON = "uncordon"
    """The taint of nodes without their GPUs goes as well."""
    UNSKIP = "unskip"


@dataclasses.dataclass(frozen=True)
class Machine:
    """A worker as it is.

    wanted, attached: numbers of GPUs. allocatable: those that its node offers; None where nobody has to. shaped: memory
    reserved and MMIO set. overridden: DRS leaves it. skipped: our mark is on it, until when (seconds), or None.
    foreign_skip: somebody else's is. cordoned_by_us: our mark is on the node. pods: those that have to go first.
    has_node: False of a machine that is still on its way in.
    """

    name: str
    group: str
    wanted: int
    attached: int = 0
    allocatable: t.Optional[int] = None
    shaped: bool = False
    overridden: bool = False
    powered_on: bool = True
    ready: bool = True
    cordoned: bool = False
    cordoned_by_us: bool = False
    tainted: bool = False
    pods: int = 0
    skipped: t.Optional[float] = None
    foreign_skip: bool = False
    has_node: bool = True
    host: str = ""

    @property
    def right(self) -> bool:
        """Whether the virtual machine is as it has to be."""
        return self.attached == self.wanted and self.shaped and self.overridden

    @property
    def begun(self) -> bool:
        """Whether somebody has begun with it: then it goes on before others do."""
        return self.skipped is not None or self.cordoned_by_us or not self.powered_on

    @property
    def done(self) -> bool:
        """Whether nothing is left to do."""
        open_ = self.powered_on and self.ready and not self.cordoned_by_us and not self.tainted
        return self.right and open_ and self.skipped is None


def next_step(machine: Machine, *, free: int) -> t.Optional[Step]:
    """The next step of a machine, None when it is done. free: devices of its host that nobody has. Pure."""
    if machine.done or not machine.has_node:
        # A machine without a node is still on its way in: Cluster API has to be left to it.
        return None
    if not machine.right or not machine.powered_on:
        return _towards_devices(machine, free)
    if not machine.ready or _offers_too_few(machine):
        return Step.WAIT
    if machine.cordoned_by_us or machine.tainted:
        return Step.UNCORDON
    return Step.UNSKIP


def _offers_too_few(machine: Machine) -> bool:
    return machine.allocatable is not None and machine.allocatable < machine.wanted


def _towards_devices(machine: Machine, free: int) -> Step:
    if machine.attached == machine.wanted and machine.shaped and not machine.overridden and machine.powered_on:
        # That alone needs no interruption.
        return Step.OVERRIDE
    if machine.skipped is None and not machine.foreign_skip:
        return Step.SKIP
    if machine.powered_on:
        if not machine.cordoned:
            return Step.CORDON
        return Step.DRAIN if machine.pods else Step.POWER_OFF
    if machine.wanted - machine.attached > free:
        return Step.MOVE
    if machine.attached != machine.wanted or not machine.shaped:
        return Step.ATTACH
    return Step.OVERRIDE if not machine.overridden else Step.POWER_ON


@dataclasses.dataclass(frozen=True)
class Action:
    """A step of a machine that may be done now. host: where it moves to. blocked: why it may not."""

    machine: str
    step: Step
    host: str = ""
    blocked: str = ""


def actions(machines: t.Sequence[Machine], free: t.Mapping[str, int], *, at_once: int = 1) -> list[Action]:
    """What may be done now. Pure.

    free: host to its devices that nobody has. at_once: machines of a group that may be out at the same time. Who has
    begun goes first. A machine for which there is no device anywhere is not interrupted.
    """
    left = Counter(free)
    out: Counter[str] = Counter()
    found = []
    for machine in sorted(machines, key=lambda one: (not one.begun, one.name)):
        step = next_step(machine, free=left[machine.host])
        if step is None:
            continue
        missing = max(0, machine.wanted - machine.attached)
        target = _target(machine, missing, left)
        if missing and not target:
            reason = f"no host has {missing} free devices"
            found.append(Action(machine.name, step, blocked=reason))
            continue
        interrupts = step not in (Step.OVERRIDE, Step.UNSKIP)
        if interrupts and not machine.begun and out[machine.group] >= at_once:
            continue
        if interrupts:
            out[machine.group] += 1
        left[target] -= missing
        found.append(Action(machine.name, step, host=target if step is Step.MOVE else ""))
    return found


def _target(machine: Machine, missing: int, left: Counter[str]) -> str:
    """Its own host if that has enough devices, else the one with the most."""
    if left[machine.host] >= missing:
        return machine.host
    others = [host for host in sorted(left) if left[host] >= missing]
    return max(others, key=lambda host: left[host]) if others else ""


def foreseen(machine: Machine) -> list[Step]:
    """Every step that is left, if all goes well and its host has devices. Pure: the world is played forward."""
    found: list[Step] = []
    while (step := next_step(machine, free=machine.wanted)) is not None and len(found) < 20:
        found.append(step)
        machine = after(machine, step)
    return found


def after(machine: Machine, step: Step) -> Machine:
    """The machine once the step has come true."""
    changes: dict[Step, dict[str, t.Any]] = {
        Step.SKIP: {"skipped": 0.0},
        Step.CORDON: {"cordoned": True, "cordoned_by_us": True},
        Step.DRAIN: {"pods": 0},
        Step.POWER_OFF: {"powered_on": False, "ready": False},
        Step.MOVE: {},
        Step.ATTACH: {"attached": machine.wanted, "shaped": True},
        Step.OVERRIDE: {"overridden": True},
        Step.POWER_ON: {"powered_on": True},
        Step.WAIT: {"ready": True, "allocatable": None if machine.allocatable is None else machine.wanted},
        Step.UNCORDON: {
            "cordoned": machine.cordoned and not machine.cordoned_by_us,
            "cordoned_by_us": False,
            "tainted": False,
        },
        Step.UNSKIP: {"skipped": None},
    }
    return dataclasses.replace(machine, **changes[step])
