# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks of the network's milestones: met by a whole network, and by nothing that lacks a part."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.evidence import Evidence
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.kind import Owner, Seen, Status
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.secrets import Secrets
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.world import World
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.aws.milestones_network import checks
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.aws.registry import KINDS

Objects = dict[str, dict[str, dict[str, Any]]]
ZONES = ["us-east-2a", "us-east-2b", "us-east-2c"]
ANYWHERE = "0.0.0.0/0"


def whole() -> Objects:
    """Kind to id to state of a network as the milestones want it; ids are names with a prefix."""
    objects: Objects = {
        "vpc": {"id-net": {}},
        "internet_gateway": {"id-igw": {"vpc": "id-net"}},
        "route_table": {
            "id-dmz": {
                "vpc": "id-net",
                "routes": [{"destination": ANYWHERE, "target": "internet_gateway/id-igw"}],
                "subnets": [f"id-public-{zone[-1]}" for zone in ZONES],
            }
        },
        "subnet": {},
        "nat_gateway": {},
    }
    for zone in ZONES:
        at = zone[-1]
        for sort in ("public", "private"):
            objects["subnet"][f"id-{sort}-{at}"] = {"vpc": "id-net", "availability_zone": zone}
        objects["nat_gateway"][f"id-nat-{at}"] = {"subnet": f"id-public-{at}", "connectivity": "public"}
        objects["route_table"][f"id-private-{at}"] = {
            "vpc": "id-net",
            "routes": [{"destination": ANYWHERE, "target": f"nat_gateway/id-nat-{at}"}],
            "subnets": [f"id-private-{at}"],
        }
    return objects


def judged(milestone: str, objects: Objects, **expected: Any) -> Evidence:
    """The check's answer about the objects; "status" in a state is the object's."""
    world = World(KINDS, Secrets({}))
    for kind, states in objects.items():
        rows = copy.deepcopy(states)
        statuses = {identifier: Status(state.pop("status", "ready")) for identifier, state in rows.items()}
        world.put(kind, [Seen(i.removeprefix("id-"), i, s, Owner.OURS, statuses[i]) for i, s in rows.items()])
    return checks()[milestone](world, {"milestone": milestone, "vpc": "net", "zones": ZONES, **expected})


def route(objects: Objects, table: str, target: str) -> None:
    objects["route_table"][f"id-{table}"]["routes"] = [{"destination": ANYWHERE, "target": target}]


def without(objects: Objects, kind: str, name: str) -> None:
    del objects[kind][f"id-{name}"]
    for table in objects["route_table"].values():
        table["subnets"] = [subnet for subnet in table["subnets"] if subnet != f"id-{name}"]


def set_state(kind: str, name: str, **state: Any) -> Callable[[Objects], None]:
    return lambda objects: objects[kind][f"id-{name}"].update(state)


@pytest.mark.parametrize("milestone", ["1.a.i", "1.a.ii", "1.a.iii"])
def test_a_whole_network_meets_it(milestone: str) -> None:
    evidence = judged(milestone, whole())
    assert (evidence.met, evidence.reason) == (True, "")
    assert {"id-net", "id-public-a", "id-private-c", "id-nat-b", "id-dmz"} <= set(evidence.ids)
    assert "net" in evidence.check


def test_what_was_seen_is_told() -> None:
    assert judged("1.a.i", whole()).value == {
        "public": ["public-a", "public-b", "public-c"],
        "private": ["private-a", "private-b", "private-c"],
    }
    assert judged("1.a.ii", whole()).value["us-east-2b"] == ["private-b", "public-b"]
    assert judged("1.a.iii", whole()).value["default_routes"]["private-a"] == "nat_gateway/nat-a"


def everything_public(objects: Objects) -> None:
    for at in "abc":
        route(objects, f"private-{at}", "internet_gateway/id-igw")


def two_zones(objects: Objects) -> None:
    for sort in ("public", "private"):
        without(objects, "subnet", f"{sort}-c")


