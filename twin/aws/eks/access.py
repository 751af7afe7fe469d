# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Access entries and their policies: which principal is whom in a cluster."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from twin.aws.call import Call
from twin.aws.eks.finding import active_cluster_of, cluster_of, invalid
from twin.aws.eks.models import AccessEntry, Cluster
from twin.aws.eks.pages import page
from twin.aws.eks.roles import find_role
from twin.aws.errors import AwsError
from twin.aws.world import World

POLICY_PREFIX = "arn:aws:eks::aws:cluster-access-policy/"
MODES = ("CONFIG_MAP", "API_AND_CONFIG_MAP", "API")
NODE_TYPES = ("EC2_LINUX", "EC2_WINDOWS", "FARGATE_LINUX", "EC2", "HYBRID_LINUX", "HYPERPOD_LINUX")
RESERVED_GROUPS = ("system:", "eks:", "aws:", "amazon:", "iam:")


def config(asked: Mapping[str, Any]) -> dict[str, Any]:
    """``accessConfig`` of a new cluster, with the API's own defaults.

    :raises AwsError: InvalidParameterException for a cluster that nobody could administer.
    """
    mode = asked.get("authenticationMode") or "CONFIG_MAP"
    bootstrap = asked.get("bootstrapClusterCreatorAdminPermissions", True)
    if mode == "CONFIG_MAP" and not bootstrap:
        raise invalid(
            "bootstrapClusterCreatorAdminPermissions must be true if cluster authentication mode is set to CONFIG_MAP"
        )
    return {"authenticationMode": mode, "bootstrapClusterCreatorAdminPermissions": bootstrap}


def next_mode(cluster: Cluster, asked: Mapping[str, Any]) -> str:
    """The authentication mode that an update asks for.

    :raises AwsError: InvalidParameterException for the same mode, a way back, or two steps at once.
    """
    if "bootstrapClusterCreatorAdminPermissions" in asked:
        raise invalid("bootstrapClusterCreatorAdminPermissions can only be set when the cluster is created")
    current, wanted = cluster.access["authenticationMode"], str(asked.get("authenticationMode"))
    if wanted == current:
        raise invalid(f"Unsupported authentication mode update: already at the desired configuration {wanted}")
    if MODES.index(wanted) != MODES.index(current) + 1:
        raise invalid(f"Unsupported authentication mode update from {current} to {wanted}")
    return wanted


def bootstrap(world: World, cluster: Cluster) -> None:
    """Give whoever creates the cluster the administrator's entry, unless that was declined."""
    if not cluster.access["bootstrapClusterCreatorAdminPermissions"]:
        return
    entry = add_entry(world, cluster, cluster.creator, "STANDARD")
    associate(world, entry, f"{POLICY_PREFIX}AmazonEKSClusterAdminPolicy", {"type": "cluster", "namespaces": []})


def add_entry(
    world: World,
    cluster: Cluster,
    principal_arn: str,
    kind: str,
    *,
    username: str | None = None,
    groups: list[str] | None = None,
    tags: Mapping[str, str] | None = None,
) -> AccessEntry:
    """Put an entry into the cluster, with the user name that EKS gives it by default."""
    now = world.now()
    sort, _, name = principal_arn.rpartition(":")[2].partition("/")
    base = f"arn:aws:eks:{cluster.region}:{cluster.account}:access-entry/{cluster.name}"
    owner = principal_arn.split(":")[4]
    entry = AccessEntry(
        cluster=cluster.name,
        principal_arn=principal_arn,
        arn=f"{base}/{sort}/{owner}/{name.rpartition('/')[2]}/{uuid.uuid4()}",
        type=kind,
        username=username or _default_username(principal_arn, kind),
        groups=["system:nodes"] if kind in NODE_TYPES else list(groups or []),
        tags=dict(tags or {}),
        created_at=now,
        modified_at=now,
    )
    cluster.entries[principal_arn] = entry
    return entry


def associate(world: World, entry: AccessEntry, policy_arn: str, scope: Mapping[str, Any]) -> dict[str, Any]:
    """Bind a policy to an entry, replacing its scope if it is bound already."""
    now = world.now()
    before = entry.policies.get(policy_arn)
    association = {
        "policyArn": policy_arn,
        "accessScope": {"type": scope["type"], "namespaces": list(scope.get("namespaces") or [])},
        "associatedAt": before["associatedAt"] if before else now,
        "modifiedAt": now,
    }
    entry.policies[policy_arn] = association
    return association


