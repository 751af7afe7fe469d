# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules hit the calls that they describe, as often as they say, and the same ones for the same seed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.contract import Fault
from twin.faults import FaultRules, applies, draw, parse


@pytest.mark.parametrize(
    ("rule", "hit"),
    [
        ({}, True),
        ({"service": "eks"}, True),
        ({"service": "ec2"}, False),
        ({"operation": "Create*"}, True),
        ({"operation": "create*"}, False),
        ({"params": {"name": "gpu-*"}}, True),
        ({"params": {"name": "cpu-*"}}, False),
        ({"params": {"zones": "b"}}, True),
        ({"params": {"zones": "c"}}, False),
        ({"params": {"missing": "*"}}, False),
    ],
)
def test_a_rule_applies_to_what_it_describes(rule: dict[str, Any], hit: bool) -> None:
    params = {"name": "gpu-1", "zones": ["a", "b"]}
    assert applies(Fault(id="x", kind="error", **rule), "eks", "CreateCluster", params) is hit


def test_a_count_is_spent() -> None:
    rules = FaultRules()
    rules.add({"kind": "throttle", "count": 2})
    assert [rules.match("ec2", "DescribeVpcs", {}) is not None for _ in range(4)] == [True, True, False, False]
    assert rules.describe()[0]["hits"] == 2


def test_the_first_rule_of_the_asked_kinds_hits_and_only_it_counts() -> None:
    rules = FaultRules()
    rules.add({"id": "slow", "kind": "latency", "seconds": 0.1})
    rules.add({"id": "stuck", "kind": "stay"})
    found = rules.match("eks", "CreateCluster", {}, {"stay", "fail"})
    assert found is not None
    assert found.id == "stuck"
    assert {rule["id"]: rule["hits"] for rule in rules.describe()} == {"slow": 0, "stuck": 1}


@given(seed=st.integers(), rate=st.sampled_from([0.1, 0.5, 0.9]))
def test_a_rate_is_kept_and_repeats_with_its_seed(seed: int, rate: float) -> None:
    def run() -> list[bool]:
        rules = FaultRules()
        rules.add({"id": "r", "kind": "throttle", "rate": rate, "seed": seed})
        return [rules.match("ec2", "RunInstances", {}) is not None for _ in range(400)]

    first = run()
    assert first == run()
    assert abs(sum(first) / 400 - rate) < 0.15


@given(st.integers(), st.text(), st.integers(min_value=0))
def test_a_draw_is_a_share(seed: int, rule: str, nth: int) -> None:
    assert 0 <= draw(seed, rule, nth) < 1


def test_clearing_one_rule_leaves_the_others() -> None:
    rules = FaultRules()
    kept = rules.add({"kind": "deny"})
    gone = rules.add({"kind": "error"})
    assert rules.clear(gone.id) == 1
    assert [rule["id"] for rule in rules.describe()] == [kept.id]
    assert rules.clear() == 1
    assert rules.match("ec2", "DescribeVpcs", {}) is None


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"kind": "explode"}, "kind is one of throttle, error"),
        ({}, "kind is one of"),
        ({"kind": "error", "rate": 0}, "rate is above 0"),
        ({"kind": "error", "rate": 2}, "at most 1, not 2"),
        ({"kind": "error", "count": 0}, "count is at least 1"),
        ({"kind": "latency", "seconds": -1}, "not negative"),
        ({"kind": "error", "opration": "x"}, "a fault has no opration"),
    ],
)
def test_a_wrong_rule_is_refused_with_its_reason(data: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse(data, default_id="x")
