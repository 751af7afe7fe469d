# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kubernetes clusters on site, by EKS Anywhere on vSphere."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from ._pydantic import Field, model_validator
from .base import Managed, Model, refused
from .fields import Address, Cidr, Count, Name, Positive, Version


class Machine(Model):
    """The size of a virtual machine. Words are those of EKS Anywhere."""

    num_cpus: Annotated[int, Field(ge=2)] = Field(default=2, description="Virtual processors.")
    memory_mib: Annotated[int, Field(ge=2048)] = Field(default=8192, description="Memory in MiB.")
    disk_gib: Annotated[int, Field(ge=20)] = Field(default=25, description="Disk in GiB.")


class ControlPlane(Machine):
    """Machines that run the Kubernetes API. count or per_host says how many."""

    count: Positive | None = Field(default=None, description="Number of machines; null: per_host on each host.")
    per_host: Count = Field(default=0, description="Number that every ESXi host must carry; 0: no demand.")

    @model_validator(mode="after")
    def _some(self) -> Self:
        if self.count is None and not self.per_host:
            raise refused("says neither count nor per_host", "give one of the two")
        return self


class Etcd(Machine):
    """Where the state of the cluster is kept."""

    mode: Literal["stacked", "external"] = Field(description="On the control-plane machines, or on its own.")
    count: Positive | None = Field(default=None, description="Number of external members, odd; null with stacked.")


class WorkerTaint(Model):
    """Keeps pods away that do not tolerate it."""

    key: str = Field(description="Key.")
    value: str = Field(default="", description="Value.")
    effect: Literal["NoSchedule", "NoExecute", "PreferNoSchedule"] = Field(description="Effect.")


class Workers(Machine):
    """A group of worker machines, all alike. count or per_host says how many."""

    name: Name = Field(description="Name within the cluster.")
    count: Count | None = Field(default=None, description="Number of machines; null: per_host on each host.")
    per_host: Count = Field(default=0, description="Number that every ESXi host must carry; 0: no demand.")
    gpus: Count | Literal["all_of_host"] = Field(
        default=0, description="GPUs of each machine; all_of_host: as many as a host has."
    )
    labels: dict[str, str] = Field(default={}, description="Kubernetes labels of the nodes: key to value.")
    taints: list[WorkerTaint] = Field(default=[], description="Kubernetes taints of the nodes.")
    sites: dict[str, str] = Field(
        default={},
        description="Site to the datastore of its machines: a group of its own for each site, whose machines lose "
        "nothing when another site is lost. Empty: one group on the cluster's datastore.",
    )

    @model_validator(mode="after")
    def _some(self) -> Self:
        if self.count is None and not self.per_host:
            raise refused("says neither count nor per_host", "give one of the two")
        return self


class OnPremCluster(Managed):
    """A cluster of EKS Anywhere."""

    name: str = Field(
        pattern=r"^[a-zA-Z][a-zA-Z0-9-]{0,34}$", description="Name, at most 35 characters: the rule of EKS Anywhere."
    )
    role: Literal["management", "workload"] = Field(
        default="management", description="management: manages itself and others. workload: managed by another."
    )
    managed_by: str | None = Field(default=None, description="Management cluster of a workload cluster, by name.")
    kubernetes_version: Version = Field(description="Kubernetes version in quotes, for example '1.35'.")
    eksa_version: Version = Field(description="EKS Anywhere version, for example v0.26.1.")
    endpoint: Address = Field(description="Address of the Kubernetes API, in the network but not leased by DHCP.")
    network: str = Field(description="Network of the machines, by name.")
    pods_cidr: Cidr = Field(description="CIDR of pods.")
    services_cidr: Cidr = Field(description="CIDR of services.")
    control_plane: ControlPlane = Field(description="Control-plane machines.")
    etcd: Etcd = Field(description="Members of etcd.")
    workers: list[Workers] = Field(min_length=1, description="Groups of worker machines.")
    os_family: Literal["bottlerocket", "ubuntu", "redhat"] = Field(description="Operating system of all machines.")
    template: str | None = Field(
        default=None, description="Template of the machines, whose name contains the Kubernetes version."
    )
    datastore: str = Field(description="Datastore of the machines, by name.")
    pool: str = Field(description="Resource pool of the machines, by name.")
    folder: str | None = Field(default=None, description="Folder of the machines; null: one of the cluster's name.")
    ssh_key: str | None = Field(default=None, description="Public SSH key for the machines.")
    spread: Literal["should", "must"] = Field(
        default="should",
        description="Whether control-plane machines must never share a host. must leaves a host no room to be emptied.",
    )

    def control_plane_count(self, hosts: int) -> int:
        """Number of control-plane machines on so many hosts."""
        return self.control_plane.count or self.control_plane.per_host * hosts

    def worker_count(self, group: Workers, hosts: int) -> int:
        """Number of machines of a worker group on so many hosts."""
        return group.per_host * hosts if group.count is None else group.count

    def etcd_count(self, hosts: int) -> int:
        """Number of members of etcd on so many hosts."""
        return (self.etcd.count or 0) if self.etcd.mode == "external" else self.control_plane_count(hosts)

    def machines(self, hosts: int) -> list[tuple[Machine, int]]:
        """All machines of the cluster: size and number."""
        found: list[tuple[Machine, int]] = [(self.control_plane, self.control_plane_count(hosts))]
        if self.etcd.mode == "external":
            found.append((self.etcd, self.etcd_count(hosts)))
        return found + [(group, self.worker_count(group, hosts)) for group in self.workers]
