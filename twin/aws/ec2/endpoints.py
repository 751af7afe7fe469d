# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""VPC endpoints: pending, available, changed in place, deleting, gone."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from moto.ec2.models import EC2Backend
from moto.ec2.models.vpcs import VPCEndPoint

from twin.aws import states
from twin.aws.call import Call
from twin.aws.ec2 import endpoint_services, interfaces
from twin.aws.ec2.endpoint_routes import add_routes, check_free, remove_routes
from twin.aws.ec2.idempotency import once
from twin.aws.ec2.tag_specifications import tags_for
from twin.aws.errors import AwsError
from twin.aws.world import World

CREATE_SECONDS = 60.0
GATEWAY_CREATE_SECONDS = 5.0
DELETE_SECONDS = 60.0


def create_vpc_endpoint(world: World, call: Call) -> Mapping[str, Any]:
    """A new endpoint, with interfaces in its subnets or routes in its route tables."""
    endpoint = once(world, call, lambda: _create(world, call))
    return {"VpcEndpoint": endpoint, "ClientToken": call.params.get("ClientToken")}


def modify_vpc_endpoint(world: World, call: Call) -> Mapping[str, Any]:
    """Change policy, subnets, groups, route tables and private DNS of an endpoint that is available."""
    ec2, params = world.ec2(call.place), call.params
    endpoint = _find(ec2, params["VpcEndpointId"])
    if endpoint.state != "available":
        raise AwsError("InvalidState", f"Endpoint {endpoint.id} is {endpoint.state}: it cannot be modified")
    if params.get("ResetPolicy"):
        endpoint.policy_document = json.dumps(VPCEndPoint.DEFAULT_POLICY)
    elif params.get("PolicyDocument"):
        endpoint.policy_document = _policy(params["PolicyDocument"])
    if params.get("PrivateDnsEnabled") is not None:
        _check_private_dns(ec2, endpoint.vpc_id, endpoint.service_name, params["PrivateDnsEnabled"], but=endpoint.id)
        endpoint.private_dns_enabled = params["PrivateDnsEnabled"]
    _check_groups(ec2, params.get("AddSecurityGroupIds") or [], endpoint.vpc_id)
    endpoint.security_group_ids = _changed(
        endpoint.security_group_ids, params.get("AddSecurityGroupIds"), params.get("RemoveSecurityGroupIds")
    )
    _change_subnets(ec2, endpoint, params.get("AddSubnetIds") or [], params.get("RemoveSubnetIds") or [])
    _change_route_tables(ec2, endpoint, params.get("AddRouteTableIds") or [], params.get("RemoveRouteTableIds") or [])
    return {"Return": True}


def delete_vpc_endpoints(world: World, call: Call) -> Mapping[str, Any]:
    """Delete what exists; ids that do not are reported, not raised, as EC2 does."""
    ec2 = world.ec2(call.place)
    unsuccessful = []
    for endpoint_id in call.params["VpcEndpointIds"]:
        endpoint = ec2.vpc_end_points.get(endpoint_id)
        if endpoint is None:
            error = {
                "Code": "InvalidVpcEndpoint.NotFound",
                "Message": f"The VpcEndpoint Id '{endpoint_id}' does not exist",
            }
            unsuccessful.append({"Error": error, "ResourceId": endpoint_id})
        elif endpoint.state != "deleting":
            endpoint.state = "deleting"
            _begin_delete(world, call, ec2, endpoint)
    return {"Unsuccessful": unsuccessful}


def _create(world: World, call: Call) -> VPCEndPoint:
    ec2, params = world.ec2(call.place), call.params
    kind = params.get("VpcEndpointType") or "Gateway"
    vpc = ec2.get_vpc(params["VpcId"])
    service = str(params["ServiceName"])
    endpoint_services.check(call.account, call.region, service, kind)
    policy = _policy(params["PolicyDocument"]) if params.get("PolicyDocument") else None
    tags = tags_for(call, "vpc-endpoint")
    private_dns = kind == "Interface" and params.get("PrivateDnsEnabled") is not False
    groups = list(params.get("SecurityGroupIds") or [])
    if kind == "Interface":
        _check_private_dns(ec2, vpc.id, service, private_dns)
        _check_groups(ec2, groups, vpc.id)
        _check_zones(ec2, params.get("SubnetIds") or [], vpc.id)
        groups = groups or [_default_group(ec2, vpc.id)]
        if params.get("RouteTableIds"):
            raise AwsError("InvalidParameter", "Route tables are only for gateway endpoints")
    elif groups or params.get("SubnetIds"):
        raise AwsError("InvalidParameter", "Subnets and security groups are only for interface endpoints")
    check_free(ec2, vpc.id, service, params.get("RouteTableIds") or [])
    endpoint = ec2.create_vpc_endpoint(
        vpc.id,
        service,
        kind,
        policy,
        [],
        subnet_ids=[],
        security_group_ids=groups,
        tags=tags,
        private_dns_enabled=private_dns,
    )
    _change_subnets(ec2, endpoint, params.get("SubnetIds") or [], [])
    _change_route_tables(ec2, endpoint, params.get("RouteTableIds") or [], [])
    endpoint.state = "pending"

    def done() -> None:
        if endpoint.state == "pending":
            endpoint.state = "available"

    def failed(_code: str) -> None:
        endpoint.state = "failed"

    states.transition(world, call, CREATE_SECONDS if kind == "Interface" else GATEWAY_CREATE_SECONDS, done, failed)
    return endpoint


