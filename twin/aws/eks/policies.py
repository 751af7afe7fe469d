# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Access policies: EKS's own, bound to access entries for the cluster or for namespaces."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twin.aws.call import Call
from twin.aws.eks import access
from twin.aws.eks.finding import cluster_of, invalid
from twin.aws.eks.pages import page
from twin.aws.errors import AwsError
from twin.aws.world import World

POLICIES = (
    "AmazonEKSAdminPolicy",
    "AmazonEKSAdminViewPolicy",
    "AmazonEKSAutoNodePolicy",
    "AmazonEKSClusterAdminPolicy",
    "AmazonEKSEditPolicy",
    "AmazonEKSViewPolicy",
)


def list_access_policies(world: World, call: Call) -> Mapping[str, Any]:
    """All policies."""
    return page(call, [{"name": name, "arn": access.POLICY_PREFIX + name} for name in POLICIES], "accessPolicies")


def list_associated_access_policies(world: World, call: Call) -> Mapping[str, Any]:
    """Policies of an entry."""
    entry = access.entry_of(world, call)
    rows = page(call, list(entry.policies.values()), "associatedAccessPolicies")
    return {"clusterName": entry.cluster, "principalArn": entry.principal_arn, **rows}


def associate_access_policy(world: World, call: Call) -> Mapping[str, Any]:
    """Bind a policy, and let the control plane honour it in the namespaces of its scope."""
    entry = access.entry_of(world, call)
    arn, scope = str(call.params["policyArn"]), call.params["accessScope"]
    name = arn.removeprefix(access.POLICY_PREFIX)
    if name not in POLICIES:
        raise invalid(f"The policyArn parameter is not valid: {arn}")
    if entry.type != "STANDARD":
        raise AwsError(
            "InvalidRequestException", f"Access policies cannot be associated with an entry of type {entry.type}"
        )
    namespaces = list(scope.get("namespaces") or [])
    if scope.get("type") not in ("cluster", "namespace"):
        raise invalid("accessScope.type must be cluster or namespace")
    if (scope["type"] == "namespace") != bool(namespaces):
        raise invalid("namespaces must be given with the access scope type namespace, and only with it")
    association = access.associate(world, entry, arn, scope)
    if world.config.control_planes:
        key = cluster_of(world, call).key
        for namespace in namespaces:
            world.config.host.bind_access(key, name, namespace)
    return {
        "clusterName": entry.cluster,
        "principalArn": entry.principal_arn,
        "associatedAccessPolicy": association,
    }


def disassociate_access_policy(world: World, call: Call) -> Mapping[str, Any]:
    """Unbind a policy."""
    entry = access.entry_of(world, call)
    arn = str(call.params["policyArn"])
    if entry.policies.pop(arn, None) is None:
        raise AwsError("ResourceNotFoundException", f"The policy {arn} is not associated with {entry.principal_arn}")
    return {}
