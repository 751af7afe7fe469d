# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the checks of milestones have to find on site, from the shape that the roles of vSphere take."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .clusters_onprem import OnPremCluster
from .layers_vsphere import shape_of
from .onprem import OnPremises

Expectation = dict[str, Any]
# The reference estate asks for that many; a smaller one is not about the milestone.
_HOSTS_OF_AN_APPLIANCE = 2
_WORKERS_OF_A_HOST = 2


def vsphere_milestones(layer: str, shape: Any) -> list[Expectation]:
    """Expectations {milestone, ...} of one layer: vsphere_cluster, vcenter or eks_anywhere. Raises InvalidEstate."""
    checked = shape_of(f"{layer}_shape", shape)
    if checked.vcenter.manage == "ignore":
        return []
    return list(_LAYERS[layer](checked)) if layer in _LAYERS else []


def _cluster(shape: OnPremises) -> Iterator[Expectation]:
    cluster = shape.vcenter.cluster
    if cluster.manage != "ignore" and shape.clusters:
        yield {
            "milestone": "1.b.iv",
            "cluster": cluster.name,
            "hosts": [host.name for host in shape.all_hosts],
            "drs": cluster.drs.automation,
            "pools": sorted({one.pool for one in shape.clusters if one.manage != "ignore"}),
        }


def _vcenter(shape: OnPremises) -> Iterator[Expectation]:
    pair = shape.vcenter.ha
    if pair is None:
        return
    yield {
        "milestone": "1.b.i",
        "vcenter_ha": "vcenter-ha",
        "mode": "enabled",
        "nodes": {one.role: one.ha_address for one in pair.appliances},
    }
    sites = {host.name: host.site for host in shape.all_hosts}
    appliances = [
        {"name": one.name, "role": one.role, "hosts": list(one.hosts), "sites": sorted({sites[h] for h in one.hosts})}
        for one in pair.appliances
        if one.role != "witness" and all(host in sites for host in one.hosts)
    ]
    if appliances and all(len(one["hosts"]) >= _HOSTS_OF_AN_APPLIANCE for one in appliances):
        yield {"milestone": "1.b.ii", "cluster": shape.vcenter.cluster.name, "appliances": appliances}


def _eks_anywhere(shape: OnPremises) -> Iterator[Expectation]:
    for cluster in shape.clusters:
        workers = sum(group.per_host for group in cluster.workers)
        if cluster.manage == "ignore" or not cluster.control_plane.per_host or workers < _WORKERS_OF_A_HOST:
            continue
        yield {
            "milestone": "1.b.iii",
            "cluster": shape.vcenter.cluster.name,
            "kubernetes_cluster": cluster.name,
            "hosts": [host.name for host in shape.all_hosts],
            "control_plane": {"per_host": cluster.control_plane.per_host, **_control_plane(cluster)},
            "workers": {"per_host": workers, "prefixes": _worker_prefixes(cluster)},
        }


def _worker_prefixes(cluster: OnPremCluster) -> list[str]:
    return [f"{cluster.name}-{group.name}-" for group in cluster.workers]


def _control_plane(cluster: OnPremCluster) -> Expectation:
    """How EKS Anywhere names them: the cluster's name and a random end, as it does the others with a word between."""
    return {"prefixes": [f"{cluster.name}-"], "not_prefixes": [*_worker_prefixes(cluster), f"{cluster.name}-etcd-"]}


_LAYERS = {"vsphere_cluster": _cluster, "vcenter": _vcenter, "eks_anywhere": _eks_anywhere}
