# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Managed node groups: created, described, deleted."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from moto.core.exceptions import ServiceException
from werkzeug.exceptions import HTTPException

from twin.aws import states
from twin.aws.call import Call
from twin.aws.eks import access, launch_templates, machines, network
from twin.aws.eks.capacity import known
from twin.aws.eks.finding import active_cluster_of, cluster_of, invalid, nodegroup_of
from twin.aws.eks.models import Cluster, Nodegroup
from twin.aws.eks.pages import page
from twin.aws.eks.roles import require_role
from twin.aws.eks.versions import VERSIONS
from twin.aws.errors import AwsError
from twin.aws.world import World
from twin.contract import TwinError

CREATE_SECONDS = 120.0
DELETE_SECONDS = 120.0
DEFAULT_INSTANCE_TYPE = "t3.medium"
DEFAULT_SCALING = {"minSize": 1, "maxSize": 2, "desiredSize": 2}
MAX_LABELS = 50
MAX_TAINTS = 50


def create_nodegroup(world: World, call: Call) -> Mapping[str, Any]:
    """Check as EKS does, then be CREATING until the instances have joined."""
    cluster = active_cluster_of(world, call)
    name = str(call.params["nodegroupName"])
    existing = cluster.nodegroups.get(name)
    if existing is not None:
        if existing.token and existing.token == call.params.get("clientRequestToken"):
            return {"nodegroup": existing.describe()}
        message = f"NodeGroup already exists with name {name} and cluster name {cluster.name}"
        raise AwsError("ResourceInUseException", message, clusterName=cluster.name, nodegroupName=name)
    if len(cluster.nodegroups) >= world.quotas.eks_nodegroups:
        raise network.too_many("Nodegroup", world.quotas.eks_nodegroups)
    group = _from_params(world, call, cluster)
    cluster.nodegroups[name] = group
    states.transition(
        world,
        call,
        CREATE_SECONDS,
        lambda: _finish_create(world, cluster, group),
        lambda code: _fail(group, code or "NodeCreationFailure"),
    )
    return {"nodegroup": group.describe()}


def describe_nodegroup(world: World, call: Call) -> Mapping[str, Any]:
    """One node group."""
    return {"nodegroup": nodegroup_of(world, call)[1].describe()}


def list_nodegroups(world: World, call: Call) -> Mapping[str, Any]:
    """Names of the cluster's node groups."""
    return page(call, sorted(cluster_of(world, call).nodegroups), "nodegroups")


def delete_nodegroup(world: World, call: Call) -> Mapping[str, Any]:
    """DELETING for a while, then gone with its group, instances and nodes."""
    cluster, group = nodegroup_of(world, call)
    if group.status in ("DELETING", "UPDATING"):
        message = f"Nodegroup {group.name} cannot be deleted: it is {group.status}"
        raise AwsError("ResourceInUseException", message, clusterName=cluster.name, nodegroupName=group.name)
    group.status = "DELETING"
    states.transition(
        world,
        call,
        DELETE_SECONDS,
        lambda: _finish_delete(world, cluster, group),
        lambda code: _fail(group, code or "Ec2SecurityGroupDeletionFailure", "DELETE_FAILED"),
    )
    return {"nodegroup": group.describe()}


def check_scaling(scaling: Mapping[str, int]) -> None:
    """Refuse sizes that contradict each other.

    :raises AwsError: InvalidParameterException.
    """
    low, wanted, high = scaling["minSize"], scaling["desiredSize"], scaling["maxSize"]
    if low > wanted:
        raise invalid(f"Minimum capacity {low} can't be greater than desired size {wanted}")
    if wanted > high:
        raise invalid(f"desired capacity {wanted} can't be greater than max size {high}")


def check_taints(taints: list[dict[str, str]]) -> None:
    """Refuse too many, or two of the same key and effect.

    :raises AwsError: InvalidParameterException.
    """
    keys = [(taint.get("key"), taint.get("effect")) for taint in taints]
    if len(taints) > MAX_TAINTS or len(set(keys)) != len(keys):
        raise invalid("Taints must be unique by key and effect, and at most 50")
    for taint in taints:
        if not taint.get("key") or not taint.get("effect"):
            raise invalid("A taint needs a key and an effect")


def check_update_config(config: Mapping[str, Any]) -> None:
    """Refuse both ways of saying how many nodes may be away at once.

    :raises AwsError: InvalidParameterException.
    """
    if config.get("maxUnavailable") and config.get("maxUnavailablePercentage"):
        raise invalid("maxUnavailable and maxUnavailablePercentage cannot both be set")


