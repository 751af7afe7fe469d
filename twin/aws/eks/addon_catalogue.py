# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Add-ons that the simulated EKS offers. Versions have the vendor's form; the real ones change from week to week."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from twin.aws.eks.versions import VERSIONS

_ANYTHING: Mapping[str, Any] = {}
_OBJECT: Mapping[str, Any] = {"type": "object"}
_LIST: Mapping[str, Any] = {"type": "array"}
_WHOLE: Mapping[str, Any] = {"type": "integer"}
_FLAG: Mapping[str, Any] = {"type": "boolean"}
# What nearly every add-on lets people say about its pods.
_PODS: Mapping[str, Any] = {
    "affinity": {"type": ["object", "null"]},
    "nodeSelector": _OBJECT,
    "podAnnotations": _OBJECT,
    "podLabels": _OBJECT,
    "resources": _OBJECT,
    "tolerations": _LIST,
}


@dataclass(frozen=True)
class Product:
    """An add-on. ``numbers``: its versions for every Kubernetes, newest first, ``{k}`` being the cluster's own minor.

    ``default``: index of the default version. ``accounts``: service account to the managed policies that it needs.
    ``replicas``: it has pods that need a node before it is healthy. ``bootstrapped``: EKS puts an unmanaged one into
    every new cluster.
    """

    name: str
    type: str
    numbers: Sequence[str]
    options: Mapping[str, Any]
    default: int = 1
    accounts: Mapping[str, Sequence[str]] = field(default_factory=dict)
    replicas: bool = False
    bootstrapped: bool = False

    def versions(self, kubernetes: str) -> list[str]:
        """Versions for a Kubernetes version, newest first."""
        return [number.format(k=kubernetes) for number in self.numbers]

    def schema(self) -> dict[str, Any]:
        """JSON Schema of the configuration, in the vendor's form."""
        own = {"type": "object", "additionalProperties": False, "properties": dict(self.options)}
        title = "".join(part.capitalize() for part in re.split(r"\W", self.name))
        return {
            "$ref": f"#/definitions/{title}",
            "$schema": "http://json-schema.org/draft-06/schema#",
            "definitions": {title: own},
        }


def _part(**options: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "properties": {**_PODS, **options}}


_ALL = (
    Product(
        "vpc-cni",
        "networking",
        ("v1.21.1-eksbuild.3", "v1.20.4-eksbuild.2", "v1.20.4-eksbuild.1", "v1.19.6-eksbuild.1"),
        {
            **_PODS,
            "env": {"type": "object", "additionalProperties": {"type": ["string", "null"]}},
            "enableNetworkPolicy": {"type": "string", "enum": ["true", "false"]},
            "enableWindowsIpam": {"type": "string", "enum": ["true", "false"]},
            "init": _OBJECT,
            "nodeAgent": _OBJECT,
        },
        accounts={"aws-node": ["AmazonEKS_CNI_Policy"]},
        bootstrapped=True,
    ),
    Product(
        "coredns",
        "networking",
        ("v1.13.1-eksbuild.1", "v1.12.4-eksbuild.1", "v1.12.3-eksbuild.1"),
        {
            **_PODS,
            "replicaCount": _WHOLE,
            "corefile": {"type": "string"},
            "computeType": {"type": "string"},
            "autoScaling": _part(enabled=_FLAG, minReplicas=_WHOLE, maxReplicas=_WHOLE),
            "podDisruptionBudget": _ANYTHING,
            "topologySpreadConstraints": _LIST,
        },
        replicas=True,
        bootstrapped=True,
    ),
    Product(
        "kube-proxy",
        "networking",
        ("v{k}.9-eksbuild.2", "v{k}.3-eksbuild.5", "v{k}.1-eksbuild.2"),
        {
            "affinity": _OBJECT,
            "resources": _OBJECT,
            "mode": {"type": "string", "enum": ["iptables", "ipvs", "nftables"]},
            "ipvs": _part(scheduler={"type": "string"}),
        },
        bootstrapped=True,
    ),
    Product(
        "eks-pod-identity-agent",
        "security",
        ("v1.3.10-eksbuild.2", "v1.3.9-eksbuild.3", "v1.3.8-eksbuild.2"),
        {**_PODS, "agent": _OBJECT, "priorityClassName": {"type": "string"}},
    ),
    Product(
        "aws-ebs-csi-driver",
        "storage",
        ("v1.54.0-eksbuild.1", "v1.53.0-eksbuild.1", "v1.51.1-eksbuild.1"),
        {
            "controller": _part(
                replicaCount=_WHOLE, extraVolumeTags={"type": "object", "additionalProperties": {"type": "string"}}
            ),
            "node": _part(enableWindows=_FLAG),
            "defaultStorageClass": _part(enabled=_FLAG),
            "sidecars": _OBJECT,
        },
        accounts={"ebs-csi-controller-sa": ["service-role/AmazonEBSCSIDriverPolicy"]},
        replicas=True,
    ),
    Product(
        "aws-efs-csi-driver",
        "storage",
        ("v2.1.15-eksbuild.1", "v2.1.13-eksbuild.1"),
        {"controller": _part(replicaCount=_WHOLE), "node": _part(), "sidecars": _OBJECT},
        accounts={"efs-csi-controller-sa": ["service-role/AmazonEFSCSIDriverPolicy"]},
        replicas=True,
    ),
    Product(
        "metrics-server",
        "observability",
        ("v0.8.0-eksbuild.5", "v0.8.0-eksbuild.2", "v0.7.2-eksbuild.4"),
        {**_PODS, "replicas": _WHOLE, "args": _LIST, "podDisruptionBudget": _OBJECT, "updateStrategy": _OBJECT},
        replicas=True,
    ),
    Product(
        "snapshot-controller",
        "storage",
        ("v8.4.0-eksbuild.1", "v8.3.0-eksbuild.1"),
        {**_PODS, "replicaCount": _WHOLE},
        replicas=True,
    ),
    Product(
        "amazon-cloudwatch-observability",
        "observability",
        ("v4.7.0-eksbuild.1", "v4.5.0-eksbuild.1"),
        {**_PODS, "agent": _OBJECT, "containerLogs": _OBJECT, "manager": _OBJECT},
        accounts={"cloudwatch-agent": ["CloudWatchAgentServerPolicy", "AWSXrayWriteOnlyAccess"]},
        replicas=True,
    ),
)
PRODUCTS: Mapping[str, Product] = {product.name: product for product in _ALL}
BOOTSTRAPPED = frozenset(product.name for product in _ALL if product.bootstrapped)


def describe(product: Product, kubernetes: str | None) -> dict[str, Any]:
    """As in DescribeAddonVersions, for one version of Kubernetes or for all."""
    rows: dict[str, dict[str, Any]] = {}
    for minor in [kubernetes] if kubernetes else reversed(VERSIONS):
        names = product.versions(minor)
        for index, name in enumerate(names):
            row = rows.setdefault(name, _version(product, name))
            fits = {"clusterVersion": minor, "platformVersions": ["*"], "defaultVersion": index == product.default}
            row["compatibilities"].append(fits)
    return {
        "addonName": product.name,
        "type": product.type,
        "addonVersions": list(rows.values()),
        "publisher": "eks",
        "owner": "aws",
        "defaultNamespace": "kube-system",
    }


def _version(product: Product, name: str) -> dict[str, Any]:
    return {
        "addonVersion": name,
        "architecture": ["amd64", "arm64"],
        "computeTypes": ["ec2", "auto", "hybrid"],
        "compatibilities": [],
        "requiresConfiguration": False,
        "requiresIamPermissions": bool(product.accounts),
    }
