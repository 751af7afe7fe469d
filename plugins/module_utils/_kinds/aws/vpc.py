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
from . import marks, ranges
from .ec2 import Ec2Kind, Row, given
from .parallel import each

_ATTRIBUTES = {"dns_support": "EnableDnsSupport", "dns_hostnames": "EnableDnsHostnames"}


class Vpc(Ec2Kind):
    """A virtual private cloud by itself; subnets, gateways and routes are kinds of their own."""

    name = "vpc"
    description = "A virtual private cloud."
    source = "EC2 CreateVpc, ModifyVpcAttribute, AssociateVpcCidrBlock, DisassociateVpcCidrBlock"
    options = {
        "cidr": setting("Primary IPv4 range, C(/16) to C(/28).", needed=True, immutable=True),
        # EC2 itself refuses to take a range away that a subnet lies in.
        "secondary_cidrs": names("Further IPv4 ranges.", impact=Impact.BRIEF),
        "dns_support": setting("Whether Amazon's resolver answers in the VPC.", type="bool", impact=Impact.BRIEF),
        "dns_hostnames": setting(
            "Whether instances get public DNS names. EKS needs it.", type="bool", impact=Impact.BRIEF
        ),
        "tenancy": setting("Tenancy of instances.", choices=("default", "dedicated"), immutable=True),
        "tags": marks.TAGS,
    }
    describe = ("describe_vpcs", "Vpcs")
    id_field = "VpcId"
    claimed = True
    tag_type = "vpc"
    state_field = "State"
    statuses = {"pending": Status.PENDING}
    later = ("secondary_cidrs", "dns_support", "dns_hostnames")

    def check(self, options: Row) -> str:
        """See Kind."""
        return ranges.wrong(options.get("cidr"), *(options.get("secondary_cidrs") or ()))

    def normal(self, options: Row) -> Row:
        """Ranges without host bits, as EC2 keeps them."""
        wish = dict(options)
        if wish.get("cidr"):
            wish["cidr"] = ranges.canonical(wish["cidr"])
        if wish.get("secondary_cidrs"):
            wish["secondary_cidrs"] = [ranges.canonical(one) for one in wish["secondary_cidrs"]]
        return wish

    def state(self, port: Port, row: Row) -> Row:
        """See options; DNS settings need a call each."""
        answers = each(lambda name: _attribute(port, row["VpcId"], name), _ATTRIBUTES.values())
        return {
            "cidr": row["CidrBlock"],
            "secondary_cidrs": sorted(_secondary(row)),
            "tenancy": row.get("InstanceTenancy"),
            **dict(zip(_ATTRIBUTES, answers, strict=True)),
        }

    def make(self, port: Port, name: str, options: Row, tags: list[dict[str, t.Any]]) -> Row:
        """See Ec2Kind."""
        wish = given(InstanceTenancy=options.get("tenancy"))
        answer = port.call("ec2", "create_vpc", CidrBlock=options["cidr"], TagSpecifications=tags, **wish)
        return t.cast(Row, answer["Vpc"])

    def change(self, port: Port, seen: Seen, options: Row, fields: t.Collection[str]) -> t.Iterable[Watch]:
        """DNS settings and secondary ranges."""
        for field, attribute in _ATTRIBUTES.items():
            if field in fields:
                value = {"Value": options[field]}
                port.call("ec2", "modify_vpc_attribute", VpcId=seen.id, **{attribute: value})
        if "secondary_cidrs" in fields:
            have, wished = _secondary(seen.handle), set(options["secondary_cidrs"])
            for cidr in sorted(wished - have.keys()):
                port.call("ec2", "associate_vpc_cidr_block", VpcId=seen.id, CidrBlock=cidr)
            for cidr in sorted(have.keys() - wished):
                port.call("ec2", "disassociate_vpc_cidr_block", AssociationId=have[cidr])
            estate = marks.from_list(seen.handle["Tags"])[marks.ESTATE]
            # A subnet in a range that is still being associated is refused for good.
            yield Watch(f"the ranges of {seen.id} are its own", lambda: self._associated(port, seen, estate, wished))

    def _associated(self, port: Port, seen: Seen, estate: str, wished: t.Collection[str]) -> tuple[Status, str]:
        rows = self.rows(port, Query(estate, ids=[seen.id]))
        blocks = [block for row in rows for block in row.get("CidrBlockAssociationSet", ())]
        # EC2 lists for a while also what was the same range's association before.
        there = {block["CidrBlock"] for block in blocks if block["CidrBlockState"]["State"] == "associated"}
        missing = sorted(set(wished) - there)
        return (Status.PENDING, f"{', '.join(missing)} not associated yet") if missing else (Status.READY, "")

    def remove(self, port: Port, seen: Seen) -> None:
        """The VPC has to be empty by then."""
        port.call("ec2", "delete_vpc", VpcId=seen.id)


def _secondary(row: Row) -> dict[str, str]:
    """Further ranges and their association ids."""
    return {
        block["CidrBlock"]: block["AssociationId"]
        for block in row.get("CidrBlockAssociationSet", ())
        if block["CidrBlock"] != row["CidrBlock"] and block["CidrBlockState"]["State"] in ("associating", "associated")
    }


def _attribute(port: Port, vpc: str, name: str) -> bool:
    answer = port.call("ec2", "describe_vpc_attribute", VpcId=vpc, Attribute=name[0].lower() + name[1:])
    return bool(answer[name]["Value"])
