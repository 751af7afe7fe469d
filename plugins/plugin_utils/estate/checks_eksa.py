# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clusters on site against the rules of EKS Anywhere, which it applies itself only minutes or hours later."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.eksa.rules import failures

from .check import known, needs
from .eksa import Surroundings, cluster_documents
from .estate import Estate
from .problems import Path, Problem

# The certificate of a vCenter that does not exist yet has no fingerprint: it is asked for at run time.
_LATER = frozenset({"datacenter.trust"})


def surroundings(estate: Estate) -> Surroundings | None:
    """What the clusters of an estate stand in; None without a vCenter."""
    if estate.vcenter is None:
        return None
    endpoint = estate.vcenters.get(estate.vcenter.host)
    hosts = Counter(host.site for host in estate.live_hosts)
    return Surroundings(
        vcenter=estate.vcenter,
        networks=estate.networks,
        hosts=dict(hosts),
        gpus=estate.gpus.per_host if estate.gpus else 0,
        server=endpoint.server if endpoint else "",
    )


@needs("kubeops_clusters", "kubeops_sites", "kubeops_storage", "kubeops_hosts", sound=True)
def sites(estate: Estate) -> Iterator[Problem]:
    """Groups of workers for each site lie at sites and on datastores that there are."""
    stores = [store.name for store in estate.datastores if store.manage != "ignore"]
    there = {host.site for host in estate.live_hosts}
    for index, cluster in enumerate(estate.clusters):
        for number, group in enumerate(cluster.workers):
            path: Path = ("kubeops_clusters", index, "workers", number, "sites")
            for site, store in group.sites.items():
                yield from known((*path, site), site, there, "site of kubeops_hosts")
                yield from known((*path, site), store, stores, "datastore of kubeops_storage")


@needs("kubeops_clusters", "kubeops_pools", "kubeops_gpus", sound=True)
def gpu_memory(estate: Estate) -> Iterator[Problem]:
    """Machines with GPUs reserve all their memory: their pool has to have some to reserve, or to borrow it."""
    with_gpus = {one.pool for one in estate.clusters if any(group.gpus for group in one.workers)}
    for index, pool in enumerate(estate.pools):
        memory = pool.memory
        if estate.gpus is None or pool.name not in with_gpus or pool.manage != "managed":
            continue
        if not memory.expandable and not memory.reservation_percent:
            message = "lets no machine reserve memory, but machines with GPUs reserve all of theirs"
            path: Path = ("kubeops_pools", index, "memory", "expandable")
            yield Problem(path, "false", message, "set expandable: true, or give a reservation_percent")


@needs(
    "kubeops_clusters", "kubeops_hosts", "kubeops_networks", "kubeops_vcenter", "kubeops_vsphere", "kubeops_gpus",
    sound=True,
)  # fmt: skip
def rules(estate: Estate) -> Iterator[Problem]:
    """EKS Anywhere takes the documents of every cluster."""
    around = surroundings(estate)
    if around is None:
        return
    for index, cluster in enumerate(estate.clusters):
        if cluster.manage != "managed":
            continue
        for failure in failures(cluster_documents(cluster, around), around.site_of(cluster)):
            if failure.rule not in _LATER:
                message = f"makes {failure.path}, which {failure.message} (rule {failure.rule} of EKS Anywhere)"
                yield Problem(("kubeops_clusters", index), failure.value, message, failure.remedy)
