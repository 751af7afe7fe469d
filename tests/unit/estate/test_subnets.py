# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Derived subnets lie in their VPC, overlap nowhere, and stay where they are when the shape grows."""

from __future__ import annotations

import ipaddress
import itertools
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate.aws_network import Vpc
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate.subnets import NoRoom, subnet_cidrs

# Together they take seconds: not for the inner loop.
pytestmark = pytest.mark.slow

ZONES = [f"us-east-2{letter}" for letter in "abcdef"]


def _vpc(cidr: str, zones: int, prefixes: list[int], **rest: Any) -> Vpc:
    tiers = {f"t{index}": {"prefix": prefix} for index, prefix in enumerate(prefixes)}
    return Vpc.model_validate({"name": "v", "cidr": cidr, "zones": ZONES[:zones], "tiers": tiers, **rest})


@st.composite
def shapes(draw: st.DrawFn) -> Vpc:
    prefix = draw(st.integers(16, 22))
    block = ipaddress.IPv4Network((10 << 24 | draw(st.integers(0, 255)) << 16, prefix))
    zones, tiers = draw(st.integers(1, 6)), draw(st.integers(1, 5))
    # Mostly such that all tiers fit: four or eight slots for each, and one tier more for tests that add one.
    smallest = prefix + (2 if zones <= 4 else 3) + tiers.bit_length()
    prefixes = draw(st.lists(st.integers(min(smallest, 28), 28), min_size=tiers, max_size=tiers))
    return _vpc(str(block), zones, prefixes)


def _derived(vpc: Vpc) -> dict[str, dict[str, str]]:
    try:
        return subnet_cidrs(vpc)
    except NoRoom:
        assume(False)
        raise


@given(shapes())
def test_subnets_lie_in_the_vpc_and_overlap_nowhere(vpc: Vpc) -> None:
    blocks = [ipaddress.IPv4Network(cidr) for zones in _derived(vpc).values() for cidr in zones.values()]
    assert len(blocks) == len(vpc.zones) * len(vpc.tiers)
    whole = ipaddress.IPv4Network(vpc.cidr)
    assert all(block.subnet_of(whole) for block in blocks)
    ordered = sorted(blocks)
    assert not any(one.overlaps(other) for one, other in itertools.pairwise(ordered))


@given(shapes())
def test_subnets_have_the_size_that_their_tier_says(vpc: Vpc) -> None:
    for tier, zones in _derived(vpc).items():
        assert list(zones) == vpc.zones
        assert {ipaddress.IPv4Network(cidr).prefixlen for cidr in zones.values()} == {vpc.tiers[tier].prefix}


@given(shapes(), st.integers(26, 28))
def test_a_tier_added_at_the_end_moves_no_subnet(vpc: Vpc, prefix: int) -> None:
    prefixes = [tier.prefix or 0 for tier in vpc.tiers.values()]
    before = _derived(vpc)
    after = _derived(_vpc(vpc.cidr, len(vpc.zones), [*prefixes, prefix]))
    assert {tier: after[tier] for tier in before} == before


@given(shapes().filter(lambda vpc: len(vpc.zones) < 4))
def test_a_zone_within_the_slots_moves_no_subnet(vpc: Vpc) -> None:
    before = _derived(vpc)
    prefixes = [tier.prefix or 0 for tier in vpc.tiers.values()]
    after = _derived(_vpc(vpc.cidr, len(vpc.zones) + 1, prefixes))
    assert all(after[tier][zone] == cidr for tier, zones in before.items() for zone, cidr in zones.items())


def test_a_tier_with_cidrs_of_its_own_is_taken_as_it_is() -> None:
    own = {"us-east-2a": "10.0.0.0/24", "us-east-2b": "10.0.7.0/24"}
    tiers = {"own": {"cidrs": own}, "derived": {"prefix": 24}}
    vpc = Vpc.model_validate({"name": "v", "cidr": "10.0.0.0/20", "zones": ZONES[:2], "tiers": tiers})
    assert subnet_cidrs(vpc) == {"own": own, "derived": {"us-east-2a": "10.0.8.0/24", "us-east-2b": "10.0.9.0/24"}}


def test_a_vpc_without_room_names_the_tier() -> None:
    with pytest.raises(NoRoom, match="tier 't1'") as caught:
        subnet_cidrs(_vpc("10.0.0.0/24", 2, [25, 26], zone_slots=2))
    assert caught.value.tier == "t1"
