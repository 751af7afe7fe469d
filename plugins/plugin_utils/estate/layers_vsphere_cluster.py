# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the shape of a site to what a vCenter holds: inventory, cluster, network, storage, capacity."""

from __future__ import annotations

from collections.abc import Iterator

from .hosts import Host
from .layers_network import Resource
from .onprem import OnPremises
from .storage import Datastore
from .vcenter import Pool, Share

_UNLIMITED = -1
_BUSINESS = "business"


def cluster_parts(shape: OnPremises) -> Iterator[Resource]:
    """All resources of the layer, each after those that it refers to."""
    yield {"kind": "datacenter", "name": shape.vcenter.datacenter, "manage": shape.vcenter.manage}
    yield from _folders(shape)
    yield _cluster(shape)
    yield from (_host(shape, host) for host in shape.all_hosts)
    yield from _network(shape)
    yield from (_datastore(shape, one) for one in shape.all_datastores)
    yield from (_pool(shape, pool) for pool in shape.pools)
    yield from site_groups(shape)


def folder_of(name: str) -> str:
    """The folder of a cluster's machines; datacenters have one tree of folders for machines."""
    return name


def _folders(shape: OnPremises) -> Iterator[Resource]:
    wanted = [*shape.vcenter.folders]
    if shape.vcenter.ha is not None:
        wanted.append(shape.vcenter.ha.folder)
    wanted += [cluster.folder or cluster.name for cluster in shape.clusters if cluster.manage != "ignore"]
    for name in dict.fromkeys(wanted):
        yield {"kind": "folder", "name": folder_of(name), "datacenter": shape.vcenter.datacenter, "type": "vm"}


def _cluster(shape: OnPremises) -> Resource:
    cluster = shape.vcenter.cluster
    resource: Resource = {
        "kind": "cluster",
        "name": cluster.name,
        "manage": cluster.manage,
        "datacenter": shape.vcenter.datacenter,
        "drs": {
            "enabled": cluster.drs.enabled,
            "default_vm_behavior": cluster.drs.automation,
            "vmotion_rate": cluster.drs.threshold,
        },
        "ha": {
            "enabled": cluster.ha.enabled,
            "host_monitoring": cluster.ha.host_monitoring,
            "admission_control": cluster.ha.admission_control,
            "admission_control_policy": "resources",
            "auto_compute_percentages": False,
            "cpu_failover_percent": cluster.ha.cpu_failover_percent,
            "memory_failover_percent": cluster.ha.memory_failover_percent,
        },
        "dpm": {"enabled": cluster.dpm},
    }
    if cluster.evc_mode is not None:
        resource["evc_mode"] = cluster.evc_mode
    return resource


def _host(shape: OnPremises, host: Host) -> Resource:
    resource: Resource = {
        "kind": "esxi_host",
        "name": host.name,
        "manage": host.manage,
        "cluster": shape.vcenter.cluster.name,
        "address": host.address,
    }
    if host.thumbprint is not None:
        resource["thumbprint"] = host.thumbprint
    if shape.host_profile is not None:
        resource["username"] = "root"
        resource["password"] = {"$secret": shape.host_profile.root_password.secret}
    return resource


def switch_uplinks(shape: OnPremises, host: Host) -> dict[str, str]:
    """Uplink to the physical adapter of a host that is behind it: those that its management does not stand on."""
    kept = shape.host_profile.standard_uplinks if shape.host_profile is not None else ["vmnic0"]
    free = [adapter for adapter in shape.hardware[host.hardware].uplinks if adapter not in kept]
    return {f"uplink{number}": adapter for number, adapter in enumerate(free, 1)}


def _network(shape: OnPremises) -> Iterator[Resource]:
    vcenter = shape.vcenter
    hosts = [{"host": host.name, "adapters": switch_uplinks(shape, host)} for host in shape.all_hosts]
    most = max((len(host["adapters"]) for host in hosts), default=0)
    yield {
        "kind": "distributed_switch",
        "name": vcenter.switch,
        "manage": vcenter.manage,
        "datacenter": vcenter.datacenter,
        "mtu": vcenter.switch_mtu,
        "uplinks": [f"uplink{number}" for number in range(1, most + 1)],
        "hosts": hosts,
    }
    for network in shape.all_networks:
        yield {
            "kind": "distributed_port_group",
            "name": network.name,
            "manage": network.manage,
            "switch": vcenter.switch,
            "vlan": network.vlan,
        }


def _datastore(shape: OnPremises, one: Datastore) -> Resource:
    device = shape.devices[one.device]
    resource: Resource = {
        "kind": "datastore",
        "name": one.name,
        "manage": one.manage,
        "datacenter": shape.vcenter.datacenter,
        "hosts": [host.name for host in shape.all_hosts],
    }
    if device.servers:
        resource["type"] = "nfs" if one.nfs_version == "3" else "nfs41"
        resource["servers"] = list(device.servers)
        resource["path"] = one.source
    else:
        resource["type"] = "vmfs"
        resource["device"] = one.source
    return {key: value for key, value in resource.items() if value is not None}


def _pool(shape: OnPremises, pool: Pool) -> Resource:
    mhz, mib = shape.capacity()
    return {
        "kind": "resource_pool",
        "name": pool.name,
        "manage": pool.manage,
        "cluster": shape.vcenter.cluster.name,
        "cpu": _allocation(pool.cpu, mhz),
        "memory": _allocation(pool.memory, mib),
    }


def _allocation(share: Share, whole: int) -> Resource:
    """A share of the declared capacity in its unit: what is reserved is rounded up, what is allowed down."""
    limit = _UNLIMITED if share.limit_percent is None else whole * share.limit_percent // 100
    return {
        "reservation": -(-whole * share.reservation_percent // 100),
        "limit": limit,
        "shares": share.shares,
        "expandable": share.expandable,
    }


def site_group(site: str) -> str:
    """Name of the group of a site's hosts."""
    return f"site-{site}"


def site_groups(shape: OnPremises) -> Iterator[Resource]:
    """A group of hosts for each site, for rules that keep machines where their data is."""
    for site in shape.site_names:
        yield {
            "kind": "drs_group",
            "name": site_group(site),
            "cluster": shape.vcenter.cluster.name,
            "hosts": [host.name for host in shape.all_hosts if host.site == site],
        }
