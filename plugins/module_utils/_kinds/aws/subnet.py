# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Kind subnet."""

from __future__ import annotations

import typing as t

from ..._clients.aws import Port
from ..._engine.kind import Seen, Status, Watch
from ..._engine.options import setting
from . import marks, ranges
from .ec2 import Ec2Kind, Row


class Subnet(Ec2Kind):
    """A subnet of a VPC. Whether it is public is decided by its route table, not here."""

    name = "subnet"
    description = "A subnet of a VPC in one Availability Zone."
    source = "EC2 CreateSubnet, ModifySubnetAttribute"
    options = {
        "vpc": setting("VPC that holds it.", ref="vpc", needed=True, immutable=True),
        "cidr": setting("IPv4 range, inside the VPC's.", needed=True, immutable=True),
        "availability_zone": setting("Zone, for example V(us-east-2a).", needed=True, immutable=True),
        "map_public_ip": setting("Whether new network interfaces get a public IPv4 address.", type="bool"),
        "tags": marks.TAGS,
    }
    # AWS takes its own interfaces back minutes after the cluster or the node that had them.
    deadline = 1200
    describe = ("describe_subnets", "Subnets")
    id_field = "SubnetId"
    tag_type = "subnet"
    state_field = "State"
    statuses = {"pending": Status.PENDING}
    later = ("map_public_ip",)

    def check(self, options: Row) -> str:
        """See Kind."""
        return ranges.wrong(options.get("cidr"))

    def normal(self, options: Row) -> Row:
        """A range without host bits, as EC2 keeps it."""
        return {**options, "cidr": ranges.canonical(options["cidr"])} if options.get("cidr") else options

    def state(self, port: Port, row: Row) -> Row:
        """See options."""
        return {
            "vpc": row["VpcId"],
            "cidr": row["CidrBlock"],
            "availability_zone": row["AvailabilityZone"],
            "map_public_ip": row.get("MapPublicIpOnLaunch", False),
        }

    def make(self, port: Port, name: str, options: Row, tags: list[dict[str, t.Any]]) -> Row:
        """See Ec2Kind."""
        answer = port.call(
            "ec2",
            "create_subnet",
            VpcId=options["vpc"],
            CidrBlock=options["cidr"],
            AvailabilityZone=options["availability_zone"],
            TagSpecifications=tags,
        )
        return t.cast(Row, answer["Subnet"])

    def change(self, port: Port, seen: Seen, options: Row, fields: t.Collection[str]) -> t.Iterable[Watch]:
        """Only the mapping of public addresses can change."""
        value = {"Value": options["map_public_ip"]}
        port.call("ec2", "modify_subnet_attribute", SubnetId=seen.id, MapPublicIpOnLaunch=value)
        return ()

    def remove(self, port: Port, seen: Seen) -> None:
        """Refused by EC2 while interfaces are left in it."""
        port.call("ec2", "delete_subnet", SubnetId=seen.id)
