# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From clusters on site to what EKS Anywhere is told about them: options of kind eksa_cluster, in its words."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.eksa import documents
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.eksa.rule import Site
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.eksa.rules_machines import GPU_LABEL

from .clusters_onprem import Machine, OnPremCluster, Workers
from .networks import LocalNetwork
from .vcenter import Vcenter

Resource = dict[str, Any]
SITE_LABEL = "kubeops.io/site"
GPU_TAINT = {"key": GPU_LABEL, "value": "pending", "effect": "NoSchedule"}
"""On nodes from their first moment; who attaches the GPUs takes it away."""
# The default of ten minutes ends while many machines are still being cloned, and they would be replaced for ever.
_NODE_STARTUP = "30m0s"
_USERS = {"bottlerocket": "ec2-user"}
_USER = "capv"
_REPELLING = ("NoSchedule", "NoExecute")


@dataclasses.dataclass(frozen=True)
class Surroundings:
    """What a cluster stands in. hosts: site to number of ESXi hosts. gpus: of each host. server: name or address of
    vCenter. thumbprint: of its certificate (SHA-1), '' where it is asked for at run time."""

    vcenter: Vcenter
    networks: Sequence[LocalNetwork]
    hosts: dict[str, int]
    gpus: int = 0
    server: str = ""
    thumbprint: str = ""
    insecure: bool = False

    @property
    def host_count(self) -> int:
        """All hosts."""
        return sum(self.hosts.values())

    def site_of(self, cluster: OnPremCluster) -> Site:
        """What the rules of EKS Anywhere have to know of a cluster's network."""
        found = next((one for one in self.networks if one.name == cluster.network), None)
        if found is None:
            return Site()
        dhcp = found.entry.dhcp
        return Site(dhcp=(dhcp.first, dhcp.last) if dhcp else None, network=found.cidr or "")


def cluster_options(cluster: OnPremCluster, around: Surroundings) -> Resource:
    """The options of kind eksa_cluster for a cluster. Pure."""
    hosts, name = around.host_count, cluster.name
    groups = list(_groups(cluster, around))
    machines = [_machine(cluster, around, f"{name}-cp", cluster.control_plane)]
    options: Resource = {
        "kubernetes_version": cluster.kubernetes_version,
        "eksa_version": cluster.eksa_version,
        "control_plane": {
            "count": cluster.control_plane_count(hosts),
            "endpoint": {"host": cluster.endpoint},
            "machineGroupRef": _reference(f"{name}-cp"),
            # Else a webhook that is down keeps the cluster's own parts from coming up.
            "skipAdmissionForSystemResources": True,
        },
    }
    if cluster.role == "workload" and cluster.managed_by:
        options["management_cluster"] = cluster.managed_by
    if cluster.etcd.mode == "external":
        options["external_etcd"] = {
            "count": cluster.etcd_count(hosts),
            "machineGroupRef": _reference(f"{name}-etcd"),
        }
        machines.append(_machine(cluster, around, f"{name}-etcd", cluster.etcd))
    free = any(not _repels(group) for group in cluster.workers if not _gpus(group, around))
    options["workers"] = [_row(cluster, group, around, free) for group in groups]
    machines += [_machine(cluster, around, f"{name}-{one.name}", one.group, one.datastore) for one in groups]
    options["cluster_network"] = {
        "cniConfig": {"cilium": {}},
        "pods": {"cidrBlocks": [cluster.pods_cidr]},
        "services": {"cidrBlocks": [cluster.services_cidr]},
    }
    options["settings"] = {"machineHealthCheck": {"nodeStartupTimeout": _NODE_STARTUP}}
    options["datacenter"] = _datacenter(cluster, around)
    options["machines"] = machines
    return options


def cluster_documents(cluster: OnPremCluster, around: Surroundings, estate: str = "") -> Sequence[documents.Document]:
    """The documents of a cluster as EKS Anywhere takes them. Pure."""
    return documents.joined(cluster.name, cluster_options(cluster, around), estate=estate)


