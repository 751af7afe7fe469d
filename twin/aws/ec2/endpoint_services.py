# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Services that a VPC endpoint can be made for."""

from __future__ import annotations

import functools

from moto.ec2.models.vpcs import VPCBackend

from twin.aws.errors import AwsError

GATEWAY_SERVICES = ("s3", "dynamodb")


@functools.cache
def known(account: str, region: str) -> dict[str, frozenset[str]]:
    """Full service name to the types of endpoint (Interface, Gateway, GatewayLoadBalancer) that it offers."""
    types: dict[str, set[str]] = {}
    for service in VPCBackend._collect_default_endpoint_services(account, region):
        name = str(service["ServiceName"])
        types.setdefault(name, set()).update(_types(service["ServiceType"]))
    return {name: frozenset(kinds) for name, kinds in types.items()}


def check(account: str, region: str, service: str, kind: str) -> None:
    """Refuse a service that does not exist, or not for this type of endpoint.

    :raises AwsError: InvalidServiceName, InvalidParameter.
    """
    offered = known(account, region).get(service)
    if offered is None:
        raise AwsError("InvalidServiceName", f"The Vpc Endpoint Service '{service}' does not exist")
    short = service.rpartition(".")[2]
    fits = kind in offered or (kind == "Gateway" and short in GATEWAY_SERVICES)
    if not fits or (kind == "Gateway" and short not in GATEWAY_SERVICES):
        available = ", ".join(sorted(offered))
        raise AwsError(
            "InvalidParameter", f"Endpoint type ({kind}) does not match available service types ([{available}])."
        )


def _types(value: object) -> list[str]:
    items = value if isinstance(value, list) else [value]
    return [str(item["ServiceType"]) if isinstance(item, dict) else str(item) for item in items]
