# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Kind route_table."""

from __future__ import annotations

import ipaddress
import typing as t

from ..._clients.aws import Port
from ..._engine.errors import Conflict, EstateError, Fenced, Invalid, NotFound
from ..._engine.kind import Seen, Watch
from ..._engine.options import Impact, names, setting, table
from . import marks
from .ec2 import Ec2Kind, Row

_TARGETS = {
    "internet_gateway": "GatewayId",
    "virtual_private_gateway": "GatewayId",
    "vpc_endpoint": "VpcEndpointId",
    "nat_gateway": "NatGatewayId",
    "transit_gateway": "TransitGatewayId",
    "vpc_peering_connection": "VpcPeeringConnectionId",
    "egress_only_internet_gateway": "EgressOnlyInternetGatewayId",
    "network_interface": "NetworkInterfaceId",
    "carrier_gateway": "CarrierGatewayId",
    "local_gateway": "LocalGatewayId",
}
_FIELDS = {parameter: kind for kind, parameter in _TARGETS.items()}
_GATEWAYS = {"igw": "internet_gateway", "vgw": "virtual_private_gateway", "vpce": "vpc_endpoint"}


class RouteTable(Ec2Kind):
    """Routes, and the subnets that they hold for.

    Only routes that somebody wrote are managed: not the local ones, not those that a virtual private gateway
    propagates, not those that a gateway endpoint writes.
    """

    name = "route_table"
    description = "A route table of a VPC with its routes and subnets."
    source = "EC2 CreateRouteTable, CreateRoute, ReplaceRoute, DeleteRoute, AssociateRouteTable"
    options = {
        "vpc": setting("VPC that it belongs to.", ref="vpc", needed=True, immutable=True),
        "routes": table(
            "Routes, one for each destination. Others are removed.",
            {
                "destination": setting("IPv4 or IPv6 range, or the id of a prefix list.", needed=True),
                "target": setting(
                    "Where it leads, as C(kind/name), for example V(nat_gateway/astromined-a).", ref="*", needed=True
                ),
            },
            keys=("destination",),
            impact=Impact.BRIEF,
        ),
        "subnets": names(
            "Subnets that use it. Those taken away use the VPC's main table.", ref="subnet", impact=Impact.BRIEF
        ),
        "tags": marks.TAGS,
    }
    describe = ("describe_route_tables", "RouteTables")
    id_field = "RouteTableId"
    tag_type = "route-table"
    later = ("routes", "subnets")

    def check(self, options: Row) -> str:
        """Destinations are ranges and told once; targets are things that routes lead to."""
        seen: set[str] = set()
        for route in options.get("routes") or ():
            try:
                destination = _canonical(route["destination"])
            except ValueError as error:
                return f"routes: {error}"
            if destination in seen:
                return f"routes: {destination} is told twice"
            seen.add(destination)
            if route["target"].partition("/")[0] not in _TARGETS:
                return f"routes: {route['target']!r} is no target, write one of {', '.join(_TARGETS)} and /name"
        return ""

    def normal(self, options: Row) -> Row:
        """Destinations without host bits, as EC2 keeps them."""
        if options.get("routes") is None:
            return options
        routes = [{**route, "destination": _canonical(route["destination"])} for route in options["routes"]]
        return {**options, "routes": routes}

    def state(self, port: Port, row: Row) -> Row:
        """See options."""
        return {"vpc": row["VpcId"], "routes": _routes(row), "subnets": sorted(_associations(row))}

    def make(self, port: Port, name: str, options: Row, tags: list[dict[str, t.Any]]) -> Row:
        """See Ec2Kind."""
        answer = port.call("ec2", "create_route_table", VpcId=options["vpc"], TagSpecifications=tags)
        return t.cast(Row, answer["RouteTable"])

    def change(self, port: Port, seen: Seen, options: Row, fields: t.Collection[str]) -> t.Iterable[Watch]:
        """Routes first, so that a subnet never gets a table without its way out."""
        if "routes" in fields:
            self._route(port, seen, {row["destination"]: row["target"] for row in options["routes"]})
        if "subnets" in fields:
            have, wished = _associations(seen.handle), set(options["subnets"])
            for subnet in sorted(wished - have.keys()):
                _associate(port, seen.id, subnet)
            for subnet in sorted(have.keys() - wished):
                _disassociate(port, have[subnet])
        return ()

    @staticmethod
    def _route(port: Port, seen: Seen, wished: t.Mapping[str, str]) -> None:
        have = {row["destination"]: row["target"] for row in _routes(seen.handle)}
        for destination, target in wished.items():
            if have.get(destination) != target:
                operation = "replace_route" if destination in have else "create_route"
                port.call("ec2", operation, RouteTableId=seen.id, **_destination(destination), **_target(target))
        for destination in have.keys() - wished.keys():
            port.call("ec2", "delete_route", RouteTableId=seen.id, **_destination(destination))

    def remove(self, port: Port, seen: Seen) -> None:
        """Its subnets fall back to the VPC's main table."""
        for association in _associations(seen.handle).values():
            _disassociate(port, association)
        port.call("ec2", "delete_route_table", RouteTableId=seen.id)


