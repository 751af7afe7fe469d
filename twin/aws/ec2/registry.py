# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the twin adds to moto's EC2."""

from __future__ import annotations

from collections.abc import Sequence

from moto.ec2.utils import EC2_PREFIX_TO_RESOURCE

from twin.aws.ec2 import (
    addresses,
    deletions,
    endpoints,
    guards,
    images,
    instances,
    launch_templates,
    nat_gateways,
    quotas,
    routes,
)
from twin.aws.world import After, Guard, Handler

ALL: Sequence[Guard] = (guards.dry_run,)
HANDLERS: dict[tuple[str, str], Handler] = {
    ("ec2", "CreateNatGateway"): nat_gateways.create_nat_gateway,
    ("ec2", "DescribeNatGateways"): nat_gateways.describe_nat_gateways,
    ("ec2", "DeleteNatGateway"): nat_gateways.delete_nat_gateway,
    ("ec2", "CreateVpcEndpoint"): endpoints.create_vpc_endpoint,
    ("ec2", "ModifyVpcEndpoint"): endpoints.modify_vpc_endpoint,
    ("ec2", "DeleteVpcEndpoints"): endpoints.delete_vpc_endpoints,
    ("ec2", "CreateLaunchTemplate"): launch_templates.create_launch_template,
    ("ec2", "CreateLaunchTemplateVersion"): launch_templates.create_launch_template_version,
}
GUARDS: dict[tuple[str, str], Sequence[Guard]] = {
    ("ec2", "CreateVpc"): (quotas.vpcs,),
    ("ec2", "AllocateAddress"): (quotas.addresses,),
    ("ec2", "CreateSubnet"): (quotas.subnets,),
    ("ec2", "CreateRouteTable"): (quotas.route_tables,),
    ("ec2", "CreateVpcEndpoint"): (quotas.interface_endpoints,),
    ("ec2", "CreateInternetGateway"): (quotas.internet_gateways,),
    ("ec2", "CreateSecurityGroup"): (guards.create_security_group, quotas.security_groups),
    ("ec2", "AttachInternetGateway"): (guards.attach_internet_gateway,),
    ("ec2", "DetachInternetGateway"): (guards.detach_internet_gateway,),
    ("ec2", "DeleteSubnet"): (guards.delete_subnet,),
    ("ec2", "DeleteVpc"): (guards.delete_vpc,),
    ("ec2", "DeleteSecurityGroup"): (guards.delete_security_group,),
    ("ec2", "DeleteRouteTable"): (guards.delete_route_table,),
    ("ec2", "DeleteNetworkInterface"): (guards.delete_network_interface,),
    ("ec2", "ReleaseAddress"): (guards.release_address,),
}
AFTERS: dict[tuple[str, str], Sequence[After]] = {
    ("ec2", "DeleteVpc"): (deletions.network_acls,),
}


def install() -> None:
    """Correct moto's models."""
    instances.install()
    addresses.install()
    images.install()
    routes.install()
    # The name under which EC2 files the tags of NAT gateways.
    EC2_PREFIX_TO_RESOURCE["nat"] = "natgateway"
