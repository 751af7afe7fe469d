# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""vCenter: its appliances, the cluster that is stretched over the sites, and the pools in it."""

from __future__ import annotations

from typing import Literal

from ._pydantic import Field
from .base import Managed, Model
from .fields import Address, Name, Percent, Positive, Version


class Appliance(Model):
    """A vCenter Server Appliance (VCSA) or the witness of a pair."""

    name: Name = Field(description="Name of the machine.")
    role: Literal["active", "passive", "witness"] = Field(description="Part in vCenter HA.")
    address: Address | None = Field(default=None, description="Management address; only the active one needs it.")
    ha_address: Address = Field(description="Address in the network of vCenter HA.")
    hosts: list[str] = Field(default=[], description="ESXi hosts that it may run on, by name.")


class VcenterHa(Model):
    """vCenter HA: an active and a passive appliance with a witness."""

    network: str = Field(description="Network of purpose vcenter_ha, by name.")
    appliances: list[Appliance] = Field(min_length=3, max_length=3, description="Active, passive and witness.")


class Drs(Model):
    """Distributed Resource Scheduler."""

    automation: Literal["manual", "partially_automated", "fully_automated"] = Field(
        default="fully_automated", description="What DRS does by itself."
    )
    threshold: int = Field(default=3, ge=1, le=5, description="Migration threshold, 1 (fewest moves) to 5.")


class HighAvailability(Model):
    """vSphere HA."""

    host_monitoring: bool = Field(default=True, description="Machines of a failed host are restarted.")
    cpu_failover_percent: Percent = Field(default=4, description="CPU kept free for restarts, percent.")
    memory_failover_percent: Percent = Field(default=4, description="Memory kept free for restarts, percent.")


class ComputeCluster(Managed):
    """The vCenter cluster that holds the hosts."""

    name: Name = Field(description="Name.")
    drs: Drs = Field(default_factory=Drs, description="Distributed Resource Scheduler.")
    ha: HighAvailability = Field(default_factory=HighAvailability, description="vSphere HA.")
    evc_mode: str | None = Field(default=None, description="EVC baseline, for example intel-skylake; null: none.")


class Vcenter(Managed):
    """The vCenter and what it holds."""

    host: str = Field(description="Inventory host of group vcenters that is its endpoint.")
    version: Version = Field(description="Version of vSphere, for example 8.0.3.")
    uuid: str | None = Field(default=None, description="Instance UUID; a teardown asserts it. null: not known yet.")
    datacenter: Name = Field(description="Name of the datacenter object.")
    cluster: ComputeCluster = Field(description="Cluster of the hosts.")
    ha: VcenterHa | None = Field(default=None, description="vCenter HA; null: one appliance.")
    switch: Name = Field(description="Name of the distributed switch.")


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
