# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What EC2 does not let go of while something depends on it."""

from __future__ import annotations

import re

from moto.ec2.models import EC2Backend

from twin.aws.call import Call
from twin.aws.ec2 import interfaces
from twin.aws.ec2.nat_gateways import FINAL
from twin.aws.errors import AwsError
from twin.aws.world import World

DESCRIPTION = re.compile(r"[\w .:/()#,@\[\]+=&;{}!$*-]{1,255}", re.ASCII)


def dry_run(world: World, call: Call) -> None:
    """A dry run that came so far is allowed, and ends here: moto would do it in earnest."""
    if call.params.get("DryRun"):
        raise AwsError("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412)


def delete_subnet(world: World, call: Call) -> None:
    """Refuse while an interface is in the subnet."""
    ec2, subnet_id = world.ec2(call.place), call.params["SubnetId"]
    interfaces.find_subnet(ec2, subnet_id)
    if any(eni.subnet.id == subnet_id for eni in interfaces.present(ec2)):
        raise _dependency(f"The subnet '{subnet_id}' has dependencies and cannot be deleted.")
    for table in ec2.route_tables.values():
        for association in [key for key, value in table._associations.items() if value == subnet_id]:
            del table._associations[association]


def delete_vpc(world: World, call: Call) -> None:
    """Refuse while anything of it is left that the caller made or that EC2 made for the caller."""
    ec2, vpc_id = world.ec2(call.place), call.params["VpcId"]
    ec2.get_vpc(vpc_id)
    groups = [group for group in ec2.groups.get(vpc_id, {}).values() if group.name != "default"]
    attached = [gateway for gateway in ec2.internet_gateways.values() if gateway.vpc and gateway.vpc.id == vpc_id]
    gateways = [nat for nat in ec2.nat_gateways.values() if nat.vpc_id == vpc_id and nat.state not in FINAL]
    endpoints = [endpoint for endpoint in ec2.vpc_end_points.values() if endpoint.vpc_id == vpc_id]
    enis = [eni for eni in interfaces.present(ec2) if eni.subnet.vpc_id == vpc_id]
    if groups or attached or gateways or endpoints or enis:
        raise _dependency(f"The vpc '{vpc_id}' has dependencies and cannot be deleted.")


def detach_internet_gateway(world: World, call: Call) -> None:
    """Refuse while public addresses are mapped into the VPC."""
    ec2, vpc_id = world.ec2(call.place), call.params["VpcId"]
    if any(eni.subnet.vpc_id == vpc_id and eni.public_ip for eni in interfaces.present(ec2)):
        remedy = "Please unmap those public address(es) before detaching the gateway."
        raise _dependency(f"Network {vpc_id} has some mapped public address(es). {remedy}")


def attach_internet_gateway(world: World, call: Call) -> None:
    """Refuse a second gateway for a VPC."""
    ec2, vpc_id = world.ec2(call.place), call.params["VpcId"]
    if any(gateway.vpc and gateway.vpc.id == vpc_id for gateway in ec2.internet_gateways.values()):
        message = f"Network {vpc_id} already has an internet gateway attached"
        raise AwsError("InvalidParameterValue", message)


def create_security_group(world: World, call: Call) -> None:
    """Refuse letters that EC2 does not take in a description."""
    told = str(call.params["Description"])
    if not DESCRIPTION.fullmatch(told):
        message = f"Value ({told}) for parameter GroupDescription is invalid. Character sets beyond ASCII"
        raise AwsError("InvalidParameterValue", f"{message} are not supported.")


def delete_security_group(world: World, call: Call) -> None:
    """Refuse the default group, and one that an interface or another group's rule uses."""
    ec2, group_id = world.ec2(call.place), call.params.get("GroupId")
    group = ec2.get_security_group_from_id(group_id) if group_id else None
    if group is None:
        return
    if group.name == "default":
        raise AwsError("CannotDelete", f'the specified group: "{group_id}" name: "default" cannot be deleted by a user')
    if _group_used(ec2, str(group_id)):
        raise _dependency(f"resource {group_id} has a dependent object")


def release_address(world: World, call: Call) -> None:
    """Refuse while the address is associated; where a service holds it, in EC2's misleading words."""
    ec2, allocation_id = world.ec2(call.place), call.params.get("AllocationId")
    for address in ec2.addresses:
        if address.allocation_id != allocation_id or not address.association_id:
            continue
        if address.eni is not None and address.eni.requester_managed:
            raise AwsError("AuthFailure", "You do not have permission to access the specified resource.")
        raise AwsError("InvalidIPAddress.InUse", f"Address {address.public_ip} is in use.")


def delete_network_interface(world: World, call: Call) -> None:
    """Refuse an interface in use; those of a service only the service can delete."""
    eni = world.ec2(call.place).enis.get(call.params["NetworkInterfaceId"])
    if eni is not None and eni.requester_managed:
        raise AwsError(
            "OperationNotPermitted", f"You are not allowed to manage '{eni.id}': it belongs to a service.", 403
        )
    if eni is not None and eni.instance is not None and eni.instance.state != "terminated":
        raise AwsError("InvalidParameterValue", f"Network interface '{eni.id}' is currently in use.")


def delete_route_table(world: World, call: Call) -> None:
    """Refuse the main table of a VPC."""
    table = world.ec2(call.place).route_tables.get(call.params["RouteTableId"])
    if table is not None and table.main_association_id:
        raise _dependency(f"The routeTable '{table.id}' has dependencies and cannot be deleted.")


def _group_used(ec2: EC2Backend, group_id: str) -> bool:
    for eni in interfaces.present(ec2):
        if any(group.id == group_id for group in eni.group_set):
            return True
    for endpoint in ec2.vpc_end_points.values():
        if group_id in endpoint.security_group_ids:
            return True
    others = [group for groups in ec2.groups.values() for group in groups.values() if group.id != group_id]
    rules = [rule for group in others for rule in [*group.ingress_rules, *group.egress_rules]]
    return any((rule.source_group or {}).get("GroupId") == group_id for rule in rules)


def _dependency(message: str) -> AwsError:
    return AwsError("DependencyViolation", message)
