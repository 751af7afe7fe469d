# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""vCenter: its appliances, the cluster that is stretched over the sites, and the pools in it."""

from __future__ import annotations

from typing import Literal

from ._pydantic import Field
from .base import Managed, Model
from .fields import Address, Mtu, Name, Percent, Positive, Version
from .secrets import Secret


class Appliance(Model):
    """A vCenter Server Appliance (VCSA) or the witness of a pair."""

    name: Name = Field(description="Name of the machine.")
    role: Literal["active", "passive", "witness"] = Field(description="Part in vCenter HA.")
    address: Address | None = Field(default=None, description="Management address; only the active one needs it.")
    ha_address: Address = Field(description="Address in the network of vCenter HA.")
    hosts: list[str] = Field(default=[], description="ESXi hosts that it may run on, by name.")
    datastore: str | None = Field(default=None, description="Datastore of its disks, by name; null: vCenter chooses.")


class VcenterHa(Model):
    """vCenter HA: an active and a passive appliance with a witness."""

    network: str = Field(description="Network of purpose vcenter_ha, by name.")
    folder: Name = Field(default="appliances", description="Folder of the machines of passive and witness.")
    appliances: list[Appliance] = Field(min_length=3, max_length=3, description="Active, passive and witness.")

    def appliance(self, role: str) -> Appliance | None:
        """The appliance of a role."""
        return next((one for one in self.appliances if one.role == role), None)


class Drs(Model):
    """Distributed Resource Scheduler."""

    enabled: bool = Field(default=True, description="It is switched on.")
    automation: Literal["manual", "partially_automated", "fully_automated"] = Field(
        default="fully_automated", description="What DRS does by itself."
    )
    threshold: int = Field(default=3, ge=1, le=5, description="Migration threshold, 1 (fewest moves) to 5.")


class HighAvailability(Model):
    """vSphere HA."""

    enabled: bool = Field(default=True, description="It is switched on.")
    admission_control: bool = Field(default=True, description="Nothing is started that could not be restarted.")
    host_monitoring: bool = Field(default=True, description="Machines of a failed host are restarted.")
    cpu_failover_percent: Percent = Field(default=4, description="CPU kept free for restarts, percent.")
    memory_failover_percent: Percent = Field(default=4, description="Memory kept free for restarts, percent.")


class ComputeCluster(Managed):
    """The vCenter cluster that holds the hosts."""

    name: Name = Field(description="Name.")
    drs: Drs = Field(default_factory=Drs, description="Distributed Resource Scheduler.")
    ha: HighAvailability = Field(default_factory=HighAvailability, description="vSphere HA.")
    dpm: bool = Field(default=False, description="Hosts without work may be powered off (DPM).")
    evc_mode: str | None = Field(default=None, description="EVC baseline, for example intel-skylake; null: none.")


class License(Model):
    """A licence key."""

    name: Name = Field(description="Name by which people know it.")
    key: Secret = Field(description="Key, by reference.")
    assign_to: Literal["vcenter", "hosts"] = Field(description="What it is for: the vCenter, or all ESXi hosts.")


class VcenterRole(Managed):
    """A set of privileges."""

    name: Name = Field(description="Name; the estate's name is put before it.")
    privileges: list[str] = Field(description="Privileges, by vSphere's ids, for example Resource.AssignVMToPool.")


class Permission(Managed):
    """What somebody may do."""

    principal: str = Field(description="User or group, for example VSPHERE.LOCAL\\automation.")
    group: bool = Field(default=False, description="The principal is a group.")
    role: Name = Field(description="Role of kubeops_vcenter.roles, or one of vSphere's, by name.")
    on: Literal["root", "datacenter", "cluster"] = Field(default="datacenter", description="Where it holds.")
    propagate: bool = Field(default=True, description="Also for everything below.")


class TagCategory(Managed):
    """A category of tags with its tags."""

    name: Name = Field(description="Name.")
    description: str = Field(default="", description="What it is about.")
    multiple: bool = Field(default=False, description="An object may carry several of its tags.")
    types: list[str] = Field(default=[], description="Kinds of objects that may carry them; none: all.")
    tags: list[Name] = Field(default=[], description="Names of the tags.")


class Vcenter(Managed):
    """The vCenter and what it holds."""

    host: str = Field(description="Inventory host of group vcenters that is its endpoint.")
    version: Version = Field(description="Version of vSphere, for example 8.0.3.")
    uuid: str | None = Field(default=None, description="Instance UUID; a teardown asserts it. null: not known yet.")
    datacenter: Name = Field(description="Name of the datacenter object.")
    cluster: ComputeCluster = Field(description="Cluster of the hosts.")
    ha: VcenterHa | None = Field(default=None, description="vCenter HA; null: one appliance.")
    switch: Name = Field(description="Name of the distributed switch.")
    switch_mtu: Mtu = Field(default=9000, description="Largest packet of the distributed switch in bytes.")
    folders: list[Name] = Field(default=[], description="Folders of machines in the datacenter besides the clusters'.")
    licenses: list[License] = Field(default=[], description="Licence keys.")
    roles: list[VcenterRole] = Field(default=[], description="Roles.")
    permissions: list[Permission] = Field(default=[], description="Who may do what.")
    tags: list[TagCategory] = Field(default=[], description="Categories with their tags.")


class Share(Model):
    """A pool's part of one resource."""

    reservation_percent: Percent = Field(default=0, description="Guaranteed part of the cluster, percent.")
    limit_percent: Percent | None = Field(default=None, description="Largest part of the cluster; null: no limit.")
    shares: Literal["low", "normal", "high"] = Field(default="normal", description="Weight under contention.")
    expandable: bool = Field(default=False, description="May borrow from its parent beyond its reservation.")


class Pool(Managed):
    """A resource pool of the cluster."""

    name: Name = Field(description="Name.")
    purpose: Literal["business", "compute"] = Field(
        description="business: machines beside ours, which come first. compute: ours."
    )
    cpu: Share = Field(description="Part of the CPU.")
    memory: Share = Field(description="Part of the memory.")


class Capacity(Model):
    """The rule that pools must keep."""

    business_percent: Percent = Field(default=50, description="CPU and memory kept for business machines, percent.")
    vcpus_per_core: Positive = Field(default=4, description="Virtual processors that one core may carry.")
