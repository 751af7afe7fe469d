# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""NAT gateways: pending, then available or failed; deleting, then deleted, and only then is the address free."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.ec2.models import EC2Backend
from moto.ec2.models.nat_gateways import NatGateway

from twin.aws import states
from twin.aws.call import Call
from twin.aws.ec2 import interfaces
from twin.aws.ec2.filters import matching
from twin.aws.ec2.idempotency import once
from twin.aws.ec2.tag_specifications import tags_for
from twin.aws.errors import AwsError
from twin.aws.world import World

CREATE_SECONDS = 90.0
DELETE_SECONDS = 60.0
# For so long a deleted gateway is still listed.
REMEMBERED_SECONDS = 3600.0
FINAL = ("deleted", "failed")


def create_nat_gateway(world: World, call: Call) -> Mapping[str, Any]:
    """A new gateway, with an address of its subnet and, if public, an elastic address of its own."""
    nat = once(world, call, lambda: _create(world, call))
    return {"NatGateway": nat, "ClientToken": call.params.get("ClientToken")}


def describe_nat_gateways(world: World, call: Call) -> Mapping[str, Any]:
    """Gateways by id and filter, deleted ones for an hour."""
    ec2 = world.ec2(call.place)
    wanted = call.params.get("NatGatewayIds") or []
    for nat_id in wanted:
        _find(ec2, nat_id)
    chosen = [nat for nat in ec2.nat_gateways.values() if not wanted or nat.id in wanted]
    fields = {
        "nat-gateway-id": lambda nat: nat.id,
        "vpc-id": lambda nat: nat.vpc_id,
        "subnet-id": lambda nat: nat.subnet_id,
        "state": lambda nat: nat.state,
    }
    return {"NatGateways": matching(call, chosen, fields)}


def delete_nat_gateway(world: World, call: Call) -> Mapping[str, Any]:
    """Deleting for a while; deleting twice is no error, as in EC2."""
    ec2 = world.ec2(call.place)
    nat = _find(ec2, call.params["NatGatewayId"])
    if nat.state in ("available", "failed", "pending"):
        nat.state = "deleting"
        states.transition(world, call, DELETE_SECONDS, lambda: _finish_delete(world, ec2, nat))
    return {"NatGatewayId": nat.id}


def _create(world: World, call: Call) -> NatGateway:
    ec2 = world.ec2(call.place)
    params = call.params
    subnet = interfaces.find_subnet(ec2, params["SubnetId"])
    connectivity = params.get("ConnectivityType") or "public"
    _check_address(ec2, connectivity, params.get("AllocationId"))
    in_zone = [
        nat
        for nat in ec2.nat_gateways.values()
        if nat.state not in FINAL and nat._eni.subnet.availability_zone == subnet.availability_zone
    ]
    if len(in_zone) >= world.quotas.nat_gateways_per_zone:
        message = (
            f"Performing this operation would exceed the limit of {world.quotas.nat_gateways_per_zone} NAT gateways"
        )
        raise AwsError("NatGatewayLimitExceeded", message)
    tags = tags_for(call, "natgateway")
    # moto would give it an address out of nowhere: let it make none, and put in an interface of the subnet.
    nat = ec2.create_nat_gateway(subnet.id, "", tags=tags, connectivity_type=connectivity)
    ec2.enis.pop(nat._eni.id)
    eni = interfaces.interface(ec2, subnet, [], f"Interface for NAT Gateway {nat.id}", "nat_gateway")
    nat._eni = eni
    nat.private_ip = eni.private_ip_address or ""
    address: dict[str, Any] = {"networkInterfaceId": eni.id, "privateIp": eni.private_ip_address, "isPrimary": True}
    if connectivity == "public":
        eip = ec2.associate_address(eni=eni, allocation_id=params["AllocationId"])
        address |= {"allocationId": eip.allocation_id, "publicIp": eip.public_ip, "associationId": eip.association_id}
    nat.address_set = [address]
    nat.state = "pending"
    states.transition(
        world,
        call,
        CREATE_SECONDS,
        lambda: _finish_create(ec2, nat),
        lambda code: _fail(nat, code or "InternalError", "injected by the twin"),
    )
    return nat


def _check_address(ec2: EC2Backend, connectivity: str, allocation_id: str | None) -> None:
    if connectivity == "private":
        if allocation_id:
            raise AwsError("InvalidParameterCombination", "AllocationId is not allowed with a private NAT gateway")
        return
    if not allocation_id:
        raise AwsError("MissingParameter", "The request must contain the parameter AllocationId")
    eip = next((address for address in ec2.addresses if address.allocation_id == allocation_id), None)
    if eip is None:
        message = f"The allocation ID '{allocation_id}' does not exist"
        raise AwsError("InvalidAllocationID.NotFound", message)
    if eip.association_id:
        raise AwsError("Resource.AlreadyAssociated", f"Elastic IP address [{allocation_id}] is already associated")


def _finish_create(ec2: EC2Backend, nat: NatGateway) -> None:
    if nat.state != "pending":
        return
    attached = any(gateway.vpc and gateway.vpc.id == nat.vpc_id for gateway in ec2.internet_gateways.values())
    if nat.connectivity_type == "public" and not attached:
        _fail(nat, "Gateway.NotAttached", f"Network {nat.vpc_id} has no Internet gateway attached")
    else:
        nat.state = "available"


def _fail(nat: NatGateway, code: str, message: str) -> None:
    nat.state = "failed"
    # The serializer takes what it finds on the object, so the members that moto lacks are set here.
    vars(nat).update(failure_code=code, failure_message=message)


def _finish_delete(world: World, ec2: EC2Backend, nat: NatGateway) -> None:
    for eip in ec2.addresses:
        if eip.eni is nat._eni:
            ec2.disassociate_address(address=eip.public_ip)
    interfaces.remove(ec2, nat._eni.id)
    nat.state = "deleted"

    def forget() -> None:
        ec2.nat_gateways.pop(nat.id, None)

    world.schedule.after(REMEMBERED_SECONDS, forget)


def _find(ec2: EC2Backend, nat_id: str) -> NatGateway:
    if nat_id not in ec2.nat_gateways:
        raise AwsError("NatGatewayNotFound", f"The Nat Gateway {nat_id} was not found")
    return ec2.nat_gateways[nat_id]
