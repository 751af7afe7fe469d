# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is on site behind one vCenter: the shape that the roles of vSphere take, and what its ranges stand for."""

from __future__ import annotations

import functools
import ipaddress

from ._pydantic import Field
from .base import Manage, Model
from .clusters_onprem import OnPremCluster
from .endpoints import VsphereEndpoint
from .gpus import Gpus
from .hosts import Hardware, Host, HostProfile, HostRange, hosts_of
from .networks import LocalNetwork, NetworkRange, networks_of
from .sites import Site
from .storage import Datastore, Storage, StorageDevices, datastores_of, devices_of
from .vcenter import Pool, Vcenter

_MIB_PER_GIB = 1024


class OnPremises(Model):
    """A vCenter with the hosts, networks, datastores and pools behind it. Fields are those of the inventory."""

    vcenter: Vcenter = Field(description="As kubeops_vcenter.")
    endpoint: VsphereEndpoint | None = Field(default=None, description="As kubeops_vsphere; vCenter HA calls itself.")
    sites: list[Site] = Field(default=[], description="As kubeops_sites.")
    hardware: dict[str, Hardware] = Field(default={}, description="As kubeops_hardware.")
    hosts: list[HostRange] = Field(default=[], description="As kubeops_hosts.")
    host_profile: HostProfile | None = Field(default=None, description="As kubeops_host_profile.")
    gpus: Gpus | None = Field(default=None, description="As kubeops_gpus.")
    storage: Storage | None = Field(default=None, description="As kubeops_storage.")
    networks: list[NetworkRange] = Field(default=[], description="As kubeops_networks.")
    pools: list[Pool] = Field(default=[], description="As kubeops_pools.")
    clusters: list[OnPremCluster] = Field(default=[], description="As kubeops_clusters; folders and rules need them.")

    @functools.cached_property
    def all_hosts(self) -> list[Host]:
        """The ESXi hosts that count, in the order of the inventory."""
        return [host for host in hosts_of(self.hosts) if host.manage != "ignore"]

    @functools.cached_property
    def all_networks(self) -> list[LocalNetwork]:
        """The networks that count."""
        return [network for network in networks_of(self.networks) if network.manage != "ignore"]

    @functools.cached_property
    def all_datastores(self) -> list[Datastore]:
        """The datastores that count."""
        found = datastores_of(self.storage) if self.storage is not None else ()
        return [one for one in found if one.manage != "ignore"]

    @functools.cached_property
    def devices(self) -> dict[str, StorageDevices]:
        """Storage device to the entry that describes it."""
        return devices_of(self.storage) if self.storage is not None else {}

    @property
    def site_names(self) -> list[str]:
        """Sites that hold hosts, in the order of the inventory."""
        return list(dict.fromkeys(host.site for host in self.all_hosts))

    def gpus_of(self, host: Host) -> int:
        """Number of GPUs in a host."""
        if host.gpus is not None:
            return host.gpus
        return self.gpus.per_host if self.gpus is not None else 0

    def capacity(self) -> tuple[int, int]:
        """CPU in MHz and memory in MiB of all declared hosts, whether they run or not."""
        models = [self.hardware[host.hardware] for host in self.all_hosts]
        mhz = sum(model.cores * model.clock_mhz for model in models)
        return mhz, sum(model.memory_gib for model in models) * _MIB_PER_GIB

    def network_of(self, name: str, site: str) -> LocalNetwork | None:
        """The network that a host of that site means: its site's own where there is one."""
        there = {network.name: network for network in self.all_networks}
        return there.get(f"{name}-{site}") or there.get(name)


def netmask(cidr: str) -> str:
    """The mask of a network as vSphere writes it."""
    return str(ipaddress.ip_network(cidr).netmask)


def gateway(network: LocalNetwork) -> str | None:
    """The router of a network: the one that it names, else its first address."""
    if network.entry.gateway is not None:
        return network.entry.gateway
    return str(ipaddress.ip_network(network.cidr)[1]) if network.cidr is not None else None


def narrower(one: Manage, other: Manage) -> Manage:
    """How far something is ours that is part of something else."""
    return max(one, other, key=("managed", "reference", "ignore").index)
