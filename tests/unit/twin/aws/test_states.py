# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""States end when their time has come, and as the fault rules want."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest

from twin.aws.call import Call
from twin.aws.credentials import CredentialStore
from twin.aws.principal import Principal
from twin.aws.schedule import Schedule
from twin.aws.states import transition
from twin.aws.world import World
from twin.calls import CallLog
from twin.clock import ManualClock
from twin.contract import ClusterHost, Fault, TwinConfig
from twin.faults import FaultRules


@pytest.fixture
def world(tmp_path: Path) -> World:
    """An account in which an hour takes a minute, and time stands still."""
    clock = ManualClock(scale=60)
    config = TwinConfig(
        account_id="123456789012",
        regions=("us-east-2",),
        scale=60,
        state_dir=tmp_path,
        control_planes=False,
        host=cast("ClusterHost", None),
        faults=FaultRules(),
        calls=CallLog(),
        clock=clock,
    )
    return World(config, CredentialStore(tmp_path / "keys", config.account_id), Schedule(clock))


def call(fault: Fault | None = None) -> Call:
    """A call that begins a state."""
    nothing: Any = None
    return Call(
        service="eks",
        operation="CreateCluster",
        region="us-east-2",
        protocol="rest-json",
        params={"name": "demo"},
        model=nothing,
        operation_model=nothing,
        request=nothing,
        principal=Principal.anonymous(),
        fault=fault,
    )


def rules(world: World) -> FaultRules:
    """The rules in force."""
    return cast("FaultRules", world.config.faults)


def advance(world: World, seconds: float) -> None:
    """Let the twin's time pass."""
    cast("ManualClock", world.config.clock).advance(seconds)
    world.schedule.run_due()


def begin(world: World, fault: Fault | None = None) -> list[str]:
    """Begin a state of ten minutes; what ends it is noted in the list."""
    ends: list[str] = []
    transition(world, call(fault), 600, lambda: ends.append("done"), lambda code: ends.append(f"failed {code}"))
    return ends


def test_a_state_ends_when_its_time_has_come(world: World) -> None:
    ends = begin(world)
    advance(world, 599)
    assert ends == []
    advance(world, 1)
    assert ends == ["done"]


def test_a_state_may_fail(world: World) -> None:
    ends = begin(world, Fault("1", "fail", code="AccessDenied"))
    advance(world, 600)
    assert ends == ["failed AccessDenied"]


def test_a_state_may_last_longer(world: World) -> None:
    ends = begin(world, Fault("1", "stay", seconds=60))
    advance(world, 600)
    assert ends == []
    advance(world, 60)
    assert ends == ["done"]


def test_a_state_may_last_until_its_rule_is_cleared(world: World) -> None:
    rule = rules(world).add({"kind": "stay", "operation": "CreateCluster"})
    ends = begin(world, rule)
    advance(world, 86400)
    assert ends == []
    rules(world).clear()
    advance(world, 10)
    assert ends == ["done"]


def test_a_counted_stay_is_for_ever(world: World) -> None:
    rule = rules(world).add({"kind": "stay", "count": 1})
    ends = begin(world, rule)
    rules(world).clear()
    advance(world, 86400)
    assert ends == []


def test_steps_run_in_the_order_of_their_times(world: World) -> None:
    seen: list[int] = []
    for seconds in (3, 1, 2):
        world.schedule.after(seconds, partial(seen.append, seconds))
    advance(world, 10)
    assert seen == [1, 2, 3]


def test_a_step_may_ask_for_more_time(world: World) -> None:
    answers: list[float | None] = [5, None]
    world.schedule.after(1, lambda: answers.pop(0))
    advance(world, 1)
    assert len(answers) == 1
    advance(world, 5)
    assert answers == []


def test_a_step_that_breaks_does_not_stop_the_others(world: World) -> None:
    seen: list[str] = []

    def broken() -> None:
        raise KeyError("gone")

    world.schedule.after(1, broken)
    world.schedule.after(2, lambda: seen.append("next"))
    advance(world, 2)
    assert seen == ["next"]
