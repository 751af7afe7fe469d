# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Add-ons of clusters: created, described, updated, deleted; each state lasts its time and may end badly."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from twin.aws import states
from twin.aws.call import Call
from twin.aws.eks import addon_checks, pod_identity, updates
from twin.aws.eks.addon_catalogue import PRODUCTS
from twin.aws.eks.finding import active_cluster_of, cluster_of
from twin.aws.eks.models import Addon, Cluster
from twin.aws.eks.pages import page
from twin.aws.errors import AwsError
from twin.aws.world import World

CREATE_SECONDS = 60.0
UPDATE_SECONDS = 45.0
DELETE_SECONDS = 30.0
UPDATED = {
    "addonVersion": "AddonVersion",
    "serviceAccountRoleArn": "ServiceAccountRoleArn",
    "resolveConflicts": "ResolveConflicts",
    "configurationValues": "ConfigurationValues",
    "podIdentityAssociations": "PodIdentityAssociations",
}


def create_addon(world: World, call: Call) -> Mapping[str, Any]:
    """Check as EKS does, then be CREATING until its objects are in the cluster."""
    cluster = active_cluster_of(world, call)
    name = str(call.params["addonName"])
    existing = cluster.addons.get(name)
    if existing is not None:
        if existing.token and existing.token == call.params.get("clientRequestToken"):
            return {"addon": describe(cluster, existing)}
        message = "Addon already exists."
        raise AwsError("ResourceInUseException", message, clusterName=cluster.name, addonName=name)
    addon = _from_params(world, call, cluster)
    pod_identity.check_owned(cluster, addon.arn, call.params.get("podIdentityAssociations") or [])
    cluster.addons[name] = addon
    pod_identity.replace_owned(world, cluster, addon.arn, call.params.get("podIdentityAssociations") or [])
    states.transition(
        world,
        call,
        CREATE_SECONDS,
        lambda: _finish_create(world, cluster, addon, call.params.get("resolveConflicts")),
        lambda code: _fail(addon, "CREATE_FAILED", code or "InternalFailure", "injected by the twin"),
    )
    return {"addon": describe(cluster, addon)}


def describe_addon(world: World, call: Call) -> Mapping[str, Any]:
    """One add-on."""
    return {"addon": describe(*addon_of(world, call))}


def list_addons(world: World, call: Call) -> Mapping[str, Any]:
    """Names of the cluster's add-ons."""
    return page(call, sorted(cluster_of(world, call).addons), "addons")


def update_addon(world: World, call: Call) -> Mapping[str, Any]:
    """One change at a time; a role that is not named again is taken away."""
    active_cluster_of(world, call)
    cluster, addon = addon_of(world, call)
    if addon.status not in ("ACTIVE", "DEGRADED", "UPDATE_FAILED"):
        message = f"Addon {addon.name} cannot be updated as it is currently in {addon.status} state"
        raise AwsError("ResourceInUseException", message, clusterName=cluster.name, addonName=addon.name)
    params = call.params
    version = str(params.get("addonVersion") or addon.version)
    addon_checks.version(cluster, addon.name, version)
    addon_checks.configuration(addon.name, params.get("configurationValues"))
    addon_checks.role(world, call, params.get("serviceAccountRoleArn"))
    addon_checks.identities(world, call, addon.name, params.get("podIdentityAssociations"))
    pod_identity.check_owned(cluster, addon.arn, params.get("podIdentityAssociations") or [])

    def apply() -> None:
        addon.version = version
        addon.role_arn = params.get("serviceAccountRoleArn")
        if params.get("configurationValues") is not None:
            addon.configuration = str(params["configurationValues"])
        if params.get("podIdentityAssociations") is not None:
            pod_identity.replace_owned(world, cluster, addon.arn, params["podIdentityAssociations"])
        addon.modified_at = world.now()
        addon.issues = []
        _install(world, cluster, addon)

    changes = {told: params[name] for name, told in UPDATED.items() if params.get(name) is not None}
    return updates.begin(world, call, addon, kind="AddonUpdate", changes=changes, apply=apply, seconds=UPDATE_SECONDS)


def delete_addon(world: World, call: Call) -> Mapping[str, Any]:
    """DELETING for a while, then gone with its objects, unless they are to be preserved."""
    cluster, addon = addon_of(world, call)
    if addon.status == "DELETING":
        return {"addon": describe(cluster, addon)}
    addon.status = "DELETING"
    keep = bool(call.params.get("preserve"))
    states.transition(
        world,
        call,
        DELETE_SECONDS,
        lambda: _finish_delete(world, cluster, addon, keep),
        lambda code: _fail(addon, "DELETE_FAILED", code or "ClusterUnreachable", "injected by the twin"),
    )
    return {"addon": describe(cluster, addon)}


