# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that the simulated accounts hold besides moto's own backends."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from moto.autoscaling.models import AutoScalingBackend, autoscaling_backends
from moto.ec2.models import EC2Backend, ec2_backends
from moto.iam.models import IAMBackend, iam_backends

from twin.aws.credentials import CredentialStore
from twin.aws.schedule import Schedule
from twin.contract import TwinConfig

if TYPE_CHECKING:
    from twin.aws.call import Call
    from twin.aws.eks.models import Cluster

Place = tuple[str, str]
Handler = Callable[["World", "Call"], Mapping[str, Any]]
Guard = Callable[["World", "Call"], None]
After = Callable[["World", "Call"], None]


@dataclass(frozen=True)
class Quotas:
    """Account quotas per region, as AWS sets them for a new account."""

    vpcs: int = 5
    elastic_ips: int = 5
    nat_gateways_per_zone: int = 5
    internet_gateways: int = 5
    security_groups: int = 2500
    subnets_per_vpc: int = 200
    route_tables_per_vpc: int = 200
    interface_endpoints_per_vpc: int = 50
    eks_clusters: int = 100
    eks_nodegroups: int = 30
    eks_nodes_per_group: int = 450
    eks_pod_identity_associations: int = 5000
    iam_oidc_providers: int = 100


@dataclass
class World:
    """The state of all accounts. Whoever touches it holds ``lock``.

    ``clusters`` is keyed by (account, region) and cluster name; ``idempotent`` by place, operation and client token.
    """

    config: TwinConfig
    credentials: CredentialStore
    schedule: Schedule
    quotas: Quotas = field(default_factory=Quotas)
    clusters: dict[Place, dict[str, Cluster]] = field(default_factory=dict)
    idempotent: dict[tuple[str, ...], tuple[Mapping[str, Any], Any]] = field(default_factory=dict)
    hidden: dict[str, float] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def ec2(self, place: Place) -> EC2Backend:
        """moto's EC2 of an account and region."""
        account, region = place
        return ec2_backends[account][region]

    def iam(self, account: str) -> IAMBackend:
        """moto's IAM of an account."""
        return iam_backends[account]["aws"]

    def autoscaling(self, place: Place) -> AutoScalingBackend:
        """moto's Auto Scaling of an account and region."""
        account, region = place
        return autoscaling_backends[account][region]

    def clusters_of(self, place: Place) -> dict[str, Cluster]:
        """EKS clusters by name."""
        return self.clusters.setdefault(place, {})

    def now(self) -> datetime:
        """The time as APIs show it: real time, UTC, without a zone (as the serializers want it)."""
        return datetime.fromtimestamp(self.config.clock.now(), UTC).replace(tzinfo=None)
