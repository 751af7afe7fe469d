# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Storage on site against what has to outlive the loss of a site."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .check import needs
from .clusters_onprem import OnPremCluster
from .estate import Estate
from .problems import Path, Problem
from .storage import Datastore, Storage, StorageDevices, devices_of


def replicated(device: StorageDevices, tiers: Mapping[str, bool]) -> bool:
    """True when every block of a device is at a second site. tiers: name to whether it replicates."""
    return tiers.get(device.tier, False) and len(set(device.sites)) > 1


def outlive(storage: Storage, datastores: list[Datastore]) -> dict[str, frozenset[str]]:
    """Datastore to the sites whose loss ends it: none where it is replicated, else all that hold its data."""
    tiers = {tier.name: tier.replicated for tier in storage.tiers}
    devices = devices_of(storage)
    return {
        one.name: frozenset() if replicated(devices[one.device], tiers) else frozenset(devices[one.device].sites)
        for one in datastores
    }


@needs("kubeops_clusters", "kubeops_storage", "kubeops_hosts", "kubeops_estate", sound=True)
def node_datastores(estate: Estate) -> Iterator[Problem]:
    """Machines of clusters do not all go with the datastore of one site."""
    if estate.identity.survive != "site" or estate.storage is None:
        return
    ends = outlive(estate.storage, estate.datastores)
    for index, cluster in enumerate(estate.clusters):
        if cluster.manage != "ignore":
            yield from _of_cluster(cluster, ends, ("kubeops_clusters", index))


def _of_cluster(cluster: OnPremCluster, ends: Mapping[str, frozenset[str]], path: Path) -> Iterator[Problem]:
    lost = ends.get(cluster.datastore, frozenset())
    if lost:
        message = f"goes with site {', '.join(sorted(lost))}, and all control-plane machines of the cluster with it"
        remedy = "choose a datastore of a replicated tier whose device is at two sites, or survive: host"
        yield Problem((*path, "datastore"), cluster.datastore, message, remedy)
    for number, group in enumerate(cluster.workers):
        for site, store in group.sites.items():
            away = ends.get(store, frozenset()) - {site}
            if away:
                message = f"goes with site {', '.join(sorted(away))}, but carries the workers of site {site}"
                remedy = f"choose a datastore of site {site}, or a replicated one"
                yield Problem((*path, "workers", number, "sites", site), store, message, remedy)
