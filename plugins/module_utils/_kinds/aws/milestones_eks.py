# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Evidence for the milestones about nodes: what to read, and what it has to show."""

from __future__ import annotations

import dataclasses
import typing as t

from ..._clients.aws import Port
from ..._engine.errors import EstateError, NotFound
from ..._engine.evidence import Evidence, Expectation
from ..._engine.world import World

Row = t.Mapping[str, t.Any]
ReadNodes = t.Callable[[str, str, str], t.Sequence[Row]]
"""Cluster, endpoint and certificate authority to the nodes that the cluster's own API shows."""

NODES_IN_PRIVATE_SUBNETS = "1.a.iv"
MANAGED_CONTROL_PLANE = "1.a.vii"
Judgement = tuple[dict[str, t.Any], list[str]]
"""What was seen, and what is missing: nothing means that the milestone is met."""
_ALIVE = ("pending", "running")


@dataclasses.dataclass(frozen=True)
class Facts:
    """What was read about one cluster.

    cluster: DescribeCluster's answer. nodegroups: their autoscaling groups by name. groups, instances:
    rows of DescribeAutoScalingGroups and DescribeInstances, the latter without ended ones. subnets: id
    to zone of the private subnets that are expected. nodes: objects of the Kubernetes API.
    """

    cluster: Row
    nodegroups: t.Mapping[str, t.Sequence[str]]
    groups: t.Sequence[Row]
    instances: t.Sequence[Row]
    subnets: t.Mapping[str, str]
    nodes: t.Sequence[Row] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """Identifiers of everything looked at."""
        groups = [str(group["AutoScalingGroupName"]) for group in self.groups]
        return (str(self.cluster["arn"]), *groups, *(str(one["InstanceId"]) for one in self.instances))


def gather(world: World, port: Port, expected: t.Sequence[Expectation], read_nodes: ReadNodes) -> list[Evidence]:
    """Answers for those of the expected milestones that this file knows.

    An expectation: {milestone, cluster: name, subnets: [names of the private subnets], zones: [zones]}.
    """
    facts: dict[tuple[str, ...], Facts] = {}
    found = []
    for one in expected:
        if one["milestone"] not in _CHECKS:
            continue
        sentence, judge = _CHECKS[one["milestone"]]
        name = str(one["cluster"])
        about = (name, *(one.get("subnets") or ()))
        try:
            if about not in facts:
                facts[about] = read(world, port, one, read_nodes)
            value, missing = judge(one, facts[about])
            reason, ids = "; ".join(missing), facts[about].ids
        except EstateError as error:
            value, reason, ids = None, str(error), ()
        found.append(Evidence(one["milestone"], not reason, sentence.format(cluster=name), value, ids, reason))
    return found


def read(world: World, port: Port, expected: Expectation, read_nodes: ReadNodes) -> Facts:
    """All facts about a cluster, in four calls; raises NotFound when it is not there."""
    name = str(expected["cluster"])
    seen = world.raw("eks_cluster", name)
    if seen is None:
        raise NotFound(f"there is no EKS cluster {name}")
    nodegroups = {
        group.name: list(group.attributes["autoscaling_groups"])
        for group in world.all("eks_nodegroup")
        if group.state["cluster"] == name
    }
    groups = _groups(port, sorted(asg for names in nodegroups.values() for asg in names))
    wanted = ((subnet, world.raw("subnet", subnet)) for subnet in expected.get("subnets") or ())
    endpoint, authority = seen.attributes.get("endpoint"), seen.attributes.get("certificate_authority")
    return Facts(
        cluster=port.call("eks", "describe_cluster", name=name)["cluster"],
        nodegroups=nodegroups,
        groups=groups,
        instances=_instances(port, sorted(one["InstanceId"] for group in groups for one in group["Instances"])),
        subnets={subnet.id: str(subnet.state["availability_zone"]) for _name, subnet in wanted if subnet},
        nodes=read_nodes(name, endpoint, authority) if endpoint and authority else (),
    )


def _groups(port: Port, names: t.Sequence[str]) -> list[Row]:
    if not names:
        return []
    operation = "describe_auto_scaling_groups"
    return port.pages("autoscaling", operation, "AutoScalingGroups", AutoScalingGroupNames=list(names))


def _instances(port: Port, ids: t.Sequence[str]) -> list[Row]:
    if not ids:
        return []
    reservations = port.pages("ec2", "describe_instances", "Reservations", InstanceIds=list(ids))
    instances = [one for reservation in reservations for one in reservation["Instances"]]
    return [one for one in instances if one["State"]["Name"] in _ALIVE]


