# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""EKS access policies as RBAC: the token webhook answers one group per policy, and these bindings give it its rights.

The AWS documentation "Review access policy permissions" says what each policy allows; it names the built-in roles
that admin, edit and view are modelled on, so those are used.
"""

from __future__ import annotations

from typing import Any

from twin.contract import TwinError
from twin.kube_api import KubeApi

_READ_ALL = "eks:access-policy:read-all"
_ROLES = {
    "AmazonEKSClusterAdminPolicy": "cluster-admin",
    "AmazonEKSAdminPolicy": "admin",
    "AmazonEKSEditPolicy": "edit",
    "AmazonEKSViewPolicy": "view",
    "AmazonEKSAdminViewPolicy": _READ_ALL,
}
_RBAC = "/apis/rbac.authorization.k8s.io/v1"
_VERSION = "rbac.authorization.k8s.io/v1"


def group(policy: str, namespace: str | None = None) -> str:
    """The group that a token's user has for an associated policy."""
    return f"eks:access-policy:{policy}" + (f":{namespace}" if namespace else "")


def role_of(policy: str) -> str:
    """The cluster role that stands for an access policy. Raises TwinError for unknown ones."""
    if policy not in _ROLES:
        raise TwinError(f"the twin knows no access policy {policy}; it knows {', '.join(_ROLES)}")
    return _ROLES[policy]


def bind_access(api: KubeApi, policy: str, namespace: str | None = None) -> None:
    """Give the policy's group its rights, everywhere or in a namespace.

    Raises TwinError for unknown policies, KubeApiError 404 when there is no such namespace.
    """
    role = role_of(policy)
    name = group(policy, namespace)
    if namespace is None:
        path, metadata = f"{_RBAC}/clusterrolebindings/{name}", {"name": name}
        kind = "ClusterRoleBinding"
    else:
        path = f"{_RBAC}/namespaces/{namespace}/rolebindings/{name}"
        kind, metadata = "RoleBinding", {"name": name, "namespace": namespace}
    api.apply(path, _binding(kind, metadata, role=role, subject=name))


def bind_all(api: KubeApi) -> None:
    """Cluster scope of every policy that the twin knows."""
    api.apply(f"{_RBAC}/clusterroles/{_READ_ALL}", _read_all())
    for policy in _ROLES:
        bind_access(api, policy)


def _binding(kind: str, metadata: dict[str, str], *, role: str, subject: str) -> dict[str, Any]:
    return {
        "apiVersion": _VERSION,
        "kind": kind,
        "metadata": metadata,
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": subject}],
    }


def _read_all() -> dict[str, Any]:
    reading = ["get", "list", "watch"]
    return {
        "apiVersion": _VERSION,
        "kind": "ClusterRole",
        "metadata": {"name": _READ_ALL},
        "rules": [
            {"apiGroups": ["*"], "resources": ["*"], "verbs": reading},
            {"nonResourceURLs": ["*"], "verbs": ["get"]},
        ],
    }