def _begin_delete(world: World, call: Call, ec2: EC2Backend, endpoint: VPCEndPoint) -> None:
    def done() -> None:
        for eni_id in endpoint.network_interface_ids:
            interfaces.remove(ec2, eni_id)
        remove_routes(ec2, endpoint, endpoint.route_table_ids)
        ec2.vpc_end_points.pop(endpoint.id, None)

    interface = endpoint.vpc_endpoint_type == "Interface"
    states.transition(world, call, DELETE_SECONDS if interface else GATEWAY_CREATE_SECONDS, done)


def _change_subnets(ec2: EC2Backend, endpoint: VPCEndPoint, added: Sequence[str], removed: Sequence[str]) -> None:
    before = list(endpoint.subnet_ids or [])
    after = _changed(before, added, removed)
    _check_zones(ec2, after, endpoint.vpc_id)
    gone = {subnet_id for subnet_id in before if subnet_id not in after}
    for eni_id in list(endpoint.network_interface_ids):
        if ec2.enis[eni_id].subnet.id in gone:
            interfaces.remove(ec2, eni_id)
            endpoint.network_interface_ids.remove(eni_id)
    for subnet_id in after:
        if subnet_id not in before:
            subnet = interfaces.find_subnet(ec2, subnet_id)
            description = f"VPC Endpoint Interface {endpoint.id}"
            eni = interfaces.interface(ec2, subnet, endpoint.security_group_ids, description, "vpc_endpoint")
            endpoint.network_interface_ids.append(eni.id)
    endpoint.subnet_ids = after


def _change_route_tables(ec2: EC2Backend, endpoint: VPCEndPoint, added: Sequence[str], removed: Sequence[str]) -> None:
    if (added or removed) and endpoint.vpc_endpoint_type != "Gateway":
        raise AwsError("InvalidParameter", "Route tables are only for gateway endpoints")
    new = [table_id for table_id in added if table_id not in endpoint.route_table_ids]
    check_free(ec2, endpoint.vpc_id, endpoint.service_name, new)
    add_routes(ec2, endpoint, new)
    remove_routes(ec2, endpoint, [table_id for table_id in removed if table_id in endpoint.route_table_ids])
    endpoint.route_table_ids = _changed(endpoint.route_table_ids, added, removed)


def _changed(before: Sequence[str], added: Sequence[str] | None, removed: Sequence[str] | None) -> list[str]:
    kept = [one for one in before if one not in (removed or [])]
    return kept + [one for one in dict.fromkeys(added or []) if one not in kept]


def _check_private_dns(ec2: EC2Backend, vpc_id: str, service: str, wanted: bool, but: str = "") -> None:
    if not wanted:
        return
    vpc = ec2.get_vpc(vpc_id)
    if str(vpc.enable_dns_support).lower() != "true" or str(vpc.enable_dns_hostnames).lower() != "true":
        needs = "both enableDnsSupport and enableDnsHostnames VPC attributes set to true"
        raise AwsError("InvalidParameter", f"Enabling private DNS requires {needs} for {vpc_id}")
    for other in ec2.vpc_end_points.values():
        if other.id != but and other.vpc_id == vpc_id and other.service_name == service and other.private_dns_enabled:
            reason = f"there is already a conflicting DNS domain for {service} in the VPC {vpc_id}"
            raise AwsError("InvalidParameter", f"private-dns-enabled cannot be set because {reason}")


def _check_groups(ec2: EC2Backend, group_ids: Sequence[str], vpc_id: str) -> None:
    for group_id in group_ids:
        group = ec2.get_security_group_from_id(group_id)
        if group is None or group.vpc_id != vpc_id:
            raise AwsError("InvalidGroup.NotFound", f"The security group '{group_id}' does not exist in VPC '{vpc_id}'")


def _check_zones(ec2: EC2Backend, subnet_ids: Sequence[str], vpc_id: str) -> None:
    zones: set[str] = set()
    for subnet_id in subnet_ids:
        subnet = interfaces.find_subnet(ec2, subnet_id)
        if subnet.vpc_id != vpc_id:
            raise AwsError("InvalidParameter", f"Subnet {subnet_id} is not in {vpc_id}")
        if subnet.availability_zone in zones:
            message = f"Found another VPC endpoint subnet in the availability zone of {subnet_id}."
            raise AwsError("DuplicateSubnetsInSameZone", message)
        zones.add(subnet.availability_zone)


def _default_group(ec2: EC2Backend, vpc_id: str) -> str:
    group = ec2.get_security_group_from_name("default", vpc_id)
    if group is None:
        raise AwsError("InvalidGroup.NotFound", f"The default security group of {vpc_id} does not exist")
    return str(group.id)


def _policy(text: str) -> str:
    try:
        json.loads(text)
    except ValueError as error:
        raise AwsError("InvalidPolicyDocument", f"The policy is not valid JSON: {error}") from error
    return text


def _find(ec2: EC2Backend, endpoint_id: str) -> VPCEndPoint:
    if endpoint_id not in ec2.vpc_end_points:
        raise AwsError("InvalidVpcEndpointId.NotFound", f"The Vpc Endpoint Id '{endpoint_id}' does not exist")
    return ec2.vpc_end_points[endpoint_id]
