# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Workers that are to have GPUs as they are: Machines of Cluster API, nodes, virtual machines, devices of hosts."""

from __future__ import annotations

import dataclasses
import typing as t
from collections import Counter

from ..._clients import kube, vsphere
from ..._engine.errors import NotFound
from .documents import Row
from .gpu_plan import Machine
from .rules_machines import GPU_LABEL

SYSTEM = "eksa-system"
CAPI = "cluster.x-k8s.io"
CLUSTER = f"{CAPI}/cluster-name"
DEPLOYMENT = f"{CAPI}/deployment-name"
SKIP = f"{CAPI}/skip-remediation"
UNTIL = "kubeops.io/gpus-until"
"""On a Machine: seconds since 1970 until which its remediation is skipped for us."""
CORDONED = "kubeops.io/cordoned-for"
"""On a node: ours is the cordon, and may be taken away by us."""
RESOURCE = "nvidia.com/gpu"
PASSTHROUGH = "VirtualPCIPassthrough"
MMIO = "pciPassthru.use64bitMMIO"
MMIO_SIZE = "pciPassthru.64bitMMIOSizeGB"
_VM = (
    "name", "config.uuid", "runtime.host", "runtime.powerState", "config.hardware.device", "config.hardware.memoryMB",
    "config.memoryReservationLockedToMax", "config.extraConfig",
)  # fmt: skip
_HOST = ("name", "parent", "config.pciPassthruInfo", "hardware.pciDevice")


@dataclasses.dataclass(frozen=True)
class Group:
    """A group of workers that is to have GPUs. vendor, devices: ids of PCI devices that will do."""

    cluster: str
    group: str
    count: int
    vendor: int
    devices: tuple[int, ...]


@dataclasses.dataclass(frozen=True)
class Worker:
    """A worker with what acting on it needs: rows of what it consists of, reference of its cluster in vCenter."""

    machine: Machine
    wish: Group
    object: Row
    node: t.Optional[Row]
    vm: t.Optional[Row]
    compute: str


@dataclasses.dataclass(frozen=True)
class Sight:
    """Everything at one moment. free: host to its devices that nobody has. hosts: name to reference."""

    workers: t.Mapping[str, Worker]
    free: t.Mapping[str, int]
    hosts: t.Mapping[str, str]


def look(manager: kube.Port, cluster: kube.Port, vcenter: vsphere.Port, wishes: t.Sequence[Group]) -> Sight:
    """One observation, in a number of requests that does not depend on how many machines there are."""
    vms = vcenter.collect("VirtualMachine", _VM)
    hosts = vcenter.collect("HostSystem", _HOST)
    overrides = _overrides(vcenter)
    nodes = {str(row["metadata"]["name"]): row for row in cluster.listed(kind(cluster, "", "Node"))}
    by_uuid = {str(row.get("config.uuid") or "").lower(): row for row in vms}
    by_name = {str(row.get("name")): row for row in vms}
    names = {str(row["ref"]): str(row["name"]) for row in hosts}
    parents = {str(row["ref"]): str(row.get("parent") or "") for row in hosts}
    workers: dict[str, Worker] = {}
    for wish in wishes:
        labels = f"{CLUSTER}={wish.cluster},{DEPLOYMENT}={wish.cluster}-{wish.group}"
        for row in manager.listed(kind(manager, CAPI, "Machine"), SYSTEM, labels=labels):
            if row["metadata"].get("deletionTimestamp"):
                continue
            node = nodes.get(str(((row.get("status") or {}).get("nodeRef") or {}).get("name") or ""))
            provider = str((row.get("spec") or {}).get("providerID") or "").rpartition("://")[2]
            name = str(row["metadata"]["name"])
            vm = by_uuid.get(provider.lower()) if provider else by_name.get(name)
            place = str((vm or {}).get("runtime.host") or "")
            machine = _machine(wish, row, node, vm, names.get(place, ""), overrides)
            if machine.has_node and machine.powered_on and not machine.right and machine.cordoned:
                machine = dataclasses.replace(
                    machine, pods=len(movable(cluster, str(t.cast(Row, node)["metadata"]["name"])))
                )
            workers[name] = Worker(machine, wish, row, node, vm, parents.get(place, ""))
    return Sight(workers, _free(hosts, vms, wishes), {name: ref for ref, name in names.items()})