BROKEN: list[tuple[str, Callable[[Objects], None], str]] = [
    ("1.a.i", lambda o: o["vpc"].clear(), "there is no available VPC net"),
    ("1.a.i", set_state("vpc", "net", status="pending"), "there is no available VPC net"),
    ("1.a.i", lambda o: route(o, "dmz", "nat_gateway/id-nat-a"), "there is no public subnet"),
    ("1.a.i", set_state("route_table", "dmz", routes=[]), "there is no public subnet"),
    # A gateway that is attached nowhere, or to another VPC, makes nothing public.
    ("1.a.i", set_state("internet_gateway", "igw", vpc=None), "there is no public subnet"),
    ("1.a.i", set_state("internet_gateway", "igw", vpc="id-other"), "there is no public subnet"),
    (
        "1.a.i",
        everything_public,
        "there is no private subnet",
    ),
    ("1.a.i", lambda o: route(o, "dmz", "blackhole/id-igw"), "there is no public subnet"),
    ("1.a.i", set_state("route_table", "private-a", subnets=[]), "private-a: no known route table"),
    ("1.a.ii", set_state("subnet", "public-c", availability_zone="us-east-2b"), ""),
    (
        "1.a.ii",
        two_zones,
        "no available subnet is in us-east-2c",
    ),
    ("1.a.iii", lambda o: route(o, "private-b", "internet_gateway/id-igw"), "no private subnet is in us-east-2b"),
    ("1.a.iii", set_state("route_table", "private-b", routes=[]), "private-b leads to nowhere"),
    ("1.a.iii", lambda o: route(o, "private-b", "nat_gateway/id-nat-a"), "goes out through nat-a in us-east-2a"),
    ("1.a.iii", lambda o: route(o, "private-b", "blackhole/nat-0gone"), "leads to blackhole/nat-0gone"),
    ("1.a.iii", lambda o: route(o, "private-b", "transit_gateway/tgw-1"), "which is no NAT gateway"),
    ("1.a.iii", set_state("nat_gateway", "nat-c", subnet="id-private-c"), "private-c, which is not public"),
    ("1.a.iii", set_state("nat_gateway", "nat-c", status="failed"), "nat-c, the way out of private-c, is failed"),
    ("1.a.iii", set_state("nat_gateway", "nat-c", status="deleting"), "is deleting"),
    ("1.a.iii", set_state("nat_gateway", "nat-c", connectivity="private"), "is a private NAT gateway"),
    ("1.a.iii", lambda o: without(o, "subnet", "private-a"), "no private subnet is in us-east-2a"),
    ("1.a.iii", lambda o: without(o, "nat_gateway", "nat-a"), "no NAT gateway of the VPC"),
]


@pytest.mark.parametrize(("milestone", "spoil", "reason"), BROKEN)
def test_it_can_fail(milestone: str, spoil: Callable[[Objects], None], reason: str) -> None:
    objects = whole()
    spoil(objects)
    evidence = judged(milestone, objects)
    assert evidence.met is (reason == "")
    assert reason in evidence.reason


def test_zones_are_those_of_the_milestone_and_those_expected() -> None:
    objects = whole()
    two_zones(objects)
    assert "in 2 zones, not in 3" in judged("1.a.ii", objects, zones=ZONES[:2]).reason
    assert "us-east-2d" in judged("1.a.ii", whole(), zones=[*ZONES, "us-east-2d"]).reason


def test_one_nat_gateway_for_all_is_enough_where_no_more_are_expected() -> None:
    objects = whole()
    for zone in "bc":
        route(objects, f"private-{zone}", "nat_gateway/id-nat-a")
    assert not judged("1.a.iii", objects).met
    assert judged("1.a.iii", objects, nat_zones=["us-east-2a"]).met


def test_subnets_that_shall_have_no_way_out_need_none() -> None:
    objects = whole()
    objects["subnet"]["id-inner-a"] = {"vpc": "id-net", "availability_zone": "us-east-2a"}
    objects["route_table"]["id-inner"] = {"vpc": "id-net", "routes": [], "subnets": ["id-inner-a"]}
    assert "inner-a leads to nowhere" in judged("1.a.iii", objects).reason
    assert judged("1.a.iii", objects, without_nat=["inner-a"]).met
