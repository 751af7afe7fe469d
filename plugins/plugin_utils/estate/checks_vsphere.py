# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""vSphere on site: what a vCenter would refuse, or would accept and regret."""

from __future__ import annotations

from collections.abc import Iterator

from . import evc
from .check import needs
from .estate import Estate
from .problems import Path, Problem, one_of
from .storage import devices_of


@needs("kubeops_vcenter", "kubeops_hosts", "kubeops_hardware", sound=True)
def evc_mode(estate: Estate) -> Iterator[Problem]:
    """Every host offers what the cluster's EVC mode asks for."""
    if estate.vcenter is None or estate.vcenter.cluster.evc_mode is None:
        return
    mode = estate.vcenter.cluster.evc_mode
    path: Path = ("kubeops_vcenter", "cluster", "evc_mode")
    if mode not in evc.modes():
        yield Problem(path, mode, "is no EVC mode that we know", one_of(mode, evc.modes()))
        return
    for name in dict.fromkeys(host.hardware for host in estate.live_hosts):
        why = evc.refusal(mode, estate.hardware[name].cpu)
        if why:
            remedy = f"choose the mode of the oldest processor; hosts of hardware {name} have this one"
            yield Problem(path, mode, why, remedy)


@needs("kubeops_clusters", "kubeops_hosts", sound=True)
def mandatory_spread(estate: Estate) -> Iterator[Problem]:
    """Machines that must never share a host leave one host free: to be emptied, and for the surge of a rollout."""
    hosts = len(estate.live_hosts)
    for index, cluster in enumerate(estate.clusters):
        machines = cluster.control_plane_count(hosts)
        if cluster.manage != "ignore" and cluster.spread == "must" and hosts and machines >= hosts:
            message = f"binds {machines} machines to {hosts} hosts: none could be emptied, and no rollout could begin"
            remedy = f"use spread: should, or {max(hosts - 2, 1)} control-plane machines at most"
            yield Problem(("kubeops_clusters", index, "spread"), "must", message, remedy)


@needs("kubeops_vcenter", "kubeops_hosts", "kubeops_estate", sound=True)
def appliances(estate: Estate) -> Iterator[Problem]:
    """The three nodes of vCenter HA share no host, and no site where the loss of one is to be survived."""
    if estate.vcenter is None or estate.vcenter.ha is None:
        return
    sites = {host.name: host.site for host in estate.hosts}
    hosts_of: dict[str, str] = {}
    sites_of: dict[str, str] = {}
    for index, appliance in enumerate(estate.vcenter.ha.appliances):
        path: Path = ("kubeops_vcenter", "ha", "appliances", index, "hosts")
        for number, host in enumerate(appliance.hosts):
            other = hosts_of.setdefault(host, appliance.name)
            if other != appliance.name:
                yield Problem((*path, number), host, f"also carries {other}", "give each appliance hosts of its own")
        for site in dict.fromkeys(sites[host] for host in appliance.hosts):
            other = sites_of.setdefault(site, appliance.name)
            if other != appliance.name and estate.identity.survive == "site":
                message = f"stands at site {site} like {other}, and one site may be lost"
                remedy = "put active, passive and witness at three sites, or survive: host"
                yield Problem(path, ", ".join(appliance.hosts), message, remedy)


@needs("kubeops_vcenter", "kubeops_hosts", "kubeops_hardware", "kubeops_host_profile", sound=True)
def uplinks(estate: Estate) -> Iterator[Problem]:
    """The distributed switch takes no adapter from under the management of a host, and leaves none without network."""
    if estate.host_profile is None or estate.vcenter is None:
        return
    kept = estate.host_profile.standard_uplinks
    path: Path = ("kubeops_host_profile", "standard_uplinks")
    for name in dict.fromkeys(host.hardware for host in estate.live_hosts):
        there = estate.hardware[name].uplinks
        if not set(kept) & set(there):
            message = f"names no adapter of hardware {name}: the management of its hosts would be cut off"
            yield Problem(path, ", ".join(kept), message, one_of(kept[0], there))
        elif not set(there) - set(kept):
            message = f"leaves no adapter of hardware {name} to distributed switch {estate.vcenter.switch}"
            yield Problem(path, ", ".join(kept), message, "add an adapter to its uplinks, or keep fewer")