def kind(api: kube.Port, group: str, name: str) -> t.Any:
    """How a kind is served there. Raises NotFound."""
    found = api.resources().find(group, name)
    if found is None:
        raise NotFound(f"the cluster does not serve {name} of {group or 'core'}", remedy="Is it the right kubeconfig?")
    return found


def _machine(
    wish: Group, row: Row, node: Row | None, vm: Row | None, host: str, overrides: t.Collection[str]
) -> Machine:
    annotations = row["metadata"].get("annotations") or {}
    until = annotations.get(UNTIL)
    found = Machine(
        name=str(row["metadata"]["name"]),
        group=f"{wish.cluster}/{wish.group}",
        wanted=wish.count,
        skipped=float(until) if until else None,
        foreign_skip=SKIP in annotations and not until,
        has_node=node is not None and vm is not None,
        host=host,
    )
    if node is None or vm is None:
        return found
    spec, status = node.get("spec") or {}, node.get("status") or {}
    offered = (status.get("allocatable") or {}).get(RESOURCE)
    return dataclasses.replace(
        found,
        attached=len(passthrough(vm)),
        # Before a device plugin runs nobody offers GPUs, and waiting for them would never end.
        allocatable=None if offered is None else int(offered),
        shaped=_shaped(vm),
        overridden=str(vm["ref"]) in overrides,
        powered_on=vm.get("runtime.powerState") == "poweredOn",
        ready=any(one["type"] == "Ready" and one["status"] == "True" for one in status.get("conditions") or ()),
        cordoned=bool(spec.get("unschedulable")),
        cordoned_by_us=(node["metadata"].get("annotations") or {}).get(CORDONED) == GPU_LABEL,
        tainted=any(taint.get("key") == GPU_LABEL for taint in spec.get("taints") or ()),
        # Unknown until somebody has to know: then it is asked for.
        pods=1,
    )


def passthrough(vm: Row) -> list[Row]:
    """The PCI devices that a virtual machine has."""
    return [one for one in vm.get("config.hardware.device") or () if one.get("_type") == PASSTHROUGH]


def _shaped(vm: Row) -> bool:
    options = {str(one.get("key")): str(one.get("value")) for one in vm.get("config.extraConfig") or ()}
    return bool(vm.get("config.memoryReservationLockedToMax")) and options.get(MMIO, "").upper() == "TRUE"


def _overrides(vcenter: vsphere.Port) -> set[str]:
    """Virtual machines that DRS leaves where they are."""
    found = set()
    for row in vcenter.collect("ClusterComputeResource", ("configuration.drsVmConfig",)):
        for one in row.get("configuration.drsVmConfig") or ():
            if one.get("enabled") is False or one.get("behavior") == "manual":
                found.add(str(one["key"]))
    return found


def _free(hosts: t.Sequence[Row], vms: t.Sequence[Row], wishes: t.Sequence[Group]) -> dict[str, int]:
    """Host to its active devices of the wished sorts that no virtual machine on it has."""
    wanted = {(wish.vendor, device) for wish in wishes for device in wish.devices}
    vendors = {wish.vendor for wish in wishes if not wish.devices}
    held = Counter(str(vm.get("runtime.host")) for vm in vms for _device in passthrough(vm))
    found = {}
    for host in hosts:
        active = {str(one["id"]) for one in host.get("config.pciPassthruInfo") or () if one.get("passthruActive")}
        fitting = [
            one
            for one in host.get("hardware.pciDevice") or ()
            if str(one.get("id")) in active and (_ids(one) in wanted or _ids(one)[0] in vendors)
        ]
        found[str(host["name"])] = max(0, len(fitting) - held[str(host["ref"])])
    return found


def _ids(device: Row) -> tuple[int, int]:
    # The API's numbers are of 16 bits with a sign.
    return int(device.get("vendorId") or 0) & 0xFFFF, int(device.get("deviceId") or 0) & 0xFFFF


def movable(cluster: kube.Port, node: str) -> list[Row]:
    """Pods that have to leave a node: neither a DaemonSet's nor the kubelet's own, nor ended."""
    found = []
    for pod in cluster.listed(kind(cluster, "", "Pod"), fields=f"spec.nodeName={node}"):
        metadata, phase = pod["metadata"], (pod.get("status") or {}).get("phase")
        stays = any(one.get("kind") in ("DaemonSet", "Node") for one in metadata.get("ownerReferences") or ())
        mirror = "kubernetes.io/config.mirror" in (metadata.get("annotations") or {})
        if not stays and not mirror and phase not in ("Succeeded", "Failed"):
            found.append(pod)
    return found
