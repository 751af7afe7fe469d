# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with a VPC shape, before any call."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Sequence

from .aws_network import Vpc
from .fields import Network, lies_within
from .problems import Path, Problem, one_of
from .subnets import NoRoom, subnet_cidrs

_ZONE_SUFFIX = re.compile(r"[a-z]|-[a-z]{3}-\d[a-z]")


def vpc_problems(vpcs: Sequence[Vpc], region: str, variable: str = "aws_network_vpcs") -> Iterator[Problem]:
    """Problems of the VPCs of one region; paths begin with the variable."""
    names: dict[str, int] = {}
    for index, vpc in enumerate(vpcs):
        path: Path = (variable, index)
        if vpc.name in names:
            first = names[vpc.name]
            yield Problem((*path, "name"), vpc.name, f"is also the name of {variable}[{first}]", "name each VPC once")
        names.setdefault(vpc.name, index)
        yield from _zones(vpc, region, path)
        yield from _nat(vpc, path)
        yield from _endpoints(vpc, path)
        yield from _security_groups(vpc, path)
        yield from _subnets(vpc, path)


def zone_belongs(zone: str, region: str) -> bool:
    """Whether a zone is one of the region (Local Zones are too)."""
    return zone.startswith(region) and bool(_ZONE_SUFFIX.fullmatch(zone[len(region) :]))


def _zones(vpc: Vpc, region: str, path: Path) -> Iterator[Problem]:
    for index, zone in enumerate(vpc.zones):
        where = (*path, "zones", index)
        if not zone_belongs(zone, region):
            yield Problem(where, zone, f"is no Availability Zone of {region}", f"write one such as {region}a")
        if zone in vpc.zones[:index]:
            yield Problem(where, zone, "is listed twice", "list each zone once")
    for name, tier in vpc.tiers.items():
        missing = [zone for zone in vpc.zones if zone not in tier.cidrs]
        if tier.cidrs and missing:
            yield Problem(
                (*path, "tiers", name, "cidrs"), "", f"has no CIDR for {', '.join(missing)}", "give one for each zone"
            )
        for zone in tier.cidrs:
            if zone not in vpc.zones:
                remedy = one_of(zone, vpc.zones)
                yield Problem((*path, "tiers", name, "cidrs", zone), "", "is no zone of this VPC", remedy)


def _nat(vpc: Vpc, path: Path) -> Iterator[Problem]:
    if vpc.nat_zones and not vpc.public_tiers:
        yield Problem(
            (*path, "nat"), vpc.nat, "needs a public tier to stand in", "add a tier with public: true, or set nat: none"
        )


def _endpoints(vpc: Vpc, path: Path) -> Iterator[Problem]:
    tier = vpc.endpoints.tier
    if tier is not None and tier not in vpc.tiers:
        yield Problem((*path, "endpoints", "tier"), tier, "is no tier of this VPC", one_of(tier, vpc.tiers))
    for index, endpoint in enumerate(vpc.endpoints.gateway):
        if endpoint.service.rsplit(".", 1)[-1] not in {"s3", "dynamodb"}:
            yield Problem(
                (*path, "endpoints", "gateway", index),
                endpoint.service,
                "has no gateway endpoint",
                "only s3 and dynamodb have one; list it under interface",
            )
    seen: set[str] = set()
    for index, endpoint in enumerate(vpc.endpoints.interface):
        if endpoint.service in seen:
            where = (*path, "endpoints", "interface", index)
            yield Problem(where, endpoint.service, "is listed twice", "list each service once")
        seen.add(endpoint.service)


def _security_groups(vpc: Vpc, path: Path) -> Iterator[Problem]:
    names = [group.name for group in vpc.security_groups]
    for index, group in enumerate(vpc.security_groups):
        where = (*path, "security_groups", index)
        if group.name in names[:index]:
            yield Problem((*where, "name"), group.name, "is the name of two security groups", "name each once")
        for side, rules in (("ingress", group.ingress), ("egress", group.egress)):
            for number, rule in enumerate(rules or []):
                other = rule.security_group
                if other is not None and other not in names:
                    place = (*where, side, number, "security_group")
                    yield Problem(place, other, "is no security group of this VPC", one_of(other, names))


def _subnets(vpc: Vpc, path: Path) -> Iterator[Problem]:
    blocks = [ipaddress.ip_network(cidr) for cidr in (vpc.cidr, *(vpc.secondary_cidrs or []))]
    if not isinstance(blocks[0], ipaddress.IPv4Network) or not 16 <= blocks[0].prefixlen <= 28:
        yield Problem((*path, "cidr"), vpc.cidr, "must be an IPv4 block of /16 to /28", "choose a prefix from 16 to 28")
        return
    try:
        subnets = subnet_cidrs(vpc)
    except NoRoom as error:
        remedy = "give the tiers longer prefixes, the VPC a shorter one, or zone_slots a smaller number"
        yield Problem((*path, "tiers", error.tier, "prefix"), "", str(error), remedy)
        return
    taken: list[tuple[Network, str]] = []
    for tier, zones in subnets.items():
        for zone, cidr in zones.items():
            where = (*path, "tiers", tier, "cidrs", zone)
            one = ipaddress.ip_network(cidr)
            if not any(lies_within(one, block) for block in blocks):
                yield Problem(where, cidr, f"lies outside the VPC ({vpc.cidr})", "choose a block within the VPC")
            for other, name in taken:
                if one.overlaps(other):
                    yield Problem(where, cidr, f"overlaps {other} of {name}", "choose blocks that do not overlap")
            taken.append((one, f"tier {tier} in {zone}"))
