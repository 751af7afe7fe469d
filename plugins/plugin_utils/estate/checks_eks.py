# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with the shape of an EKS cluster, before any call."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .aws_network import Vpc
from .checks_eks_addons import addon_problems
from .checks_vpc import zone_belongs
from .eks import EksCluster, NodeGroup
from .problems import Path, Problem, one_of


def cluster_zones(cluster: EksCluster, vpcs: Sequence[Vpc]) -> list[str]:
    """The zones of a cluster: its own, or all of its VPC."""
    if cluster.zones is not None:
        return cluster.zones
    return next((vpc.zones for vpc in vpcs if vpc.name == cluster.vpc), [])


def eks_problems(
    clusters: Sequence[EksCluster], vpcs: Sequence[Vpc] | None, region: str, variable: str = "eks_clusters"
) -> Iterator[Problem]:
    """Problems of the clusters of one region.

    vpcs None: the VPCs are described elsewhere, so that references into them are taken on trust.
    """
    for index, cluster in enumerate(clusters):
        path: Path = (variable, index)
        if cluster.name in {other.name for other in clusters[:index]}:
            yield Problem((*path, "name"), cluster.name, "is the name of two clusters", "name each cluster once")
        yield from _place(cluster, vpcs, region, path)
        yield from _endpoint(cluster, path)
        yield from _access(cluster, path)
        yield from addon_problems(cluster, path)
        for number, group in enumerate(cluster.node_groups):
            yield from _node_group(cluster, group, cluster_zones(cluster, vpcs or []), (*path, "node_groups", number))


def _place(cluster: EksCluster, vpcs: Sequence[Vpc] | None, region: str, path: Path) -> Iterator[Problem]:
    for index, zone in enumerate(cluster.zones or []):
        if not zone_belongs(zone, region):
            where = (*path, "zones", index)
            yield Problem(where, zone, f"is no Availability Zone of {region}", f"write one such as {region}a")
    if vpcs is None and cluster.zones is None:
        yield Problem((*path, "zones"), "", "is required where the VPC is not described", "list the zones")
        return
    if vpcs is not None:
        vpc = next((vpc for vpc in vpcs if vpc.name == cluster.vpc), None)
        if vpc is None:
            remedy = one_of(cluster.vpc, [vpc.name for vpc in vpcs])
            yield Problem((*path, "vpc"), cluster.vpc, "is no VPC of this region", remedy)
            return
        yield from _within(cluster, vpc, path)
    if len(set(cluster_zones(cluster, vpcs or []))) < 2:
        yield Problem(
            (*path, "zones"),
            ", ".join(cluster_zones(cluster, vpcs or [])),
            "are fewer than two Availability Zones, which EKS demands",
            "give the cluster (or its VPC) zones in at least two Availability Zones",
        )


def _within(cluster: EksCluster, vpc: Vpc, path: Path) -> Iterator[Problem]:
    tier = cluster.subnets_tier
    if tier not in vpc.tiers:
        where = (*path, "subnets_tier")
        yield Problem(where, tier, f"is no tier of VPC {vpc.name}", one_of(tier, vpc.tiers))
    for index, zone in enumerate(cluster.zones or []):
        if zone not in vpc.zones:
            yield Problem((*path, "zones", index), zone, f"is no zone of VPC {vpc.name}", one_of(zone, vpc.zones))
    groups = [group.name for group in vpc.security_groups]
    for index, name in enumerate(cluster.security_groups or []):
        if name not in groups:
            where = (*path, "security_groups", index)
            yield Problem(where, name, f"is no security group of VPC {vpc.name}", one_of(name, groups))


def _endpoint(cluster: EksCluster, path: Path) -> Iterator[Problem]:
    endpoint = cluster.endpoint
    where: Path = (*path, "endpoint")
    if not (endpoint.public or endpoint.private):
        yield Problem(where, "", "is reachable from nowhere", "set public or private to true")
    if not endpoint.public:
        if endpoint.public_access_cidrs:
            remedy = "leave public_access_cidrs out, or set public: true"
            yield Problem((*where, "public_access_cidrs"), "", "limits an endpoint that is not public", remedy)
        return
    anyone = "0.0.0.0/0" in endpoint.public_access_cidrs or not endpoint.public_access_cidrs
    if anyone and not endpoint.open_to_anyone:
        yield Problem(
            (*where, "public_access_cidrs"),
            ", ".join(endpoint.public_access_cidrs),
            "lets the whole internet reach the Kubernetes API",
            "name the networks that need it, or consent with open_to_anyone: true",
        )


def _access(cluster: EksCluster, path: Path) -> Iterator[Problem]:
    if cluster.authentication_mode == "CONFIG_MAP" and (cluster.administrators or cluster.access_entries):
        yield Problem(
            (*path, "authentication_mode"),
            cluster.authentication_mode,
            "knows no access entries, which administrators need",
            "use API or API_AND_CONFIG_MAP",
        )
    if not cluster.creator_is_administrator and not cluster.administrators:
        yield Problem(
            (*path, "administrators"),
            "",
            "nobody would administer the cluster",
            "name an administrator, or set creator_is_administrator: true",
        )
    principals = [entry.principal for entry in cluster.access_entries]
    principals += [one.principal for one in cluster.administrators if one.principal is not None]
    for principal in sorted({one for one in principals if principals.count(one) > 1}):
        yield Problem(
            (*path, "access_entries"), principal, "has two access entries", "EKS allows one for each principal"
        )


def _node_group(cluster: EksCluster, group: NodeGroup, zones: Sequence[str], path: Path) -> Iterator[Problem]:
    if [other.name for other in cluster.node_groups].count(group.name) > 1:
        yield Problem((*path, "name"), group.name, "is the name of two node groups", "name each node group once")
    if group.min > group.max:
        yield Problem((*path, "min"), str(group.min), f"is more than max ({group.max})", "give min <= max")
    if group.desired is not None and not group.min <= group.desired <= group.max:
        message = f"is not between min ({group.min}) and max ({group.max})"
        yield Problem((*path, "desired"), str(group.desired), message, "give min <= desired <= max")
    for index, zone in enumerate(group.zones if group.zones != "all" else []):
        if zones and zone not in zones:
            where = (*path, "zones", index)
            yield Problem(where, zone, f"is no zone of cluster {cluster.name}", one_of(zone, zones))
