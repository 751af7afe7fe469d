# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Workers in memory: Cluster API, nodes with pods, a vCenter with GPUs. It refuses what the real ones refuse."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.kube_discovery import Resource, Resources
from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.kube_errors import Heals
from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.vsphere import Call
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import Conflict, EstateError, Unavailable
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.eksa import gpu_sight

Row = dict[str, Any]
V100 = 0x1DB6
NVIDIA = 0x10DE
_SERVED = [
    Resource("", "v1", "Node", "nodes", False),
    Resource("", "v1", "Pod", "pods", True),
    Resource("cluster.x-k8s.io", "v1beta2", "Machine", "machines", True),
]


def patched(value: Any, change: Any) -> Any:
    """A JSON merge patch."""
    if not isinstance(change, Mapping):
        return change
    found = dict(value) if isinstance(value, Mapping) else {}
    for key, inner in change.items():
        if inner is None:
            found.pop(key, None)
        else:
            found[key] = patched(found.get(key), inner)
    return found


class Cluster:
    """A cluster's API, as far as workers need it."""

    def __init__(self, world: GpuWorld) -> None:
        self._world = world
        self.rows: dict[tuple[str, str], Row] = {}

    def resources(self, *, fresh: bool = False) -> Resources:
        """Nodes, pods, machines."""
        return Resources(_SERVED)

    def listed(
        self, resource: Resource, namespace: str = "", *, labels: str = "", fields: str = "", **_: Any
    ) -> list[Row]:
        """Rows of a kind, by labels or by the node of a pod."""
        self._world.tick()
        wanted = dict(pair.split("=") for pair in labels.split(",") if pair)
        node = fields.removeprefix("spec.nodeName=")
        return [
            copy.deepcopy(row)
            for (kind, _name), row in self.rows.items()
            if kind == resource.kind
            and wanted.items() <= (row["metadata"].get("labels") or {}).items()
            and (not node or row["spec"].get("nodeName") == node)
        ]

    def merge(self, resource: Resource, namespace: str, name: str, change: Any, **_: Any) -> Row:
        """A merge patch."""
        self._world.write()
        key = (resource.kind, name)
        self.rows[key] = patched(self.rows[key], change)
        return self.rows[key]

    def create(self, resource: Resource, body: Row, *, subresource: str = "", **_: Any) -> Row:
        """An eviction, which a disruption budget may refuse for a while."""
        self._world.write()
        assert subresource == "eviction"
        name = body["metadata"]["name"]
        if self._world.budgets.get(name, 0) > 0:
            self._world.budgets[name] -= 1
            raise Heals("Cannot evict pod as it would violate the pod's disruption budget.")
        del self.rows["Pod", name]
        return body


class Center:
    """A vCenter with two hosts and more."""

    def __init__(self, world: GpuWorld) -> None:
        self._world = world
        self.rows: dict[str, Row] = {"ClusterComputeResource:domain-c1": {"name": "pit"}}

    def collect(self, kind: str, paths: Sequence[str]) -> list[Row]:
        """Rows of a type."""
        return [
            {"ref": ref, **{path: copy.deepcopy(row[path]) for path in paths if path in row}}
            for ref, row in self.rows.items()
            if ref.startswith(f"{kind}:")
        ]

    def get(self, refs: Sequence[str], paths: Sequence[str]) -> list[Row]:
        """Rows of objects."""
        return [row for ref in refs for row in self.collect(ref.partition(":")[0], paths) if row["ref"] == ref]

    def run(self, calls: Sequence[Call]) -> list[Any]:
        """Tasks, done at once."""
        return [self._one(call) for call in calls]

    def _one(self, call: Call) -> Any:
        self._world.write()
        try:
            getattr(self, f"_{call.method}")(call.ref, self.rows[call.ref], call.arguments)
        except EstateError as error:
            return error
        return None

    def _PowerOffVM_Task(self, ref: str, vm: Row, arguments: Any) -> None:  # noqa: N802  # the vendor's name
        node = self._world.cluster.rows["Node", vm["name"]]
        assert node["spec"].get("unschedulable"), "a node that takes pods is powered off"
        assert not self._world.pods(vm["name"]), "pods lose their node"
        machine = self._world.cluster.rows["Machine", vm["name"]]
        assert gpu_sight.SKIP in machine["metadata"]["annotations"], "Cluster API would replace it"
        vm["runtime.powerState"] = "poweredOff"

    def _PowerOnVM_Task(self, ref: str, vm: Row, arguments: Any) -> None:  # noqa: N802  # the vendor's name
        if self._world.used(vm["runtime.host"]) > len(self.rows[vm["runtime.host"]]["hardware.pciDevice"]):
            raise Conflict("Device is not available on the host")
        if gpu_sight.passthrough(vm) and not vm.get("config.memoryReservationLockedToMax"):
            raise Conflict("Invalid memory setting: memory reservation (sched.mem.min) should be equal to memsize")
        vm["runtime.powerState"] = "poweredOn"

    def _RelocateVM_Task(self, ref: str, vm: Row, arguments: Any) -> None:  # noqa: N802  # the vendor's name
        vm["runtime.host"] = arguments["spec"]["host"]

    def _ReconfigVM_Task(self, ref: str, vm: Row, arguments: Any) -> None:  # noqa: N802  # the vendor's name
        if vm["runtime.powerState"] != "poweredOff":
            raise Conflict("The attempted operation cannot be performed in the current state (Powered on).")
        spec = arguments["spec"]
        devices = {one["key"]: one for one in vm["config.hardware.device"]}
        for change in spec.get("deviceChange", ()):
            if change["operation"] == "remove":
                del devices[change["device"]["key"]]
            else:
                key = 13000 + len(devices)
                devices[key] = {**change["device"], "key": key}
        vm["config.hardware.device"] = list(devices.values())
        vm["config.memoryReservationLockedToMax"] = spec["memoryReservationLockedToMax"]
        vm["config.extraConfig"] = spec["extraConfig"]

    def _ReconfigureComputeResource_Task(self, ref: str, row: Row, arguments: Any) -> None:  # noqa: N802  # the vendor's
        for one in arguments["spec"]["drsVmConfigSpec"]:
            listed = row.setdefault("configuration.drsVmConfig", [])
            there = [other for other in listed if other["key"] == one["info"]["key"]]
            assert one["operation"] == ("edit" if there else "add")
            row["configuration.drsVmConfig"] = [*(other for other in listed if other not in there), one["info"]]


