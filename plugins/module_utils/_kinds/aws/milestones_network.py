# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Evidence for the milestones about a VPC, judged by what routes do and never by names or tags. Pure."""

from __future__ import annotations

import dataclasses
import typing as t

from ..._engine.evidence import Evidence, Expectation
from ..._engine.kind import Seen, Status
from ..._engine.world import World

Check = t.Callable[[World, Expectation], Evidence]
Judgement = tuple[t.Any, list[str]]
"""What was seen, and what is missing: nothing means that the milestone is met."""

_DEFAULTS = ("0.0.0.0/0", "::/0")
_FEWEST_ZONES = 3
"""What the milestone itself says, however few an inventory asks for."""


@dataclasses.dataclass(frozen=True)
class Network:
    """What the world holds of one VPC.

    subnets: by name. routes: subnet to its written routes, destination to "kind/name", for subnets whose
    route table is known: one that uses the VPC's main table is not among them. gateways: names of
    internet gateways attached to the VPC. nats: by name, whatever their status.
    """

    vpc: Seen
    subnets: t.Mapping[str, Seen]
    routes: t.Mapping[str, t.Mapping[str, str]]
    gateways: frozenset[str]
    nats: t.Mapping[str, Seen]
    tables: t.Mapping[str, Seen]

    @property
    def public(self) -> list[str]:
        """Subnets with a default route to the VPC's internet gateway."""
        ways = {f"internet_gateway/{name}" for name in self.gateways}
        return [subnet for subnet, routes in self.routes.items() if ways & {routes.get(d) for d in _DEFAULTS}]

    @property
    def private(self) -> list[str]:
        """Subnets whose route table is known and has no such route."""
        return sorted(self.routes.keys() - set(self.public))

    @property
    def unknown(self) -> list[str]:
        """Subnets without a route table of their own: nobody here says where their packets go."""
        return sorted(self.subnets.keys() - self.routes.keys())

    def zone(self, subnet: str) -> str:
        """The subnet's Availability Zone."""
        return str(self.subnets[subnet].state["availability_zone"])

    @property
    def ids(self) -> tuple[str, ...]:
        """Identifiers of everything looked at."""
        looked_at = (*self.subnets.values(), *self.tables.values(), *self.nats.values())
        return (self.vpc.id, *sorted(seen.id for seen in looked_at))


def network(world: World, name: str) -> Network | None:
    """The VPC with what belongs to it, or None when it is not there."""
    vpc = world.get("vpc", name)
    if vpc is None or vpc.status is not Status.READY:
        return None

    def inside(kind: str) -> dict[str, Seen]:
        return {seen.name: seen for seen in world.all(kind) if seen.state.get("vpc") == name}

    subnets = {subnet: seen for subnet, seen in inside("subnet").items() if seen.status is Status.READY}
    tables = inside("route_table")
    routes = {
        subnet: {route["destination"]: route["target"] for route in table.state["routes"]}
        for table in tables.values()
        for subnet in table.state["subnets"]
        if subnet in subnets
    }
    nats = {seen.name: seen for seen in world.all("nat_gateway") if seen.state["subnet"] in subnets}
    return Network(vpc, subnets, dict(sorted(routes.items())), frozenset(inside("internet_gateway")), nats, tables)


def public_and_private(_expected: Expectation, found: Network) -> Judgement:
    """1.a.i: both sorts of subnet are there, told apart by their default route."""
    missing = [f"there is no {word} subnet" for word, there in _sorts(found) if not there]
    return {word: list(there) for word, there in _sorts(found)}, missing + _unknown(found)


def spans_zones(expected: Expectation, found: Network) -> Judgement:
    """1.a.ii: at least three zones, all expected ones among them, have available subnets."""
    zones: dict[str, list[str]] = {}
    for subnet in sorted(found.subnets):
        zones.setdefault(found.zone(subnet), []).append(subnet)
    lacking = sorted(set(expected.get("zones") or ()) - zones.keys())
    missing = [f"no available subnet is in {', '.join(lacking)}"] if lacking else []
    if len(zones) < _FEWEST_ZONES:
        missing.append(f"available subnets are in {len(zones)} zones, not in {_FEWEST_ZONES}")
    return dict(sorted(zones.items())), missing


