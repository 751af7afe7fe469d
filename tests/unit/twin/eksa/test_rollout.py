# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rollouts: what is made and ended next, and that every way ends where it should."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.eksa.groups import Group, Role
from twin.eksa.machines import VmWish
from twin.eksa.rollout import Member, Step, next_step, settled

WISH = VmWish("", "dc", "template", "folder", "pool", "store", "net", 2, 8192, 25)


def group(role: Role = "worker", count: int = 3, surge: int = 1, unavailable: int = 0) -> Group:
    return Group(role, "g", "g", count, "c", WISH, "v1.34.5-eks-1-34-22", "new", {}, (), surge, unavailable, None, {})


def members(text: str) -> list[Member]:
    """n/o: a ready machine of the new or old wish; N/O: one that is not ready; l: one that leaves."""
    return [
        Member(f"m{at}", "new" if letter in "nNl" else "old", letter in "no", letter == "l", float(at))
        for at, letter in enumerate(text)
    ]


@pytest.mark.parametrize(
    ("role", "there", "expected"),
    [
        ("worker", "", Step(3)),
        ("worker", "nnn", Step()),
        ("worker", "nn", Step(1)),
        ("worker", "nnnn", Step(0, ("m0",))),
        ("worker", "nNnn", Step(0, ("m1",))),
        ("worker", "nnl", Step(1)),
        ("worker", "ooo", Step(1)),
        ("worker", "oooN", Step()),
        ("worker", "ooon", Step(0, ("m0",))),
        ("worker", "ooO", Step(1, ("m2",))),
        ("control-plane", "", Step(1)),
        ("control-plane", "N", Step()),
        ("control-plane", "n", Step(1)),
        ("control-plane", "nnl", Step()),
        ("control-plane", "ooo", Step(1)),
        ("control-plane", "ooon", Step(0, ("m0",))),
        ("control-plane", "nnnn", Step(0, ("m0",))),
        ("etcd", "nn", Step(1)),
    ],
)
def test_next_step(role: Role, there: str, expected: Step) -> None:
    assert next_step(group(role), members(there)) == expected


def test_without_surge_one_goes_first() -> None:
    assert next_step(group("control-plane", surge=0), members("ooo")) == Step(0, ("m0",))
    assert next_step(group("worker", surge=0, unavailable=1), members("ooo")) == Step(0, ("m0",))


def test_who_was_chosen_goes_first() -> None:
    there = [dataclasses.replace(each, chosen=each.name == "m3") for each in members("nnnn")]
    assert next_step(group(), there) == Step(0, ("m3",))


@given(
    st.sampled_from(["worker", "control-plane", "etcd"]), st.integers(1, 7), st.integers(0, 2),
    st.text("noNOl", max_size=9),
)  # fmt: skip
def test_every_way_ends_as_wished(role: Role, count: int, surge: int, text: str) -> None:
    wanted = group(role, count, surge, 0 if surge else 1)
    there: Sequence[Member] = members(text)
    for turn in range(200):
        step = next_step(wanted, there)
        ready = sum(each.ready and not each.leaving for each in there)
        # A rollout alone never goes below what is to be available.
        ends = [each for each in there if each.name in step.delete and each.ready]
        assert not ends or ready - len(ends) >= count - wanted.unavailable - (role != "worker" and not surge)
        made = [Member(f"t{turn}-{at}", "new", False, False, 1000.0 + turn) for at in range(step.create)]
        # What leaves is gone the next time, and what is new has become ready.
        there = [
            dataclasses.replace(each, ready=True, leaving=each.name in step.delete)
            for each in there if not each.leaving
        ] + made  # fmt: skip
        if settled(wanted, there):
            return
    raise AssertionError(f"it does not end: {there}")
