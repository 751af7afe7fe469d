# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Capacity: pools against the rule, machines against pools, GPUs against slots, members against sites."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from .check import needs
from .clusters_onprem import OnPremCluster
from .estate import Estate
from .problems import Path, Problem
from .storage import devices_of


def _memory_gib(estate: Estate) -> int:
    return sum(estate.hardware[host.hardware].memory_gib for host in estate.live_hosts)


@needs("kubeops_pools", "kubeops_capacity")
def pool_rule(estate: Estate) -> Iterator[Problem]:
    """Business machines keep their part, and our pools can never take it."""
    if not estate.pools:
        return
    wanted = estate.capacity.business_percent
    for resource in ("cpu", "memory"):
        shares = [(index, pool, getattr(pool, resource)) for index, pool in enumerate(estate.pools)]
        reserved = sum(share.reservation_percent for _index, pool, share in shares if pool.purpose == "business")
        if reserved < wanted:
            message = f"reserve {reserved} % of {resource} for business machines, but kubeops_capacity asks {wanted} %"
            remedy = f"raise {resource}.reservation_percent of the pools of purpose business"
            yield Problem(("kubeops_pools",), "", message, remedy)
        limits = sum(_limit(share.limit_percent) for _index, pool, share in shares if pool.purpose == "compute")
        if limits > 100 - wanted:
            compute = [index for index, pool, _share in shares if pool.purpose == "compute"]
            path: Path = ("kubeops_pools", compute[0], resource, "limit_percent")
            message = f"lets our machines take {limits} % of {resource}, but {wanted} % are kept for business machines"
            yield Problem(path, str(limits), message, f"limit the pools of purpose compute to {100 - wanted} %")
        total = sum(share.reservation_percent for _index, _pool, share in shares)
        if total > 100:
            yield Problem(("kubeops_pools",), "", f"reserve {total} % of {resource}", "reserve 100 % at most")


def _limit(percent: int | None) -> int:
    return 100 if percent is None else percent


@needs("kubeops_clusters", "kubeops_hosts")
def nodes_of_hosts(estate: Estate) -> Iterator[Problem]:
    """Every host carries the nodes that it must."""
    hosts = len(estate.live_hosts)
    for index, cluster in enumerate(estate.clusters):
        path: Path = ("kubeops_clusters", index)
        groups = [(("control_plane",), cluster.control_plane)]
        parts: list[tuple[Path, int | None, int]] = [
            ((*path, *place, "count"), part.count, part.per_host) for place, part in groups
        ]
        parts += [
            ((*path, "workers", i, "count"), group.count, group.per_host) for i, group in enumerate(cluster.workers)
        ]
        for where, count, per_host in parts:
            if count is not None and count < per_host * hosts:
                message = f"is less than {per_host} on each of {hosts} hosts"
                yield Problem(where, str(count), message, f"give {per_host * hosts}, or leave count out")


@needs("kubeops_clusters", "kubeops_hosts")
def etcd_members(estate: Estate) -> Iterator[Problem]:
    """etcd has an odd number of members, few enough to agree quickly, and outlives what the estate must survive."""
    hosts = len(estate.live_hosts)
    for index, cluster in enumerate(estate.clusters):
        members = cluster.etcd_count(hosts)
        path: Path = ("kubeops_clusters", index, "etcd", "count")
        if members < 1:
            yield Problem(path, "", "is required for external etcd", "give 3 or 5")
        elif members % 2 == 0:
            message = f"makes {members} members: an even number survives no more failures than one less"
            yield Problem(path, str(members), message, f"give {members - 1} or {members + 1}")
        elif members > 7:
            message = f"makes {members} members, and every write waits for {members // 2 + 1} of them"
            yield Problem(path, str(members), message, "use mode: external with 3 or 5 members, or several clusters")
        elif estate.identity.survive == "site":
            yield from _survives_site(estate, members, path)


