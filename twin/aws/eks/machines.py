# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands behind a node group: instance profile, launch template, Auto Scaling group, instances, nodes."""

from __future__ import annotations

from typing import Any

from moto.ec2.models.instances import Instance

from twin.aws.ec2.images import eks_image_name, image_id
from twin.aws.eks import launch_templates
from twin.aws.eks.capacity import architecture, capacity
from twin.aws.eks.models import Cluster, Nodegroup
from twin.aws.world import World
from twin.contract import NodeSpec, Taint

KUBERNETES_EFFECTS = {
    "NO_SCHEDULE": "NoSchedule",
    "NO_EXECUTE": "NoExecute",
    "PREFER_NO_SCHEDULE": "PreferNoSchedule",
}


def name_of(group: Nodegroup) -> str:
    """Name that EKS gives everything it makes for a node group."""
    return f"eks-{group.name}-{group.uuid}"


def create(world: World, cluster: Cluster, group: Nodegroup) -> None:
    """Make profile, template, Auto Scaling group with its instances, and the nodes."""
    profile = world.iam(cluster.account).create_instance_profile(f"eks-{group.uuid}", "/", [])
    world.iam(cluster.account).add_role_to_instance_profile(profile.name, _role_name(group))
    data = _template_data(world, cluster, group)
    owner = _owner_tags(cluster, group)
    template = launch_templates.make(world.ec2(cluster.place), f"eks-{group.uuid}", data, owner)
    group.template_id = template.id
    group.asg = name_of(group)
    scaling = group.config["scalingConfig"]
    tags = owner | {
        f"kubernetes.io/cluster/{cluster.name}": "owned",
        f"k8s.io/cluster-autoscaler/{cluster.name}": "owned",
        "k8s.io/cluster-autoscaler/enabled": "true",
    }
    world.autoscaling(cluster.place).create_auto_scaling_group(
        name=group.asg,
        availability_zones=[],
        desired_capacity=scaling["desiredSize"],
        max_size=scaling["maxSize"],
        min_size=scaling["minSize"],
        launch_config_name="",
        launch_template={"LaunchTemplateId": template.id, "Version": "$Latest"},
        vpc_zone_identifier=",".join(group.config["subnets"]),
        default_cooldown=300,
        health_check_period=15,
        health_check_type="EC2",
        load_balancers=[],
        target_group_arns=[],
        placement_group=None,
        termination_policies=["AllocationStrategy", "OldestLaunchTemplate", "OldestInstance"],
        tags=[_group_tag(key, value) for key, value in tags.items()],
    )
    register(world, cluster, group)


def scale(world: World, cluster: Cluster, group: Nodegroup) -> None:
    """Follow the node group's scaling configuration."""
    scaling = group.config["scalingConfig"]
    asg = world.autoscaling(cluster.place).autoscaling_groups.get(group.asg)
    if asg is not None:
        asg.min_size, asg.max_size = scaling["minSize"], scaling["maxSize"]
        asg.set_desired_capacity(scaling["desiredSize"])
    register(world, cluster, group)


def replace(world: World, cluster: Cluster, group: Nodegroup) -> None:
    """Roll the instances over to a new version of the launch template."""
    ec2 = world.ec2(cluster.place)
    ec2.get_launch_template(group.template_id).create_version(_template_data(world, cluster, group), "Created by EKS")
    asg = world.autoscaling(cluster.place).autoscaling_groups[group.asg]
    wanted = group.config["scalingConfig"]["desiredSize"]
    asg.set_desired_capacity(0)
    asg.set_desired_capacity(wanted)
    register(world, cluster, group)


def register(world: World, cluster: Cluster, group: Nodegroup) -> None:
    """Make the cluster's nodes those of the instances that run."""
    if world.config.control_planes:
        nodes = [_node(cluster, group, instance) for instance in instances(world, cluster, group)]
        world.config.host.set_nodes(cluster.key, nodes, group=group.name)


