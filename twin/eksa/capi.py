# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Cluster API's objects of one cluster, as EKS Anywhere and its providers write them.

Left out: MachineSets (a MachineDeployment owns its Machines), KubeadmConfigs and their Secrets, VSphereVMs.
"""

from __future__ import annotations

from collections.abc import Sequence

from twin.cluster.objects import Object
from twin.eksa.conditions import Condition, Counts, written
from twin.eksa.groups import Group
from twin.eksa.kinds import (
    CAPI_CLUSTER,
    CLUSTER_LABEL,
    CONTROL_PLANE,
    DEPLOYMENT,
    ETCD_CLUSTER,
    HEALTH_CHECK,
    MACHINE,
    SYSTEM,
    VSPHERE_CLUSTER,
    VSPHERE_MACHINE,
    VSPHERE_TEMPLATE,
    Kind,
)
from twin.eksa.life import Machine

FINALIZER = "machine.cluster.x-k8s.io"
SKIP_REMEDIATION = "cluster.x-k8s.io/skip-remediation"
CHOSEN = "cluster.x-k8s.io/delete-machine"
OWNERS = {"etcd": ETCD_CLUSTER, "control-plane": CONTROL_PLANE, "worker": DEPLOYMENT}
_PHASES = {
    "pending": "Pending", "cloning": "Provisioning", "booting": "Provisioning", "joining": "Provisioned",
    "running": "Running", "draining": "Deleting", "destroying": "Deleting", "gone": "Deleting",
}  # fmt: skip


def manifest(kind: Kind, name: str, cluster: str, spec: Object, **metadata: object) -> Object:
    """An object in eksa-system that belongs to a cluster."""
    labels = {CLUSTER_LABEL: cluster, **metadata.pop("labels", {})}  # type: ignore[dict-item]  # why: given as a dict
    return {
        "apiVersion": kind.api_version, "kind": kind.kind,
        "metadata": {"name": name, "namespace": SYSTEM, "labels": labels, **metadata}, "spec": spec,
    }  # fmt: skip


def reference(kind: Kind, name: str) -> Object:
    """A reference within the namespace."""
    return {"apiGroup": kind.group, "kind": kind.kind, "name": name}


def cluster_objects(cluster: Object, groups: Sequence[Group], server: str) -> list[tuple[Kind, Object]]:
    """The Cluster API's own Cluster and its VSphereCluster."""
    name, spec = cluster["metadata"]["name"], cluster["spec"]
    endpoint = {"host": spec["controlPlaneConfiguration"]["endpoint"]["host"], "port": 6443}
    network = {key: {"cidrBlocks": spec["clusterNetwork"][key]["cidrBlocks"]} for key in ("pods", "services")}
    whole: Object = {
        "clusterNetwork": network, "controlPlaneEndpoint": endpoint,
        "controlPlaneRef": reference(CONTROL_PLANE, name), "infrastructureRef": reference(VSPHERE_CLUSTER, name),
    }  # fmt: skip
    identity = {"kind": "Secret", "name": f"{name}-vsphere-credentials"}
    vsphere = {"server": server, "controlPlaneEndpoint": endpoint, "identityRef": identity}
    return [
        (CAPI_CLUSTER, manifest(CAPI_CLUSTER, name, name, whole)),
        (VSPHERE_CLUSTER, manifest(VSPHERE_CLUSTER, name, name, vsphere)),
    ]


def template_name(group: Group) -> str:
    """A template is never changed: another wish is another template."""
    return f"{group.name if group.role != 'control-plane' else group.name + '-control-plane'}-{group.digest}"


def owner(cluster: str, group: Group) -> tuple[Kind, Object]:
    """The object that makes a group's machines."""
    template = reference(VSPHERE_TEMPLATE, template_name(group))
    labels = dict(group.labels)
    if group.role == "worker":
        bootstrap = {"apiGroup": "bootstrap.cluster.x-k8s.io", "kind": "KubeadmConfigTemplate"}
        machine = {
            "clusterName": cluster, "version": group.version, "infrastructureRef": template,
            "bootstrap": {"configRef": {**bootstrap, "name": template_name(group)}},
        }  # fmt: skip
        rolling = {"maxSurge": group.surge, "maxUnavailable": group.unavailable}
        spec: Object = {
            "clusterName": cluster, "replicas": group.count, "selector": {"matchLabels": {CLUSTER_LABEL: cluster}},
            "template": {"metadata": {"labels": {CLUSTER_LABEL: cluster, **labels}}, "spec": machine},
            "rollout": {"strategy": {"type": "RollingUpdate", "rollingUpdate": rolling}},
        }  # fmt: skip
        return DEPLOYMENT, manifest(DEPLOYMENT, group.name, cluster, spec)
    if group.role == "control-plane":
        spec = {
            "replicas": group.count, "version": group.version,
            "machineTemplate": {"spec": {"infrastructureRef": template}},
        }  # fmt: skip
        return CONTROL_PLANE, manifest(CONTROL_PLANE, group.name, cluster, spec)
    old = {"apiVersion": VSPHERE_TEMPLATE.api_version, "kind": VSPHERE_TEMPLATE.kind, "name": template["name"]}
    return ETCD_CLUSTER, manifest(
        ETCD_CLUSTER, group.name, cluster, {"replicas": group.count, "infrastructureTemplate": old}
    )