def _survives_site(estate: Estate, members: int, path: Path) -> Iterator[Problem]:
    sites = len({host.site for host in estate.live_hosts})
    largest = -(-members // sites) if sites else members
    if sites and members - largest <= members // 2:
        message = f"leaves no majority when one of {sites} sites with {largest} of {members} members is lost"
        yield Problem(path, str(members), message, "use at least three members over three sites, or survive: host")


def _demand(cluster: OnPremCluster, hosts: int) -> tuple[int, int]:
    machines = cluster.machines(hosts)
    memory = sum(size.memory_mib * count for size, count in machines) // 1024
    return memory, sum(size.num_cpus * count for size, count in machines)


@needs("kubeops_clusters", "kubeops_hosts", "kubeops_hardware", "kubeops_pools", "kubeops_capacity", sound=True)
def pool_room(estate: Estate) -> Iterator[Problem]:
    """The machines of a pool fit into its limit."""
    hosts = estate.live_hosts
    memory = _memory_gib(estate)
    vcpus = sum(estate.hardware[host.hardware].cores for host in hosts) * estate.capacity.vcpus_per_core
    for index, pool in enumerate(estate.pools):
        needs_memory = needs_cpus = 0
        for cluster in estate.clusters:
            if cluster.pool == pool.name and cluster.manage != "ignore":
                more_memory, more_cpus = _demand(cluster, len(hosts))
                needs_memory, needs_cpus = needs_memory + more_memory, needs_cpus + more_cpus
        for resource, wanted, all_of_it, unit in (
            ("memory", needs_memory, memory, "GiB"),
            ("cpu", needs_cpus, vcpus, "virtual processors"),
        ):
            limit = all_of_it * _limit(getattr(pool, resource).limit_percent) // 100
            if wanted > limit:
                path: Path = ("kubeops_pools", index, resource, "limit_percent")
                message = f"allows {limit} {unit}, but the machines in pool {pool.name} need {wanted}"
                yield Problem(path, "", message, "make the machines smaller or fewer, or add hosts")


@needs("kubeops_hosts", "kubeops_hardware", "kubeops_gpus", sound=True)
def gpu_slots(estate: Estate) -> Iterator[Problem]:
    """GPUs fit into their hosts."""
    told: set[Path] = set()
    for host in estate.live_hosts:
        count, slots = estate.gpus_of(host), estate.hardware[host.hardware].gpu_slots
        path: Path = ("kubeops_gpus", "per_host")
        if host.gpus is not None:
            path = ("kubeops_hosts", host.index, "overrides", host.name, "gpus")
        if count > slots and path not in told:
            told.add(path)
            message = f"is more than the {slots} that {host.hardware} of {host.name} has room for"
            yield Problem(path, str(count), message, "lower the number, or raise gpu_slots of the hardware")


@needs("kubeops_hosts", "kubeops_gpus", "kubeops_clusters")
def gpu_machines(estate: Estate) -> Iterator[Problem]:
    """Machines ask for no more GPUs than there are."""
    hosts = estate.live_hosts
    for index, cluster in enumerate(estate.clusters):
        for number, group in enumerate(cluster.workers):
            if isinstance(group.gpus, str) or not group.gpus:
                continue
            wanted = group.gpus * cluster.worker_count(group, len(hosts))
            if wanted > estate.gpu_count:
                path: Path = ("kubeops_clusters", index, "workers", number, "gpus")
                message = f"needs {wanted} GPUs, but there are {estate.gpu_count}"
                yield Problem(path, str(group.gpus), message, "lower gpus or the number of machines, or add GPUs")


@needs("kubeops_storage", sound=True)
def device_room(estate: Estate) -> Iterator[Problem]:
    """Datastores fit onto their devices."""
    if estate.storage is None:
        return
    used: Counter[str] = Counter()
    last: dict[str, int] = {}
    for one in estate.datastores:
        used[one.device] += one.size_gib
        last[one.device] = one.index
    for name, entry in devices_of(estate.storage).items():
        if used[name] > entry.capacity_gib:
            path: Path = ("kubeops_storage", "datastores", last[name], "size_gib")
            message = f"fills device {name} with {used[name]} GiB, but it holds {entry.capacity_gib} GiB"
            yield Problem(path, str(used[name]), message, "make the datastores smaller, or the device larger")


@needs("kubeops_hosts", "kubeops_pools", "kubeops_hardware", "kubeops_estate", sound=True)
def site_loss(estate: Estate) -> Iterator[Problem]:
    """What business machines reserve still fits when the largest site is lost."""
    hosts = estate.live_hosts
    if estate.identity.survive != "site" or not hosts:
        return
    by_site: Counter[str] = Counter()
    for host in hosts:
        by_site[host.site] += estate.hardware[host.hardware].memory_gib
    total = sum(by_site.values())
    left = 100 * (total - max(by_site.values())) // total
    reserved = sum(pool.memory.reservation_percent for pool in estate.pools if pool.purpose == "business")
    if reserved > left:
        message = f"cannot hold: business machines reserve {reserved} % of memory, one site less leaves {left} %"
        yield Problem(("kubeops_estate", "survive"), "site", message, "add hosts at other sites, or survive: host")
