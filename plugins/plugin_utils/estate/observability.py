# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What watches the estate, and whom it tells."""

from __future__ import annotations

from typing import Literal

from ._pydantic import Field
from .base import Managed, Model
from .fields import Name, Positive, Version
from .secrets import Secret


class Receiver(Model):
    """Who is told."""

    name: Name = Field(description="Name.")
    kind: Literal["slack", "pagerduty", "sns"] = Field(description="Service.")
    target: str = Field(description="Slack channel, PagerDuty service or SNS topic.")
    key: Secret | None = Field(default=None, description="Webhook address or key, by reference; null for SNS.")


class Prometheus(Managed):
    """Prometheus, Alertmanager and Grafana in each cluster."""

    chart_version: Version = Field(description="Version of kube-prometheus-stack, for example 88.5.3.")
    clusters: list[str] = Field(min_length=1, description="Clusters that carry it, by name.")
    retention_days: Positive = Field(default=15, description="Days that samples are kept.")
    storage_gib: Positive = Field(default=100, description="Volume of samples in GiB.")
    grafana_password: Secret = Field(description="Password of Grafana's administrator, by reference.")


class ManagedPrometheus(Managed):
    """Amazon Managed Service for Prometheus."""

    alias: str = Field(description="Alias of the workspace.")
    region: str = Field(description="Inventory host of group aws_regions.")


class ManagedGrafana(Managed):
    """Amazon Managed Grafana."""

    name: str = Field(description="Name of the workspace.")
    region: str = Field(description="Inventory host of group aws_regions.")
    dashboards: list[Positive] = Field(default=[], description="Dashboards by their number at grafana.com.")


class Observability(Model):
    """What watches the estate."""

    prometheus: Prometheus | None = Field(default=None, description="In the clusters; null: none.")
    receivers: list[Receiver] = Field(default=[], description="Who is told.")
    managed_prometheus: ManagedPrometheus | None = Field(default=None, description="In AWS; null: none.")
    managed_grafana: ManagedGrafana | None = Field(default=None, description="In AWS; null: none.")
