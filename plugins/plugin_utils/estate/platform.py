# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The machine-learning platform: Kubeflow, its users, and the order in which capacity is used up."""

from __future__ import annotations

from typing import Literal

from ._pydantic import Field
from .base import Managed, Model
from .fields import Count, Name, Positive, Version
from .secrets import Secret

Component = Literal[
    "pipelines",
    "katib",
    "kserve",
    "trainer",
    "spark_operator",
    "notebooks",
    "dashboard",
    "tensorboard",
    "model_registry",
    "volumes_web_app",
    "jupyterhub",
]


class Credentials(Model):
    """Secrets that Kubeflow's example manifests hold in public and that are replaced."""

    dex_password: Secret = Field(description="Password of the first user, by reference.")
    dex_client: Secret = Field(description="Client secret between Dex and the proxy, by reference.")
    proxy_cookie: Secret = Field(description="Key of the proxy's cookies, by reference.")
    object_store: Secret = Field(description="Key of the pipelines' object store, by reference.")
    pipelines_database: Secret = Field(description="Password of the pipelines' database, by reference.")
    katib_database: Secret = Field(description="Password of Katib's database, by reference.")


class Profile(Managed):
    """A namespace of a user or team."""

    name: Name = Field(description="Name of the namespace.")
    owner: str = Field(pattern=r"^[^@\s]+@[^@\s]+$", description="E-mail address of its owner.")
    gpus: Count = Field(default=0, description="Quota of GPUs.")


class Kubeflow(Managed):
    """Kubeflow."""

    version: Version = Field(description="Release of the Kubeflow community distribution, for example '26.03'.")
    deployment: Literal["vanilla", "rds_s3", "cognito", "cognito_rds_s3"] = Field(
        default="vanilla", description="Where users, databases and artifacts are kept."
    )
    clusters: list[str] = Field(min_length=1, description="Clusters that carry it, by name.")
    components: list[Component] = Field(min_length=1, description="What is installed.")
    storage_class: Name = Field(description="StorageClass of its volumes.")
    credentials: Credentials = Field(description="Secrets instead of the published ones.")
    profiles: list[Profile] = Field(default=[], description="Namespaces of users and teams.")


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
