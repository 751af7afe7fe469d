# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ranges stand for what a person means by them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate.ranges import BadRange, expand


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("esx", ["esx"]),
        ("esx-[1:3]", ["esx-1", "esx-2", "esx-3"]),
        ("esx-[08:10]-a", ["esx-08-a", "esx-09-a", "esx-10-a"]),
        ("esx-[8:10]", ["esx-8", "esx-9", "esx-10"]),
        ("esx-[1:7:3]", ["esx-1", "esx-4", "esx-7"]),
        ("core-[a:c]", ["core-a", "core-b", "core-c"]),
        ("r[1:2]-n[1:2]", ["r1-n1", "r1-n2", "r2-n1", "r2-n2"]),
    ],
)
def test_a_range_stands_for_its_names(text: str, names: list[str]) -> None:
    assert expand(text) == names


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("esx-[9:1]", "counts from 9 down to 1"),
        ("esx-[c:a]", "counts from c down to a"),
        ("esx-[1:b]", "needs two numbers or two letters"),
        ("esx-[1:3:0]", "no whole number above 0"),
        ("esx-[1:3", "a bracket that is no range"),
        ("esx-[1]", "a bracket that is no range"),
        ("esx-[1:9999999]", "stands for more than"),
        ("[1:999]-[1:999]", "stands for 998001 names"),
    ],
)
def test_a_range_that_stands_for_nothing_says_why(text: str, message: str) -> None:
    with pytest.raises(BadRange, match=message):
        expand(text)


@given(st.integers(0, 500), st.integers(0, 300), st.integers(1, 4))
def test_a_range_of_numbers_counts(first: int, more: int, width: int) -> None:
    names = expand(f"h[{first:0{width}d}:{first + more}]")
    assert [int(name[1:]) for name in names] == list(range(first, first + more + 1))
    assert len(set(names)) == len(names)