def owner_status(group: Group, counts: Counts, generation: int, before: Sequence[Object], initialized: bool) -> Object:
    """How many there are, and whether they are available."""
    if group.role == "etcd":
        ready = counts.ready == counts.wanted
        return {"observedGeneration": generation, "replicas": counts.total, "readyReplicas": counts.ready,
                "ready": ready, "initialized": counts.ready > 0, "creationComplete": ready}  # fmt: skip
    bad = counts.ready < counts.wanted
    found = [Condition("Available", "NotAvailable" if bad else "", "")]
    status: Object = {
        "observedGeneration": generation, "replicas": counts.total, "readyReplicas": counts.ready,
        "availableReplicas": counts.ready, "upToDateReplicas": counts.updated,
        "conditions": written(found, before, severity=False),
    }  # fmt: skip
    if group.role == "control-plane":
        if initialized:
            status["initialization"] = {"controlPlaneInitialized": True}
    elif counts.total != counts.wanted:
        status["phase"] = "ScalingUp" if counts.total < counts.wanted else "ScalingDown"
    else:
        status["phase"] = "Running"
    return status


def machine_object(machine: Machine, owner_uid: str) -> Object:
    """The Machine itself."""
    group = machine.group
    kind = OWNERS[group.role]
    configuration = {"apiGroup": "bootstrap.cluster.x-k8s.io", "kind": "KubeadmConfig", "name": machine.name}
    spec: Object = {
        "clusterName": machine.cluster, "infrastructureRef": reference(VSPHERE_MACHINE, machine.name),
        "bootstrap": {"configRef": configuration, "dataSecretName": machine.name},
        **({"version": group.version} if group.version else {}),
        **({"providerID": machine.provider_id} if machine.address else {}),
    }  # fmt: skip
    label = {
        "etcd": {"cluster.x-k8s.io/etcd-cluster": group.name},
        "control-plane": {"cluster.x-k8s.io/control-plane": "", "cluster.x-k8s.io/control-plane-name": group.name},
        "worker": {"cluster.x-k8s.io/deployment-name": group.name},
    }[group.role]
    return manifest(
        MACHINE, machine.name, machine.cluster, spec, labels=label, finalizers=[FINALIZER],
        ownerReferences=[{"apiVersion": kind.api_version, "kind": kind.kind, "name": group.name, "uid": owner_uid,
                          "controller": True, "blockOwnerDeletion": True}],
    )  # fmt: skip


def machine_status(machine: Machine, before: Sequence[Object]) -> Object:
    """Where the Machine is in its life."""
    built, joined = bool(machine.address), machine.phase == "running"
    reason, message = machine.problem or ("", "")
    infrastructure = Condition("InfrastructureReady", "" if built else reason or "NotReady", "" if built else message)
    node = Condition("NodeReady", "" if joined and machine.well else _missing_node(machine), message)
    ready = Condition("Ready", node.reason or infrastructure.reason, node.message or infrastructure.message)
    started = {"bootstrapDataSecretCreated": machine.phase != "pending", "infrastructureProvisioned": built}
    status: Object = {
        "phase": _PHASES[machine.phase], "initialization": started,
        "conditions": written([ready, infrastructure, node], before, severity=False),
    }  # fmt: skip
    if built:
        status["addresses"] = [{"type": "InternalIP", "address": machine.address},
                               {"type": "Hostname", "address": machine.name}]  # fmt: skip
    if joined and machine.has_node:
        status["nodeRef"] = {"name": machine.name}
    return status


def _missing_node(machine: Machine) -> str:
    if machine.phase == "running":
        return "NodeNotReady"
    return "NodeDoesNotExist" if machine.address else "NodeInspectionFailed"


def vsphere_machine(machine: Machine) -> Object:
    """Its VSphereMachine."""
    spec = {**machine.group.template, **({"providerID": machine.provider_id} if machine.vm else {})}
    return manifest(VSPHERE_MACHINE, machine.name, machine.cluster, spec)


def vsphere_status(machine: Machine, before: Sequence[Object]) -> Object:
    """What CAPV says of the virtual machine."""
    built, waiting = bool(machine.address), machine.problem
    reason = "" if built else waiting.reason if waiting else {"cloning": "Cloning", "booting": "PoweringOn"}.get(
        machine.phase, "WaitingForBootstrapData")  # fmt: skip
    found = [Condition(kind, reason, waiting.message if waiting and not built else "")
             for kind in ("Ready", "VirtualMachineProvisioned")]  # fmt: skip
    status: Object = {"conditions": written(found, before, severity=False), "initialization": {"provisioned": built}}
    if built:
        status["addresses"] = [{"type": "InternalIP", "address": machine.address}]
    return status


def health_check(cluster: str, group: Group) -> Object:
    """When the Cluster API gives a machine of this group up."""
    health = group.health
    if health is None:
        raise ValueError(f"etcd machines have no health check: {group.name}")
    label = "control-plane-name" if group.role == "control-plane" else "deployment-name"
    nodes = [{"type": "Ready", "status": status, "timeoutSeconds": round(health.unhealthy)}
             for status in ("Unknown", "False")]  # fmt: skip
    spec = {
        "clusterName": cluster, "selector": {"matchLabels": {f"cluster.x-k8s.io/{label}": group.name}},
        "checks": {"nodeStartupTimeoutSeconds": round(health.startup), "unhealthyNodeConditions": nodes},
        "remediation": {"triggerIf": {"unhealthyLessThanOrEqualTo": health.most}},
    }  # fmt: skip
    suffix = "kcp-unhealthy" if group.role == "control-plane" else "worker-unhealthy"
    return manifest(HEALTH_CHECK, f"{group.name}-{suffix}", cluster, spec)


def identity(thing: Object, **metadata: object) -> Object:
    """What names an object, for a patch of it; `metadata` is added."""
    about = {"name": thing["metadata"]["name"], "namespace": thing["metadata"]["namespace"], **metadata}
    return {"apiVersion": thing["apiVersion"], "kind": thing["kind"], "metadata": about}
