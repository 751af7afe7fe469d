# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clusters of EKS Anywhere for tests: their objects, and a management cluster's API with its controllers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twin.build import build
from twin.clock import ScaledClock
from twin.cluster.objects import condition
from twin.eksa import versions
from twin.eksa.controllers import Manager
from twin.eksa.definitions import install
from twin.eksa.faults import EksaFaults
from twin.eksa.kinds import CLUSTER, DATACENTER, MACHINE, MACHINE_CONFIG, SYSTEM, Kind
from twin.eksa.memory_machines import MemoryMachines, example
from twin.eksa.planes import plane_name
from twin.eksa.surroundings import Surroundings
from twin.host import LocalClusterHost
from twin.kube_api import KubeApi
from twin.processes import wait_until

MIRROR = Path(__file__).resolve().parents[3] / "shared" / "upstream"
type Object = dict[str, Any]


def machine_config(name: str, **spec: Any) -> Object:
    """A VSphereMachineConfig that memory_machines.example can satisfy."""
    return _object(
        MACHINE_CONFIG, name, datastore="replicated-ssd-1", folder="kubernetes", memoryMiB=8192, numCPUs=2, diskGiB=25,
        osFamily="ubuntu", resourcePool="resource-computing", template="/pittsburgh/vm/templates/ubuntu-1.34",
        users=[{"name": "capv", "sshAuthorizedKeys": ["ssh-ed25519 AAAA"]}], **spec,
    )  # fmt: skip


def workload(
    name: str = "onprem", *, planes: int = 3, etcd: int = 5, workers: int = 6, version: str = "1.34", **spec: Any
) -> list[Object]:
    """A cluster and what it refers to; the cluster comes last."""
    reference = {"kind": MACHINE_CONFIG.kind, "name": f"{name}-nodes"}
    whole = {
        "kubernetesVersion": version, "eksaVersion": "v0.26.1", "managementCluster": {"name": "mgmt"},
        "controlPlaneConfiguration": {
            "count": planes, "endpoint": {"host": "198.18.4.10"}, "machineGroupRef": reference,
        },
        "externalEtcdConfiguration": {"count": etcd, "machineGroupRef": reference},
        "workerNodeGroupConfigurations": [
            {"name": "gpu", "count": workers, "machineGroupRef": reference, "labels": {"pool": "gpu"}}
        ],
        "datacenterRef": {"kind": DATACENTER.kind, "name": name},
        "clusterNetwork": {
            "cniConfig": {"cilium": {}}, "pods": {"cidrBlocks": ["192.168.0.0/16"]},
            "services": {"cidrBlocks": ["10.96.0.0/16"]},
        },
        **spec,
    }  # fmt: skip
    if not etcd:
        del whole["externalEtcdConfiguration"]
    datacenter = _object(DATACENTER, name, datacenter="pittsburgh", insecure=True, network="nodes",
                         server="vcsa.example.com", thumbprint="")  # fmt: skip
    return [datacenter, machine_config(f"{name}-nodes"), _object(CLUSTER, name, **whole)]


def _object(kind: Kind, name: str, **spec: Any) -> Object:
    return {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": {"name": name, "namespace": "default"},
            "spec": spec}  # fmt: skip


@dataclass
class Management:
    """A management cluster whose controllers work, without machines of its own."""

    host: LocalClusterHost
    machines: MemoryMachines
    faults: EksaFaults
    clock: ScaledClock

    @property
    def api(self) -> KubeApi:
        """Its API."""
        return self.host.api(plane_name("mgmt"))

    def apply(self, things: Sequence[Object]) -> None:
        """As a user does."""
        for thing in things:
            kind = next(each for each in (CLUSTER, DATACENTER, MACHINE_CONFIG) if each.kind == thing["kind"])
            self.api.apply(kind.path("default", thing["metadata"]["name"]), thing, manager="user")

    def cluster(self, name: str = "onprem") -> Object:
        """The Cluster as it is."""
        return dict(self.api.request("GET", CLUSTER.path("default", name)))

    def wait(self, look: Callable[[], bool], what: str, seconds: float = 60) -> None:
        """Until it is so."""
        wait_until(lambda: look() or None, seconds=seconds, what=what)

    def wait_ready(self, name: str = "onprem", seconds: float = 60) -> None:
        """Until the cluster is Ready in the generation that it has."""
        self.wait(lambda: _is_ready(self.cluster(name)), f"{name} to be Ready", seconds)

    def machine_objects(self) -> list[Object]:
        """All Machines."""
        return list(self.api.request("GET", MACHINE.collection(SYSTEM))["items"])


def _is_ready(cluster: Object) -> bool:
    seen = (cluster.get("status") or {}).get("observedGeneration") == cluster["metadata"]["generation"]
    return seen and condition(cluster, "Ready") == "True"


@contextmanager
def managing(directory: Path, *, scale: float = 600.0, hosts: int = 9) -> Iterator[Management]:
    """A management cluster `mgmt` whose control plane is real and whose machines are nobody's."""
    host = LocalClusterHost(directory, programs=build, scale=scale)
    clock = ScaledClock(scale)
    management = Management(host, example(hosts=hosts), EksaFaults(clock), clock)
    manager = None
    try:
        host.start(plane_name("mgmt"), "1.34", "https://kubernetes.default.svc")
        for namespace in (SYSTEM,):
            body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
            management.api.apply(f"/api/v1/namespaces/{namespace}", body)
        install(management.api, MIRROR if MIRROR.exists() else None)
        around = Surroundings("mgmt", host, management.machines, clock, management.faults, versions.RELEASES)
        manager = Manager(host.admin_kubeconfig(plane_name("mgmt")).parent, around)
        manager.start()
        yield management
    finally:
        if manager:
            manager.stop()
        host.stop_all()
