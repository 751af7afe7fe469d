# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the shape of a VPC to the flat list of its resources."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .aws_network import Endpoint, SecurityGroupRule, Tier, Vpc
from .subnets import subnet_cidrs

Resource = dict[str, Any]
ANYWHERE = "0.0.0.0/0"


def subnet_name(vpc: str, tier: str, zone: str) -> str:
    """The name of a derived subnet."""
    return f"{vpc}-{tier}-{zone}"


def vpc_resources(vpc: Vpc) -> Iterator[Resource]:
    """All resources of one VPC, each after those that it refers to."""
    yield from (_tagged(resource, vpc) for resource in _parts(vpc))


def _parts(vpc: Vpc) -> Iterator[Resource]:
    yield _vpc(vpc)
    yield from _subnets(vpc)
    if vpc.public_tiers:
        yield {"kind": "internet_gateway", "name": vpc.name, "vpc": vpc.name}
    for zone in vpc.nat_zones:
        name = f"{vpc.name}-{zone}"
        yield {"kind": "elastic_ip", "name": name}
        subnet = subnet_name(vpc.name, vpc.public_tiers[0], zone)
        yield {"kind": "nat_gateway", "name": name, "subnet": subnet, "elastic_ip": name, "connectivity": "public"}
    yield from _route_tables(vpc)
    yield from _security_groups(vpc)
    yield from _endpoints(vpc)


def _tagged(resource: Resource, vpc: Vpc) -> Resource:
    tags = {**vpc.tags, **resource.pop("tags", {})}
    if vpc.manage != "managed":
        resource["manage"] = vpc.manage
    return {**resource, "tags": tags} if tags else resource


def _vpc(vpc: Vpc) -> Resource:
    resource: Resource = {
        "kind": "vpc",
        "name": vpc.name,
        "cidr": vpc.cidr,
        "dns_support": vpc.dns_support,
        "dns_hostnames": vpc.dns_hostnames,
    }
    if vpc.secondary_cidrs is not None:
        resource["secondary_cidrs"] = vpc.secondary_cidrs
    if vpc.tenancy is not None:
        resource["tenancy"] = vpc.tenancy
    return resource


def _subnets(vpc: Vpc) -> Iterator[Resource]:
    for tier_name, cidrs in subnet_cidrs(vpc).items():
        tier = vpc.tiers[tier_name]
        for zone, cidr in cidrs.items():
            yield {
                "kind": "subnet",
                "name": subnet_name(vpc.name, tier_name, zone),
                "vpc": vpc.name,
                "cidr": cidr,
                "availability_zone": zone,
                "map_public_ip": tier.public if tier.map_public_ip is None else tier.map_public_ip,
                "tags": {**_balancer_tags(vpc, tier), **tier.tags},
            }


def _balancer_tags(vpc: Vpc, tier: Tier) -> dict[str, str]:
    """By these tags the AWS Load Balancer Controller finds subnets for public and for internal balancers."""
    if not vpc.kubernetes_clusters or not (tier.public or tier.behind_nat):
        return {}
    role = "kubernetes.io/role/elb" if tier.public else "kubernetes.io/role/internal-elb"
    return {role: "1", **{f"kubernetes.io/cluster/{name}": "shared" for name in vpc.kubernetes_clusters}}


def route_table_names(vpc: Vpc, tier: str) -> list[str]:
    """The tables of a tier: one for a public tier, otherwise one for each zone, so that a zone fails alone."""
    if vpc.tiers[tier].public:
        return [f"{vpc.name}-{tier}"]
    return [f"{vpc.name}-{tier}-{zone}" for zone in vpc.zones]


def _route_tables(vpc: Vpc) -> Iterator[Resource]:
    for tier_name, tier in vpc.tiers.items():
        subnets = [subnet_name(vpc.name, tier_name, zone) for zone in vpc.zones]
        if tier.public:
            routes = [{"destination": ANYWHERE, "target": f"internet_gateway/{vpc.name}"}]
            yield _route_table(vpc, f"{vpc.name}-{tier_name}", routes, subnets)
            continue
        for zone, name, subnet in zip(vpc.zones, route_table_names(vpc, tier_name), subnets, strict=True):
            yield _route_table(vpc, name, _nat_routes(vpc, tier, zone), [subnet])


def _route_table(vpc: Vpc, name: str, routes: list[Resource], subnets: list[str]) -> Resource:
    return {"kind": "route_table", "name": name, "vpc": vpc.name, "routes": routes, "subnets": subnets}


def _nat_routes(vpc: Vpc, tier: Tier, zone: str) -> list[Resource]:
    if not vpc.nat_zones or not tier.behind_nat:
        return []
    nat = zone if zone in vpc.nat_zones else vpc.nat_zones[0]
    return [{"destination": ANYWHERE, "target": f"nat_gateway/{vpc.name}-{nat}"}]


def _security_groups(vpc: Vpc) -> Iterator[Resource]:
    if vpc.endpoints.interface:
        yield {
            "kind": "security_group",
            "name": f"{vpc.name}-endpoints",
            "vpc": vpc.name,
            "description": "HTTPS from the VPC to the interface endpoints",
            "ingress": [
                {"protocol": "tcp", "from_port": 443, "to_port": 443, "cidr": cidr, "description": "HTTPS from the VPC"}
                for cidr in (vpc.cidr, *(vpc.secondary_cidrs or []))
            ],
            "egress": [],
        }
    for group in vpc.security_groups:
        if group.manage == "ignore":
            continue
        resource: Resource = {
            "kind": "security_group",
            "name": group.name,
            "vpc": vpc.name,
            "description": group.description,
            "tags": group.tags,
        }
        for side, rules in (("ingress", group.ingress), ("egress", group.egress)):
            if rules is not None:
                resource[side] = [_rule(rule, group.name) for rule in rules]
        if group.manage == "reference":
            resource["manage"] = "reference"
        yield resource


def _rule(rule: SecurityGroupRule, group: str) -> Resource:
    entry: Resource = {"protocol": rule.protocol, "from_port": rule.from_port, "to_port": rule.to_port}
    if rule.to_port is None and rule.protocol != "icmp":
        entry["to_port"] = rule.from_port
    entry["cidr"] = rule.cidr
    if rule.security_group == group:
        # A group that admits itself cannot be named by id before it exists.
        entry["self"] = True
    else:
        entry["security_group"] = rule.security_group
    entry["description"] = rule.description or None
    return {key: value for key, value in entry.items() if value is not None}


def _endpoints(vpc: Vpc) -> Iterator[Resource]:
    inner_tables = [name for tier in vpc.inner_tiers for name in route_table_names(vpc, tier)]
    for endpoint in vpc.endpoints.gateway:
        yield {**_endpoint(vpc, endpoint, "gateway"), "route_tables": inner_tables}
    subnets = [subnet_name(vpc.name, vpc.endpoint_tier, zone) for zone in vpc.zones]
    for endpoint in vpc.endpoints.interface:
        yield {
            **_endpoint(vpc, endpoint, "interface"),
            "subnets": subnets,
            "security_groups": [f"{vpc.name}-endpoints"],
            "private_dns": endpoint.private_dns,
        }


def _endpoint(vpc: Vpc, endpoint: Endpoint, sort: str) -> Resource:
    resource: Resource = {
        "kind": "vpc_endpoint",
        "name": f"{vpc.name}-{endpoint.service.replace('.', '-')}",
        "vpc": vpc.name,
        "service": endpoint.service,
        "type": sort,
    }
    if endpoint.policy is not None:
        resource["policy"] = endpoint.policy
    return resource
