# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Rules about room in vCenter: datastores, pools, what HA keeps free, leases. EKS Anywhere checks the least of it."""

from __future__ import annotations

import dataclasses
import ipaddress
import typing as t
from collections import Counter

from . import documents
from .documents import MACHINE, Row
from .rule import Cluster, Failure
from .rules_machines import GPU_LABEL
from .vcenter_facts import Facts
from .vcenter_places import endpoint, places, reach, rights, tags, templates

_GIB = 1024**3
_MIB = 1024**2
VCPUS_PER_CORE = 4


@dataclasses.dataclass(frozen=True)
class Group:
    """A group of machines with what each of them takes."""

    path: str
    machine: str
    spec: Row
    count: int
    surge: int
    gpus: bool

    @property
    def memory(self) -> int:
        """Memory of all in MiB."""
        return self.count * int(self.spec.get("memoryMiB") or 8192)

    @property
    def cpus(self) -> int:
        """Virtual processors of all."""
        return self.count * int(self.spec.get("numCPUs") or 2)

    @property
    def disk(self) -> int:
        """Disk of all, with those that surge, in GiB."""
        return (self.count + self.surge) * int(self.spec.get("diskGiB") or 25)


def groups(cluster: Cluster) -> list[Group]:
    """The groups of a cluster, at their greatest."""
    found = []
    for path, group in documents.groups(cluster.spec):
        bounds = group.get("autoscalingConfiguration") or {}
        count = max(int(group.get("count") or 0), int(bounds.get("maxCount") or 0))
        rolling = (group.get("upgradeRolloutStrategy") or {}).get("rollingUpdate") or {}
        surge = int(rolling.get("maxSurge", 1))
        name = documents.machine_of(group)
        gpus = GPU_LABEL in (group.get("labels") or {})
        found.append(Group(path, name, cluster.machines.get(name) or {}, count, surge, gpus))
    return found


def failures(cluster: Cluster, facts: Facts) -> list[Failure]:
    """Everything that this vCenter would make of the cluster. Room is asked for only before its first creation."""
    found = [*places(cluster, facts), *templates(cluster, facts), *reach(cluster, facts), *tags(cluster, facts)]
    found += [*rights(cluster, facts), *endpoint(cluster, facts), *leases(cluster)]
    if cluster.site.bootstrap:
        found += [*datastores(cluster, facts), *pools(cluster, facts), *reserve(cluster, facts)]
    return list(dict.fromkeys(found))


def datastores(cluster: Cluster, facts: Facts) -> t.Iterator[Failure]:
    """The disks of all machines fit, with those that exist twice during a rollout."""
    needed: Counter[str] = Counter()
    machine: dict[str, str] = {}
    for group in groups(cluster):
        path = str(group.spec.get("datastore") or "")
        needed[path] += group.disk
        machine.setdefault(path, group.machine)
    for path, gib in needed.items():
        row = facts.at(path)
        if row is None:
            continue
        free = int(row.get("summary.freeSpace") or 0) // _GIB
        if row.get("summary.accessible") is False:
            message, remedy = "is not accessible", "bring it back first"
            yield cluster.of("datastore.accessible", MACHINE, machine[path], "spec.datastore", path, message, remedy)
        elif gib > free:
            message = f"has {free} GiB free, and the machines' disks need {gib}"
            remedy = "use a larger datastore, smaller disks or fewer machines"
            yield cluster.of("datastore.free", MACHINE, machine[path], "spec.datastore", path, message, remedy)


def pools(cluster: Cluster, facts: Facts) -> t.Iterator[Failure]:
    """Pools hold the machines: memory and CPU under their limits, reservations of whole machines with GPUs."""
    by_pool: dict[str, list[Group]] = {}
    for group in groups(cluster):
        by_pool.setdefault(str(group.spec.get("resourcePool") or ""), []).append(group)
    for path, listed in by_pool.items():
        row = facts.at(path)
        if row is not None:
            yield from _memory(cluster, path, listed, row)
            yield from _cpu(cluster, path, listed, row, facts)


