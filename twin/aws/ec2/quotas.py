# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Account quotas of EC2, with the codes of the real refusals."""

from __future__ import annotations

from twin.aws.call import Call
from twin.aws.errors import AwsError
from twin.aws.world import World


def vpcs(world: World, call: Call) -> None:
    """VPCs per region; the default VPC counts."""
    if len(world.ec2(call.place).vpcs) >= world.quotas.vpcs:
        raise AwsError("VpcLimitExceeded", "The maximum number of VPCs has been reached.")


def addresses(world: World, call: Call) -> None:
    """Elastic addresses per region."""
    if len(world.ec2(call.place).addresses) >= world.quotas.elastic_ips:
        raise AwsError("AddressLimitExceeded", "The maximum number of addresses has been reached.")


def internet_gateways(world: World, call: Call) -> None:
    """Internet gateways per region."""
    if len(world.ec2(call.place).internet_gateways) >= world.quotas.internet_gateways:
        raise AwsError("InternetGatewayLimitExceeded", "The maximum number of internet gateways has been reached.")


def security_groups(world: World, call: Call) -> None:
    """Security groups per region."""
    groups = world.ec2(call.place).groups
    if sum(len(of_vpc) for of_vpc in groups.values()) >= world.quotas.security_groups:
        raise AwsError("SecurityGroupLimitExceeded", "The maximum number of security groups has been reached.")


def subnets(world: World, call: Call) -> None:
    """Subnets per VPC."""
    of_zones = world.ec2(call.place).subnets.values()
    have = sum(subnet.vpc_id == call.params["VpcId"] for zone in of_zones for subnet in zone.values())
    if have >= world.quotas.subnets_per_vpc:
        raise AwsError("SubnetLimitExceeded", "The maximum number of subnets has been reached.")


def route_tables(world: World, call: Call) -> None:
    """Route tables per VPC; the main one counts."""
    tables = world.ec2(call.place).route_tables.values()
    if sum(table.vpc_id == call.params["VpcId"] for table in tables) >= world.quotas.route_tables_per_vpc:
        raise AwsError("RouteTableLimitExceeded", "The maximum number of route tables has been reached.")


def interface_endpoints(world: World, call: Call) -> None:
    """Interface endpoints per VPC."""
    if call.params.get("VpcEndpointType") != "Interface":
        return
    endpoints = world.ec2(call.place).vpc_end_points.values()
    have = sum(one.vpc_id == call.params["VpcId"] and one.vpc_endpoint_type == "Interface" for one in endpoints)
    if have >= world.quotas.interface_endpoints_per_vpc:
        raise AwsError("VpcEndpointLimitExceeded", "The maximum number of interface endpoints has been reached.")
