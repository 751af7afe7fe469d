# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an account holds, in words that do not depend on who made it."""

from __future__ import annotations

import typing as t
from pathlib import Path

import boto3

Row = dict[str, t.Any]


class Account:
    """A region of an account, read with boto3 alone."""

    def __init__(self, endpoint: str, credentials: Path, region: str = "us-east-2") -> None:
        import botocore.session

        core = botocore.session.Session(profile="twin")
        core.set_config_variable("credentials_file", str(credentials))
        session = boto3.Session(botocore_session=core, region_name=region)
        self.ec2, self.iam, self.eks = (session.client(name, endpoint_url=endpoint) for name in ("ec2", "iam", "eks"))
        self.names: dict[str, str] = {}

    def _named(self, rows: list[Row], id_field: str) -> dict[str, Row]:
        named = {}
        for row in rows:
            name = {tag["Key"]: tag["Value"] for tag in row.get("Tags", ())}.get("Name")
            if name:
                self.names[row[id_field]] = name
                named[name] = row
        return named

    def _known(self, identifiers: t.Iterable[str]) -> list[str]:
        return sorted(self.names.get(identifier, "?") for identifier in identifiers)

    def state(self) -> Row:
        """Everything that the benchmark's slice is about, by name."""
        vpcs = self._named(self.ec2.describe_vpcs()["Vpcs"], "VpcId")
        gateways = self._named(self.ec2.describe_internet_gateways()["InternetGateways"], "InternetGatewayId")
        subnets = self._named(self.ec2.describe_subnets()["Subnets"], "SubnetId")
        nat = self._named(self.ec2.describe_nat_gateways()["NatGateways"], "NatGatewayId")
        groups = self._named(self.ec2.describe_security_groups()["SecurityGroups"], "GroupId")
        tables = self._named(self.ec2.describe_route_tables()["RouteTables"], "RouteTableId")
        endpoints = self._named(self.ec2.describe_vpc_endpoints()["VpcEndpoints"], "VpcEndpointId")
        return {
            "vpc": {name: self._vpc(row) for name, row in vpcs.items()},
            "gateway": {n: self._known(a["VpcId"] for a in row["Attachments"]) for n, row in gateways.items()},
            "subnet": {
                name: [row["CidrBlock"], row["AvailabilityZone"], row["MapPublicIpOnLaunch"]]
                for name, row in subnets.items()
            },
            "nat": {name: [self.names[row["SubnetId"]], row["State"]] for name, row in nat.items()},
            "routes": {name: self._table(row) for name, row in tables.items()},
            # EKS makes a group of its own, under a name that nobody can know beforehand.
            "group": {n: self._rules(row) for n, row in groups.items() if not n.startswith("eks-cluster-sg-")},
            "endpoint": {name: self._endpoint(row) for name, row in endpoints.items()},
            "role": {name: self._role(name) for name in ("bench-cluster", "bench-node")},
            "cluster": self._cluster(),
        }

    def _vpc(self, row: Row) -> list[t.Any]:
        answers = {
            name: self.ec2.describe_vpc_attribute(VpcId=row["VpcId"], Attribute=name[0].lower() + name[1:])[name]
            for name in ("EnableDnsSupport", "EnableDnsHostnames")
        }
        return [row["CidrBlock"], *(answer["Value"] for answer in answers.values())]

    def _table(self, row: Row) -> Row:
        routes = {
            route["DestinationCidrBlock"]: self.names.get(
                route.get("GatewayId") or route.get("NatGatewayId", ""), "local"
            )
            for route in row["Routes"]
            if "DestinationCidrBlock" in route
        }
        return {"routes": routes, "subnets": self._known(a["SubnetId"] for a in row["Associations"] if "SubnetId" in a)}

    @staticmethod
    def _rules(row: Row) -> list[t.Any]:
        return [
            sorted(
                [rule["IpProtocol"], rule.get("FromPort"), rule.get("ToPort"), *(r["CidrIp"] for r in rule["IpRanges"])]
                for rule in row[direction]
            )
            for direction in ("IpPermissions", "IpPermissionsEgress")
        ]

    def _endpoint(self, row: Row) -> list[t.Any]:
        return [
            row["ServiceName"],
            row["VpcEndpointType"],
            self._known(row.get("SubnetIds", ())),
            self._known(row.get("RouteTableIds", ())),
            self._known(group["GroupId"] for group in row.get("Groups", ())),
        ]

    def _role(self, name: str) -> list[t.Any]:
        role = self.iam.get_role(RoleName=name)["Role"]
        attached = self.iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
        return [role["AssumeRolePolicyDocument"], sorted(policy["PolicyArn"] for policy in attached)]

    def _cluster(self) -> Row:
        cluster = self.eks.describe_cluster(name="bench")["cluster"]
        group = self.eks.describe_nodegroup(clusterName="bench", nodegroupName="workers")["nodegroup"]
        return {
            "cluster": [cluster["version"], cluster["status"], cluster["roleArn"].rpartition("/")[2]],
            "subnets": self._known(cluster["resourcesVpcConfig"]["subnetIds"]),
            "nodes": [group["status"], group["instanceTypes"], group["scalingConfig"], self._known(group["subnets"])],
        }
