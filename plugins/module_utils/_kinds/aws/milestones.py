# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Evidence for all milestones that AWS knows about."""

from __future__ import annotations

import typing as t

from ..._clients import eks_api
from ..._clients.aws import AwsClient
from ..._engine.evidence import Evidence, Expectation
from ..._engine.world import World
from . import milestones_eks, milestones_network


def gather(world: World, port: AwsClient, expected: t.Sequence[Expectation]) -> list[Evidence]:
    """One answer for each expectation; an unmet one says what is missing."""
    network = milestones_network.checks()
    found = [network[one["milestone"]](world, one) for one in expected if one["milestone"] in network]

    def nodes(cluster: str, endpoint: str, authority: str) -> t.Sequence[t.Mapping[str, t.Any]]:
        return eks_api.nodes(port.connection, cluster, endpoint, authority)

    return found + milestones_eks.gather(world, port, expected, nodes)
