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
from .vcenter import Pool

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
    used = {one.pool for one in shape.clusters if one.manage != "ignore"}
    limits = {pool.name: _percents(pool, "limit_percent") for pool in shape.pools if pool.name in used}
    business = {pool.name: _percents(pool, "reservation_percent") for pool in shape.pools if pool.purpose == "business"}
    if shape.vcenter.cluster.manage == "ignore" or not limits or not business:
        return
    mhz, mib = shape.capacity()
    yield {
        "milestone": "1.b.iv",
        "cluster": shape.vcenter.cluster.name,
        "capacity": {"cpu": mhz, "memory": mib},
        "limits": limits,
        "reservations": business,
        "nodes": {"prefixes": [f"{one.name}-" for one in shape.clusters if one.manage != "ignore"]},
    }


def _percents(pool: Pool, field: str) -> dict[str, int]:
    """CPU and memory to the percentage, of those that have one."""
    sides = {"cpu": getattr(pool.cpu, field), "memory": getattr(pool.memory, field)}
    return {side: percent for side, percent in sides.items() if percent is not None}


def _vcenter(shape: OnPremises) -> Iterator[Expectation]:
    pair = shape.vcenter.ha
    if pair is None:
        return
    sites = {host.name: host.site for host in shape.all_hosts}
    yield {"milestone": "1.b.i", "nodes": [one.name for one in pair.appliances], "sites": sites}
    appliances = {one.name: list(one.hosts) for one in pair.appliances if one.role != "witness"}
    if appliances and all(len(hosts) >= _HOSTS_OF_AN_APPLIANCE for hosts in appliances.values()):
        ours = all(host in sites for hosts in appliances.values() for host in hosts)
        about = {"cluster": shape.vcenter.cluster.name} if ours else {}
        yield {"milestone": "1.b.ii", "appliances": appliances, **about}


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
