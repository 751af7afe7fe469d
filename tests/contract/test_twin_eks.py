# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated EKS answers real boto3 clients as EKS does: states, updates and node groups."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.aws_account import ACCOUNT, REGION, Account, Network, cluster, code_of, network, served

pytestmark = pytest.mark.slow


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Account]:
    """A fresh account."""
    with served(tmp_path) as fresh:
        yield fresh


@pytest.fixture
def net(account: Account) -> Network:
    """A network in it."""
    return network(account)


def described(account: Account) -> dict[str, Any]:
    """The cluster."""
    found: dict[str, Any] = account.client("eks").describe_cluster(name="demo")["cluster"]
    return found


def nodegroup(account: Account, net: Network, **options: Any) -> None:
    """Make an ACTIVE node group of five over three zones."""
    params = {
        "clusterName": "demo",
        "nodegroupName": "workers",
        "subnets": net.subnets,
        "nodeRole": net.node_role,
        "instanceTypes": ["m5.xlarge"],
        "scalingConfig": {"minSize": 1, "maxSize": 10, "desiredSize": 5},
    }
    account.client("eks").create_nodegroup(**{name: one for name, one in (params | options).items() if one is not None})
    account.advance(120)


def shown(account: Account) -> dict[str, Any]:
    """The node group."""
    answer = account.client("eks").describe_nodegroup(clusterName="demo", nodegroupName="workers")
    found: dict[str, Any] = answer["nodegroup"]
    return found


def test_a_cluster_lives_from_creating_to_gone(account: Account, net: Network) -> None:
    eks, ec2 = account.client("eks"), account.client("ec2")
    made = eks.create_cluster(
        name="demo", version="1.34", roleArn=net.cluster_role, resourcesVpcConfig={"subnetIds": net.subnets}
    )["cluster"]
    assert (made["status"], made["version"]) == ("CREATING", "1.34")
    assert "endpoint" not in made
    account.advance(600)
    found = described(account)
    assert found["status"] == "ACTIVE"
    assert base64.b64decode(found["certificateAuthority"]["data"]).startswith(b"-----BEGIN CERTIFICATE-----")
    assert found["identity"]["oidc"]["issuer"].startswith(f"https://oidc.eks.{REGION}.amazonaws.com/id/")
    assert found["resourcesVpcConfig"]["vpcId"] == net.vpc
    group = found["resourcesVpcConfig"]["clusterSecurityGroupId"]
    assert ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["VpcId"] == net.vpc
    assert code_of(ec2.delete_subnet, SubnetId=net.subnets[0]) == "DependencyViolation"
    assert eks.delete_cluster(name="demo")["cluster"]["status"] == "DELETING"
    account.advance(300)
    assert code_of(eks.describe_cluster, name="demo") == "ResourceNotFoundException"
    assert code_of(ec2.describe_security_groups, GroupIds=[group]) == "InvalidGroup.NotFound"
    ec2.delete_subnet(SubnetId=net.subnets[0])


def test_what_eks_refuses_to_create(account: Account, net: Network) -> None:
    eks = account.client("eks")
    good: dict[str, Any] = {
        "name": "demo",
        "roleArn": net.cluster_role,
        "resourcesVpcConfig": {"subnetIds": net.subnets},
    }
    for change in (
        {"version": "9.99"},
        {"roleArn": net.node_role},
        {"roleArn": f"arn:aws:iam::{ACCOUNT}:role/nobody"},
        {"resourcesVpcConfig": {"subnetIds": net.subnets[:1]}},
        {"resourcesVpcConfig": {"subnetIds": ["subnet-0123456789abcdef0", net.subnets[0]]}},
        {"resourcesVpcConfig": {"subnetIds": net.subnets, "endpointPublicAccess": False}},
        {"resourcesVpcConfig": {"subnetIds": net.subnets, "publicAccessCidrs": ["10.0.0.0/8"]}},
    ):
        assert code_of(eks.create_cluster, **good | change) == "InvalidParameterException", change
    eks.create_cluster(**good)
    assert code_of(eks.create_cluster, **good) == "ResourceInUseException"
    assert code_of(eks.delete_cluster, name="demo") == "ResourceInUseException", "still CREATING"


