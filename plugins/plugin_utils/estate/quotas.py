# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much of its AWS quotas an estate needs. Source of codes: the Service Quotas console."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator

from .declared import region_entries
from .estate import Estate, Region
from .layers_network import Resource


@dataclasses.dataclass(frozen=True, slots=True)
class Need:
    """A quota of a region. needed: what this estate uses of it, in the quota's own unit; others use it as well."""

    region: str
    service: str
    code: str
    name: str
    needed: int


# Kind of resource, or "<kind>/<scope>" for the largest number within one scope: service, code, name.
_QUOTAS = {
    "vpc": ("vpc", "L-F678F1CE", "VPCs per Region"),
    "internet_gateway": ("vpc", "L-A4707A72", "Internet gateways per Region"),
    "subnet/vpc": ("vpc", "L-407747CB", "Subnets per VPC"),
    "route_table/vpc": ("vpc", "L-589F43AA", "Route tables per VPC"),
    "interface_endpoint/vpc": ("vpc", "L-29B6F2EB", "Interface VPC endpoints per VPC"),
    "nat_gateway/zone": ("vpc", "L-FE5A380F", "NAT gateways per Availability Zone"),
    "elastic_ip": ("ec2", "L-0263D0A3", "EC2-VPC Elastic IPs"),
    "eks_cluster": ("eks", "L-1194D53C", "Clusters"),
    "eks_nodegroup/cluster": ("eks", "L-6D54EA21", "Managed node groups per cluster"),
    "nodes/group": ("eks", "L-BD136A63", "Nodes per managed node group"),
}


def quotas(estate: Estate) -> list[Need]:
    """The needs of all regions."""
    return [need for region in estate.regions for need in _of_region(estate, region)]


def _of_region(estate: Estate, region: Region) -> Iterator[Need]:
    entries = [entry for entry in region_entries(estate, region) if entry.get("manage", "managed") == "managed"]
    whole: Counter[str] = Counter(entry["kind"] for entry in entries)
    scoped: dict[str, Counter[str]] = {}
    for entry in entries:
        for scope, within in _scopes(entry):
            scoped.setdefault(scope, Counter())[within] += 1
    largest = {scope: max(counts.values()) for scope, counts in scoped.items()}
    sizes = [entry["scaling"]["max"] for entry in entries if entry["kind"] == "eks_nodegroup"]
    needs = {**whole, **largest, "nodes/group": max(sizes, default=0)}
    for key, (service, code, name) in _QUOTAS.items():
        if needs.get(key):
            yield Need(region.name, service, code, name, needs[key])


def _scopes(entry: Resource) -> Iterator[tuple[str, str]]:
    kind = entry["kind"]
    if kind in {"subnet", "route_table"}:
        yield f"{kind}/vpc", entry["vpc"]
    elif kind == "vpc_endpoint" and entry["type"] == "interface":
        yield "interface_endpoint/vpc", entry["vpc"]
    elif kind == "nat_gateway":
        yield "nat_gateway/zone", "-".join(entry["name"].rsplit("-", 3)[1:])
    elif kind == "eks_nodegroup":
        yield "eks_nodegroup/cluster", entry["cluster"]
