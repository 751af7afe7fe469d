# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that nothing has, and names that two things have."""

from __future__ import annotations

from collections.abc import Iterator

from .check import known, needs, unique
from .estate import Estate
from .problems import Path, Problem
from .storage import devices_of

_SITE = "site of kubeops_sites"


def _site_names(estate: Estate) -> list[str]:
    return [site.name for site in estate.sites]


@needs("kubeops_sites")
def site_names(estate: Estate) -> Iterator[Problem]:
    """Sites are named once."""
    places: list[tuple[str, Path]] = [(site.name, ("kubeops_sites", i, "name")) for i, site in enumerate(estate.sites)]
    yield from unique(places, "is also", "name each site once")


@needs("kubeops_sites", "kubeops_fabric")
def fabric(estate: Estate) -> Iterator[Problem]:
    """Switches and fabrics stand in sites that there are."""
    sites = _site_names(estate)
    for index, switch in enumerate(estate.fabric.core_switches):
        yield from known(("kubeops_fabric", "core_switches", index, "site"), switch.site, sites, _SITE)
    for index, storage in enumerate(estate.fabric.storage):
        for number, site in enumerate(storage.sites):
            yield from known(("kubeops_fabric", "storage", index, "sites", number), site, sites, _SITE)


@needs("kubeops_sites", "kubeops_hosts", "kubeops_hardware")
def hosts(estate: Estate) -> Iterator[Problem]:
    """Hosts have a name of their own, a site and hardware."""
    for index, entry in enumerate(estate.host_ranges):
        path: Path = ("kubeops_hosts", index)
        yield from known((*path, "site"), entry.site, _site_names(estate), _SITE)
        yield from known((*path, "hardware"), entry.hardware, estate.hardware, "hardware of kubeops_hardware")
        for name, other in entry.overrides.items():
            if other.hardware is not None:
                where = (*path, "overrides", name, "hardware")
                yield from known(where, other.hardware, estate.hardware, "hardware of kubeops_hardware")
    names: list[tuple[str, Path]] = [(host.name, ("kubeops_hosts", host.index, "name")) for host in estate.hosts]
    yield from unique(names, "stands for a host that is also in", "let ranges stand for different hosts")


@needs("kubeops_sites", "kubeops_networks")
def networks(estate: Estate) -> Iterator[Problem]:
    """Networks have a name of their own and lie in sites that there are."""
    for index, entry in enumerate(estate.network_ranges):
        for number, site in enumerate(entry.sites):
            yield from known(("kubeops_networks", index, "sites", number), site, _site_names(estate), _SITE)
    names: list[tuple[str, Path]] = [(one.name, ("kubeops_networks", one.index, "name")) for one in estate.networks]
    yield from unique(names, "is also the name of", "name each network once")


@needs("kubeops_host_profile", "kubeops_networks")
def vmkernel(estate: Estate) -> Iterator[Problem]:
    """VMkernel adapters stand in networks that there are: by full name, or by the name before the site's."""
    if estate.host_profile is None:
        return
    sites = _site_names(estate)
    names = {network.name for network in estate.networks}
    names |= {name.removesuffix(f"-{site}") for name in names for site in sites}
    for index, adapter in enumerate(estate.host_profile.vmkernel):
        path: Path = ("kubeops_host_profile", "vmkernel", index, "network")
        yield from known(path, adapter.network, names, "network of kubeops_networks")


@needs("kubeops_storage", "kubeops_fabric", "kubeops_sites")
def storage(estate: Estate) -> Iterator[Problem]:
    """Devices have a tier, a fabric and sites; datastores have a device and a name of their own."""
    if estate.storage is None:
        return
    tiers = [tier.name for tier in estate.storage.tiers]
    fabrics = [one.name for one in estate.fabric.storage]
    for index, entry in enumerate(estate.storage.devices):
        path: Path = ("kubeops_storage", "devices", index)
        yield from known((*path, "tier"), entry.tier, tiers, "storage tier")
        yield from known((*path, "fabric"), entry.fabric, fabrics, "storage fabric of kubeops_fabric")
        for number, site in enumerate(entry.sites):
            yield from known((*path, "sites", number), site, _site_names(estate), _SITE)
    devices = devices_of(estate.storage)
    missing: set[int] = set()
    for one in estate.datastores:
        if one.device not in devices and one.index not in missing:
            missing.add(one.index)
            yield from known(("kubeops_storage", "datastores", one.index, "device"), one.device, devices, "device")
    names: list[tuple[str, Path]] = [
        (one.name, ("kubeops_storage", "datastores", one.index, "name")) for one in estate.datastores
    ]
    yield from unique(names, "stands for a datastore that is also in", "let ranges stand for different datastores")


@needs("kubeops_vcenter", "kubeops_networks", "kubeops_hosts")
def vcenter(estate: Estate) -> Iterator[Problem]:
    """The vCenter has an endpoint; its appliances have a network and hosts."""
    vcenter = estate.vcenter
    if vcenter is None:
        return
    there = estate.groups.get("vcenters", [])
    yield from known(("kubeops_vcenter", "host"), vcenter.host, there, "inventory host of group vcenters")
    if vcenter.ha is None:
        return
    path: Path = ("kubeops_vcenter", "ha")
    names = [network.name for network in estate.networks if network.entry.purpose == "vcenter_ha"]
    yield from known((*path, "network"), vcenter.ha.network, names, "network of purpose vcenter_ha")
    roles: list[tuple[str, Path]] = []
    hosts = [host.name for host in estate.hosts]
    for index, appliance in enumerate(vcenter.ha.appliances):
        where: Path = (*path, "appliances", index)
        roles.append((appliance.role, (*where, "role")))
        for number, host in enumerate(appliance.hosts):
            yield from known((*where, "hosts", number), host, hosts, "ESXi host of kubeops_hosts")
    yield from unique(roles, "is also the role of", "name one active, one passive and one witness")


@needs("kubeops_clusters", "kubeops_networks", "kubeops_storage", "kubeops_pools")
def clusters(estate: Estate) -> Iterator[Problem]:
    """Clusters on site have a network, a datastore, a pool and, if need be, a manager."""
    datastores = [one.name for one in estate.datastores]
    managers = [cluster.name for cluster in estate.clusters if cluster.role == "management"]
    for index, cluster in enumerate(estate.clusters):
        path: Path = ("kubeops_clusters", index)
        networks = [network.name for network in estate.networks]
        yield from known((*path, "network"), cluster.network, networks, "network of kubeops_networks")
        yield from known((*path, "datastore"), cluster.datastore, datastores, "datastore of kubeops_storage")
        yield from known((*path, "pool"), cluster.pool, [pool.name for pool in estate.pools], "pool of kubeops_pools")
        if cluster.role == "workload":
            yield from known((*path, "managed_by"), cluster.managed_by or "", managers, "management cluster")


@needs("kubeops_clusters", "eks_clusters", "kubeops_aws")
def cluster_names(estate: Estate) -> Iterator[Problem]:
    """No two clusters have one name, wherever they are: mesh, queues and metrics know them by it."""
    places: list[tuple[str, Path]] = [
        (cluster.name, ("kubeops_clusters", index, "name")) for index, cluster in enumerate(estate.clusters)
    ]
    for region in estate.regions:
        places += [(one.name, ("eks_clusters", index, "name")) for index, one in enumerate(region.clusters)]
    yield from unique(places, "is also the name of", "name each cluster once in the whole estate")
