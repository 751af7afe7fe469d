# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GPUs of workers: which step is next, and that any crash leaves something that goes on to the same end."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.eksa.gpu_plan import (
    Action,
    Machine,
    Step,
    actions,
    after,
    foreseen,
    next_step,
)

NEW = Machine("gpu-1", "gpu", 1, host="esx-1", pods=3, tainted=True)
RIGHT: dict[str, Any] = {"attached": 1, "shaped": True, "overridden": True}
OFF: dict[str, Any] = {"skipped": 60.0, "cordoned": True, "cordoned_by_us": True, "pods": 0, "powered_on": False}

CASES: list[tuple[str, dict[str, Any], int, Step | None]] = [
    ("a new node", {}, 1, Step.SKIP),
    ("somebody else skips its remediation", {"foreign_skip": True}, 1, Step.CORDON),
    ("skipped", {"skipped": 60.0}, 1, Step.CORDON),
    ("cordoned", {"skipped": 60.0, "cordoned": True}, 1, Step.DRAIN),
    ("drained", {"skipped": 60.0, "cordoned": True, "pods": 0}, 1, Step.POWER_OFF),
    ("off", OFF, 1, Step.ATTACH),
    ("off on a host without a device", OFF, 0, Step.MOVE),
    ("off with one of two", {**OFF, "attached": 1, "wanted": 2, "shaped": True}, 1, Step.ATTACH),
    ("off with one too many", {**OFF, "attached": 2, "shaped": True}, 0, Step.ATTACH),
    ("attached without its memory reserved", {**OFF, "attached": 1}, 0, Step.ATTACH),
    ("attached", {**OFF, "attached": 1, "shaped": True}, 0, Step.OVERRIDE),
    ("all but on", {**OFF, **RIGHT}, 0, Step.POWER_ON),
    ("off by somebody, and right", {**RIGHT, "powered_on": False, "ready": False}, 0, Step.SKIP),
    ("on and not ready", {**OFF, **RIGHT, "powered_on": True, "ready": False}, 0, Step.WAIT),
    ("ready, its GPU not offered yet", {**OFF, **RIGHT, "powered_on": True, "allocatable": 0}, 0, Step.WAIT),
    ("ready", {**OFF, **RIGHT, "powered_on": True}, 0, Step.UNCORDON),
    ("right and still tainted", RIGHT, 0, Step.UNCORDON),
    ("open again", {**RIGHT, "tainted": False, "skipped": 60.0}, 0, Step.UNSKIP),
    ("cordoned by somebody else", {**RIGHT, "tainted": False, "cordoned": True}, 0, None),
    ("done", {**RIGHT, "tainted": False}, 0, None),
    ("only DRS may still move it", {"attached": 1, "shaped": True, "tainted": False}, 0, Step.OVERRIDE),
    ("no node yet", {"has_node": False}, 1, None),
]


@pytest.mark.parametrize(("name", "fields", "free", "step"), CASES, ids=[case[0] for case in CASES])
def test_next_step(name: str, fields: dict[str, Any], free: int, step: Step | None) -> None:
    assert next_step(dataclasses.replace(NEW, **fields), free=free) is step


def test_the_whole_way_of_a_new_node() -> None:
    assert [step.value for step in foreseen(NEW)] == [
        "skip", "cordon", "drain", "power_off", "attach", "override", "power_on", "wait", "uncordon", "unskip",
    ]  # fmt: skip


def test_one_of_a_group_at_a_time_and_who_has_begun_first() -> None:
    machines = [dataclasses.replace(NEW, name=f"gpu-{n}", host=f"esx-{n}") for n in (1, 2, 3)]
    machines[2] = dataclasses.replace(machines[2], **OFF)
    free = {"esx-1": 1, "esx-2": 1, "esx-3": 1}
    assert actions(machines, free) == [Action("gpu-3", Step.ATTACH)]
    assert [one.machine for one in actions(machines, free, at_once=2)] == ["gpu-3", "gpu-1"]


def test_no_machine_is_interrupted_for_a_device_that_nobody_has() -> None:
    (action,) = actions([NEW], {"esx-1": 0, "esx-2": 0})
    assert action.blocked == "no host has 1 free devices"


def test_a_machine_moves_to_where_a_device_is_free() -> None:
    off = dataclasses.replace(NEW, **OFF)
    assert actions([off], {"esx-1": 0, "esx-2": 1, "esx-3": 2}) == [Action("gpu-1", Step.MOVE, host="esx-3")]


