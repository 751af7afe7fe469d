# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control planes behind EKS Anywhere's clusters, and the nodes that their machines become."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import yaml

from twin import nodes
from twin.cluster.objects import Object
from twin.contract import Endpoint, NodeSpec
from twin.eksa.kinds import SYSTEM
from twin.eksa.life import Machine
from twin.eksa.versions import kubelet_version
from twin.kube_api import KubeApi

_GROUP = "eks-anywhere"
_UNINITIALIZED = {"key": "node.cloudprovider.kubernetes.io/uninitialized", "value": "true", "effect": "NoSchedule"}
_DRIVERS = ("nvidia-device-plugin", "nvidia-gpu-device-plugin")


class Planes(Protocol):
    """What is needed of a cluster host; host.LocalClusterHost has it."""

    def begin(self, name: str, version: str, issuer: str, *, service_cidr: str = "10.100.0.0/16") -> None:
        """Start one and return at once."""

    def ready(self, name: str) -> Endpoint | None:
        """The endpoint once it answers."""

    def stop(self, name: str) -> None:
        """End it and drop its data."""

    def api(self, name: str) -> KubeApi:
        """A client with the administrator's certificate."""

    def admin_kubeconfig(self, name: str) -> Path:
        """The administrator's kubeconfig."""


def plane_name(cluster: str) -> str:
    """What a cluster's control plane is called in the twin."""
    return f"eksa-{cluster}"


def kubeconfig(planes: Planes, cluster: str) -> str:
    """The kubeconfig of a cluster's administrator, certificates inside, names as EKS Anywhere gives them.

    Its server is the control plane's address in the twin: nobody answers at the endpoint that the cluster's spec has.
    """
    path = planes.admin_kubeconfig(plane_name(cluster))
    config = yaml.safe_load(path.read_text())
    user, server = config["users"][0]["user"], config["clusters"][0]["cluster"]["server"]
    admin = f"{cluster}-admin"
    cluster_part = {"server": server, "certificate-authority-data": _encoded(path.parent / "pki" / "ca.crt")}
    keys = {
        "client-certificate-data": _encoded(Path(user["client-certificate"])),
        "client-key-data": _encoded(Path(user["client-key"])),
    }
    return yaml.safe_dump({
        "apiVersion": "v1", "kind": "Config", "current-context": f"{admin}@{cluster}", "preferences": {},
        "clusters": [{"name": cluster, "cluster": cluster_part}],
        "users": [{"name": admin, "user": keys}],
        "contexts": [{"name": f"{admin}@{cluster}", "context": {"cluster": cluster, "user": admin}}],
    })  # fmt: skip


def secret(planes: Planes, cluster: str) -> Object:
    """The Secret in which the cluster API keeps that kubeconfig."""
    return {
        "apiVersion": "v1", "kind": "Secret", "type": "cluster.x-k8s.io/secret",
        "data": {"value": base64.b64encode(kubeconfig(planes, cluster).encode()).decode()},
        "metadata": {"name": f"{cluster}-kubeconfig", "namespace": SYSTEM,
                     "labels": {"cluster.x-k8s.io/cluster-name": cluster}},
    }  # fmt: skip


def put_node(api: KubeApi, machine: Machine, *, reached: bool, gpus: int) -> None:
    """Make or renew a machine's node. `reached`: whether the cloud provider could ask vCenter about it."""
    body = node_manifest(machine, reached=reached, gpus=gpus)
    path = f"/api/v1/nodes/{machine.name}"
    api.apply(path, body)
    api.apply(f"{path}/status", {key: body[key] for key in ("apiVersion", "kind", "metadata", "status")})


def node_manifest(machine: Machine, *, reached: bool, gpus: int) -> Object:
    """The Node as kubelet and vSphere's cloud provider write it."""
    wish, group = machine.group.wish, machine.group
    capacity = {"cpu": str(wish.cpus), "memory": f"{wish.memory_mib}Mi", "pods": "110",
                "ephemeral-storage": f"{wish.disk_gib}Gi"}  # fmt: skip
    if gpus:
        capacity["nvidia.com/gpu"] = str(gpus)
    kind = f"vsphere-vm.cpu-{wish.cpus}.mem-{wish.memory_mib // 1024}gb.os-{_os(machine)}"
    spec = NodeSpec(machine.name, machine.provider_id, "", kind if reached else "", dict(group.labels), group.taints,
                    capacity)  # fmt: skip
    body = nodes.node_manifest(spec, group=_GROUP, version=kubelet_version(group.version))
    owner = "KubeadmControlPlane" if group.role == "control-plane" else "MachineDeployment"
    body["metadata"]["annotations"] |= {
        "cluster.x-k8s.io/cluster-name": machine.cluster, "cluster.x-k8s.io/cluster-namespace": "eksa-system",
        "cluster.x-k8s.io/machine": machine.name, "cluster.x-k8s.io/owner-kind": owner,
        "cluster.x-k8s.io/owner-name": group.name,
    }  # fmt: skip
    body["status"]["addresses"] = [{"type": "InternalIP", "address": machine.address},
                                   {"type": "Hostname", "address": machine.name}]  # fmt: skip
    body["status"]["nodeInfo"] |= {"systemUUID": machine.vm.uuid if machine.vm else "", "osImage": _os(machine)}
    if not reached:
        del body["spec"]["providerID"]
        body["spec"]["taints"].append(_UNINITIALIZED)
    return body


def has_gpu_driver(api: KubeApi) -> bool:
    """Whether something in the cluster would tell kubelets of their GPUs: NVIDIA's device plugin, or its operator."""
    sets = api.request("GET", "/apis/apps/v1/daemonsets")["items"]
    if any(word in each["metadata"]["name"] for each in sets for word in _DRIVERS):
        return True
    deployed: list[Mapping[str, Any]] = api.request("GET", "/apis/apps/v1/deployments")["items"]
    return any(each["metadata"]["name"] == "gpu-operator" for each in deployed)


def _os(machine: Machine) -> str:
    return "ubuntu" if "ubuntu" in str(machine.group.template.get("template", "")).lower() else "bottlerocket"


def _encoded(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()
