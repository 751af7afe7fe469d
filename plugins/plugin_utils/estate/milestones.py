# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which acceptance milestones an estate must meet: those whose part of it is described and not ignored."""

from __future__ import annotations

from collections.abc import Callable

from .estate import Estate
from .identity import Layer

Rule = Callable[[Estate], bool]


def _layer(layer: Layer, described: Rule) -> Rule:
    return lambda estate: estate.identity.manages(layer) != "ignore" and described(estate)


def _public(estate: Estate) -> bool:
    return any(vpc.public_tiers and vpc.inner_tiers for region in estate.regions for vpc in region.vpcs)


def _three_zones(estate: Estate) -> bool:
    return any(len(vpc.zones) >= 3 for region in estate.regions for vpc in region.vpcs)


def _nat(estate: Estate) -> bool:
    return any(vpc.nat_zones for region in estate.regions for vpc in region.vpcs)


def _node_groups(estate: Estate) -> bool:
    return any(cluster.node_groups for region in estate.regions for cluster in region.clusters)


def _eks(estate: Estate) -> bool:
    return any(region.clusters for region in estate.regions)


def _bastions(estate: Estate) -> bool:
    clusters = [cluster for region in estate.regions for cluster in region.clusters]
    return any(one.instance_profile for cluster in clusters for one in cluster.administrators)


def _vcenter_ha(estate: Estate) -> bool:
    return estate.vcenter is not None and estate.vcenter.ha is not None


def _vcenter_hosts(estate: Estate) -> bool:
    vcenter = estate.vcenter
    if vcenter is None or vcenter.ha is None:
        return False
    return all(len(one.hosts) >= 2 for one in vcenter.ha.appliances if one.role != "witness")


def _nodes_per_host(estate: Estate) -> bool:
    return any(
        cluster.control_plane.per_host >= 1 and sum(group.per_host for group in cluster.workers) >= 2
        for cluster in estate.clusters
    )


def _clusters(estate: Estate) -> bool:
    return bool(estate.clusters)


def _link(estate: Estate) -> bool:
    return estate.link is not None


def _mesh(estate: Estate) -> bool:
    return estate.mesh is not None and len(estate.mesh.clusters) >= 2


def _gloo(estate: Estate) -> bool:
    return _mesh(estate) and estate.mesh is not None and estate.mesh.gloo_version is not None


def _kubeflow(estate: Estate) -> bool:
    return estate.platform.kubeflow is not None


def _notebooks(estate: Estate) -> bool:
    return estate.platform.kubeflow is not None and "notebooks" in estate.platform.kubeflow.components


def _prometheus(estate: Estate) -> bool:
    return estate.observability.prometheus is not None


def _alerts(estate: Estate) -> bool:
    return _prometheus(estate) and bool(estate.observability.receivers)


def _always(estate: Estate) -> bool:
    return True


EXPECTED: dict[str, Rule] = {
    "1.a.i": _layer("aws_network", _public),
    "1.a.ii": _layer("aws_network", _three_zones),
    "1.a.iii": _layer("aws_network", _nat),
    "1.a.iv": _layer("eks", _node_groups),
    "1.a.v": _layer("eks", _bastions),
    "1.a.vi": _layer("eks", _bastions),
    "1.a.vii": _layer("eks", _eks),
    "1.b.i": _layer("vcenter", _vcenter_ha),
    "1.b.ii": _layer("vcenter", _vcenter_hosts),
    "1.b.iii": _layer("eks_anywhere", _nodes_per_host),
    "1.b.iv": _layer("vsphere_cluster", _clusters),
    "1.b.v": _layer("eks_anywhere", _clusters),
    "1.c.i": _layer("link", _link),
    "1.c.ii": _layer("mesh", _mesh),
    "1.c.iii": _layer("mesh", _gloo),
    "2.a.i": _layer("eks", _eks),
    **{f"2.a.{number}": _layer("kubeflow", _kubeflow) for number in ("ii", "iii", "iv", "v")},
    "2.b.i": _layer("observability", _prometheus),
    "2.b.ii": _layer("observability", _prometheus),
    "2.b.iii": _layer("observability", _alerts),
    "2.b.iv": _layer("observability", _prometheus),
    "2.b.v": _layer("observability", _prometheus),
    "3.a.i": _layer("kubeflow", _kubeflow),
    "3.a.ii": _layer("kubeflow", _notebooks),
    "3.a.iii": _layer("kubeflow", _notebooks),
    "3.a.iv": _layer("observability", _alerts),
    "3.b.i": _always,
    "3.b.ii": _always,
    "3.b.iii": _always,
    "3.b.iv": _always,
}


def expected_milestones(estate: Estate) -> list[str]:
    """Ids of the milestones that this estate must meet, in their order."""
    return [name for name, rule in EXPECTED.items() if rule(estate)]
