# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who the estate is, and which of its layers are ours to change."""

from __future__ import annotations

from typing import Annotated, Literal

from ._pydantic import Field
from .base import Manage, Model
from .fields import AccountId, Positive

Layer = Literal[
    "aws_network",
    "eks",
    "vsphere_cluster",
    "vsphere_hosts",
    "vcenter",
    "eks_anywhere",
    "link",
    "mesh",
    "cluster_base",
    "kubeflow",
    "observability",
]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


class MaintenanceWindow(Model):
    """A time in which disruptive changes may be made."""

    days: list[Weekday] = Field(min_length=1, description="Days on which it begins.")
    start: str = Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", description="Local time of its begin, HH:MM.")
    hours: Annotated[int, Field(ge=1, le=24)] = Field(description="Length in hours.")
    time_zone: str = Field(default="UTC", description="Time zone of start, for example America/New_York.")


class Identity(Model):
    """The estate as a whole."""

    name: str = Field(
        pattern=r"^[a-z][a-z0-9-]{0,28}[a-z0-9]$",
        description="Name, at most 30 characters: derived names and owner marks begin with it.",
    )
    account_id: AccountId = Field(description="AWS account that the estate lives in, twelve digits in quotes.")
    protected: bool = Field(default=False, description="A teardown refuses this estate.")
    trust_domain: str | None = Field(
        default=None,
        pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$",
        description="Root of trust of the service mesh; without it <name>.mesh.internal.",
    )
    survive: Literal["nothing", "host", "site"] = Field(
        default="host", description="The greatest loss on site that business-critical machines must survive."
    )
    layers: dict[Layer, Manage] = Field(
        default={}, description="Layers that are not managed as a whole: layer to managed, reference or ignore."
    )
    maintenance_windows: list[MaintenanceWindow] = Field(
        default=[], description="When disruptive changes may be made; empty: only with consent."
    )

    def manages(self, layer: Layer) -> Manage:
        """How far a layer is ours."""
        return self.layers.get(layer, "managed")


class Timing(Model):
    """How long APIs are waited for."""

    poll_interval: float = Field(default=15, gt=0, description="Seconds between two looks at something that changes.")
    settle_timeout: float = Field(default=120, gt=0, description="Seconds until an API must show what it accepted.")
    wait_timeout: float = Field(default=2400, gt=0, description="Seconds that one change may take.")
    lease_ttl: float = Field(default=120, gt=0, description="Seconds after which a silent run's lease may be taken.")


class Artifacts(Model):
    """Where manifests, charts and images come from."""

    lock: str = Field(default="artifacts.lock", description="File beside the inventory that pins every digest.")
    image_registry: str | None = Field(default=None, description="Registry that mirrors all images; null: upstream's.")
    parallel: Positive = Field(default=4, description="Downloads at once.")
