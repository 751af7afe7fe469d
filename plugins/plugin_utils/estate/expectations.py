# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the checks of milestones have to find, from the shapes that roles take as variables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .aws_network import Vpc
from .eks import EksCluster
from .layers import shaped

Expectation = dict[str, Any]
# The reference estate asks for that many; a smaller one is not about the milestone.
_ZONES = 3


def aws_network_milestones(vpcs: Sequence[Any]) -> list[Expectation]:
    """Expectations {milestone, vpc, ...} about VPCs. Raises InvalidEstate."""
    found: list[Expectation] = []
    for vpc in shaped("aws_network_vpcs", list[Vpc], vpcs):
        if vpc.manage == "ignore":
            continue
        if vpc.public_tiers and vpc.inner_tiers:
            found.append({"milestone": "1.a.i", "vpc": vpc.name})
        if len(vpc.zones) >= _ZONES:
            found.append({"milestone": "1.a.ii", "vpc": vpc.name, "zones": list(vpc.zones)})
        if vpc.nat_zones:
            without = [
                f"{vpc.name}-{name}-{zone}"
                for name, tier in vpc.tiers.items()
                if not tier.behind_nat and not tier.public
                for zone in vpc.zones
            ]
            about = {"zones": list(vpc.zones), "nat_zones": list(vpc.nat_zones), "without_nat": without}
            found.append({"milestone": "1.a.iii", "vpc": vpc.name, **about})
    return found


def eks_milestones(clusters: Sequence[Any], vpcs: Sequence[Any] | None = None) -> list[Expectation]:
    """Expectations {milestone, cluster, subnets, zones} about clusters with node groups. Raises InvalidEstate."""
    networks = {vpc.name: vpc for vpc in shaped("aws_network_vpcs", list[Vpc], vpcs or [])}
    found: list[Expectation] = []
    for cluster in shaped("eks_clusters", list[EksCluster], clusters):
        if cluster.manage == "ignore" or not cluster.node_groups:
            continue
        zones = list(cluster.zones or (networks[cluster.vpc].zones if cluster.vpc in networks else ()))
        about = {
            "cluster": cluster.name,
            "zones": zones,
            "subnets": [f"{cluster.vpc}-{cluster.subnets_tier}-{zone}" for zone in zones],
        }
        found += [{"milestone": milestone, **about} for milestone in ("1.a.iv", "1.a.vii")]
    return found
