# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The machine-learning platform: Kubeflow, its users, and the order in which capacity is used up."""

from __future__ import annotations

from ._pydantic import Field
from .base import Managed, Model
from .fields import Positive, Version
from .kubeflow import Kubeflow


class Bursting(Managed):
    """On-premises first: capacity is used up cluster by cluster."""

    kueue_version: Version = Field(description="Kueue version, 0.19 or newer: it keeps the order of clusters.")
    manager: str | None = Field(
        default=None,
        description="Cluster that dispatches, by name; it runs no jobs itself. null: a small control plane of its own.",
    )
    order: list[str] = Field(min_length=1, description="Clusters in the order in which they are filled.")
    ceiling: dict[str, Positive] = Field(default={}, description="Largest number of GPUs: cluster to number.")


class Platform(Model):
    """The platform."""

    kubeflow: Kubeflow | None = Field(default=None, description="Kubeflow; null: none.")
    bursting: Bursting | None = Field(default=None, description="Order of capacity; null: each cluster for itself.")
