# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Routes that a gateway endpoint puts into route tables: prefix list to endpoint."""

from __future__ import annotations

from collections.abc import Iterable

from moto.ec2.models import EC2Backend
from moto.ec2.models.vpcs import VPCEndPoint

from twin.aws.errors import AwsError


def prefix_list_of(ec2: EC2Backend, service: str) -> str | None:
    """Id of the prefix list of a service that has one."""
    lists = ec2.managed_prefix_lists.values()
    return next((one.id for one in lists if one.prefix_list_name == service), None)


def check_free(ec2: EC2Backend, vpc_id: str, service: str, table_ids: Iterable[str]) -> None:
    """Refuse tables that do not exist in the VPC, or in which another endpoint of the service is.

    :raises AwsError: RouteAlreadyExists, InvalidRouteTableId.NotFound.
    """
    wanted = prefix_list_of(ec2, service)
    for table_id in table_ids:
        table = ec2.route_tables.get(table_id)
        if table is None or table.vpc_id != vpc_id:
            raise AwsError("InvalidRouteTableId.NotFound", f"The routeTable ID '{table_id}' does not exist")
        lists = [route.destination_prefix_list for route in table.routes]
        if any(one is not None and one.id == wanted for one in lists):
            message = f"route table {table_id} already has a route with destination-prefix-list-id {wanted}"
            raise AwsError("RouteAlreadyExists", message)


def add_routes(ec2: EC2Backend, endpoint: VPCEndPoint, table_ids: Iterable[str]) -> None:
    """Put the endpoint's route into each table, which has been found free."""
    prefix_list = endpoint.destination_prefix_list_id
    for table_id in table_ids:
        if prefix_list:
            ec2.create_route(table_id, None, gateway_id=endpoint.id, destination_prefix_list_id=prefix_list)


def remove_routes(ec2: EC2Backend, endpoint: VPCEndPoint, table_ids: Iterable[str]) -> None:
    """Take the endpoint's route out of each table that still exists."""
    prefix_list = endpoint.destination_prefix_list_id
    for table_id in table_ids:
        if prefix_list and table_id in ec2.route_tables:
            ec2.delete_route(table_id, "", destination_prefix_list_id=prefix_list)
