# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks of the milestones about nodes: met by a whole cluster, and by nothing that lacks a part."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import Denied
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.evidence import Evidence
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.kind import Owner, Seen
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.secrets import Secrets
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.world import World
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.aws import milestones_eks
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.aws.milestones_eks import Facts
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.aws.registry import KINDS
from tests.unit.kinds_support import AnsweringPort

ZONES = ["us-east-2a", "us-east-2b", "us-east-2c"]
EXPECTED = {"cluster": "demo", "zones": ZONES, "subnets": [f"net-{zone[-1]}" for zone in ZONES]}
ARN = "arn:aws:eks:us-east-2:123456789012:cluster/demo"


def instance(zone: str, **more: Any) -> dict[str, Any]:
    """An instance in the private subnet of a zone."""
    place = {"SubnetId": f"subnet-{zone[-1]}", "Placement": {"AvailabilityZone": zone}}
    return {"InstanceId": f"i-{zone[-1]}", "State": {"Name": "running"}, **place, **more}


def node(zone: str, ready: str = "True") -> dict[str, Any]:
    """The node that Kubernetes has for it."""
    spec = {"providerID": f"aws:///{zone}/i-{zone[-1]}"}
    return {"spec": spec, "status": {"conditions": [{"type": "Ready", "status": ready}]}}


GROUP: dict[str, Any] = {
    "AutoScalingGroupName": "eks-workers",
    "VPCZoneIdentifier": "subnet-a,subnet-b,subnet-c",
    "DesiredCapacity": 3,
    "Instances": [{"InstanceId": f"i-{zone[-1]}"} for zone in ZONES],
}
WHOLE = Facts(
    cluster={"name": "demo", "arn": ARN, "status": "ACTIVE", "version": "1.35", "endpoint": "https://demo.example"},
    nodegroups={"demo/workers": ["eks-workers"]},
    groups=[GROUP],
    instances=[instance(zone) for zone in ZONES],
    subnets={f"subnet-{zone[-1]}": zone for zone in ZONES},
    nodes=[node(zone) for zone in ZONES],
)


def test_a_whole_cluster_has_its_nodes_in_private_subnets() -> None:
    value, missing = milestones_eks.nodes_in_private_subnets(EXPECTED, WHOLE)
    assert missing == []
    assert value["eks-workers"]["zones"] == dict.fromkeys(ZONES, 1)


def test_a_whole_cluster_is_a_managed_control_plane() -> None:
    value, missing = milestones_eks.managed_control_plane(EXPECTED, WHOLE)
    assert missing == []
    assert (value["status"], value["instances"], value["nodes"], value["ready"]) == ("ACTIVE", 3, 3, 3)
    assert WHOLE.ids == (ARN, "eks-workers", "i-a", "i-b", "i-c")


@pytest.mark.parametrize(
    ("lack", "told"),
    [
        ({"nodegroups": {}, "groups": [], "instances": []}, "no Auto Scaling group has instances in all of"),
        ({"groups": []}, "node group demo/workers has no Auto Scaling group"),
        ({"instances": []}, "eks-workers has no instances"),
        ({"instances": WHOLE.instances[:2]}, "only in us-east-2a, us-east-2b"),
        ({"subnets": {"subnet-a": ZONES[0]}}, "eks-workers uses subnet-b, subnet-c, which are not among the private"),
        (
            {"instances": [*WHOLE.instances[:2], instance(ZONES[2], PublicIpAddress="203.0.113.9")]},
            "public addresses: i-c",
        ),
        ({"nodes": WHOLE.nodes[:1]}, "instances that Kubernetes has no node for: i-b, i-c"),
    ],
)
def test_nodes_in_private_subnets_need(lack: dict[str, Any], told: str) -> None:
    _value, missing = milestones_eks.nodes_in_private_subnets(EXPECTED, dataclasses.replace(WHOLE, **lack))
    assert told in "; ".join(missing)


def test_nothing_is_met_where_nothing_is_expected() -> None:
    _value, missing = milestones_eks.nodes_in_private_subnets({"cluster": "demo"}, WHOLE)
    assert missing


@pytest.mark.parametrize(
    ("lack", "told"),
    [
        ({"cluster": {**WHOLE.cluster, "status": "CREATING"}}, "the cluster is CREATING"),
        ({"nodegroups": {}}, "it has no node group"),
        ({"instances": [], "nodes": []}, "its node groups have no instances"),
        ({"nodes": [node(ZONES[0], "Unknown"), *WHOLE.nodes[1:]]}, "nodes that are not ready: i-a"),
        ({"nodes": []}, "instances that Kubernetes has no node for: i-a, i-b, i-c"),
    ],
)
def test_a_managed_control_plane_needs(lack: dict[str, Any], told: str) -> None:
    _value, missing = milestones_eks.managed_control_plane(EXPECTED, dataclasses.replace(WHOLE, **lack))
    assert told in "; ".join(missing)


def gathered(world: World, read_nodes: milestones_eks.ReadNodes, *milestones: str) -> list[Evidence]:
    """The answers for a world whose AWS shows the whole cluster, and one instance that is gone already."""
    ended = {**instance(ZONES[0]), "InstanceId": "i-old", "State": {"Name": "terminated"}}
    port = AnsweringPort(
        {
            "describe_cluster": {"cluster": WHOLE.cluster},
            "describe_auto_scaling_groups": {"AutoScalingGroups": [GROUP]},
            "describe_instances": {"Reservations": [{"Instances": [one]} for one in (*WHOLE.instances, ended)]},
        }
    )
    return milestones_eks.gather(world, port, [{"milestone": one, **EXPECTED} for one in milestones], read_nodes)


def observed() -> World:
    """The world after an observation of the whole cluster."""
    world = World(KINDS, Secrets({}))
    reached = {"endpoint": "https://demo.example", "certificate_authority": "Q0E="}
    groups = {"autoscaling_groups": ["eks-workers"]}
    world.put("eks_cluster", [Seen("demo", "demo", {}, Owner.OURS, attributes=reached)])
    world.put(
        "eks_nodegroup", [Seen("demo/workers", "demo/workers", {"cluster": "demo"}, Owner.OURS, attributes=groups)]
    )
    subnets = [(f"net-{zone[-1]}", f"subnet-{zone[-1]}", zone) for zone in ZONES]
    world.put("subnet", [Seen(name, i, {"availability_zone": zone}, Owner.OURS) for name, i, zone in subnets])
    return world


def test_facts_are_gathered_once_for_both_milestones() -> None:
    asked = []

    def nodes(*about: str) -> list[dict[str, Any]]:
        asked.append(about)
        return [node(zone) for zone in ZONES]

    answers = gathered(observed(), nodes, "1.a.i", "1.a.iv", "1.a.vii")
    assert [(one.milestone, one.met, one.reason) for one in answers] == [("1.a.iv", True, ""), ("1.a.vii", True, "")]
    assert asked == [("demo", "https://demo.example", "Q0E=")]
    assert all(one.ids == WHOLE.ids and "demo" in one.check for one in answers)


def test_a_cluster_that_is_not_there_meets_nothing() -> None:
    (answer,) = gathered(World(KINDS, Secrets({})), lambda *about: [], "1.a.vii")
    assert (answer.met, answer.reason) == (False, "there is no EKS cluster demo")


def test_an_api_that_refuses_us_meets_nothing_and_says_why() -> None:
    def refused(*about: str) -> list[dict[str, Any]]:
        raise Denied("401", remedy="These AWS credentials need an access entry.")

    (answer,) = gathered(observed(), refused, "1.a.vii")
    assert not answer.met
    assert "need an access entry" in answer.reason