def _canonical(destination: str) -> str:
    return destination if destination.startswith("pl-") else str(ipaddress.ip_network(destination, strict=False))


def _destination(text: str) -> dict[str, str]:
    if text.startswith("pl-"):
        return {"DestinationPrefixListId": text}
    return {"DestinationIpv6CidrBlock" if ":" in text else "DestinationCidrBlock": text}


def _target(text: str) -> dict[str, str]:
    kind, _slash, identifier = text.partition("/")
    return {_TARGETS[kind]: identifier}


def _routes(row: Row) -> list[dict[str, str]]:
    """Written routes in normal form, with targets as "kind/id"."""
    routes = []
    for route in row.get("Routes", ()):
        destination = next((route[key] for key in route if key.startswith("Destination") and route[key]), "")
        target = _seen_target(route)
        by_endpoint = destination.startswith("pl-") and target.startswith("vpc_endpoint/")
        if target and not by_endpoint and route.get("Origin", "CreateRoute") == "CreateRoute":
            routes.append({"destination": destination, "target": target})
    return sorted(routes, key=lambda route: route["destination"])


def _seen_target(route: Row) -> str:
    """Where it leads, "" for the VPC itself. A route whose target is gone leads nowhere, even if its name is reused."""
    field = next((field for field in _FIELDS if route.get(field)), "")
    if not field or route[field] == "local":
        return ""
    kind = _GATEWAYS.get(route[field].partition("-")[0], "gateway") if field == "GatewayId" else _FIELDS[field]
    return f"{'blackhole' if route.get('State') == 'blackhole' else kind}/{route[field]}"


def _associations(row: Row) -> dict[str, str]:
    """Subnets and the ids of their associations."""
    return {
        association["SubnetId"]: association["RouteTableAssociationId"]
        for association in row.get("Associations", ())
        if association.get("SubnetId")
        and association.get("AssociationState", {}).get("State", "associated") in ("associating", "associated")
    }


def _associate(port: Port, table_id: str, subnet: str) -> None:
    """Give a subnet this table, in one step also when it has another one, so that it never is without."""
    try:
        port.call("ec2", "associate_route_table", RouteTableId=table_id, SubnetId=subnet)
    except Fenced:
        raise
    except (Conflict, Invalid) as error:
        other = _association_of(port, subnet)
        if other is None:
            raise
        _replace(port, other, table_id, error)


def _association_of(port: Port, subnet: str) -> str | None:
    filters = [{"Name": "association.subnet-id", "Values": [subnet]}]
    tables = port.pages("ec2", "describe_route_tables", "RouteTables", Filters=filters)
    return next((_associations(row)[subnet] for row in tables if subnet in _associations(row)), None)


def _replace(port: Port, association: str, table_id: str, refusal: EstateError) -> None:
    try:
        port.call("ec2", "replace_route_table_association", AssociationId=association, RouteTableId=table_id)
    except NotFound:
        raise refusal from None


def _disassociate(port: Port, association: str) -> None:
    try:
        port.call("ec2", "disassociate_route_table", AssociationId=association)
    except NotFound:
        # The subnet went to another table meanwhile, as it was to.
        return