def _memory(cluster: Cluster, path: str, listed: t.Sequence[Group], row: Row) -> t.Iterator[Failure]:
    limit = int((row.get("config.memoryAllocation") or {}).get("limit") or -1)
    runtime = row.get("runtime.memory") or {}
    need, machine = sum(group.memory for group in listed), listed[0].machine
    if limit >= 0:
        free = limit - int(runtime.get("overallUsage") or 0) // _MIB
        if need > free:
            message = f"has {free} MiB left under its limit, and the machines need {need}"
            remedy = "raise the limit, or make the machines smaller or fewer"
            yield cluster.of("pool.memory", MACHINE, machine, "spec.resourcePool", path, message, remedy)
    whole = sum(group.memory for group in listed if group.gpus)
    unreserved = runtime.get("unreservedForVm")
    if whole and unreserved is not None and whole > int(unreserved) // _MIB:
        message = (
            f"can reserve {int(unreserved) // _MIB} MiB, and machines with GPUs reserve all their memory: {whole} MiB"
        )
        remedy = "raise the pool's reservation, or let it borrow (expandable)"
        yield cluster.of("pool.gpu_memory", MACHINE, machine, "spec.resourcePool", path, message, remedy)


def _cpu(cluster: Cluster, path: str, listed: t.Sequence[Group], row: Row, facts: Facts) -> t.Iterator[Failure]:
    limit = int((row.get("config.cpuAllocation") or {}).get("limit") or -1)
    clocks = [int(host.get("summary.hardware.cpuMhz") or 0) for host in facts.hosts]
    if limit < 0 or not any(clocks):
        return
    used = int((row.get("runtime.cpu") or {}).get("overallUsage") or 0)
    room = (limit - used) * VCPUS_PER_CORE // max(clocks)
    need = sum(group.cpus for group in listed)
    if need > room:
        message = f"has room for {room} virtual processors ({VCPUS_PER_CORE} to a core), and the machines have {need}"
        remedy = "raise the limit, or make the machines smaller or fewer"
        yield cluster.of("pool.cpu", MACHINE, listed[0].machine, "spec.resourcePool", path, message, remedy)


def reserve(cluster: Cluster, facts: Facts) -> t.Iterator[Failure]:
    """What HA keeps free for restarts is nobody's to reserve."""
    policy = ((facts.cluster or {}).get("configuration.dasConfig") or {}).get("admissionControlPolicy") or {}
    percent = policy.get("memoryFailoverResourcesPercent")
    total = sum(int(host.get("hardware.memorySize") or 0) for host in facts.hosts) // _MIB
    if percent is None or not total:
        return
    now = ((facts.cluster or {}).get("summary") or {}).get("admissionControlInfo") or {}
    free = int(now.get("currentMemoryFailoverResourcesPercent", 100)) - int(percent)
    room = total * free // 100
    need = sum(group.memory for group in groups(cluster) if group.gpus)
    if need > room:
        message = f"leaves {room} MiB to reserve, and machines with GPUs reserve {need} MiB"
        remedy = "lower what admission control keeps free, or use fewer machines with GPUs"
        name = str((facts.cluster or {}).get("name"))
        yield Failure("ha.reserve", f"cluster {name} memoryFailoverResourcesPercent", str(percent), message, remedy)


def leases(cluster: Cluster) -> t.Iterator[Failure]:
    """Every machine gets an address, also those that exist twice during a rollout."""
    if cluster.site.dhcp is None:
        return
    first, last = (int(ipaddress.ip_address(one)) for one in cluster.site.dhcp)
    need = sum(group.count + group.surge for group in groups(cluster))
    if need > last - first + 1:
        message = f"are {last - first + 1} addresses, and {need} machines exist during a rollout"
        value = " to ".join(cluster.site.dhcp)
        yield Failure("dhcp.room", "leased addresses of the machines' network", value, message, "lease more addresses")
