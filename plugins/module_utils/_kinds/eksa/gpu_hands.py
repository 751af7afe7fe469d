# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""The steps of a worker on its way to GPUs, as calls: Cluster API, the node, vCenter."""

from __future__ import annotations

import time
import typing as t

from ..._clients import kube, vsphere
from ..._clients.kube_errors import Heals
from ..._engine.errors import EstateError
from ..kubernetes.objects import MANAGER
from .documents import Row
from .gpu_plan import Action, Step
from .gpu_sight import CAPI, CORDONED, MMIO, MMIO_SIZE, PASSTHROUGH, SKIP, SYSTEM, UNTIL, Sight, Worker, kind, movable
from .gpu_sight import passthrough as devices_of
from .rules_machines import GPU_LABEL

_GIB_OF_ONE = 64
"""Address space of one GPU with 32 GiB, rounded up to a power of two as firmware maps it."""


class Hands:
    """What acts. limit: seconds for which the remediation of a machine is skipped."""

    def __init__(
        self,
        manager: kube.Port,
        cluster: kube.Port,
        vcenter: vsphere.Port,
        *,
        limit: float = 1800.0,
        now: t.Callable[[], float] = time.time,
    ) -> None:
        self._manager = manager
        self._cluster = cluster
        self._vcenter = vcenter
        self._limit = limit
        self._now = now

    def do(self, action: Action, sight: Sight) -> None:
        """Take a step. What it brings about is seen by looking again. Raises EstateError."""
        worker = sight.workers[action.machine]
        steps: dict[Step, t.Callable[[], None]] = {
            Step.SKIP: lambda: self.skip(worker),
            Step.CORDON: lambda: self._cordon(worker),
            Step.DRAIN: lambda: self._drain(worker),
            Step.POWER_OFF: lambda: self._task(worker, "PowerOffVM_Task"),
            Step.MOVE: lambda: self._task(worker, "RelocateVM_Task", spec={"host": sight.hosts[action.host]}),
            Step.ATTACH: lambda: self._task(worker, "ReconfigVM_Task", spec=spec_of(worker)),
            Step.OVERRIDE: lambda: self._override(worker),
            Step.POWER_ON: lambda: self._task(worker, "PowerOnVM_Task"),
            Step.WAIT: lambda: None,
            Step.UNCORDON: lambda: self._uncordon(worker),
            Step.UNSKIP: lambda: self.unskip(worker),
        }
        steps[action.step]()

    def skip(self, worker: Worker) -> None:
        """Its remediation is skipped until a time, which a rerun puts off."""
        until = str(int(self._now() + self._limit))
        self._annotate(worker, {SKIP: "", UNTIL: until})

    def unskip(self, worker: Worker) -> None:
        """Cluster API may replace it again."""
        self._annotate(worker, {SKIP: None, UNTIL: None})

    def _annotate(self, worker: Worker, annotations: Row) -> None:
        resource = kind(self._manager, CAPI, "Machine")
        change = {"metadata": {"annotations": annotations}}
        self._manager.merge(resource, SYSTEM, worker.machine.name, change, manager=MANAGER)

    def _node(self, worker: Worker, annotations: Row, spec: Row) -> None:
        name = str(t.cast(Row, worker.node)["metadata"]["name"])
        change = {"metadata": {"annotations": annotations}, "spec": spec}
        self._cluster.merge(kind(self._cluster, "", "Node"), "", name, change, manager=MANAGER)

    def _cordon(self, worker: Worker) -> None:
        self._node(worker, {CORDONED: GPU_LABEL}, {"unschedulable": True})

    def _uncordon(self, worker: Worker) -> None:
        spec = t.cast(Row, worker.node).get("spec") or {}
        others = [taint for taint in spec.get("taints") or () if taint.get("key") != GPU_LABEL]
        # A cordon of somebody else stays.
        ours = {"unschedulable": None} if worker.machine.cordoned_by_us else {}
        self._node(worker, {CORDONED: None}, {"taints": others or None, **ours})

    def _drain(self, worker: Worker) -> None:
        """Ask every pod to leave. What a disruption budget does not let go yet is asked again."""
        resource = kind(self._cluster, "", "Pod")
        for pod in movable(self._cluster, str(t.cast(Row, worker.node)["metadata"]["name"])):
            if pod["metadata"].get("deletionTimestamp"):
                continue
            metadata = {"name": pod["metadata"]["name"], "namespace": pod["metadata"].get("namespace", "default")}
            body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": metadata}
            try:
                self._cluster.create(resource, body, subresource="eviction")
            except Heals:
                # The answer of a disruption budget; the next look finds the pod still there.
                continue

    def _override(self, worker: Worker) -> None:
        info = {"key": t.cast(Row, worker.vm)["ref"], "enabled": False, "behavior": "manual"}
        row = next(iter(self._vcenter.get([worker.compute], ("configuration.drsVmConfig",))), {})
        listed = [str(one["key"]) for one in row.get("configuration.drsVmConfig") or ()]
        operation = "edit" if info["key"] in listed else "add"
        spec = {"_type": "ClusterConfigSpecEx", "drsVmConfigSpec": [{"operation": operation, "info": info}]}
        call = vsphere.Call(worker.compute, "ReconfigureComputeResource_Task", {"spec": spec, "modify": True})
        self._ran(call)

    def _task(self, worker: Worker, method: str, **arguments: t.Any) -> None:
        self._ran(vsphere.Call(str(t.cast(Row, worker.vm)["ref"]), method, arguments))

    def _ran(self, call: vsphere.Call) -> None:
        (result,) = self._vcenter.run([call])
        if isinstance(result, EstateError):
            raise result


def spec_of(worker: Worker) -> dict[str, t.Any]:
    """One reconfiguration: as many devices as wished, all memory reserved, memory mapped above 4 GiB. Pure."""
    vm, wish = t.cast(Row, worker.vm), worker.wish
    there = devices_of(vm)
    changes: list[dict[str, t.Any]] = [
        {"operation": "remove", "device": {"_type": PASSTHROUGH, "key": one["key"]}} for one in there[wish.count :]
    ]
    allowed = [{"vendorId": wish.vendor, "deviceId": device} for device in wish.devices]
    for number in range(wish.count - len(there)):
        # Any device of the sort, chosen at power on: HA can then start it where another one is free.
        backing = {
            "_type": "VirtualPCIPassthroughDynamicBackingInfo",
            "deviceName": "",
            "allowedDevice": allowed or [{"vendorId": wish.vendor, "deviceId": 0}],
        }
        device = {"_type": PASSTHROUGH, "key": -(number + 1), "backing": backing}
        changes.append({"operation": "add", "device": device})
    size = _GIB_OF_ONE
    while size < _GIB_OF_ONE * wish.count:
        size *= 2
    options = [{"key": MMIO, "value": "TRUE"}, {"key": MMIO_SIZE, "value": str(size)}]
    spec: dict[str, t.Any] = {
        "memoryReservationLockedToMax": True,
        "memoryAllocation": {"reservation": int(vm.get("config.hardware.memoryMB") or 0)},
        "extraConfig": [{"_type": "OptionValue", **one} for one in options],
    }
    if changes:
        spec["deviceChange"] = changes
    return spec