def _from_params(world: World, call: Call, cluster: Cluster) -> Nodegroup:
    params = call.params
    require_role(world, call.account, params["nodeRole"], "ec2.amazonaws.com")
    subnets = network.subnets_of(world.ec2(call.place), params["subnets"])
    if not subnets or subnets[0].vpc_id != cluster.vpc["vpcId"]:
        raise invalid("Subnets are not in the VPC of the cluster")
    scaling = DEFAULT_SCALING | dict(params.get("scalingConfig") or {})
    check_scaling(scaling)
    if scaling["maxSize"] > world.quotas.eks_nodes_per_group:
        raise network.too_many("Node", world.quotas.eks_nodes_per_group)
    check_taints(params.get("taints") or [])
    check_update_config(params.get("updateConfig") or {})
    version = params.get("version") or cluster.version
    if version not in VERSIONS or version > cluster.version:
        raise invalid(f"Nodegroup version {version} cannot be used with cluster version {cluster.version}")
    group_uuid = str(uuid.uuid4())
    group = Nodegroup(
        name=params["nodegroupName"],
        cluster=cluster.name,
        arn=f"arn:aws:eks:{call.region}:{call.account}:nodegroup/{cluster.name}/{params['nodegroupName']}/{group_uuid}",
        uuid=group_uuid,
        created_at=world.now(),
        modified_at=world.now(),
        version=version,
        config=_config(params, scaling, version),
        tags=dict(params.get("tags") or {}),
        token=params.get("clientRequestToken"),
    )
    _apply_template(world, call, group)
    return group


def _config(params: Mapping[str, Any], scaling: Mapping[str, int], version: str) -> dict[str, Any]:
    labels = dict(params.get("labels") or {})
    if len(labels) > MAX_LABELS or any("eks.amazonaws.com/" in key for key in labels):
        raise invalid("At most 50 labels, and none of EKS's own (eks.amazonaws.com/)")
    config = {
        "nodeRole": params["nodeRole"],
        "subnets": list(params["subnets"]),
        "scalingConfig": dict(scaling),
        "labels": labels,
        "taints": [dict(taint) for taint in params.get("taints") or []],
        "updateConfig": dict(params.get("updateConfig") or {"maxUnavailable": 1}),
        "capacityType": params.get("capacityType") or "ON_DEMAND",
        "amiType": params.get("amiType") or "AL2023_x86_64_STANDARD",
        "releaseVersion": params.get("releaseVersion") or f"{VERSIONS[version].patch}-20260601",
    }
    optional = ("instanceTypes", "diskSize", "remoteAccess", "nodeRepairConfig")
    return config | {name: params[name] for name in optional if params.get(name)}


def _apply_template(world: World, call: Call, group: Nodegroup) -> None:
    asked = call.params.get("launchTemplate")
    if asked:
        template, version = launch_templates.resolve(world.ec2(call.place), asked)
        launch_templates.check(version, call.params)
        group.user_template = {"id": template.id, "name": template.name, "version": str(version.number)}
        group.template_instance_type = version.instance_type
        if version.image_id:
            group.config |= {"amiType": "CUSTOM", "releaseVersion": version.image_id}
    else:
        group.config.setdefault("diskSize", 20)
    if not group.template_instance_type:
        group.config.setdefault("instanceTypes", [DEFAULT_INSTANCE_TYPE])
    for instance_type in group.config.get("instanceTypes") or [group.template_instance_type]:
        if not known(instance_type):
            raise invalid(f"The following supplied instance types do not exist: [{instance_type}]")


def _finish_create(world: World, cluster: Cluster, group: Nodegroup) -> None:
    if group.status != "CREATING":
        return
    role = group.config["nodeRole"]
    if cluster.access["authenticationMode"] != "CONFIG_MAP" and role not in cluster.entries:
        access.add_entry(world, cluster, role, "EC2_LINUX")
    try:
        machines.create(world, cluster, group)
    except (ServiceException, HTTPException, AwsError, TwinError) as error:
        # What the group was promised is gone again: a subnet, the role, the template, or the control plane itself.
        _fail(group, "NodeCreationFailure")
        group.issues[0]["message"] = f"Instances failed to join the kubernetes cluster: {error}"
        return
    group.status = "ACTIVE"


def _fail(group: Nodegroup, code: str, status: str = "CREATE_FAILED") -> None:
    group.status = status
    message = "Instances failed to join the kubernetes cluster" if code == "NodeCreationFailure" else code
    group.issues = [{"code": code, "message": message, "resourceIds": [group.name]}]


def _finish_delete(world: World, cluster: Cluster, group: Nodegroup) -> None:
    machines.remove(world, cluster, group)
    cluster.nodegroups.pop(group.name, None)
    role = group.config["nodeRole"]
    entry = cluster.entries.get(role)
    still_used = any(other.config["nodeRole"] == role for other in cluster.nodegroups.values())
    if entry is not None and entry.type == "EC2_LINUX" and not still_used:
        del cluster.entries[role]
