# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the add-ons and service accounts of an EKS cluster's shape to resources."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .eks import EksCluster
from .eks_addons import Addon, Rights, ServiceAccount
from .layers_network import Resource

_POD_IDENTITY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "pods.eks.amazonaws.com"},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
        }
    ],
}


# What an add-on must not keep from a time when it got its rights in another way: the role there goes with the wish.
_NO_IDENTITY: dict[str, Resource] = {
    "nodes": {"role": "", "pod_identity_associations": []},
    "irsa": {"pod_identity_associations": []},
    "pod_identity": {},
}


def addon_role(cluster: EksCluster, addon: Addon) -> str:
    """Name of the role of an add-on."""
    return f"{cluster.name}-{addon.name}"


def account_role(cluster: EksCluster, account: ServiceAccount) -> str:
    """Name of the role of a service account."""
    return account.role or f"{cluster.name}-{account.namespace}-{account.name}"


def addon_resources(cluster: EksCluster) -> Iterator[Resource]:
    """Add-ons with their roles, roles of service accounts, and the OIDC provider if any of them needs it."""
    addons = [addon for addon in cluster.addons if addon.manage != "ignore"]
    accounts = [account for account in cluster.service_accounts if account.manage != "ignore"]
    if any(addon.rights and addon.by == "irsa" for addon in addons) or any(one.identity == "irsa" for one in accounts):
        yield {"kind": "iam_oidc_provider", "name": cluster.name, "cluster": cluster.name}
    for addon in addons:
        yield from _addon(cluster, addon)
    for account in accounts:
        yield from _account(cluster, account)


def _addon(cluster: EksCluster, addon: Addon) -> Iterator[Resource]:
    own: Resource = {} if addon.manage == "managed" else {"manage": addon.manage}
    rights = addon.rights
    wish: Resource = {
        "kind": "eks_addon",
        "name": addon.name,
        "cluster": cluster.name,
        "version": addon.version,
        "kubernetes_version": cluster.version,
        "resolve_conflicts_on_create": addon.resolve_conflicts_on_create,
        "resolve_conflicts_on_update": addon.resolve_conflicts_on_update,
        "preserve": addon.preserve,
        "tags": addon.tags,
        **own,
    }
    optional = {"configuration": addon.configuration, "namespace": addon.namespace}
    wish.update({key: value for key, value in optional.items() if value is not None})
    if rights is not None:
        name = addon_role(cluster, addon)
        yield {**_role(cluster, name, addon.by, rights), "tags": addon.tags, **own}
        wish.update(_identity(addon.by, rights.service_account, name))
    yield {**_NO_IDENTITY[addon.by], **wish}


def _identity(by: str, account: str, role: str) -> Resource:
    if by == "irsa":
        return {"role": role}
    return {"pod_identity_associations": [{"service_account": account, "role": role}]}


def _account(cluster: EksCluster, account: ServiceAccount) -> Iterator[Resource]:
    own: Resource = {} if account.manage == "managed" else {"manage": account.manage}
    name = account_role(cluster, account)
    rights = Rights(account.namespace, account.name, tuple(account.managed_policies))
    role = {**_role(cluster, name, account.identity, rights), "tags": account.tags, **own}
    yield {**role, "inline_policies": account.inline_policies} if account.inline_policies else role
    if account.identity == "pod_identity":
        yield {
            "kind": "eks_pod_identity_association",
            "name": f"{account.namespace}-{account.name}",
            "cluster": cluster.name,
            "namespace": account.namespace,
            "service_account": account.name,
            "role": name,
            "tags": account.tags,
            **own,
        }


def _role(cluster: EksCluster, name: str, by: str, rights: Rights) -> Resource:
    trust: dict[str, Any] = {"trust_policy": _POD_IDENTITY}
    if by == "irsa":
        account = {"provider": cluster.name, "namespace": rights.namespace, "name": rights.service_account}
        trust = {"service_account": account}
    boundary = {} if cluster.permissions_boundary is None else {"permissions_boundary": cluster.permissions_boundary}
    policies = list(rights.managed_policies)
    return {"kind": "iam_role", "name": name, **trust, "managed_policies": policies, **boundary}
