# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The AWS side: shapes against their region, and names that the whole account shares."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from .check import needs
from .checks_eks import eks_problems
from .checks_vpc import vpc_problems
from .estate import Estate
from .layers import address, eks_entries, network_entries
from .layers_network import Resource
from .problems import Problem


@needs("aws_network_vpcs", "kubeops_aws")
def vpcs(estate: Estate) -> Iterator[Problem]:
    """The VPCs of each region are sound."""
    for region in estate.regions:
        for problem in vpc_problems(region.vpcs, region.name):
            yield dataclasses.replace(problem, host=region.host)


@needs("aws_network_vpcs", "eks_clusters", "kubeops_aws")
def eks_clusters(estate: Estate) -> Iterator[Problem]:
    """The clusters of each region are sound."""
    for region in estate.regions:
        for problem in eks_problems(region.clusters, region.vpcs, region.name):
            yield dataclasses.replace(problem, host=region.host)


@needs("kubeops_estate", "kubeops_aws")
def account(estate: Estate) -> Iterator[Problem]:
    """All regions are regions of the estate's account."""
    for region in estate.regions:
        if region.endpoint.account_id != estate.identity.account_id:
            message = f"is not the account of the estate ({estate.identity.account_id})"
            remedy = "use kubeops_estate.account_id in both places"
            yield Problem(("kubeops_aws", "account_id"), region.endpoint.account_id, message, remedy, region.host)


@needs("aws_network_vpcs", "eks_clusters", "kubeops_aws", sound=True)
def names(estate: Estate) -> Iterator[Problem]:
    """What is derived has a name of its own: in its region, or for IAM in the whole account."""
    everywhere: dict[tuple[str, str], str] = {}
    for region in estate.regions:
        here: set[tuple[str, str]] = set()
        entries: list[Resource] = network_entries(region.vpcs)
        entries += eks_entries(region.clusters, region.vpcs, region.name)
        for entry in entries:
            key = address(entry)
            first = everywhere.setdefault(key, region.host)
            if key in here or (entry["kind"].startswith("iam_") and first != region.host):
                message = f"{key[0]} {key[1]} would be made twice (first for {first})"
                path = ("eks_clusters",) if entry["kind"].startswith(("iam_", "eks_")) else ("aws_network_vpcs",)
                yield Problem(path, "", message, "choose names that differ", region.host)
            here.add(key)