@needs("kubeops_host_profile", "kubeops_hosts")
def vmkernel_addresses(estate: Estate) -> Iterator[Problem]:
    """Addresses are those of adapters that the profile has; the management adapter has the host's own."""
    if estate.host_profile is None:
        return
    adapters = [one.name for one in estate.host_profile.vmkernel if "management" not in one.services]
    for index, entry in enumerate(estate.host_ranges):
        for name in entry.vmkernel_addresses:
            if name not in adapters:
                path: Path = ("kubeops_hosts", index, "vmkernel_addresses", name)
                message = "is no adapter of kubeops_host_profile.vmkernel that takes an address of its own"
                yield Problem(path, "", message, one_of(name, adapters))


@needs("kubeops_vcenter", "kubeops_pools")
def admission_control(estate: Estate) -> Iterator[Problem]:
    """What pools reserve and what HA keeps free do not exceed what there is."""
    if estate.vcenter is None:
        return
    high = estate.vcenter.cluster.ha
    if not (high.enabled and high.admission_control):
        return
    for side, kept in (("cpu", high.cpu_failover_percent), ("memory", high.memory_failover_percent)):
        reserved = sum(getattr(pool, side).reservation_percent for pool in estate.pools if pool.manage != "ignore")
        if reserved <= 100 < reserved + kept:
            path: Path = ("kubeops_vcenter", "cluster", "ha", f"{side}_failover_percent")
            message = f"keeps {kept} % of {side} free, but pools reserve {reserved} %"
            yield Problem(path, str(kept), message, f"keep {100 - reserved} % free at most, or reserve less")


@needs("kubeops_gpus", "kubeops_clusters", "kubeops_vcenter", "kubeops_hosts")
def gpus(estate: Estate) -> Iterator[Problem]:
    """Machines with GPUs have an operating system with a driver; their hosts are never powered off."""
    if estate.gpus is None:
        return
    for index, cluster in enumerate(estate.clusters):
        with_gpus = [group.name for group in cluster.workers if group.gpus]
        if cluster.manage != "ignore" and cluster.os_family == "bottlerocket" and with_gpus:
            message = f"has no driver for the GPUs of workers {', '.join(with_gpus)} on vSphere"
            remedy = "use ubuntu or redhat; all machines of a cluster have one"
            yield Problem(("kubeops_clusters", index, "os_family"), cluster.os_family, message, remedy)
    passed = estate.gpus.mode == "passthrough" and estate.gpu_count
    if passed and estate.vcenter is not None and estate.vcenter.cluster.dpm:
        message = "would power off hosts whose machines cannot move: they hold GPUs by passthrough"
        yield Problem(("kubeops_vcenter", "cluster", "dpm"), "true", message, "leave dpm off, or use mode: vgpu")


@needs("kubeops_storage", "kubeops_vcenter", sound=True)
def sources(estate: Estate) -> Iterator[Problem]:
    """A datastore that we make lies on a disk, or is an export of a server."""
    if estate.storage is None or estate.vcenter is None:
        return
    devices = devices_of(estate.storage)
    told: set[int] = set()
    for one in estate.datastores:
        if one.manage != "managed" or one.index in told:
            continue
        entry, served = estate.storage.datastores[one.index], bool(devices[one.device].servers)
        wanted, other = ("export", "disk") if served else ("disk", "export")
        path: Path = ("kubeops_storage", "datastores", one.index)
        if getattr(entry, wanted) is None:
            told.add(one.index)
            message = f"is required: device {one.device} serves {'NFS' if served else 'blocks'}"
            yield Problem((*path, wanted), "", message, f"name the {wanted} of each datastore, or manage: reference")
        elif getattr(entry, other) is not None:
            told.add(one.index)
            message = f"means nothing: device {one.device} serves {'NFS' if served else 'blocks'}"
            yield Problem((*path, other), str(getattr(entry, other)), message, "leave it out")


@needs("kubeops_vsphere")
def ways(estate: Estate) -> Iterator[Problem]:
    """A vCenter is reached directly."""
    for host, endpoint in estate.vcenters.items():
        if endpoint.via is not None and endpoint.via.kind != "direct":
            message = "is a way to a vCenter that this version does not go"
            remedy = "run Ansible where the vCenter can be reached, and leave via out"
            yield Problem(("kubeops_vsphere", "via", "kind"), endpoint.via.kind, message, remedy, host)
