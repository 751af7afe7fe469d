# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""What EC2 means when it refuses to delete something that has dependencies: it does not say which."""

from __future__ import annotations

import typing as t

from ..._clients.aws import Port
from . import marks

Row = t.Mapping[str, t.Any]
_INTERFACES = ("network_interfaces", "NetworkInterfaces", "NetworkInterfaceId")
# Kind to what may hold it: (describe operation, key of its list, id field, filter that leads to it).
_HOLDERS: dict[str, tuple[tuple[str, str, str, str], ...]] = {
    "subnet": ((*_INTERFACES, "subnet-id"),),
    "security_group": (
        (*_INTERFACES, "group-id"),
        ("security_groups", "SecurityGroups", "GroupId", "ip-permission.group-id"),
    ),
    "vpc": (
        ("subnets", "Subnets", "SubnetId", "vpc-id"),
        (*_INTERFACES, "vpc-id"),
        ("security_groups", "SecurityGroups", "GroupId", "vpc-id"),
        ("route_tables", "RouteTables", "RouteTableId", "vpc-id"),
        ("internet_gateways", "InternetGateways", "InternetGatewayId", "attachment.vpc-id"),
        ("vpc_endpoints", "VpcEndpoints", "VpcEndpointId", "vpc-id"),
    ),
}
SHOWN = 5


def held_by(port: Port, kind: str, identifier: str) -> str:
    """'held by eni-1 (their-database), ...', or '' where EC2 has no way to ask."""
    found = [
        _described(row, key)
        for operation, listed, key, name in _HOLDERS.get(kind, ())
        for row in port.pages("ec2", f"describe_{operation}", listed, Filters=[{"Name": name, "Values": [identifier]}])
        if not _goes_along(row)
    ]
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return f"held by {', '.join(found[:SHOWN])}{more}" if found else ""


def _goes_along(row: Row) -> bool:
    """A VPC's default group and main route table are deleted with it; they hold nothing."""
    return row.get("GroupName") == "default" or any(link.get("Main") for link in row.get("Associations", ()))


def _described(row: Row, key: str) -> str:
    tags = marks.from_list(row.get("Tags") or row.get("TagSet"))
    attachment = row.get("Attachment") or {}
    words = [tags.get("Name"), row.get("Description"), attachment.get("InstanceId"), row.get("GroupName")]
    told = ", ".join(dict.fromkeys(str(word) for word in words if word))
    return f"{row[key]} ({told})" if told else str(row[key])
