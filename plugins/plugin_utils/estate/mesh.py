# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The service mesh over all clusters: Istio in each, joined by Gloo Mesh."""

from __future__ import annotations

from typing import Literal

from ._pydantic import Field
from .base import Managed, Model
from .fields import Name, Version
from .secrets import Secret


class MeshCluster(Model):
    """A cluster's part in the mesh."""

    cluster: str = Field(description="Cluster, by name.")
    network: Name = Field(description="Name of its network in the mesh: pods of one network reach each other directly.")
    management: bool = Field(default=False, description="It carries the management plane.")


class Mesh(Managed):
    """The mesh."""

    istio_version: Version = Field(description="Istio version, for example 1.29.6.")
    gloo_version: Version | None = Field(default=None, description="Gloo Mesh version; null: Istio alone.")
    gloo_license: Secret | None = Field(default=None, description="Licence key of Gloo Mesh, by reference.")
    mesh_id: Name = Field(description="Identity of the mesh.")
    mode: Literal["sidecar", "ambient"] = Field(default="sidecar", description="How traffic is taken in.")
    clusters: list[MeshCluster] = Field(min_length=1, description="Clusters; the order is that of failover.")