def addon_of(world: World, call: Call) -> tuple[Cluster, Addon]:
    """Cluster and add-on that the call names.

    :raises AwsError: ResourceNotFoundException.
    """
    cluster = cluster_of(world, call)
    name = str(call.params["addonName"])
    found = cluster.addons.get(name)
    if found is None:
        message = f"No addon: {name} found in cluster: {cluster.name}"
        raise AwsError("ResourceNotFoundException", message, clusterName=cluster.name, addonName=name)
    return cluster, found


def describe(cluster: Cluster, addon: Addon) -> dict[str, Any]:
    """As in DescribeAddon; one whose pods have no node is DEGRADED until there is one."""
    status, issues = addon.status, addon.issues
    if status == "ACTIVE" and PRODUCTS[addon.name].replicas and not _nodes(cluster):
        status = "DEGRADED"
        message = "The add-on is unhealthy because it doesn't have the desired number of replicas."
        issues = [{"code": "InsufficientNumberOfReplicas", "message": message, "resourceIds": []}]
    shown = {
        "addonName": addon.name,
        "clusterName": addon.cluster,
        "status": status,
        "addonVersion": addon.version,
        "health": {"issues": issues},
        "addonArn": addon.arn,
        "createdAt": addon.created_at,
        "modifiedAt": addon.modified_at,
        "tags": addon.tags,
        "podIdentityAssociations": pod_identity.owned(cluster, addon.arn),
        "namespaceConfig": {"namespace": addon.namespace},
    }
    optional = {"serviceAccountRoleArn": addon.role_arn, "configurationValues": addon.configuration}
    return shown | {name: value for name, value in optional.items() if value}


def _from_params(world: World, call: Call, cluster: Cluster) -> Addon:
    params = call.params
    name = str(params["addonName"])
    version = addon_checks.version(cluster, name, params.get("addonVersion"))
    addon_checks.configuration(name, params.get("configurationValues"))
    addon_checks.role(world, call, params.get("serviceAccountRoleArn"))
    addon_checks.identities(world, call, name, params.get("podIdentityAssociations"))
    place = f"{call.region}:{call.account}:addon/{cluster.name}/{name}"
    return Addon(
        name=name,
        cluster=cluster.name,
        arn=f"arn:aws:eks:{place}/{uuid.uuid4()}",
        version=version,
        configuration=str(params.get("configurationValues") or ""),
        role_arn=params.get("serviceAccountRoleArn"),
        namespace=(params.get("namespaceConfig") or {}).get("namespace") or "kube-system",
        tags=dict(params.get("tags") or {}),
        created_at=world.now(),
        modified_at=world.now(),
        token=params.get("clientRequestToken"),
    )


def _finish_create(world: World, cluster: Cluster, addon: Addon, conflicts: str | None) -> None:
    if addon.status != "CREATING":
        return
    if addon.name in cluster.self_managed and conflicts != "OVERWRITE":
        message = (
            f"Conflicts found when trying to apply. Will not continue due to resolve conflicts mode. Conflicts: "
            f"ServiceAccount {addon.name} - .metadata.labels.app.kubernetes.io/managed-by"
        )
        _fail(addon, "CREATE_FAILED", "ConfigurationConflict", message)
        return
    cluster.self_managed.discard(addon.name)
    addon.status = "ACTIVE"
    _install(world, cluster, addon)


def _finish_delete(world: World, cluster: Cluster, addon: Addon, keep: bool) -> None:
    cluster.addons.pop(addon.name, None)
    pod_identity.replace_owned(world, cluster, addon.arn, [])
    if keep:
        cluster.self_managed.add(addon.name)
    elif _runs(world, cluster):
        world.config.host.addon(cluster.key, addon.name, addon.version, "", None, None, present=False)


def _install(world: World, cluster: Cluster, addon: Addon) -> None:
    if _runs(world, cluster):
        configuration, role = addon.configuration, addon.role_arn
        world.config.host.addon(cluster.key, addon.name, addon.version, configuration, role, None, present=True)


def _runs(world: World, cluster: Cluster) -> bool:
    """Whether there still is a control plane: an add-on's state may outlast its cluster."""
    return world.config.control_planes and world.clusters_of(cluster.place).get(cluster.name) is cluster


def _fail(addon: Addon, status: str, code: str, message: str) -> None:
    addon.status = status
    addon.issues = [{"code": code, "message": message, "resourceIds": [addon.name]}]


def _nodes(cluster: Cluster) -> int:
    ready = (group for group in cluster.nodegroups.values() if group.status in ("ACTIVE", "UPDATING"))
    return sum(int(group.config["scalingConfig"]["desiredSize"]) for group in ready)