def nodes_in_private_subnets(expected: Expectation, facts: Facts) -> Judgement:
    """Each node group's Auto Scaling group has instances, in private subnets only; one spans all zones."""
    zones = set(expected.get("zones") or ())
    missing = [] if zones else ["no zones are expected, so nothing can be said"]
    value: dict[str, t.Any] = {}
    for nodegroup, names in sorted(facts.nodegroups.items()):
        groups = [group for group in facts.groups if group["AutoScalingGroupName"] in names]
        if not groups:
            missing.append(f"node group {nodegroup} has no Auto Scaling group")
        for group in groups:
            value[str(group["AutoScalingGroupName"])], wrong = _group(group, facts)
            missing += wrong
    if not any(zones <= seen["zones"].keys() for seen in value.values()):
        there = sorted({zone for seen in value.values() for zone in seen["zones"]})
        missing.append(f"no Auto Scaling group has instances in all of {_told(zones)}, only in {_told(there)}")
    return value, missing + _unknown_to_kubernetes(facts)


def _group(group: Row, facts: Facts) -> tuple[dict[str, t.Any], list[str]]:
    name = group["AutoScalingGroupName"]
    members = {one["InstanceId"] for one in group["Instances"]}
    instances = [one for one in facts.instances if one["InstanceId"] in members]
    subnets = set(filter(None, str(group.get("VPCZoneIdentifier", "")).split(",")))
    outside = sorted((subnets | {one["SubnetId"] for one in instances}) - facts.subnets.keys())
    public = sorted(one["InstanceId"] for one in instances if one.get("PublicIpAddress"))
    zones: dict[str, int] = {}
    for one in instances:
        zone = str(one["Placement"]["AvailabilityZone"])
        zones[zone] = zones.get(zone, 0) + 1
    wrong = [
        text
        for text, is_wrong in (
            # A group that is scaled to zero, as one for bursts is, has none and wants none.
            (f"{name} has no instances", not instances and group.get("DesiredCapacity") != 0),
            (f"{name} uses {_told(outside)}, which are not among the private subnets", outside),
            (f"{name} has instances with public addresses: {_told(public)}", public),
        )
        if is_wrong
    ]
    return {"subnets": sorted(subnets), "zones": dict(sorted(zones.items())), "instances": len(instances)}, wrong


def managed_control_plane(_expected: Expectation, facts: Facts) -> Judgement:
    """The cluster is ACTIVE and its API shows the groups' instances as ready nodes."""
    cluster = facts.cluster
    ready = [node for node in facts.nodes if _ready(node)]
    value = {
        "status": cluster["status"],
        "version": cluster.get("version"),
        "endpoint": cluster.get("endpoint"),
        "nodegroups": {name: list(groups) for name, groups in sorted(facts.nodegroups.items())},
        "instances": len(facts.instances),
        "nodes": len(facts.nodes),
        "ready": len(ready),
    }
    mine = {one["InstanceId"] for one in facts.instances}
    asleep = sorted(_instance_of(node) for node in facts.nodes if node not in ready and _instance_of(node) in mine)
    missing = [
        text
        for text, is_missing in (
            (f"the cluster is {cluster['status']}", cluster["status"] != "ACTIVE"),
            ("it has no node group", not facts.nodegroups),
            ("its node groups have no instances", not facts.instances),
            (f"nodes that are not ready: {_told(asleep)}", asleep),
        )
        if is_missing
    ]
    return value, missing + _unknown_to_kubernetes(facts)


def _unknown_to_kubernetes(facts: Facts) -> list[str]:
    mine = {one["InstanceId"] for one in facts.instances}
    lost = sorted(mine - {_instance_of(node) for node in facts.nodes})
    return [f"instances that Kubernetes has no node for: {_told(lost)}"] if lost else []


def _instance_of(node: Row) -> str:
    """The instance id at the end of aws:///us-east-2a/i-0123."""
    return str(node["spec"].get("providerID", "")).rpartition("/")[2]


def _ready(node: Row) -> bool:
    conditions = node.get("status", {}).get("conditions", ())
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def _told(names: t.Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"


_CHECKS: t.Mapping[str, tuple[str, t.Callable[[Expectation, Facts], Judgement]]] = {
    NODES_IN_PRIVATE_SUBNETS: (
        "The Auto Scaling groups of the node groups of {cluster} have instances in private subnets only, one group in "
        "every expected zone, and Kubernetes has a node for each instance",
        nodes_in_private_subnets,
    ),
    MANAGED_CONTROL_PLANE: (
        "EKS cluster {cluster} is ACTIVE, and its own API shows each instance of its node groups as a ready node",
        managed_control_plane,
    ),
}