def instances(world: World, cluster: Cluster, group: Nodegroup) -> list[Instance]:
    """Running instances of the group."""
    asg = world.autoscaling(cluster.place).autoscaling_groups.get(group.asg)
    states = asg.instance_states if asg is not None else []
    return [state.instance for state in states if state.instance.state == "running"]


def remove(world: World, cluster: Cluster, group: Nodegroup) -> None:
    """Take everything away again, nodes first."""
    if world.config.control_planes:
        world.config.host.set_nodes(cluster.key, [], group=group.name)
    autoscaling = world.autoscaling(cluster.place)
    if group.asg in autoscaling.autoscaling_groups:
        autoscaling.delete_auto_scaling_group(group.asg)
    ec2 = world.ec2(cluster.place)
    if group.template_id in ec2.launch_templates:
        ec2.delete_launch_template("", group.template_id)
    profiles = world.iam(cluster.account).instance_profiles
    for key in [key for key, profile in profiles.items() if profile.name == f"eks-{group.uuid}"]:
        del profiles[key]


def _template_data(world: World, cluster: Cluster, group: Nodegroup) -> dict[str, Any]:
    user = None
    if group.user_template:
        asked = {"id": group.user_template["id"], "version": group.user_template["version"]}
        user = launch_templates.resolve(world.ec2(cluster.place), asked)[1]
    return launch_templates.data_for(
        user,
        image=_image(group),
        instance_type=instance_type_of(group),
        security_group=cluster.vpc["clusterSecurityGroupId"],
        profile=f"eks-{group.uuid}",
        instance_tags=_owner_tags(cluster, group) | {f"kubernetes.io/cluster/{cluster.name}": "owned"},
        disk_size=group.config.get("diskSize") or 20,
    )


def instance_type_of(group: Nodegroup) -> str:
    """The type that the group starts: the first of its own, else that of its launch template."""
    types = group.config.get("instanceTypes") or [group.template_instance_type]
    return str(types[0])


def _image(group: Nodegroup) -> str:
    machine = "arm64" if architecture(instance_type_of(group)) == "arm64" else "x86_64"
    gpus = machine == "x86_64" and "nvidia.com/gpu" in capacity(instance_type_of(group))
    return image_id(eks_image_name(group.version, machine, "nvidia" if gpus else "standard"))


def _node(cluster: Cluster, group: Nodegroup, instance: Instance) -> NodeSpec:
    zone = str(instance.placement.zone)
    labels = {
        **group.config["labels"],
        "eks.amazonaws.com/nodegroup": group.name,
        "eks.amazonaws.com/capacityType": group.config["capacityType"],
        "eks.amazonaws.com/nodegroup-image": str(instance.image_id),
        "kubernetes.io/arch": architecture(instance.instance_type),
        "kubernetes.io/os": "linux",
        "kubernetes.io/hostname": instance.private_dns_name,
        "node.kubernetes.io/instance-type": instance.instance_type,
        "topology.kubernetes.io/region": cluster.region,
        "topology.kubernetes.io/zone": zone,
    }
    taints = [
        Taint(taint["key"], taint.get("value", ""), KUBERNETES_EFFECTS[taint["effect"]])
        for taint in group.config["taints"]
    ]
    return NodeSpec(
        name=instance.private_dns_name,
        provider_id=f"aws:///{zone}/{instance.id}",
        zone=zone,
        instance_type=instance.instance_type,
        labels=labels,
        taints=taints,
        capacity=capacity(instance.instance_type),
    )


def _owner_tags(cluster: Cluster, group: Nodegroup) -> dict[str, str]:
    return {"eks:cluster-name": cluster.name, "eks:nodegroup-name": group.name}


def _group_tag(key: str, value: str) -> dict[str, Any]:
    return {"Key": key, "Value": value, "PropagateAtLaunch": key.startswith(("eks:", "kubernetes.io/"))}


def _role_name(group: Nodegroup) -> str:
    return str(group.config["nodeRole"]).rpartition("/")[2]
