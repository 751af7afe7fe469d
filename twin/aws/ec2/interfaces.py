# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Network interfaces that a service puts into a subnet: an address of that subnet, in use, not the caller's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast

from moto.ec2.models import EC2Backend
from moto.ec2.models.elastic_network_interfaces import NetworkInterface
from moto.ec2.models.subnets import Subnet

from twin.aws.errors import AwsError


def find_subnet(ec2: EC2Backend, subnet_id: str) -> Subnet:
    """The subnet by id.

    :raises AwsError: InvalidSubnetID.NotFound.
    """
    for zone in ec2.subnets.values():
        if subnet_id in zone:
            return zone[subnet_id]
    raise AwsError("InvalidSubnetID.NotFound", f"The subnet ID '{subnet_id}' does not exist")


def interface(
    ec2: EC2Backend, subnet: Subnet, group_ids: Sequence[str], description: str, kind: str = "interface"
) -> NetworkInterface:
    """Make a service's interface. ``kind`` is EC2's InterfaceType."""
    # moto notes the address's owner only to know that it is taken; any value does.
    address = subnet.get_available_subnet_ip(cast("Any", description))
    eni = ec2.create_network_interface(subnet, address, group_ids=list(group_ids), description=description)
    eni.status = "in-use"
    eni.requester_managed = True
    eni.interface_type = kind
    if not group_ids:
        # moto would put it into the VPC's default group, which then counts as used.
        eni._group_set = []
    return eni


def remove(ec2: EC2Backend, eni_id: str) -> None:
    """Take an interface away and give its address back; an unknown one is no error."""
    eni = ec2.enis.pop(eni_id, None)
    if eni is not None and eni.private_ip_address:
        eni.subnet.del_subnet_ip(eni.private_ip_address)


def present(ec2: EC2Backend) -> Iterator[NetworkInterface]:
    """All interfaces that exist; those of terminated instances do not any more."""
    for eni in list(ec2.enis.values()):
        if eni.instance is None or eni.instance.state != "terminated":
            yield eni