class GpuWorld:
    """Nodes on hosts. limit: writes after which the next is refused, as after a kill. budgets: pod to refusals."""

    def __init__(self, nodes: Mapping[str, int], gpus: Sequence[int], *, pods: int = 1) -> None:
        self.cluster = Cluster(self)
        self.center = Center(self)
        self.budgets: dict[str, int] = {}
        self.writes = 0
        self.limit: int | None = None
        self.on_write: Callable[[], None] = lambda: None
        for number, count in enumerate(gpus, start=1):
            devices = [{"id": f"0000:{n:02x}:00.0", "vendorId": NVIDIA, "deviceId": V100} for n in range(count)]
            self.center.rows[f"HostSystem:host-{number}"] = {
                "name": f"esx-{number}",
                "parent": "ClusterComputeResource:domain-c1",
                "hardware.pciDevice": devices,
                "config.pciPassthruInfo": [{"id": one["id"], "passthruActive": True} for one in devices],
            }
        for name, host in nodes.items():
            self.add(name, host, pods)

    def add(self, name: str, host: int, pods: int) -> None:
        """A machine that Cluster API has just brought."""
        labels = {gpu_sight.CLUSTER: "demo", gpu_sight.DEPLOYMENT: "demo-gpu"}
        rows = self.cluster.rows
        rows["Machine", name] = {
            "metadata": {"name": name, "namespace": "eksa-system", "labels": labels, "annotations": {}},
            "spec": {"providerID": f"vsphere://uuid-{name}"},
            "status": {"nodeRef": {"name": name}},
        }
        rows["Node", name] = {
            "metadata": {"name": name, "annotations": {}},
            "spec": {"taints": [{"key": "kubeops.io/gpus", "value": "pending", "effect": "NoSchedule"}]},
            "status": {"conditions": [{"type": "Ready", "status": "True"}]},
        }
        for number in range(pods):
            pod = f"{name}-pod-{number}"
            rows["Pod", pod] = {"metadata": {"name": pod, "namespace": "default"}, "spec": {"nodeName": name}}
        agent = {"name": f"{name}-agent", "namespace": "kube-system", "ownerReferences": [{"kind": "DaemonSet"}]}
        rows["Pod", f"{name}-agent"] = {"metadata": agent, "spec": {"nodeName": name}}
        self.center.rows[f"VirtualMachine:{name}"] = {
            "name": name,
            "config.uuid": f"UUID-{name}",
            "runtime.host": f"HostSystem:host-{host}",
            "runtime.powerState": "poweredOn",
            "config.hardware.device": [{"_type": "VirtualDisk", "key": 2000}],
            "config.hardware.memoryMB": 16384,
        }

    def pods(self, node: str) -> list[str]:
        """Pods on a node that somebody would miss."""
        return [
            name
            for (kind, name), row in self.cluster.rows.items()
            if kind == "Pod" and row["spec"]["nodeName"] == node and "ownerReferences" not in row["metadata"]
        ]

    def used(self, host: str) -> int:
        """Devices of a host that machines on it have."""
        there = [row for ref, row in self.center.rows.items() if ref.startswith("VirtualMachine:")]
        return sum(len(gpu_sight.passthrough(row)) for row in there if row["runtime.host"] == host)

    def write(self) -> None:
        """Of each write."""
        if self.writes == self.limit:
            raise Unavailable("the connection is gone")
        self.writes += 1
        self.on_write()

    def tick(self) -> None:
        """Kubelets answer for machines that are on."""
        for (kind, name), row in self.cluster.rows.items():
            if kind == "Node":
                on = self.center.rows[f"VirtualMachine:{name}"]["runtime.powerState"] == "poweredOn"
                row["status"]["conditions"] = [{"type": "Ready", "status": "True" if on else "Unknown"}]
