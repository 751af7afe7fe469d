# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes of a control plane: kwok plays their kubelets."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from twin.contract import NodeSpec
from twin.kube_api import KubeApi

GROUP_ANNOTATION = "twin.kubeops.io/group"
_DEFAULT_CAPACITY = {"cpu": "4", "memory": "16Gi", "pods": "58", "ephemeral-storage": "20Gi"}


def apply_node(api: KubeApi, spec: NodeSpec, *, group: str, version: str) -> None:
    """Create the node, or bring labels, taints and capacity to the spec. `version` is its kubelet's ("1.34")."""
    manifest = node_manifest(spec, group=group, version=version)
    path = f"/api/v1/nodes/{spec.name}"
    # A node is created with its status, as a kubelet does: kwok gives nodes without capacity a made-up one.
    api.apply(path, manifest)
    identity = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": spec.name}}
    api.apply(f"{path}/status", {**identity, "status": manifest["status"]})


def delete_node(api: KubeApi, name: str) -> None:
    """Remove the node; one that is gone is no error."""
    api.delete(f"/api/v1/nodes/{name}")


def set_group(api: KubeApi, nodes: Sequence[NodeSpec], *, group: str, version: str) -> None:
    """Make the nodes of a group exactly these; nodes of other groups stay as they are."""
    wanted = {spec.name for spec in nodes}
    for node in api.request("GET", "/api/v1/nodes")["items"]:
        metadata = node["metadata"]
        if metadata.get("annotations", {}).get(GROUP_ANNOTATION) == group and metadata["name"] not in wanted:
            delete_node(api, metadata["name"])
    for spec in nodes:
        apply_node(api, spec, group=group, version=version)


def node_manifest(spec: NodeSpec, *, group: str, version: str) -> dict[str, Any]:
    """The Node object as a cloud's kubelet would register it."""
    zone_labels = (
        {"topology.kubernetes.io/zone": spec.zone, "topology.kubernetes.io/region": spec.zone.rstrip("abcdef")}
        if spec.zone
        else {}
    )
    type_labels = {"node.kubernetes.io/instance-type": spec.instance_type} if spec.instance_type else {}
    capacity = {**_DEFAULT_CAPACITY, **spec.capacity}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": spec.name,
            "annotations": {GROUP_ANNOTATION: group},
            "labels": {
                "kubernetes.io/hostname": spec.name,
                "kubernetes.io/os": "linux",
                "kubernetes.io/arch": "amd64",
                **zone_labels,
                **type_labels,
                **spec.labels,
            },
        },
        "spec": {
            "providerID": spec.provider_id,
            "taints": [{"key": t.key, "value": t.value, "effect": t.effect} for t in spec.taints],
        },
        "status": {
            "addresses": _addresses(spec.name),
            "capacity": capacity,
            "allocatable": capacity,
            "nodeInfo": _node_info(version),
        },
    }


def _addresses(name: str) -> list[dict[str, str]]:
    """A node's addresses; EC2's private DNS names (ip-10-0-1-2.<region>.compute.internal) hold the number."""
    number = re.match(r"ip-(\d+)-(\d+)-(\d+)-(\d+)\.", name)
    internal = [{"type": "InternalIP", "address": ".".join(number.groups())}] if number else []
    return [*internal, {"type": "InternalDNS", "address": name}, {"type": "Hostname", "address": name}]


def _node_info(version: str) -> dict[str, str]:
    return {
        "kubeletVersion": f"v{version}",
        "kubeProxyVersion": f"v{version}",
        "operatingSystem": "linux",
        "architecture": "amd64",
        "osImage": "twin",
        "kernelVersion": "twin",
        "containerRuntimeVersion": "kwok",
        "machineID": "",
        "systemUUID": "",
        "bootID": "",
    }
