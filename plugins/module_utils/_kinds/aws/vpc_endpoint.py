# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Kind vpc_endpoint."""

from __future__ import annotations

import json
import re
import typing as t
import uuid

from ..._clients.aws import Port
from ..._engine.errors import Conflict, NotFound
from ..._engine.kind import Query, Seen, Status, Watch
from ..._engine.options import Impact, document, names, setting
from . import marks, policy
from .ec2 import Ec2Kind, Row, given

_FULL = re.compile(r"com\.amazonaws\.[a-z]{2}(?:-[a-z]+)+-\d\.(.+)")
_EVERYONE = {"Statement": [{"Action": "*", "Effect": "Allow", "Principal": "*", "Resource": "*"}]}
_MEMBERS = {
    "subnets": ("AddSubnetIds", "RemoveSubnetIds"),
    "security_groups": ("AddSecurityGroupIds", "RemoveSecurityGroupIds"),
    "route_tables": ("AddRouteTableIds", "RemoveRouteTableIds"),
}
_ONLY = {"gateway": ("route_tables",), "interface": ("subnets", "security_groups", "private_dns")}


class VpcEndpoint(Ec2Kind):
    """A way to an AWS service that does not leave the VPC. All but its nature changes in place."""

    name = "vpc_endpoint"
    description = "An endpoint of an AWS service in a VPC."
    source = "EC2 CreateVpcEndpoint, ModifyVpcEndpoint, DeleteVpcEndpoints"
    options = {
        "vpc": setting("VPC that it belongs to.", ref="vpc", needed=True, immutable=True),
        "service": setting(
            "Service in this region, for example V(s3) or V(ecr.api), or a full service name.",
            needed=True,
            immutable=True,
        ),
        "type": setting(
            "V(gateway) (routes, for S3 and DynamoDB) or V(interface) (addresses in subnets).",
            choices=("gateway", "interface"),
            needed=True,
            immutable=True,
        ),
        "subnets": names("Subnets with an address of it, one for each zone.", ref="subnet", impact=Impact.BRIEF),
        "security_groups": names("Security groups of its interfaces.", ref="security_group", impact=Impact.BRIEF),
        "route_tables": names("Route tables that get a route to it.", ref="route_table", impact=Impact.BRIEF),
        "policy": document(
            "Policy of what may be done through it; V({}) is AWS' own, which allows all.", impact=Impact.BRIEF
        ),
        "private_dns": setting(
            "Whether the service's usual names lead to it. The VPC needs both DNS settings for that.",
            type="bool",
            impact=Impact.BRIEF,
        ),
        "tags": marks.TAGS,
    }
    deadline = 900
    describe = ("describe_vpc_endpoints", "VpcEndpoints")
    id_field = "VpcEndpointId"
    tag_type = "vpc-endpoint"
    state_field = "State"
    statuses = {
        "pending": Status.PENDING,
        "partial": Status.PENDING,
        "pendingacceptance": Status.WAITING,
        "deleting": Status.DELETING,
        "failed": Status.FAILED,
        "rejected": Status.FAILED,
        "expired": Status.FAILED,
    }
    gone = frozenset({"deleted"})

    def check(self, options: Row) -> str:
        """What one type has the other has not."""
        for kind, fields in _ONLY.items():
            for field in fields:
                if options.get(field) and options["type"] != kind:
                    return f"{field} is for endpoints of type {kind}"
        return ""

    def normal(self, options: Row) -> Row:
        """Services by their short name, policies in one spelling."""
        found = _FULL.fullmatch(options.get("service") or "")
        short = {"service": found[1]} if found else {}
        rules = {"policy": policy.normal(options["policy"])} if options.get("policy") else {}
        return {**options, **short, **rules}

    def state(self, port: Port, row: Row) -> Row:
        """See options. Gateway endpoints have no names of their own, so private_dns is theirs to lack."""
        return {
            "vpc": row["VpcId"],
            "service": row["ServiceName"].removeprefix(f"com.amazonaws.{port.region}."),
            "type": row["VpcEndpointType"].lower(),
            "subnets": sorted(row.get("SubnetIds") or ()),
            "security_groups": sorted(group["GroupId"] for group in row.get("Groups") or ()),
            "route_tables": sorted(row.get("RouteTableIds") or ()),
            "policy": _policy(row.get("PolicyDocument")),
            "private_dns": bool(row.get("PrivateDnsEnabled")),
        }

    def reason(self, row: Row) -> str:
        """What EC2 says went wrong, or who must act."""
        if self._word(row) == "pendingacceptance":
            return "the service's owner has not accepted it yet; they accept the endpoint connection"
        return str(row.get("FailureReason") or row.get("LastError", {}).get("Message") or "")

    def make(self, port: Port, name: str, options: Row, tags: list[dict[str, t.Any]]) -> Row:
        """One call takes everything."""
        rules = options.get("policy")
        answer = port.call(
            "ec2",
            "create_vpc_endpoint",
            VpcId=options["vpc"],
            VpcEndpointType=options["type"].capitalize(),
            ServiceName=_full(port, options["service"]),
            TagSpecifications=tags,
            # botocore makes none for this call, and it repeats calls whose answers were lost.
            ClientToken=str(uuid.uuid4()),
            **given(
                SubnetIds=options.get("subnets") or None,
                SecurityGroupIds=options.get("security_groups") or None,
                RouteTableIds=options.get("route_tables") or None,
                PolicyDocument=json.dumps(rules) if rules else None,
                PrivateDnsEnabled=options.get("private_dns") if options["type"] == "interface" else None,
            ),
        )
        return t.cast(Row, answer["VpcEndpoint"])

    def change(self, port: Port, seen: Seen, options: Row, fields: t.Collection[str]) -> t.Iterable[Watch]:
        """One call for all fields; interfaces in new subnets take a while."""
        wish: dict[str, t.Any] = {}
        for field in _MEMBERS.keys() & fields:
            have, want = set(seen.state[field]), set(options[field])
            for name, ids in zip(_MEMBERS[field], (want - have, have - want), strict=True):
                if ids:
                    wish[name] = sorted(ids)
        if "private_dns" in fields:
            wish["PrivateDnsEnabled"] = options["private_dns"]
        if "policy" in fields:
            rules = options["policy"]
            wish.update({"PolicyDocument": json.dumps(rules)} if rules else {"ResetPolicy": True})
        port.call("ec2", "modify_vpc_endpoint", VpcEndpointId=seen.id, **wish)
        if "subnets" in fields:
            estate = marks.from_list(seen.handle["Tags"])[marks.ESTATE]
            yield Watch(f"{seen.id} is available", lambda: self._settled(port, Query(estate, ids=[seen.id])))

    def _settled(self, port: Port, query: Query) -> tuple[Status, str]:
        found = self.observe(port, query)
        return (found[0].status, found[0].reason) if found else (Status.PENDING, "it is not to be seen")

    def remove(self, port: Port, seen: Seen) -> None:
        """EC2 answers refusals in the body of a success."""
        answer = port.call("ec2", "delete_vpc_endpoints", VpcEndpointIds=[seen.id])
        for refused in answer.get("Unsuccessful") or ():
            error = refused["Error"]
            kind = NotFound if "NotFound" in error["Code"] else Conflict
            raise kind(f"{error.get('Message', '')} (ec2:DeleteVpcEndpoints: {error['Code']})")


def _full(port: Port, service: str) -> str:
    return service if service.startswith(("com.", "cn.", "aws.")) else f"com.amazonaws.{port.region}.{service}"


def _policy(text: str | None) -> dict[str, t.Any]:
    """The policy, and {} for the one that AWS gives an endpoint by itself."""
    found = policy.normal(json.loads(text)) if text else {}
    own = {key: value for key, value in found.items() if key != "Version"} == policy.normal(_EVERYONE)
    return {} if own else found
