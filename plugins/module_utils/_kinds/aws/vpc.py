# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Kind vpc."""

from __future__ import annotations

import typing as t

from ..._clients.aws import Port
from ..._engine.kind import Query, Seen, Status, Watch
from ..._engine.options import Impact, names, setting
from . import marks
from .ec2 import Ec2Kind, Row

_ATTRIBUTES = {"dns_support": "EnableDnsSupport", "dns_hostnames": "EnableDnsHostnames"}


class Vpc(Ec2Kind):
    """A virtual private cloud by itself; subnets, gateways and routes are kinds of their own."""

    name = "vpc"
    description = "A virtual private cloud."
    source = "EC2 CreateVpc, ModifyVpcAttribute, AssociateVpcCidrBlock"
    options = {
        "cidr": setting("Primary IPv4 range, C(/16) to C(/28).", needed=True, immutable=True),
        "secondary_cidrs": names("Further IPv4 ranges.", impact=Impact.DISRUPTIVE),
        "dns_support": setting("Whether Amazon's resolver answers in the VPC.", type="bool"),
        "dns_hostnames": setting("Whether instances get public DNS names. EKS needs it.", type="bool"),
        "tenancy": setting("Tenancy of instances.", choices=("default", "dedicated"), immutable=True),
        "tags": marks.TAGS,
    }
    describe = ("describe_vpcs", "Vpcs")
    id_field = "VpcId"
    id_filter = "vpc-id"
    tag_type = "vpc"
    state_field = "State"
    statuses = {"pending": Status.PENDING}

    def rows(self, port: Port, query: Query) -> list[Row]:
        """A region has few VPCs: all are read, so that somebody else's with our name is noticed."""
        if query.ids:
            return super().rows(port, query)
        return port.pages("ec2", "describe_vpcs", "Vpcs")

    def observe(self, port: Port, query: Query) -> t.Sequence[Seen]:
        """Ours, and others that bear a wished name."""
        names = {wish.name for wish in query.wishes}
        rows = [
            row
            for row in self.rows(port, query)
            if query.ids or _concerns(marks.from_list(row.get("Tags")), query.estate, names)
        ]
        return [self._seen(port, row, query) for row in rows]

    def state(self, port: Port, row: Row) -> Row:
        """See options; DNS settings need a call each."""
        blocks = [
            block["CidrBlock"]
            for block in row.get("CidrBlockAssociationSet", ())
            if block["CidrBlockState"]["State"] in ("associating", "associated")
        ]
        return {
            "cidr": row["CidrBlock"],
            "secondary_cidrs": sorted(block for block in blocks if block != row["CidrBlock"]),
            "tenancy": row.get("InstanceTenancy"),
            **{field: _attribute(port, row["VpcId"], name) for field, name in _ATTRIBUTES.items()},
        }

    def create(self, port: Port, estate: str, name: str, options: Row) -> Seen:
        """Create, then set what CreateVpc does not take."""
        wish = {"CidrBlock": options["cidr"], "TagSpecifications": self.tagged(estate, name, options)}
        if options.get("tenancy"):
            wish["InstanceTenancy"] = options["tenancy"]
        row = port.call("ec2", "create_vpc", **wish)["Vpc"]
        for cidr in options.get("secondary_cidrs") or ():
            port.call("ec2", "associate_vpc_cidr_block", VpcId=row["VpcId"], CidrBlock=cidr)
        self._set_attributes(port, row["VpcId"], options, _ATTRIBUTES)
        return self.made(port, estate, row)

    def change(self, port: Port, seen: Seen, options: Row, fields: t.Collection[str]) -> t.Iterable[Watch]:
        """DNS settings and secondary ranges."""
        self._set_attributes(port, seen.id, options, fields)
        if "secondary_cidrs" in fields:
            self._associate(port, seen, options["secondary_cidrs"])
        return ()

    @staticmethod
    def _set_attributes(port: Port, vpc: str, options: Row, fields: t.Collection[str]) -> None:
        for field, attribute in _ATTRIBUTES.items():
            if field in fields and options.get(field) is not None:
                port.call("ec2", "modify_vpc_attribute", VpcId=vpc, **{attribute: {"Value": options[field]}})

    @staticmethod
    def _associate(port: Port, seen: Seen, wished: t.Sequence[str]) -> None:
        for cidr in sorted(set(wished) - set(seen.state["secondary_cidrs"])):
            port.call("ec2", "associate_vpc_cidr_block", VpcId=seen.id, CidrBlock=cidr)
        for block in seen.handle.get("CidrBlockAssociationSet", ()):
            if block["CidrBlock"] not in {seen.state["cidr"], *wished}:
                port.call("ec2", "disassociate_vpc_cidr_block", AssociationId=block["AssociationId"])

    def delete(self, port: Port, seen: Seen) -> t.Iterator[Watch]:
        """The VPC has to be empty by then."""
        port.call("ec2", "delete_vpc", VpcId=seen.id)
        yield from ()


def _attribute(port: Port, vpc: str, name: str) -> bool:
    answer = port.call("ec2", "describe_vpc_attribute", VpcId=vpc, Attribute=name[0].lower() + name[1:])
    return bool(answer[name]["Value"])


def _concerns(tags: marks.Tags, estate: str, names: t.Collection[str]) -> bool:
    return tags.get(marks.ESTATE) == estate or marks.name_of(tags) in names
