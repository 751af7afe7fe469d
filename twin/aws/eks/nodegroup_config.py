# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes of a node group: scaling, labels, taints, update policy, and rolling to another launch template version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twin.aws.call import Call
from twin.aws.eks import launch_templates, machines, nodegroups, updates
from twin.aws.eks.finding import invalid, nodegroup_of
from twin.aws.eks.models import Nodegroup
from twin.aws.eks.versions import VERSIONS
from twin.aws.world import World

SCALING_NAMES = {"minSize": "MinSize", "maxSize": "MaxSize", "desiredSize": "DesiredSize"}
UPDATE_NAMES = {
    "maxUnavailable": "MaxUnavailable",
    "maxUnavailablePercentage": "MaxUnavailablePercentage",
    "updateStrategy": "UpdateStrategy",
}


def update_nodegroup_config(world: World, call: Call) -> Mapping[str, Any]:
    """Change any of scaling, labels, taints and update policy in one update."""
    cluster, group = nodegroup_of(world, call)
    updates.require_idle_nodegroup(group)
    new, changes = _planned(group, call.params)
    if not changes:
        raise invalid("No changes needed for the nodegroup config provided")

    def apply() -> None:
        group.config.update(new)
        group.modified_at = world.now()
        machines.scale(world, cluster, group)

    return updates.begin(
        world,
        call,
        group,
        kind="ConfigUpdate",
        changes=changes,
        apply=apply,
        seconds=updates.NODEGROUP_UPDATE_SECONDS,
    )


def update_nodegroup_version(world: World, call: Call) -> Mapping[str, Any]:
    """Roll the nodes to another launch template version or Kubernetes version."""
    cluster, group = nodegroup_of(world, call)
    updates.require_idle_nodegroup(group)
    params = call.params
    changes: dict[str, Any] = {}
    template = dict(group.user_template or {})
    if params.get("launchTemplate"):
        if not group.user_template:
            raise invalid("You cannot specify a launch template for a node group that was created without one")
        found, version = launch_templates.resolve(world.ec2(call.place), params["launchTemplate"])
        if found.id != template["id"]:
            raise invalid("Launch template id or name must be that of the node group's own launch template")
        launch_templates.check(version, group.config | {"diskSize": None, "amiType": None})
        template["version"] = str(version.number)
        changes["LaunchTemplateVersion"] = template["version"]
    wanted = params.get("version") or group.version
    if wanted not in VERSIONS or wanted > cluster.version:
        raise invalid(f"Nodegroup version {wanted} cannot be used with cluster version {cluster.version}")
    changes |= {"Version": wanted, "ReleaseVersion": f"{VERSIONS[wanted].patch}-20260601"}

    def apply() -> None:
        group.version = wanted
        if template:
            group.user_template = template
            _, version = launch_templates.resolve(
                world.ec2(cluster.place), {"id": template["id"], "version": template["version"]}
            )
            group.template_instance_type = version.instance_type
        if group.config["amiType"] != "CUSTOM":
            group.config["releaseVersion"] = changes["ReleaseVersion"]
        group.modified_at = world.now()
        machines.replace(world, cluster, group)

    seconds = updates.NODEGROUP_UPDATE_SECONDS * max(1, group.config["scalingConfig"]["desiredSize"])
    return updates.begin(world, call, group, kind="VersionUpdate", changes=changes, apply=apply, seconds=seconds)


def _planned(group: Nodegroup, params: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """New members of the configuration, and the changes by EKS's names."""
    new: dict[str, Any] = {}
    changes: dict[str, Any] = {}
    for plan in (_scaling, _labels, _taints, _update_config):
        member, value, named = plan(group, params)
        if value != group.config[member]:
            new[member] = value
            changes.update(named)
    return new, changes


def _scaling(group: Nodegroup, params: Mapping[str, Any]) -> tuple[str, Any, dict[str, Any]]:
    asked = dict(params.get("scalingConfig") or {})
    value = group.config["scalingConfig"] | asked
    nodegroups.check_scaling(value)
    return "scalingConfig", value, {SCALING_NAMES[name]: size for name, size in asked.items()}


def _labels(group: Nodegroup, params: Mapping[str, Any]) -> tuple[str, Any, dict[str, Any]]:
    asked = params.get("labels") or {}
    removed = list(asked.get("removeLabels") or [])
    value = {key: item for key, item in group.config["labels"].items() if key not in removed}
    value |= dict(asked.get("addOrUpdateLabels") or {})
    return "labels", value, {"LabelsToAdd": asked.get("addOrUpdateLabels") or {}, "LabelsToRemove": removed}


def _taints(group: Nodegroup, params: Mapping[str, Any]) -> tuple[str, Any, dict[str, Any]]:
    asked = params.get("taints") or {}
    added, removed = list(asked.get("addOrUpdateTaints") or []), list(asked.get("removeTaints") or [])
    replaced = {(taint.get("key"), taint.get("effect")) for taint in [*added, *removed]}
    kept = [taint for taint in group.config["taints"] if (taint.get("key"), taint.get("effect")) not in replaced]
    value = kept + [dict(taint) for taint in added]
    nodegroups.check_taints(value)
    if {tuple(sorted(t.items())) for t in value} == {tuple(sorted(t.items())) for t in group.config["taints"]}:
        value = group.config["taints"]
    return "taints", value, {"TaintsToAdd": added, "TaintsToRemove": removed}


def _update_config(group: Nodegroup, params: Mapping[str, Any]) -> tuple[str, Any, dict[str, Any]]:
    asked = dict(params.get("updateConfig") or {})
    nodegroups.check_update_config(asked)
    value = asked or group.config["updateConfig"]
    return "updateConfig", value, {UPDATE_NAMES[str(name)]: item for name, item in asked.items()}
