# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Routes that a gateway endpoint puts into route tables: prefix list to endpoint."""

from __future__ import annotations

from collections.abc import Iterable

from moto.ec2.models import EC2Backend
from moto.ec2.models.route_tables import RouteTable
from moto.ec2.models.vpcs import VPCEndPoint

from twin.aws.errors import AwsError


def add_routes(ec2: EC2Backend, endpoint: VPCEndPoint, table_ids: Iterable[str]) -> None:
    """Put the endpoint's route into each table.

    :raises AwsError: RouteAlreadyExists if another endpoint of the service is there, InvalidRouteTableId.NotFound.
    """
    prefix_list = endpoint.destination_prefix_list_id
    tables = [_table(ec2, table_id, endpoint.vpc_id) for table_id in table_ids]
    for table in tables:
        if any(
            route.destination_prefix_list and route.destination_prefix_list.id == prefix_list for route in table.routes
        ):
            message = f"route table {table.id} already has a route with destination-prefix-list-id {prefix_list}"
            raise AwsError("RouteAlreadyExists", message)
    for table in tables:
        if prefix_list:
            ec2.create_route(table.id, None, gateway_id=endpoint.id, destination_prefix_list_id=prefix_list)


def remove_routes(ec2: EC2Backend, endpoint: VPCEndPoint, table_ids: Iterable[str]) -> None:
    """Take the endpoint's route out of each table that still exists."""
    prefix_list = endpoint.destination_prefix_list_id
    for table_id in table_ids:
        if prefix_list and table_id in ec2.route_tables:
            ec2.delete_route(table_id, "", destination_prefix_list_id=prefix_list)


def _table(ec2: EC2Backend, table_id: str, vpc_id: str) -> RouteTable:
    table = ec2.route_tables.get(table_id)
    if table is None or table.vpc_id != vpc_id:
        raise AwsError("InvalidRouteTableId.NotFound", f"The routeTable ID '{table_id}' does not exist")
    return table
