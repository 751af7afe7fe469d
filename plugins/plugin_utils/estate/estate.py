# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The estate as one object: what the inventory says, and the hosts, networks and datastores that ranges stand for."""

from __future__ import annotations

import dataclasses
from typing import Any

from .admin_machine import AdminMachine
from .artifact_source import Mirror
from .aws_network import Vpc
from .cluster_base import ClusterBase
from .clusters_onprem import OnPremCluster
from .eks import EksCluster
from .endpoints import AwsEndpoint, KubernetesEndpoint, VsphereEndpoint
from .gpus import Gpus
from .hosts import Hardware, Host, HostProfile, HostRange
from .identity import Artifacts, Identity, Timing
from .link import FutureRegion, Link
from .mesh import Mesh
from .networks import LocalNetwork, NetworkRange
from .observability import Observability
from .platform import Platform
from .sites import Fabric, Site
from .storage import Datastore, Storage
from .vcenter import Capacity, Pool, Vcenter

# Variable of all hosts: field of Estate, type.
VARIABLES: dict[str, tuple[str, Any]] = {
    "kubeops_estate": ("identity", Identity),
    "kubeops_timing": ("timing", Timing),
    "kubeops_artifacts": ("artifacts", Artifacts),
    "kubeops_mirror": ("mirror", Mirror),
    "kubeops_secrets": ("secrets", dict[str, Any]),
    "kubeops_sites": ("sites", list[Site]),
    "kubeops_fabric": ("fabric", Fabric),
    "kubeops_hardware": ("hardware", dict[str, Hardware]),
    "kubeops_hosts": ("host_ranges", list[HostRange]),
    "kubeops_host_profile": ("host_profile", HostProfile),
    "kubeops_gpus": ("gpus", Gpus),
    "kubeops_storage": ("storage", Storage),
    "kubeops_networks": ("network_ranges", list[NetworkRange]),
    "kubeops_vcenter": ("vcenter", Vcenter),
    "kubeops_capacity": ("capacity", Capacity),
    "kubeops_pools": ("pools", list[Pool]),
    "kubeops_admin_machine": ("admin_machine", AdminMachine),
    "kubeops_clusters": ("clusters", list[OnPremCluster]),
    "kubeops_link": ("link", Link),
    "kubeops_future_regions": ("future_regions", list[FutureRegion]),
    "kubeops_mesh": ("mesh", Mesh),
    "kubeops_platform": ("platform", Platform),
    "kubeops_observability": ("observability", Observability),
}
REGION_VARIABLES: dict[str, tuple[str, Any]] = {
    "kubeops_aws": ("endpoint", AwsEndpoint),
    "aws_network_vpcs": ("vpcs", list[Vpc]),
    "eks_clusters": ("clusters", list[EksCluster]),
}
VCENTER_VARIABLES: dict[str, tuple[str, Any]] = {"kubeops_vsphere": ("endpoint", VsphereEndpoint)}
CLUSTER_VARIABLES: dict[str, tuple[str, Any]] = {
    "kubeops_kubernetes": ("endpoint", KubernetesEndpoint),
    "cluster_base": ("base", ClusterBase),
}
# Inventory group to the variables of its hosts.
HOST_VARIABLES: dict[str, dict[str, tuple[str, Any]]] = {
    "aws_regions": REGION_VARIABLES,
    "vcenters": VCENTER_VARIABLES,
    "kubernetes_clusters": CLUSTER_VARIABLES,
}


@dataclasses.dataclass(frozen=True)
class Region:
    """An AWS region. host: its inventory host. name: AWS's name of it."""

    host: str
    endpoint: AwsEndpoint
    vpcs: list[Vpc] = dataclasses.field(default_factory=list)
    clusters: list[EksCluster] = dataclasses.field(default_factory=list)

    @property
    def name(self) -> str:
        """AWS's name of the region."""
        return self.endpoint.region


@dataclasses.dataclass(frozen=True)
class Estate:
    """Everything that an inventory says."""

    identity: Identity
    timing: Timing = dataclasses.field(default_factory=Timing)
    artifacts: Artifacts = dataclasses.field(default_factory=Artifacts)
    mirror: str | None = None
    secrets: dict[str, Any] = dataclasses.field(default_factory=dict, repr=False)
    sites: list[Site] = dataclasses.field(default_factory=list)
    fabric: Fabric = dataclasses.field(default_factory=Fabric)
    hardware: dict[str, Hardware] = dataclasses.field(default_factory=dict)
    host_ranges: list[HostRange] = dataclasses.field(default_factory=list)
    host_profile: HostProfile | None = None
    gpus: Gpus | None = None
    storage: Storage | None = None
    network_ranges: list[NetworkRange] = dataclasses.field(default_factory=list)
    vcenter: Vcenter | None = None
    capacity: Capacity = dataclasses.field(default_factory=Capacity)
    pools: list[Pool] = dataclasses.field(default_factory=list)
    admin_machine: AdminMachine | None = None
    clusters: list[OnPremCluster] = dataclasses.field(default_factory=list)
    link: Link | None = None
    future_regions: list[FutureRegion] = dataclasses.field(default_factory=list)
    mesh: Mesh | None = None
    platform: Platform = dataclasses.field(default_factory=Platform)
    observability: Observability = dataclasses.field(default_factory=Observability)
    # Not from one variable each: inventory hosts, and what ranges stand for.
    regions: list[Region] = dataclasses.field(default_factory=list)
    vcenters: dict[str, VsphereEndpoint] = dataclasses.field(default_factory=dict)
    kubernetes: dict[str, KubernetesEndpoint] = dataclasses.field(default_factory=dict)
    bases: dict[str, ClusterBase] = dataclasses.field(default_factory=dict)
    groups: dict[str, list[str]] = dataclasses.field(default_factory=dict)
    hosts: list[Host] = dataclasses.field(default_factory=list)
    networks: list[LocalNetwork] = dataclasses.field(default_factory=list)
    datastores: list[Datastore] = dataclasses.field(default_factory=list)

    @property
    def trust_domain(self) -> str:
        """Root of trust of the service mesh."""
        return self.identity.trust_domain or f"{self.identity.name}.mesh.internal"

    @property
    def live_hosts(self) -> list[Host]:
        """The ESXi hosts that count."""
        return [host for host in self.hosts if host.manage != "ignore"]

    def gpus_of(self, host: Host) -> int:
        """Number of GPUs in a host."""
        if host.gpus is not None:
            return host.gpus
        return self.gpus.per_host if self.gpus is not None else 0

    @property
    def gpu_count(self) -> int:
        """Number of GPUs on site."""
        return sum(self.gpus_of(host) for host in self.live_hosts)

    @property
    def cluster_names(self) -> list[str]:
        """All Kubernetes clusters, on site first."""
        there = [cluster.name for region in self.regions for cluster in region.clusters if cluster.manage != "ignore"]
        return [cluster.name for cluster in self.clusters if cluster.manage != "ignore"] + there
