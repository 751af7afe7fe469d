# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Kind internet_gateway."""

from __future__ import annotations

import typing as t

from ..._clients.aws import Port
from ..._engine.errors import NotFound
from ..._engine.kind import Query, Seen, Status, Watch
from ..._engine.options import Impact, setting
from . import marks
from .ec2 import Ec2Kind, Row


class InternetGateway(Ec2Kind):
    """A VPC's way to and from the internet. A subnet is public when its routes lead here."""

    name = "internet_gateway"
    description = "An internet gateway, attached to a VPC."
    source = "EC2 CreateInternetGateway, AttachInternetGateway, DetachInternetGateway"
    options = {
        # Not more than brief: a gateway that a killed run left unattached must be attached by the next one
        # without anybody's consent. EC2 itself refuses to detach one that public addresses still use.
        "vpc": setting("VPC that it is attached to; it has no other.", ref="vpc", needed=True, impact=Impact.BRIEF),
        "tags": marks.TAGS,
    }
    # AWS takes its own interfaces back minutes after the cluster or the node that had them.
    deadline = 1200
    describe = ("describe_internet_gateways", "InternetGateways")
    id_field = "InternetGatewayId"
    tag_type = "internet-gateway"
    later = ("vpc",)

    def state(self, port: Port, row: Row) -> Row:
        """See options."""
        return {"vpc": _attached(row)}

    def make(self, port: Port, name: str, options: Row, tags: list[dict[str, t.Any]]) -> Row:
        """See Ec2Kind."""
        return t.cast(Row, port.call("ec2", "create_internet_gateway", TagSpecifications=tags)["InternetGateway"])

    def change(self, port: Port, seen: Seen, options: Row, fields: t.Collection[str]) -> t.Iterable[Watch]:
        """Attach it, after detaching it from another VPC."""
        self._detach(port, seen)
        port.call("ec2", "attach_internet_gateway", InternetGatewayId=seen.id, VpcId=options["vpc"])
        # A NAT gateway that is made before EC2 sees the attachment everywhere fails for good.
        yield Watch(f"{seen.id} is attached", lambda: self._there(port, seen, options["vpc"]))

    def _there(self, port: Port, seen: Seen, vpc: str) -> tuple[Status, str]:
        estate = marks.from_list(seen.handle["Tags"])[marks.ESTATE]
        attached = any(_attached(row) == vpc for row in self.rows(port, Query(estate, ids=[seen.id])))
        return (Status.READY, "") if attached else (Status.PENDING, f"EC2 does not show it attached to {vpc} yet")

    @staticmethod
    def _detach(port: Port, seen: Seen) -> None:
        vpc = _attached(seen.handle)
        if vpc:
            try:
                port.call("ec2", "detach_internet_gateway", InternetGatewayId=seen.id, VpcId=vpc)
            except NotFound:
                # Gateway.NotAttached: an attempt before this one did it.
                return

    def remove(self, port: Port, seen: Seen) -> None:
        """Refused by EC2 while public addresses are mapped through it."""
        self._detach(port, seen)
        port.call("ec2", "delete_internet_gateway", InternetGatewayId=seen.id)


def _attached(row: Row) -> str | None:
    found = (a["VpcId"] for a in row.get("Attachments", ()) if a["State"] in ("attaching", "attached", "available"))
    return next(found, None)
