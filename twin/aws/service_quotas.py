# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Service quotas: what the account may have of each thing, as its guards enforce it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twin.aws.call import Call
from twin.aws.errors import AwsError
from twin.aws.world import Handler, Quotas, World

# (service, quota code) to name and the field of Quotas that holds it.
CODES: dict[tuple[str, str], tuple[str, str]] = {
    ("vpc", "L-F678F1CE"): ("VPCs per Region", "vpcs"),
    ("vpc", "L-A4707A72"): ("Internet gateways per Region", "internet_gateways"),
    ("vpc", "L-FE5A380F"): ("NAT gateways per Availability Zone", "nat_gateways_per_zone"),
    ("vpc", "L-E79EC296"): ("VPC security groups per Region", "security_groups"),
    ("vpc", "L-407747CB"): ("Subnets per VPC", "subnets_per_vpc"),
    ("vpc", "L-589F43AA"): ("Route tables per VPC", "route_tables_per_vpc"),
    ("vpc", "L-29B6F2EB"): ("Interface VPC endpoints per VPC", "interface_endpoints_per_vpc"),
    ("ec2", "L-0263D0A3"): ("EC2-VPC Elastic IPs", "elastic_ips"),
    ("eks", "L-1194D53C"): ("Clusters", "eks_clusters"),
    ("eks", "L-6D54EA21"): ("Managed node groups per cluster", "eks_nodegroups"),
    ("eks", "L-BD136A63"): ("Nodes per managed node group", "eks_nodes_per_group"),
}


def get_service_quota(world: World, call: Call) -> Mapping[str, Any]:
    """The applied quota.

    :raises AwsError: NoSuchResourceException for one that the twin does not enforce.
    """
    key = (str(call.params["ServiceCode"]), str(call.params["QuotaCode"]))
    if key not in CODES:
        raise AwsError("NoSuchResourceException", f"The request failed because the quota {key[1]} does not exist")
    return {"Quota": _row(world.quotas, call, *key)}


def list_service_quotas(world: World, call: Call) -> Mapping[str, Any]:
    """All applied quotas of a service that the twin enforces."""
    service = str(call.params["ServiceCode"])
    return {"Quotas": [_row(world.quotas, call, *key) for key in CODES if key[0] == service]}


def _row(quotas: Quotas, call: Call, service: str, code: str) -> dict[str, Any]:
    name, field = CODES[service, code]
    return {
        "ServiceCode": service,
        "QuotaCode": code,
        "QuotaName": name,
        "QuotaArn": f"arn:aws:servicequotas:{call.region}:{call.account}:{service}/{code}",
        "Value": float(getattr(quotas, field)),
        "Unit": "None",
        "Adjustable": True,
        "GlobalQuota": False,
    }


HANDLERS: dict[tuple[str, str], Handler] = {
    ("service-quotas", "GetServiceQuota"): get_service_quota,
    ("service-quotas", "ListServiceQuotas"): list_service_quotas,
}
