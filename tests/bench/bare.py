# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The slice as a bare boto3 script: one describe a type, no threads, no plan, no second look. What it costs at least.

usage: bare.py SLICE REGION ENDPOINT PROFILE; prints the seconds between building the clients and being done.
"""

from __future__ import annotations

import json
import sys
import time
import typing as t

import boto3
import yaml

Row = dict[str, t.Any]


class Bare:
    """Everything by hand, in order."""

    def __init__(self, wish: Row, region: str, endpoint: str, profile: str) -> None:
        self.wish = wish
        session = boto3.Session(region_name=region, profile_name=profile)
        self.ec2, self.iam, self.eks = (session.client(name, endpoint_url=endpoint) for name in ("ec2", "iam", "eks"))
        self.region = region

    def run(self) -> None:
        """Make what is missing."""
        vpc = self.vpc()
        gateway = self.gateway(vpc)
        subnets = self.subnets(vpc)
        tables = self.routes(vpc, gateway, subnets, self.nat(subnets))
        self.endpoints(vpc, subnets, tables, self.group(vpc))
        self.cluster(subnets, self.roles())

    @staticmethod
    def tags(kind: str, name: str) -> list[Row]:
        """The Name of a new object."""
        return [{"ResourceType": kind, "Tags": [{"Key": "Name", "Value": name}]}]

    @staticmethod
    def by_name(rows: list[Row]) -> dict[str, Row]:
        """Rows by their Name."""
        return {tag["Value"]: row for row in rows for tag in row.get("Tags", ()) if tag["Key"] == "Name"}

    def vpc(self) -> str:
        """The VPC's id."""
        have = self.by_name(self.ec2.describe_vpcs()["Vpcs"])
        if "bench" in have:
            for name in ("enableDnsSupport", "enableDnsHostnames"):
                self.ec2.describe_vpc_attribute(VpcId=have["bench"]["VpcId"], Attribute=name)
            return str(have["bench"]["VpcId"])
        made = self.ec2.create_vpc(CidrBlock=self.wish["cidr"], TagSpecifications=self.tags("vpc", "bench"))["Vpc"]
        self.ec2.modify_vpc_attribute(VpcId=made["VpcId"], EnableDnsSupport={"Value": True})
        self.ec2.modify_vpc_attribute(VpcId=made["VpcId"], EnableDnsHostnames={"Value": True})
        return str(made["VpcId"])

    def gateway(self, vpc: str) -> str:
        """The internet gateway's id."""
        have = self.by_name(self.ec2.describe_internet_gateways()["InternetGateways"])
        if "bench" in have:
            return str(have["bench"]["InternetGatewayId"])
        made = self.ec2.create_internet_gateway(TagSpecifications=self.tags("internet-gateway", "bench"))
        identifier = made["InternetGateway"]["InternetGatewayId"]
        self.ec2.attach_internet_gateway(InternetGatewayId=identifier, VpcId=vpc)
        return str(identifier)

    def subnets(self, vpc: str) -> dict[str, str]:
        """Subnets' ids by name."""
        have = {name: row["SubnetId"] for name, row in self.by_name(self.ec2.describe_subnets()["Subnets"]).items()}
        for tier in ("public", "private"):
            for zone, cidr in zip(self.wish["zones"], self.wish[tier], strict=True):
                name = f"bench-{tier}-{zone}"
                if name not in have:
                    have[name] = self.ec2.create_subnet(
                        VpcId=vpc, CidrBlock=cidr, AvailabilityZone=zone, TagSpecifications=self.tags("subnet", name)
                    )["Subnet"]["SubnetId"]
                    if tier == "public":
                        self.ec2.modify_subnet_attribute(SubnetId=have[name], MapPublicIpOnLaunch={"Value": True})
        return have

    def nat(self, subnets: dict[str, str]) -> dict[str, str]:
        """NAT gateways' ids by zone; all are begun, then waited for."""
        addresses = self.by_name(self.ec2.describe_addresses()["Addresses"])
        rows = self.by_name(self.ec2.describe_nat_gateways()["NatGateways"])
        have = {zone: rows[f"bench-{zone}"]["NatGatewayId"] for zone in self.wish["zones"] if f"bench-{zone}" in rows}
        for zone in self.wish["zones"]:
            if zone in have:
                continue
            name = f"bench-{zone}"
            address = addresses.get(name) or self.ec2.allocate_address(
                Domain="vpc", TagSpecifications=self.tags("elastic-ip", name)
            )
            have[zone] = self.ec2.create_nat_gateway(
                SubnetId=subnets[f"bench-public-{zone}"],
                AllocationId=address["AllocationId"],
                TagSpecifications=self.tags("natgateway", name),
            )["NatGateway"]["NatGatewayId"]
        while any(
            row["State"] == "pending"
            for row in self.ec2.describe_nat_gateways(NatGatewayIds=list(have.values()))["NatGateways"]
        ):
            time.sleep(0.1)
        return have

    def routes(self, vpc: str, gateway: str, subnets: dict[str, str], nat: dict[str, str]) -> list[str]:
        """Route tables' ids."""
        have = self.by_name(self.ec2.describe_route_tables()["RouteTables"])
        zones = self.wish["zones"]
        wished = {"bench-public": ({"GatewayId": gateway}, [f"bench-public-{zone}" for zone in zones])}
        for zone in zones:
            wished[f"bench-private-{zone}"] = ({"NatGatewayId": nat[zone]}, [f"bench-private-{zone}"])
        tables = []
        for name, (target, members) in wished.items():
            if name in have:
                tables.append(have[name]["RouteTableId"])
                continue
            made = self.ec2.create_route_table(VpcId=vpc, TagSpecifications=self.tags("route-table", name))
            tables.append(made["RouteTable"]["RouteTableId"])
            self.ec2.create_route(RouteTableId=tables[-1], DestinationCidrBlock="0.0.0.0/0", **target)
            for member in members:
                self.ec2.associate_route_table(RouteTableId=tables[-1], SubnetId=subnets[member])
        return tables

    def group(self, vpc: str) -> str:
        """The security group's id."""
        have = self.by_name(self.ec2.describe_security_groups()["SecurityGroups"])
        if "bench-endpoints" in have:
            return str(have["bench-endpoints"]["GroupId"])
        made = self.ec2.create_security_group(
            GroupName="bench-endpoints",
            Description="Endpoints",
            VpcId=vpc,
            TagSpecifications=self.tags("security-group", "bench-endpoints"),
        )["GroupId"]
        rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": self.wish["cidr"]}]}
        self.ec2.authorize_security_group_ingress(GroupId=made, IpPermissions=[rule])
        return str(made)

    def endpoints(self, vpc: str, subnets: dict[str, str], tables: list[str], group: str) -> None:
        """Both endpoints."""
        have = self.by_name(self.ec2.describe_vpc_endpoints()["VpcEndpoints"])
        members = [subnets[f"bench-private-{zone}"] for zone in self.wish["zones"]]
        wished: dict[str, Row] = {
            "bench-s3": {"ServiceName": self.wish["gateway_endpoint"], "RouteTableIds": tables},
            "bench-ecr": {
                "ServiceName": self.wish["interface_endpoint"],
                "VpcEndpointType": "Interface",
                "SubnetIds": members,
                "SecurityGroupIds": [group],
            },
        }
        for name, options in wished.items():
            if name not in have:
                self.ec2.create_vpc_endpoint(VpcId=vpc, TagSpecifications=self.tags("vpc-endpoint", name), **options)

    def roles(self) -> dict[str, str]:
        """Roles' ARNs."""
        arns = {}
        for name, service, policies in (
            ("cluster", "eks", self.wish["cluster_policies"]),
            ("node", "ec2", self.wish["node_policies"]),
        ):
            full = f"bench-{name}"
            try:
                arns[name] = self.iam.get_role(RoleName=full)["Role"]["Arn"]
                attached = self.iam.list_attached_role_policies(RoleName=full)["AttachedPolicies"]
            except self.iam.exceptions.NoSuchEntityException:
                statement = {
                    "Effect": "Allow",
                    "Action": "sts:AssumeRole",
                    "Principal": {"Service": f"{service}.amazonaws.com"},
                }
                document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
                tags = [{"Key": "Name", "Value": full}]
                made = self.iam.create_role(RoleName=full, AssumeRolePolicyDocument=document, Tags=tags)
                arns[name], attached = made["Role"]["Arn"], []
            for policy in set(policies) - {one["PolicyArn"] for one in attached}:
                self.iam.attach_role_policy(RoleName=full, PolicyArn=policy)
        return arns

    def cluster(self, subnets: dict[str, str], roles: dict[str, str]) -> None:
        """The cluster and its node group."""
        members = [subnets[f"bench-private-{zone}"] for zone in self.wish["zones"]]
        if "bench" not in self.eks.list_clusters()["clusters"]:
            self.eks.create_cluster(
                name="bench",
                version=self.wish["version"],
                roleArn=roles["cluster"],
                resourcesVpcConfig={"subnetIds": members},
                tags={"Name": "bench"},
            )
        while self.eks.describe_cluster(name="bench")["cluster"]["status"] == "CREATING":
            time.sleep(0.1)
        if "workers" not in self.eks.list_nodegroups(clusterName="bench")["nodegroups"]:
            scaling = self.wish["scaling"]
            self.eks.create_nodegroup(
                clusterName="bench",
                nodegroupName="workers",
                nodeRole=roles["node"],
                subnets=members,
                instanceTypes=self.wish["instance_types"],
                scalingConfig={"minSize": scaling["min"], "maxSize": scaling["max"], "desiredSize": scaling["desired"]},
                tags={"Name": "workers"},
            )
        group = {"clusterName": "bench", "nodegroupName": "workers"}
        while self.eks.describe_nodegroup(**group)["nodegroup"]["status"] == "CREATING":
            time.sleep(0.1)


def main() -> None:
    """Run it once."""
    path, region, endpoint, profile = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        wish = yaml.safe_load(file)["slice"]
    began = time.monotonic()
    Bare(wish, region, endpoint, profile).run()
    print(f"seconds: {time.monotonic() - began:.3f}")


if __name__ == "__main__":
    main()
