# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Layer eks_anywhere as a list of resources, what milestones expect of it, and which machines are to have GPUs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from .base import Manage
from .eksa import Surroundings, cluster_options
from .layers_network import Resource
from .layers_vsphere import shape_of
from .onprem import OnPremises, narrower


def around(shape: OnPremises) -> Surroundings:
    """What the clusters of a site stand in."""
    return Surroundings(
        vcenter=shape.vcenter,
        networks=shape.all_networks,
        hosts=dict(Counter(host.site for host in shape.all_hosts)),
        gpus=shape.gpus.per_host if shape.gpus else 0,
        server=shape.endpoint.server if shape.endpoint else shape.vcenter.host,
    )


def eksa_entries(shape: OnPremises, manage: Manage = "managed") -> list[Resource]:
    """Each cluster and its kubeconfig, management clusters first."""
    return [entry for entry in _entries(shape, manage) if manage != "ignore"]


def _entries(shape: OnPremises, manage: Manage) -> Iterator[Resource]:
    # Who manages comes before who is managed; else in the order of the inventory.
    for cluster in sorted(shape.clusters, key=lambda one: one.role != "management"):
        how = narrower(manage, cluster.manage)
        if how == "ignore":
            continue
        entry: Resource = {"kind": "eksa_cluster", "name": cluster.name, **cluster_options(cluster, around(shape))}
        yield entry if how == "managed" else {**entry, "manage": how}
        # A file of this machine is ours, whoever the cluster belongs to.
        yield {"kind": "eksa_kubeconfig", "name": cluster.name, "cluster": cluster.name}


def eksa_resources(shape: Any, *, manage: Manage = "managed") -> list[Resource]:
    """The resources of layer eks_anywhere, as module eksa_resources takes them.

    shape: onprem.OnPremises as plain data. manage: how far the whole layer is ours. Raises InvalidEstate.
    """
    return eksa_entries(shape_of("eks_anywhere_shape", shape), manage)


def eksa_milestones(shape: Any) -> list[Resource]:
    """Expectations {milestone, cluster, ...} about clusters on site. Raises InvalidEstate."""
    checked = shape_of("eks_anywhere_shape", shape)
    found: list[Resource] = []
    for cluster in checked.clusters:
        if cluster.manage == "ignore":
            continue
        options = cluster_options(cluster, around(checked))
        found.append(
            {
                "milestone": "1.b.v",
                "cluster": cluster.name,
                "version": cluster.kubernetes_version,
                "control_plane": options["control_plane"]["count"],
                "workers": {row["name"]: row["count"] for row in options["workers"]},
            }
        )
        workers = sum(group.per_host for group in cluster.workers)
        if cluster.control_plane.per_host and workers > 1:
            hosts = [host.name for host in checked.all_hosts]
            per_host = {"control_plane": cluster.control_plane.per_host, "workers": workers}
            found.append({"milestone": "1.b.iii", "cluster": cluster.name, "hosts": hosts, **per_host})
    return found


def eksa_gpus(shape: Any) -> list[Resource]:
    """Groups of workers that are to have GPUs: {cluster, group, count, vendor, devices ...}. Raises InvalidEstate."""
    checked = shape_of("eks_anywhere_shape", shape)
    gpus = checked.gpus
    if gpus is None or gpus.mode != "passthrough":
        return []
    # The devices that the hosts give away: no other one could be handed on.
    vendor, device = (int(part, 16) for part in gpus.pci_device.split(":"))
    found = []
    for cluster in checked.clusters:
        for group in cluster.workers if cluster.manage == "managed" else ():
            count = gpus.per_host if group.gpus == "all_of_host" else int(group.gpus)
            names = [f"{group.name}-{site}" for site in group.sites] or [group.name]
            about: Resource = {"count": count, "vendor": vendor, "devices": [device]}
            if cluster.managed_by:
                about["management_cluster"] = cluster.managed_by
            found += [{"cluster": cluster.name, "group": name, **about} for name in names if count]
    return found
