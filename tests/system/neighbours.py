# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What others have in the same account: another estate's things with its marks, and things without any mark."""

from __future__ import annotations

import json
from typing import Any

from tests.system.estate import REGION, Estate


def trust(service: str) -> str:
    """A trust policy for a service."""
    statement = {"Effect": "Allow", "Principal": {"Service": f"{service}.amazonaws.com"}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def marks(estate: str, name: str) -> list[dict[str, str]]:
    """Tags by which an estate knows its things."""
    return [
        {"Key": "kubeops.io/estate", "Value": estate},
        {"Key": "kubeops.io/name", "Value": name},
        {"Key": "Name", "Value": name},
    ]


def tagged(sort: str, tags: list[dict[str, str]]) -> list[dict[str, Any]]:
    """TagSpecifications of a creating call of EC2; none without tags."""
    return [{"ResourceType": sort, "Tags": tags}] if tags else []


def vpc(estate: Estate, cidr: str, tags: list[dict[str, str]]) -> tuple[str, list[str]]:
    """A VPC with two subnets, a gateway, a route table, a security group and an address; ids of VPC and subnets."""
    ec2 = estate.client("ec2")
    made = ec2.create_vpc(CidrBlock=cidr, TagSpecifications=tagged("vpc", tags))["Vpc"]["VpcId"]
    start = cidr.rpartition(".0/")[0].rpartition(".")[0]
    subnets = [
        ec2.create_subnet(
            VpcId=made,
            CidrBlock=f"{start}.{index}.0/24",
            AvailabilityZone=f"{REGION}{zone}",
            TagSpecifications=tagged("subnet", tags),
        )["Subnet"]["SubnetId"]
        for index, zone in enumerate("ab")
    ]
    gateway = ec2.create_internet_gateway(TagSpecifications=tagged("internet-gateway", tags))["InternetGateway"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway["InternetGatewayId"], VpcId=made)
    table = ec2.create_route_table(VpcId=made, TagSpecifications=tagged("route-table", tags))["RouteTable"]
    ec2.create_route(
        RouteTableId=table["RouteTableId"],
        DestinationCidrBlock="0.0.0.0/0",
        GatewayId=gateway["InternetGatewayId"],
    )
    ec2.associate_route_table(RouteTableId=table["RouteTableId"], SubnetId=subnets[0])
    ec2.create_security_group(
        GroupName="theirs", Description="not ours", VpcId=made, TagSpecifications=tagged("security-group", tags)
    )
    return made, subnets


def role(estate: Estate, name: str, tags: list[dict[str, str]], service: str = "eks") -> str:
    """A role with a policy; its ARN."""
    iam = estate.client("iam")
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(service), Tags=tags, Description="theirs")
    iam.attach_role_policy(RoleName=name, PolicyArn="arn:aws:iam::aws:policy/AmazonEKSClusterPolicy")
    return str(made["Role"]["Arn"])


def cluster(estate: Estate, name: str, role_arn: str, subnets: list[str], tags: dict[str, str]) -> None:
    """A cluster that is ACTIVE."""
    eks = estate.client("eks")
    eks.create_cluster(name=name, roleArn=role_arn, resourcesVpcConfig={"subnetIds": subnets}, tags=tags)
    estate.until(lambda: eks.describe_cluster(name=name)["cluster"]["status"] == "ACTIVE", f"cluster {name}")


def move_in(estate: Estate) -> None:
    """Another estate's VPC, address, roles, launch template and cluster, and a VPC and a role without marks."""
    theirs = marks("neighbour", "neighbour")
    _vpc, subnets = vpc(estate, "10.90.0.0/16", theirs)
    arn = role(estate, "neighbour-eks-cluster", theirs)
    cluster(estate, "neighbour-eks", arn, subnets, {tag["Key"]: tag["Value"] for tag in theirs})
    ec2 = estate.client("ec2")
    ec2.allocate_address(Domain="vpc", TagSpecifications=tagged("elastic-ip", theirs))
    ec2.create_launch_template(
        LaunchTemplateName="neighbour",
        LaunchTemplateData={"InstanceType": "m5.large"},
        TagSpecifications=tagged("launch-template", theirs),
    )
    # Named like an estate of ours, but nobody marked it.
    vpc(estate, "10.91.0.0/16", [{"Key": "Name", "Value": "unmarked"}])
    role(estate, "lab-unmarked", [])