@dataclasses.dataclass(frozen=True)
class _Group:
    """One group of workers as EKS Anywhere has it."""

    name: str
    count: int
    group: Workers
    datastore: str
    site: str = ""


def _groups(cluster: OnPremCluster, around: Surroundings) -> Iterator[_Group]:
    for group in cluster.workers:
        if not group.sites:
            count = cluster.worker_count(group, around.host_count)
            yield _Group(group.name, count, group, cluster.datastore)
            continue
        counts = _shared(group, around)
        for site, datastore in group.sites.items():
            yield _Group(f"{group.name}-{site}", counts[site], group, datastore, site)


def _shared(group: Workers, around: Surroundings) -> Counter[str]:
    """Site to its number of machines: by its hosts, or as even as can be."""
    counts: Counter[str] = Counter()
    if group.count is None:
        counts.update({site: group.per_host * around.hosts.get(site, 0) for site in group.sites})
        return counts
    sites = list(group.sites)
    for number in range(group.count):
        counts[sites[number % len(sites)]] += 1
    return counts


def _gpus(group: Workers, around: Surroundings) -> int:
    return around.gpus if group.gpus == "all_of_host" else int(group.gpus)


def _repels(group: Workers) -> bool:
    return any(taint.effect in _REPELLING for taint in group.taints)


def _row(cluster: OnPremCluster, one: _Group, around: Surroundings, free: bool) -> Resource:
    gpus = _gpus(one.group, around)
    labels = dict(one.group.labels)
    taints = [taint.model_dump() for taint in one.group.taints]
    if one.site:
        labels[SITE_LABEL] = one.site
    if gpus:
        labels[GPU_LABEL] = str(gpus)
    if gpus and free:
        # Without another group the cluster's own pods would have nowhere to run.
        taints.append(dict(GPU_TAINT))
    row: Resource = {
        "name": one.name,
        "count": one.count,
        "machineGroupRef": _reference(f"{cluster.name}-{one.name}"),
    }
    if labels:
        row["labels"] = labels
    if taints:
        row["taints"] = taints
    return row


def _reference(name: str) -> Resource:
    return {"kind": documents.MACHINE, "name": name}


def _machine(
    cluster: OnPremCluster, around: Surroundings, name: str, size: Machine, datastore: str | None = None
) -> Resource:
    vcenter = around.vcenter
    root = vcenter.datacenter
    row: Resource = {
        "name": name,
        "datastore": _path(root, "datastore", datastore or cluster.datastore),
        "folder": _path(root, "vm", cluster.folder or cluster.name),
        "resourcePool": _path(root, f"host/{vcenter.cluster.name}/Resources", cluster.pool),
        "numCPUs": size.num_cpus,
        "memoryMiB": size.memory_mib,
        "diskGiB": size.disk_gib,
        "osFamily": cluster.os_family,
        # A linked clone would tie every node to the datastore and the disk size of the template.
        "cloneMode": "fullClone",
    }
    if cluster.template:
        row["template"] = _path(root, "vm/Templates", cluster.template)
    if cluster.ssh_key:
        user = _USERS.get(cluster.os_family, _USER)
        row["users"] = [{"name": user, "sshAuthorizedKeys": [cluster.ssh_key]}]
    return row


def _datacenter(cluster: OnPremCluster, around: Surroundings) -> Resource:
    root = around.vcenter.datacenter
    found: Resource = {
        "datacenter": root,
        "network": _path(root, "network", cluster.network),
        "server": around.server or around.vcenter.host,
        "insecure": around.insecure,
    }
    if around.thumbprint:
        found["thumbprint"] = around.thumbprint
    return found


def _path(root: str, part: str, name: str) -> str:
    """A whole path: a bare name is ambiguous as soon as there is a second datacenter."""
    return name if name.startswith("/") else f"/{root}/{part}/{name}"
