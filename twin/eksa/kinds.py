# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which kinds a management cluster has, and where they are in its API."""

from __future__ import annotations

from typing import NamedTuple

SYSTEM = "eksa-system"
"""The namespace of everything that EKS Anywhere makes itself."""

FINALIZER = "clusters.anywhere.eks.amazonaws.com/finalizer"
PAUSED = "anywhere.eks.amazonaws.com/paused"
MANAGED_BY_CLI = "anywhere.eks.amazonaws.com/managed-by-cli"
CLUSTER_LABEL = "cluster.x-k8s.io/cluster-name"


class Kind(NamedTuple):
    """One kind of object; `group` is "" for Kubernetes' own."""

    group: str
    version: str
    kind: str
    plural: str

    @property
    def api_version(self) -> str:
        """As manifests spell it."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def everywhere(self) -> str:
        """The collection over all namespaces."""
        return f"/{'apis' if self.group else 'api'}/{self.api_version}/{self.plural}"

    @property
    def definition(self) -> str:
        """The name of its CustomResourceDefinition."""
        return f"{self.plural}.{self.group}"

    def collection(self, namespace: str) -> str:
        """The collection of a namespace."""
        return f"/{'apis' if self.group else 'api'}/{self.api_version}/namespaces/{namespace}/{self.plural}"

    def path(self, namespace: str, name: str) -> str:
        """One object."""
        return f"{self.collection(namespace)}/{name}"


_EKSA = "anywhere.eks.amazonaws.com"
_CAPI = "cluster.x-k8s.io"
CLUSTER = Kind(_EKSA, "v1alpha1", "Cluster", "clusters")
DATACENTER = Kind(_EKSA, "v1alpha1", "VSphereDatacenterConfig", "vspheredatacenterconfigs")
MACHINE_CONFIG = Kind(_EKSA, "v1alpha1", "VSphereMachineConfig", "vspheremachineconfigs")
BUNDLES = Kind(_EKSA, "v1alpha1", "Bundles", "bundles")
RELEASE = Kind(_EKSA, "v1alpha1", "EKSARelease", "eksareleases")
CAPI_CLUSTER = Kind(_CAPI, "v1beta2", "Cluster", "clusters")
MACHINE = Kind(_CAPI, "v1beta2", "Machine", "machines")
DEPLOYMENT = Kind(_CAPI, "v1beta2", "MachineDeployment", "machinedeployments")
HEALTH_CHECK = Kind(_CAPI, "v1beta2", "MachineHealthCheck", "machinehealthchecks")
CONTROL_PLANE = Kind(f"controlplane.{_CAPI}", "v1beta2", "KubeadmControlPlane", "kubeadmcontrolplanes")
ETCD_CLUSTER = Kind(f"etcdcluster.{_CAPI}", "v1beta1", "EtcdadmCluster", "etcdadmclusters")
VSPHERE_CLUSTER = Kind(f"infrastructure.{_CAPI}", "v1beta2", "VSphereCluster", "vsphereclusters")
VSPHERE_MACHINE = Kind(f"infrastructure.{_CAPI}", "v1beta2", "VSphereMachine", "vspheremachines")
VSPHERE_TEMPLATE = Kind(f"infrastructure.{_CAPI}", "v1beta2", "VSphereMachineTemplate", "vspheremachinetemplates")
SECRET = Kind("", "v1", "Secret", "secrets")

CUSTOM = (
    CLUSTER, DATACENTER, MACHINE_CONFIG, BUNDLES, RELEASE, CAPI_CLUSTER, MACHINE, DEPLOYMENT, HEALTH_CHECK,
    CONTROL_PLANE, ETCD_CLUSTER, VSPHERE_CLUSTER, VSPHERE_MACHINE, VSPHERE_TEMPLATE,
)  # fmt: skip
"""Those that need a definition."""