def ways_out(expected: Expectation, found: Network) -> Judgement:
    """1.a.iii: in each zone a DMZ and private subnets, and each of these goes out through a NAT gateway in the DMZ.

    A zone that has a NAT gateway uses its own: a zone's loss then is only its own. nat_zones are the zones that
    shall have one, all zones unless given; without_nat names private subnets that shall have no way out.
    """
    zones = set(expected.get("zones") or ()) or {found.zone(subnet) for subnet in found.subnets}
    own = set(expected.get("nat_zones") or zones)
    private = [subnet for subnet in found.private if subnet not in (expected.get("without_nat") or ())]
    missing = []
    for word, there in (("public", found.public), ("private", private)):
        lacking = sorted(zones - {found.zone(subnet) for subnet in there})
        missing += [f"no {word} subnet is in {zone}" for zone in lacking]
    ways: dict[str, str] = {}
    for subnet in private:
        ways[subnet] = found.routes[subnet].get(_DEFAULTS[0], "nowhere")
        missing += _wrong_way(found, subnet, ways[subnet], own)
    return {"dmz": sorted(found.public), "default_routes": ways}, missing + _unknown(found)


def _wrong_way(found: Network, subnet: str, target: str, own: t.Collection[str]) -> list[str]:
    # By id as well: a gateway that is being deleted has lost its name, and the reason should still say so.
    named = (nat for nat in found.nats.values() if target in (f"nat_gateway/{nat.name}", f"nat_gateway/{nat.id}"))
    nat = next(named, None)
    if nat is None:
        return [f"the default route of {subnet} leads to {target}, which is no NAT gateway of the VPC"]
    stands = str(nat.state["subnet"])
    wrong = []
    if nat.status is not Status.READY:
        wrong.append(f"{nat.name}, the way out of {subnet}, is {nat.status.value} {nat.reason}".rstrip())
    if nat.state["connectivity"] != "public":
        wrong.append(f"{nat.name}, the way out of {subnet}, is a private NAT gateway")
    if stands not in found.public:
        wrong.append(f"{nat.name}, the way out of {subnet}, stands in {stands}, which is not public")
    if found.zone(subnet) in own and found.zone(stands) != found.zone(subnet):
        wrong.append(f"{subnet} in {found.zone(subnet)} goes out through {nat.name} in {found.zone(stands)}")
    return wrong


def _sorts(found: Network) -> tuple[tuple[str, list[str]], ...]:
    return ("public", sorted(found.public)), ("private", found.private)


def _unknown(found: Network) -> list[str]:
    return [f"{', '.join(found.unknown)}: no known route table says where they lead"] if found.unknown else []


_CHECKS: t.Mapping[str, tuple[str, t.Callable[[Expectation, Network], Judgement]]] = {
    "1.a.i": (
        "VPC {vpc} has subnets whose default route leads to its internet gateway, and subnets where it does not",
        public_and_private,
    ),
    "1.a.ii": ("VPC {vpc} has available subnets in the expected Availability Zones, three or more", spans_zones),
    "1.a.iii": (
        "in each zone of VPC {vpc} the default route of every private subnet leads to an available NAT gateway "
        "that stands in a public subnet",
        ways_out,
    ),
}


def checks() -> t.Mapping[str, Check]:
    """Milestone to its check. What is expected: {milestone, vpc: name, zones: [zones], nat_zones, without_nat}."""
    return {milestone: _check(milestone, *how) for milestone, how in _CHECKS.items()}


def _check(milestone: str, sentence: str, judge: t.Callable[[Expectation, Network], Judgement]) -> Check:
    def check(world: World, expected: Expectation) -> Evidence:
        name = str(expected["vpc"])
        found = network(world, name)
        told = sentence.format(vpc=name)
        if found is None:
            return Evidence(milestone, False, told, None, (), f"there is no available VPC {name}")
        value, missing = judge(expected, found)
        return Evidence(milestone, not missing, told, value, found.ids, "; ".join(missing))

    return check