def test_a_cluster_may_fail_or_stay(account: Account, net: Network) -> None:
    eks = account.client("eks")
    account.faults.add({"kind": "fail", "operation": "CreateCluster", "code": "Ec2SubnetNotFound"})
    cluster(account, net)
    failed = described(account)
    assert (failed["status"], failed["health"]["issues"][0]["code"]) == ("FAILED", "Ec2SubnetNotFound")
    eks.delete_cluster(name="demo")
    account.advance(300)
    account.faults.clear()
    account.faults.add({"kind": "stay", "operation": "CreateCluster", "seconds": 3600})
    cluster(account, net)
    assert described(account)["status"] == "CREATING"
    account.advance(3600)
    assert described(account)["status"] == "ACTIVE"


def test_a_stay_without_end_ends_with_its_rule(account: Account, net: Network) -> None:
    account.faults.add({"kind": "stay", "operation": "CreateCluster"})
    cluster(account, net)
    account.advance(86400)
    assert described(account)["status"] == "CREATING"
    account.faults.clear()
    account.advance(10)
    assert described(account)["status"] == "ACTIVE"


def test_updates_run_one_at_a_time_and_merge(account: Account, net: Network) -> None:
    eks = account.client("eks")
    cluster(account, net)
    both = {"logging": {"clusterLogging": []}, "accessConfig": {"authenticationMode": "API"}}
    assert code_of(eks.update_cluster_config, name="demo", **both) == "InvalidParameterException"
    endpoint = {"endpointPrivateAccess": True, "publicAccessCidrs": ["203.0.113.0/24"]}
    update = eks.update_cluster_config(name="demo", resourcesVpcConfig=endpoint)["update"]
    assert (update["type"], update["status"]) == ("EndpointAccessUpdate", "InProgress")
    logs = {"clusterLogging": [{"types": ["audit"], "enabled": True}]}
    assert code_of(eks.update_cluster_config, name="demo", logging=logs) == "ResourceInUseException"
    assert described(account)["status"] == "UPDATING"
    account.advance(180)
    assert eks.describe_update(name="demo", updateId=update["id"])["update"]["status"] == "Successful"
    vpc = described(account)["resourcesVpcConfig"]
    assert vpc["subnetIds"] == net.subnets
    assert (vpc["endpointPrivateAccess"], vpc["endpointPublicAccess"]) == (True, True)
    assert vpc["publicAccessCidrs"] == ["203.0.113.0/24"]
    assert code_of(eks.update_cluster_config, name="demo", resourcesVpcConfig=endpoint) == "InvalidParameterException"
    eks.update_cluster_config(name="demo", logging=logs)
    account.advance(180)
    assert described(account)["logging"]["clusterLogging"][0] == {"types": ["audit"], "enabled": True}
    assert len(eks.list_updates(name="demo")["updateIds"]) == 2
    back = {"authenticationMode": "API_AND_CONFIG_MAP"}
    assert code_of(eks.update_cluster_config, name="demo", accessConfig=back) == "InvalidParameterException"


def test_versions_are_those_that_can_be_emulated(account: Account) -> None:
    versions = account.client("eks").describe_cluster_versions()["clusterVersions"]
    assert [one["clusterVersion"] for one in versions] == ["1.36", "1.35", "1.34", "1.33"]
    assert sum(one["defaultVersion"] for one in versions) == 1


def test_a_node_group_is_a_real_group_over_three_zones(account: Account, net: Network) -> None:
    eks, ec2 = account.client("eks"), account.client("ec2")
    cluster(account, net)
    nodegroup(account, net, labels={"tier": "work"}, taints=[{"key": "gpu", "value": "y", "effect": "NO_SCHEDULE"}])
    found = shown(account)
    assert (found["status"], found["labels"]) == ("ACTIVE", {"tier": "work"})
    assert found["updateConfig"] == {"maxUnavailable": 1}
    name = found["resources"]["autoScalingGroups"][0]["name"]
    group = account.client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[name])
    zones = Counter(one["AvailabilityZone"] for one in group["AutoScalingGroups"][0]["Instances"])
    assert sorted(zones.values()) == [1, 2, 2]
    mine = [{"Name": "tag:kubernetes.io/cluster/demo", "Values": ["owned"]}]
    reservations = ec2.describe_instances(Filters=mine)["Reservations"]
    instances = [one for reservation in reservations for one in reservation["Instances"]]
    assert len(instances) == 5
    assert all(one["PrivateDnsName"].endswith(f".{REGION}.compute.internal") for one in instances)
    assert f"arn:aws:iam::{ACCOUNT}:role/demo-node" in eks.list_access_entries(clusterName="demo")["accessEntries"]
    assert code_of(eks.delete_cluster, name="demo") == "ResourceInUseException"
    eks.delete_nodegroup(clusterName="demo", nodegroupName="workers")
    account.advance(120)
    assert eks.list_nodegroups(clusterName="demo")["nodegroups"] == []
    running = [*mine, {"Name": "instance-state-name", "Values": ["running"]}]
    assert ec2.describe_instances(Filters=running)["Reservations"] == []
    assert account.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"] == []
    assert account.client("iam").list_instance_profiles()["InstanceProfiles"] == []
    assert ec2.describe_launch_templates()["LaunchTemplates"] == []


