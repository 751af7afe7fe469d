# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Conditions of a Cluster, and of machines that are given up."""

from __future__ import annotations

import pytest

from tests.unit.twin.eksa.test_rollout import group
from twin.clock import ManualClock
from twin.eksa.conditions import Counts, of_cluster, written
from twin.eksa.groups import Health, seconds
from twin.eksa.health import given_up
from twin.eksa.life import Machine

PLANE, WORK = group("control-plane"), group()


@pytest.mark.parametrize(
    ("plane", "work", "initialized", "reason", "message"),
    [
        (Counts(3, 1, 1, 0), Counts(3, 0, 0, 0), False, "ControlPlaneInitializationInProgress",
         "The first control plane instance is not available yet"),
        (Counts(3, 1, 1, 1), Counts(3, 0, 0, 0), True, "ScalingUp",
         "Scaling up control plane nodes, 3 expected (1 actual)"),
        (Counts(3, 4, 2, 4), Counts(3, 3, 3, 3), True, "RollingUpgradeInProgress",
         "Control plane nodes not up-to-date yet, 4 rolling (2 up to date)"),
        (Counts(3, 3, 3, 2), Counts(3, 3, 3, 3), True, "NodesNotReady",
         "Control plane nodes not ready yet, 3 expected (2 ready)"),
        (Counts(3, 3, 3, 3), Counts(3, 5, 5, 5), True, "ScalingDown",
         "Scaling down worker nodes, 3 expected (5 actual)"),
        (Counts(3, 3, 3, 3), Counts(3, 3, 3, 3), True, "", ""),
    ],
)  # fmt: skip
def test_ready_says_what_is_missing(plane: Counts, work: Counts, initialized: bool, reason: str, message: str) -> None:
    found = of_cluster([(PLANE, plane), (WORK, work)], initialized=initialized, cni=initialized)
    assert (found[0].type, found[0].reason, found[0].message) == ("Ready", reason, message)


def test_a_condition_keeps_its_time_as_long_as_its_status() -> None:
    found = of_cluster([(PLANE, Counts(3, 3, 3, 3)), (WORK, Counts(3, 3, 3, 3))], initialized=True, cni=True)
    before = [{"type": "Ready", "status": "True", "lastTransitionTime": "then"},
              {"type": "WorkersReady", "status": "False", "lastTransitionTime": "then"}]  # fmt: skip
    times = {each["type"]: each["lastTransitionTime"] for each in written(found, before, severity=True)}
    assert times["Ready"] == "then"
    assert times["WorkersReady"] != "then"


def machine(name: str, clock: ManualClock, **state: object) -> Machine:
    made = Machine(name, "c", WORK, clock.now(), clock.now(), seen_well=clock.now())
    for field, value in state.items():
        setattr(made, field, value)
    return made


def test_the_unhealthy_are_given_up_unless_they_are_many_or_spared() -> None:
    clock = ManualClock()
    wanted = group()
    checked = type(wanted)(**{**vars(wanted), "health": Health(600, 300, "40%")})
    machines = [machine(name, clock, phase="running") for name in "abc"]
    machines[0].well = False
    assert given_up(checked, machines, clock, ()) == []
    clock.advance(301)
    assert [each.name for each in given_up(checked, machines, clock, ())] == ["a"]
    assert given_up(checked, machines, clock, {"a"}) == []
    machines[1].well = False
    assert given_up(checked, machines, clock, ()) == []


def test_members_of_etcd_are_given_up_one_by_one_and_never_without_a_majority() -> None:
    clock = ManualClock()
    members = type(WORK)(**{**vars(WORK), "role": "etcd", "health": None})
    machines = [machine(name, clock, phase="running") for name in "abcde"]
    machines[0].well = machines[1].well = False
    clock.advance(149)
    assert given_up(members, machines, clock, ()) == []
    clock.advance(1)
    assert [each.name for each in given_up(members, machines, clock, ())] == ["a"]
    machines[2].well = False
    assert given_up(members, machines, clock, ()) == []
    machines[2].well, machines[0].phase = True, "draining"
    assert given_up(members, machines, clock, ()) == []


def test_durations_are_gos() -> None:
    assert [seconds(text) for text in ("10m", "1h0m5s", "20m0s")] == [600, 3605, 1200]
