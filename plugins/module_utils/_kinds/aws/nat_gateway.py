# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Kind nat_gateway."""

from __future__ import annotations

import typing as t

from ..._clients.aws import Port
from ..._engine.kind import Seen, Status
from ..._engine.options import setting
from . import marks
from .ec2 import Ec2Kind, Row, given


class NatGateway(Ec2Kind):
    """A managed way out for subnets that nobody reaches from outside."""

    name = "nat_gateway"
    description = "A NAT gateway in one subnet."
    source = "EC2 CreateNatGateway, DeleteNatGateway"
    options = {
        "subnet": setting(
            "Subnet that it stands in, a public one unless it is private.", ref="subnet", needed=True, immutable=True
        ),
        "elastic_ip": setting("Its public address; a private one has none.", ref="elastic_ip", immutable=True),
        "connectivity": setting(
            "V(public), the default, leads to the internet, V(private) to other networks of ours.",
            choices=("public", "private"),
            immutable=True,
        ),
        "tags": marks.TAGS,
    }
    # Its creation fails in a VPC without one, and one cannot be detached while it is there.
    after = ("internet_gateway",)
    deadline = 900
    describe = ("describe_nat_gateways", "NatGateways")
    filter_key = "Filter"
    id_field = "NatGatewayId"
    tag_type = "natgateway"
    state_field = "State"
    statuses = {"pending": Status.PENDING, "failed": Status.FAILED, "deleting": Status.DELETING}
    gone = frozenset({"deleted"})

    def check(self, options: Row) -> str:
        """A public one has an address, a private one has none."""
        private = options.get("connectivity") == "private"
        if private and options.get("elastic_ip"):
            return "a private NAT gateway has no elastic_ip"
        return "" if private or options.get("elastic_ip") else "a public NAT gateway needs elastic_ip"

    def state(self, port: Port, row: Row) -> Row:
        """See options."""
        return {
            "subnet": row["SubnetId"],
            "elastic_ip": _address(row).get("AllocationId"),
            "connectivity": row.get("ConnectivityType", "public"),
        }

    def attributes(self, row: Row) -> Row:
        """The address that others see."""
        return {"public_ip": _address(row).get("PublicIp")}

    def make(self, port: Port, name: str, options: Row, tags: list[dict[str, t.Any]]) -> Row:
        """See Ec2Kind."""
        wish = given(AllocationId=options.get("elastic_ip"), ConnectivityType=options.get("connectivity"))
        answer = port.call("ec2", "create_nat_gateway", SubnetId=options["subnet"], TagSpecifications=tags, **wish)
        return t.cast(Row, answer["NatGateway"])

    def remove(self, port: Port, seen: Seen) -> None:
        """Takes minutes; its address is free afterwards."""
        port.call("ec2", "delete_nat_gateway", NatGatewayId=seen.id)


def _address(row: Row) -> Row:
    """The main address; it may have more that somebody added."""
    addresses = sorted(row.get("NatGatewayAddresses", ()), key=lambda address: not address.get("IsPrimary", True))
    return addresses[0] if addresses else {}