def test_a_node_group_changes_in_place(account: Account, net: Network) -> None:
    eks = account.client("eks")
    cluster(account, net)
    nodegroup(account, net)
    names = {"clusterName": "demo", "nodegroupName": "workers"}
    same = {"scalingConfig": {"minSize": 1, "maxSize": 10, "desiredSize": 5}}
    assert code_of(eks.update_nodegroup_config, **names, **same) == "InvalidParameterException"
    bad = {"scalingConfig": {"minSize": 6, "maxSize": 10, "desiredSize": 5}}
    assert code_of(eks.update_nodegroup_config, **names, **bad) == "InvalidParameterException"
    update = eks.update_nodegroup_config(
        **names,
        scalingConfig={"minSize": 1, "maxSize": 10, "desiredSize": 7},
        labels={"addOrUpdateLabels": {"tier": "work"}},
        updateConfig={"maxUnavailablePercentage": 50},
    )["update"]
    assert code_of(eks.update_nodegroup_config, **names, **same) == "ResourceInUseException"
    account.advance(60)
    done = eks.describe_update(name="demo", nodegroupName="workers", updateId=update["id"])["update"]
    assert done["status"] == "Successful"
    found = shown(account)
    assert found["scalingConfig"]["desiredSize"] == 7
    assert found["updateConfig"] == {"maxUnavailablePercentage": 50}
    name = found["resources"]["autoScalingGroups"][0]["name"]
    group = account.client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[name])
    assert len(group["AutoScalingGroups"][0]["Instances"]) == 7


def test_a_node_group_follows_its_launch_template(account: Account, net: Network) -> None:
    eks, ec2 = account.client("eks"), account.client("ec2")
    cluster(account, net)
    ec2.create_launch_template(LaunchTemplateName="nodes", LaunchTemplateData={"InstanceType": "m5.large"})
    ec2.create_launch_template_version(LaunchTemplateName="nodes", LaunchTemplateData={"InstanceType": "m5.2xlarge"})
    template = {"name": "nodes", "version": "1"}
    params = {
        "clusterName": "demo",
        "nodegroupName": "workers",
        "subnets": net.subnets,
        "nodeRole": net.node_role,
        "launchTemplate": template,
    }
    assert code_of(eks.create_nodegroup, **params, instanceTypes=["m5.large"]) == "InvalidParameterException"
    assert code_of(eks.create_nodegroup, **params, diskSize=20) == "InvalidParameterException"
    missing = params | {"launchTemplate": {"name": "nodes", "version": "9"}}
    assert code_of(eks.create_nodegroup, **missing) == "InvalidRequestException"
    nodegroup(account, net, launchTemplate=template, instanceTypes=None)
    assert shown(account)["launchTemplate"]["version"] == "1"

    def types() -> set[str]:
        running = [{"Name": "instance-state-name", "Values": ["running"]}]
        reservations = ec2.describe_instances(Filters=running)["Reservations"]
        return {one["InstanceType"] for reservation in reservations for one in reservation["Instances"]}

    assert types() == {"m5.large"}
    eks.update_nodegroup_version(
        clusterName="demo", nodegroupName="workers", launchTemplate={"name": "nodes", "version": "2"}
    )
    account.advance(600)
    assert shown(account)["launchTemplate"]["version"] == "2"
    assert types() == {"m5.2xlarge"}


def test_a_node_group_may_fail(account: Account, net: Network) -> None:
    cluster(account, net)
    account.faults.add({"kind": "fail", "operation": "CreateNodegroup"})
    nodegroup(account, net)
    failed = shown(account)
    assert (failed["status"], failed["health"]["issues"][0]["code"]) == ("CREATE_FAILED", "NodeCreationFailure")