def create_access_entry(world: World, call: Call) -> Mapping[str, Any]:
    """A new entry; the principal must exist and have none yet."""
    cluster = _with_entries(world, call)
    arn, kind = str(call.params["principalArn"]), str(call.params.get("type") or "STANDARD")
    _check_principal(world, arn)
    if arn in cluster.entries:
        raise AwsError(
            "ResourceInUseException",
            "The specified access entry resource is already in use on this cluster.",
            clusterName=cluster.name,
        )
    _check_identity(call, kind)
    entry = add_entry(
        world,
        cluster,
        arn,
        kind,
        username=call.params.get("username"),
        groups=call.params.get("kubernetesGroups"),
        tags=call.params.get("tags"),
    )
    return {"accessEntry": entry.describe()}


def describe_access_entry(world: World, call: Call) -> Mapping[str, Any]:
    """One entry."""
    return {"accessEntry": entry_of(world, call).describe()}


def list_access_entries(world: World, call: Call) -> Mapping[str, Any]:
    """Principals with an entry, all or those with a certain policy."""
    cluster = _with_entries(world, call)
    policy = call.params.get("associatedPolicyArn")
    arns = sorted(arn for arn, entry in cluster.entries.items() if not policy or policy in entry.policies)
    return page(call, arns, "accessEntries")


def update_access_entry(world: World, call: Call) -> Mapping[str, Any]:
    """Groups and user name of a STANDARD entry."""
    entry = entry_of(world, call)
    _check_identity(call, entry.type)
    if call.params.get("kubernetesGroups") is not None:
        entry.groups = list(call.params["kubernetesGroups"])
    if call.params.get("username"):
        entry.username = call.params["username"]
    entry.modified_at = world.now()
    return {"accessEntry": entry.describe()}


def delete_access_entry(world: World, call: Call) -> Mapping[str, Any]:
    """Remove an entry with its policies."""
    entry = entry_of(world, call)
    del _with_entries(world, call).entries[entry.principal_arn]
    return {}


def entry_of(world: World, call: Call) -> AccessEntry:
    """The entry that the call names.

    :raises AwsError: ResourceNotFoundException.
    """
    cluster = _with_entries(world, call)
    arn = str(call.params["principalArn"])
    found = cluster.entries.get(arn)
    if found is None:
        message = f"The specified principalArn could not be found: {arn}"
        raise AwsError("ResourceNotFoundException", message, clusterName=cluster.name)
    return found


def _with_entries(world: World, call: Call) -> Cluster:
    reads = call.operation.startswith(("Describe", "List"))
    cluster = cluster_of(world, call) if reads else active_cluster_of(world, call)
    if cluster.access["authenticationMode"] == "CONFIG_MAP":
        modes = "[API, API_AND_CONFIG_MAP]"
        message = f"The cluster's authentication mode must be set to one of {modes} to perform this operation."
        raise AwsError("InvalidRequestException", message, clusterName=cluster.name)
    return cluster


def _check_principal(world: World, arn: str) -> None:
    parts = arn.split(":")
    if len(parts) != 6 or parts[2] != "iam" or not parts[5].startswith(("role/", "user/")):
        raise invalid("The principalArn parameter format is not valid")
    account, name = parts[4], parts[5]
    if name.startswith("role/") and account == world.config.account_id and find_role(world, account, arn) is None:
        raise invalid(f"The specified principalArn is invalid: invalid principal {arn}")


def _check_identity(call: Call, kind: str) -> None:
    username, groups = call.params.get("username"), call.params.get("kubernetesGroups") or []
    if kind != "STANDARD" and kind not in NODE_TYPES:
        raise invalid(f"The type {kind} is not valid: one of STANDARD, {', '.join(NODE_TYPES)}")
    if kind != "STANDARD" and (username or groups):
        raise invalid(f"username and kubernetesGroups cannot be set for an access entry of type {kind}")
    for name in [*groups, *([username] if username else [])]:
        reserved = next((prefix for prefix in RESERVED_GROUPS if name.startswith(prefix)), None)
        if reserved:
            raise invalid(f"The kubernetes group or user name {name} is invalid, it cannot start with {reserved}")


def _default_username(arn: str, kind: str) -> str:
    if kind in NODE_TYPES:
        return "system:node:{{EC2PrivateDNSName}}" if kind.startswith("EC2") else "system:node:{{SessionName}}"
    head, found, role = arn.partition(":role/")
    if not found:
        return arn
    return f"{head.replace(':iam:', ':sts:')}:assumed-role/{role.rpartition('/')[2]}/{{{{SessionName}}}}"