def test_two_machines_do_not_count_on_the_same_device() -> None:
    machines = [dataclasses.replace(NEW, name=f"gpu-{n}", host="esx-1", **OFF) for n in (1, 2)]
    found = actions(machines, {"esx-1": 1, "esx-2": 1}, at_once=2)
    assert [(one.machine, one.step, one.host) for one in found] == [
        ("gpu-1", Step.ATTACH, ""),
        ("gpu-2", Step.MOVE, "esx-2"),
    ]


class World:
    """Machines on hosts with devices; steps come true one by one, and invariants hold after each."""

    def __init__(self, machines: list[Machine], devices: dict[str, int], at_once: int) -> None:
        self.machines = {one.name: one for one in machines}
        self.devices = devices
        self.at_once = at_once
        self.budget: int | None = None
        self.steps = 0

    @property
    def free(self) -> dict[str, int]:
        """Devices that nobody has."""
        held = {host: 0 for host in self.devices}
        for one in self.machines.values():
            held[one.host] += one.attached
        return {host: self.devices[host] - held[host] for host in self.devices}

    def run(self) -> None:
        """Until nothing is left to do, or the budget of steps is used up: a kill."""
        for _round in range(500):
            todo = [
                one for one in actions(list(self.machines.values()), self.free, at_once=self.at_once) if not one.blocked
            ]
            if not todo:
                return
            for action in todo:
                if self.budget == 0:
                    return
                self.budget = None if self.budget is None else self.budget - 1
                self.do(action)
        raise AssertionError("it never ends")

    def do(self, action: Action) -> None:
        """One step comes true."""
        before = self.machines[action.machine]
        if action.step is Step.POWER_OFF:
            assert before.cordoned
            assert not before.pods
            assert before.skipped is not None or before.foreign_skip
        if action.step in (Step.ATTACH, Step.MOVE):
            assert not before.powered_on
        changed = after(before, action.step)
        if action.step is Step.MOVE:
            changed = dataclasses.replace(changed, host=action.host)
        self.machines[action.machine] = changed
        self.steps += 1
        assert all(count >= 0 for count in self.free.values()), "a device was given twice"
        off = [one for one in self.machines.values() if one.begun and not one.done and one.right is False]
        assert len(off) <= max(self.at_once, self.begun_before)

    begun_before = 0


MACHINE: st.SearchStrategy[dict[str, Any]] = st.builds(
    dict,
    pods=st.integers(0, 3),
    tainted=st.booleans(),
    wanted=st.integers(1, 2),
    host=st.sampled_from(["esx-1", "esx-2", "esx-3"]),
    foreign_skip=st.booleans(),
)


@settings(max_examples=150)
@given(
    rows=st.lists(MACHINE, min_size=1, max_size=6),
    kills=st.lists(st.integers(0, 12), max_size=6),
    at_once=st.integers(1, 3),
)
def test_killed_anywhere_it_comes_to_the_same_end(rows: list[dict[str, Any]], kills: list[int], at_once: int) -> None:
    machines = [Machine(f"gpu-{n}", "gpu", **row) for n, row in enumerate(rows)]
    world = World(machines, {"esx-1": 12, "esx-2": 12, "esx-3": 12}, at_once)
    for budget in kills:
        world.budget = budget
        world.run()
    world.budget = None
    world.run()
    assert all(one.done for one in world.machines.values())
    assert all(one.skipped is None and not one.cordoned for one in world.machines.values())
    assert all(one.attached == one.wanted for one in world.machines.values())
    ended = world.steps
    world.run()
    assert world.steps == ended


@settings(max_examples=100)
@given(rows=st.lists(MACHINE, min_size=1, max_size=6), devices=st.tuples(*[st.integers(0, 2)] * 3))
def test_scarce_devices_are_never_given_twice_and_nobody_stays_down(
    rows: list[dict[str, Any]], devices: tuple[int, int, int]
) -> None:
    machines = [Machine(f"gpu-{n}", "gpu", **row) for n, row in enumerate(rows)]
    world = World(machines, dict(zip(("esx-1", "esx-2", "esx-3"), devices, strict=True)), 1)
    world.run()
    assert all(one.done or (one.powered_on and not one.cordoned_by_us) for one in world.machines.values())
