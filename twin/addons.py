# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an EKS add-on puts into its cluster: workloads and service accounts of the real names, without their programs.

Left out: RBAC, priority classes, disruption budgets and config maps of the real add-ons. Of an add-on's configuration
only the numbers of replicas take effect.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from twin.contract import TwinError
from twin.kube_api import KubeApi, KubeApiError

ROLE_ANNOTATION = "eks.amazonaws.com/role-arn"
_MANAGER = "eks"


@dataclass(frozen=True)
class Workload:
    """A Deployment (with `replicas`) or a DaemonSet; `replicas_key` is the configuration's path to its replicas."""

    name: str
    service_account: str
    replicas: int = 0
    replicas_key: str = ""


@dataclass(frozen=True)
class Shape:
    """An add-on's objects. The first workload's service account is the one that gets the add-on's role."""

    workloads: Sequence[Workload]
    namespace: str = "kube-system"
    csi_driver: str = ""
    service: str = ""
    api: str = ""
    """An aggregated API that the Service answers, as VERSION.GROUP."""


SHAPES: Mapping[str, Shape] = {
    "vpc-cni": Shape([Workload("aws-node", "aws-node")]),
    "kube-proxy": Shape([Workload("kube-proxy", "kube-proxy")]),
    "coredns": Shape([Workload("coredns", "coredns", 2, "replicaCount")], service="kube-dns"),
    "aws-ebs-csi-driver": Shape(
        [
            Workload("ebs-csi-controller", "ebs-csi-controller-sa", 2, "controller.replicaCount"),
            Workload("ebs-csi-node", "ebs-csi-node-sa"),
        ],
        csi_driver="ebs.csi.aws.com",
    ),
    "aws-efs-csi-driver": Shape(
        [
            Workload("efs-csi-controller", "efs-csi-controller-sa", 2, "controller.replicaCount"),
            Workload("efs-csi-node", "efs-csi-node-sa"),
        ],
        csi_driver="efs.csi.aws.com",
    ),
    "aws-mountpoint-s3-csi-driver": Shape(
        [Workload("s3-csi-node", "s3-csi-driver-sa"), Workload("s3-csi-controller", "s3-csi-driver-controller-sa", 1)],
        csi_driver="s3.csi.aws.com",
    ),
    "eks-pod-identity-agent": Shape([Workload("eks-pod-identity-agent", "eks-pod-identity-agent")]),
    "eks-node-monitoring-agent": Shape([Workload("eks-node-monitoring-agent", "eks-node-monitoring-agent")]),
    "snapshot-controller": Shape([Workload("snapshot-controller", "snapshot-controller", 2, "replicaCount")]),
    "metrics-server": Shape([Workload("metrics-server", "metrics-server", 2, "replicas")], service="metrics-server",
                            api="v1beta1.metrics.k8s.io"),
    "adot": Shape(
        [Workload("opentelemetry-operator", "opentelemetry-operator", 1, "replicaCount")],
        namespace="opentelemetry-operator-system",
        service="opentelemetry-operator-webhook",
    ),
    "amazon-cloudwatch-observability": Shape(
        [
            Workload("cloudwatch-agent", "cloudwatch-agent"),
            Workload("fluent-bit", "cloudwatch-agent"),
            Workload("amazon-cloudwatch-observability-controller-manager",
                     "amazon-cloudwatch-observability-controller-manager", 1),
        ],
        namespace="amazon-cloudwatch",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Addon:
    """An add-on as EKS knows it. `configuration` is its configurationValues: JSON or YAML, or ""."""

    name: str
    version: str
    configuration: str = ""
    role_arn: str | None = None
    service_account: str | None = None


def install(api: KubeApi, addon: Addon) -> None:
    """Make the add-on's objects, or bring them to this version and configuration.

    Raises TwinError when the configuration is no YAML, KubeApiError when the API server refuses.
    """
    for path, wish in objects(addon):
        api.apply(path, wish, manager=_MANAGER)


def remove(api: KubeApi, name: str) -> None:
    """Remove its objects; what is gone already is no error. A namespace of its own stays, as EKS leaves it."""
    for path, wish in reversed(list(objects(Addon(name, "")))):
        if wish["kind"] != "Namespace":
            api.delete(path)


def installed(api: KubeApi, name: str) -> bool:
    """Whether the add-on's first workload is there."""
    path = next(path for path, wish in objects(Addon(name, "")) if wish["kind"] in ("Deployment", "DaemonSet"))
    try:
        api.request("GET", path)
    except KubeApiError as error:
        if error.status == 404:
            return False
        raise
    return True


def objects(addon: Addon) -> Iterator[tuple[str, dict[str, Any]]]:
    """(path, object) in the order of making. An add-on that the table does not know is one Deployment of its name."""
    shape = SHAPES.get(addon.name) or Shape([Workload(addon.name, addon.name, 1)])
    space = shape.namespace
    if space != "kube-system":
        yield f"/api/v1/namespaces/{space}", _object("v1", "Namespace", space)
    if shape.csi_driver:
        driver = _object("storage.k8s.io/v1", "CSIDriver", shape.csi_driver)
        spec = {"attachRequired": shape.csi_driver == "ebs.csi.aws.com", "podInfoOnMount": False}
        yield f"/apis/storage.k8s.io/v1/csidrivers/{shape.csi_driver}", {**driver, "spec": spec}
    for account in dict.fromkeys(workload.service_account for workload in shape.workloads):
        gets_role = account == (addon.service_account or shape.workloads[0].service_account)
        yield (
            f"/api/v1/namespaces/{space}/serviceaccounts/{account}",
            _account(account, space, addon.role_arn if gets_role else None),
        )
    if shape.service:
        yield f"/api/v1/namespaces/{space}/services/{shape.service}", _service(shape, addon)
    settings = _configuration(addon)
    for workload in shape.workloads:
        plural = "deployments" if workload.replicas else "daemonsets"
        yield (
            f"/apis/apps/v1/namespaces/{space}/{plural}/{workload.name}",
            _workload(workload, space, addon, settings),
        )
    if shape.api:
        yield f"/apis/apiregistration.k8s.io/v1/apiservices/{shape.api}", _api_service(shape)


def _object(version: str, kind: str, name: str, namespace: str = "", labels: object = None) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": name, **({"namespace": namespace} if namespace else {})}
    if labels:
        metadata["labels"] = labels
    return {"apiVersion": version, "kind": kind, "metadata": metadata}


def _account(name: str, namespace: str, role_arn: str | None) -> dict[str, Any]:
    account = _object("v1", "ServiceAccount", name, namespace)
    if role_arn:
        account["metadata"]["annotations"] = {ROLE_ANNOTATION: role_arn}
    return account


def _service(shape: Shape, addon: Addon) -> dict[str, Any]:
    port = {"name": "https", "port": 443, "protocol": "TCP", "targetPort": 8443}
    if addon.name == "coredns":
        port = {"name": "dns-tcp", "port": 53, "protocol": "TCP", "targetPort": 53}
    service = _object("v1", "Service", shape.service, shape.namespace, {"app.kubernetes.io/name": addon.name})
    return {**service, "spec": {"ports": [port], "selector": _labels(shape.workloads[0], addon)}}


def _api_service(shape: Shape) -> dict[str, Any]:
    version, _, group = shape.api.partition(".")
    spec = {
        "group": group,
        "version": version,
        "groupPriorityMinimum": 100,
        "versionPriority": 100,
        "insecureSkipTLSVerify": True,
        "service": {"name": shape.service, "namespace": shape.namespace, "port": 443},
    }
    return {**_object("apiregistration.k8s.io/v1", "APIService", shape.api), "spec": spec}


def _labels(workload: Workload, addon: Addon) -> dict[str, str]:
    return {"app.kubernetes.io/name": addon.name, "app": workload.name}


def _workload(workload: Workload, namespace: str, addon: Addon, settings: Mapping[str, Any]) -> dict[str, Any]:
    labels = _labels(workload, addon)
    template = {
        "metadata": {"labels": labels},
        "spec": {
            "serviceAccountName": workload.service_account,
            "priorityClassName": "system-cluster-critical",
            "tolerations": [{"operator": "Exists"}],
            "containers": [{"name": workload.name, "image": f"eks/{workload.name}:{addon.version or 'none'}"}],
        },
    }
    spec: dict[str, Any] = {"selector": {"matchLabels": labels}, "template": template}
    if not workload.replicas:
        return {**_object("apps/v1", "DaemonSet", workload.name, namespace, labels), "spec": spec}
    spec["replicas"] = _replicas(workload, settings)
    return {**_object("apps/v1", "Deployment", workload.name, namespace, labels), "spec": spec}


def _replicas(workload: Workload, settings: Mapping[str, Any]) -> int:
    value: Any = settings
    for part in workload.replicas_key.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return workload.replicas if value is None else int(value)


def _configuration(addon: Addon) -> Mapping[str, Any]:
    if not addon.configuration.strip():
        return {}
    try:
        settings = yaml.safe_load(addon.configuration)
    except yaml.YAMLError as error:
        raise TwinError(f"configuration of add-on {addon.name}: {error}") from error
    if not isinstance(settings, Mapping):
        raise TwinError(f"configuration of add-on {addon.name} is no object")
    return settings
