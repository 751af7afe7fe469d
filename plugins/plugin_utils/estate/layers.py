# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The layers as lists of resources: pure functions from the shapes that roles take as variables.

The same functions serve the roles (through filters) and the estate model, so that a plan knows what a later layer will
declare.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from .aws_network import Vpc
from .base import Manage
from .checks_eks import eks_problems
from .checks_vpc import vpc_problems
from .eks import EksCluster
from .layers_eks import cluster_resources
from .layers_network import Resource, vpc_resources
from .problems import InvalidEstate, Problem
from .validation import validated

# Kinds whose names hold only within a cluster are addressed as cluster/name.
_WITHIN_CLUSTER = {"eks_nodegroup", "eks_access_entry", "eks_addon", "eks_pod_identity_association"}


def aws_network_resources(
    vpcs: Sequence[Any], *, estate: str, region: str, manage: Manage = "managed"
) -> list[Resource]:
    """The resources of a region's VPCs.

    vpcs: shapes of VPCs (aws_network.Vpc) as plain data. estate: name of the estate. region: name of the region.
    manage: how far the whole layer is ours (identity.Identity.manages); it limits what each shape says.
    Returns entries {kind, name, ...options of the kind}, each after those that it refers to. Raises InvalidEstate.
    """
    shapes = shaped("aws_network_vpcs", list[Vpc], vpcs)
    _refuse(vpc_problems(shapes, region))
    return network_entries(shapes, manage)


def eks_resources(
    clusters: Sequence[Any],
    *,
    estate: str,
    region: str,
    vpcs: Sequence[Any] | None = None,
    manage: Manage = "managed",
) -> list[Resource]:
    """The resources of a region's EKS clusters.

    clusters: shapes of clusters (eks.EksCluster) as plain data. vpcs: the shapes of the region's VPCs, from which zones
    are taken and against which references are checked; None: each cluster lists its zones. Otherwise as
    aws_network_resources.
    """
    shapes = shaped("eks_clusters", list[EksCluster], clusters)
    networks = None if vpcs is None else shaped("aws_network_vpcs", list[Vpc], vpcs)
    _refuse(eks_problems(shapes, networks, region))
    return eks_entries(shapes, networks or [], region, manage)


def network_entries(vpcs: Iterable[Vpc], manage: Manage = "managed") -> list[Resource]:
    """aws_network_resources for shapes that are checked already."""
    return _limited([entry for vpc in vpcs if vpc.manage != "ignore" for entry in vpc_resources(vpc)], manage)


def eks_entries(
    clusters: Iterable[EksCluster], vpcs: Sequence[Vpc], region: str, manage: Manage = "managed"
) -> list[Resource]:
    """eks_resources for shapes that are checked already."""
    entries = [
        entry
        for cluster in clusters
        if cluster.manage != "ignore"
        for entry in cluster_resources(cluster, vpcs, region)
    ]
    return _limited(_shared_roles(entries), manage)


def _limited(entries: list[Resource], manage: Manage) -> list[Resource]:
    """The entries of a layer that is ours only so far. A kubeconfig is a file of the controller and always ours."""
    if manage == "ignore":
        return []
    if manage == "managed":
        return entries
    return [entry if entry["kind"] == "eks_kubeconfig" else {**entry, "manage": manage} for entry in entries]


def address(entry: Resource) -> tuple[str, str]:
    """Kind and name of an entry as references write them."""
    kind, name = entry["kind"], entry["name"]
    return kind, f"{entry['cluster']}/{name}" if kind in _WITHIN_CLUSTER else name


def _shared_roles(entries: Iterable[Resource]) -> list[Resource]:
    """One entry where several clusters name the same administrator role, with the inline policies of all."""
    merged: dict[tuple[str, str], Resource] = {}
    for entry in entries:
        key = address(entry)
        if key not in merged:
            merged[key] = entry
        elif entry["kind"] == "iam_role":
            policies = {**merged[key].get("inline_policies", {}), **entry.get("inline_policies", {})}
            merged[key] = {**merged[key], "inline_policies": policies}
    return list(merged.values())


def shaped(variable: str, kind: Any, value: Sequence[Any]) -> Any:
    """Plain data of a variable as models of the kind. Raises InvalidEstate."""
    shapes, problems = validated(variable, kind, value)
    _refuse(iter(problems))
    return shapes


def _refuse(problems: Iterator[Problem]) -> None:
    found = list(problems)
    if found:
        raise InvalidEstate(found)
