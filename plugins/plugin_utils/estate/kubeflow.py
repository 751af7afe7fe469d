# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shape of Kubeflow: its components, who owns what it shares with others, its users and what they may use."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from ._pydantic import AfterValidator, Field, model_validator
from .base import Managed, Model, refused
from .fields import Count, Name, Positive, Version, quantity
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
# Namespaces that profiles must not take: those of Kubernetes, of this collection and of Kubeflow's own parts.
SYSTEM_NAMESPACES = frozenset(
    {
        "auth",
        "cert-manager",
        "default",
        "istio-system",
        "knative-serving",
        "kubeflow",
        "kubeflow-system",
        "kubeops-system",
        "oauth2-proxy",
    }
)


def _namespace(value: str) -> str:
    if "." in value:
        raise refused("is the name of a namespace, which takes no dots", "use lower-case letters, digits and '-'")
    if value in SYSTEM_NAMESPACES or value.startswith("kube-"):
        raise refused("is a namespace of the system", "name the profile after its user or team")
    return value


Quantity = Annotated[str, AfterValidator(quantity)]
Namespace = Annotated[Name, AfterValidator(_namespace)]
Email = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")]


class Credentials(Model):
    """Secrets that Kubeflow's example manifests hold in public and that are replaced.

    What is not given, or given and empty in kubeops_secrets, is generated once and kept in the cluster.
    """

    dex_password: Secret | None = Field(default=None, description="Password of the first user, by reference.")
    dex_client: Secret | None = Field(default=None, description="Client secret between Dex and the proxy.")
    proxy_cookie: Secret | None = Field(
        default=None, description="Key of the proxy's cookies: 16, 24 or 32 bytes, by reference."
    )
    object_store: Secret | None = Field(default=None, description="Key of the pipelines' object store, by reference.")
    pipelines_database: Secret | None = Field(default=None, description="Password of the pipelines' database.")
    katib_database: Secret | None = Field(default=None, description="Password of Katib's database, by reference.")


class Owners(Model):
    """Who brings what Kubeflow shares with others: there is exactly one owner of each."""

    istio: Literal["kubeflow", "mesh"] = Field(
        default="kubeflow", description="Istio's control plane and CRDs: Kubeflow's own, or that of the mesh."
    )
    cert_manager: Literal["kubeflow", "eksa"] = Field(
        default="kubeflow", description="cert-manager: Kubeflow's own, or that of a self-managed EKS Anywhere cluster."
    )


class User(Model):
    """Somebody who logs in at Dex. There is no other way to register."""

    email: Email = Field(description="E-mail address, which is also the name of the user.")
    password: Secret | None = Field(
        default=None, description="Password, by reference; null: generated, and kept in the cluster."
    )


class Administrator(Model):
    """Somebody who administers Kubeflow: one of the two."""

    user: Email | None = Field(default=None, description="User, by e-mail address.")
    group: str | None = Field(default=None, min_length=1, description="Group of Kubernetes.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.user is None) == (self.group is None):
            raise refused("needs either user or group", "give one of them")
        return self


class Quota(Model):
    """Limits of a profile's namespace. null: no limit."""

    cpu: Quantity | None = Field(default=None, description="Requested CPU of all pods together.")
    memory: Quantity | None = Field(default=None, description="Requested memory of all pods together.")
    pods: Count | None = Field(default=None, description="Number of pods.")
    storage: Quantity | None = Field(default=None, description="Requested storage of all claims together.")


class Contributor(Model):
    """Somebody who works in the profile of another."""

    user: Email = Field(description="E-mail address.")
    role: Literal["admin", "edit", "view"] = Field(default="edit", description="What the user may do there.")


class PodDefault(Model):
    """Settings that pods of a profile get when they carry the labels."""

    name: Name = Field(description="Name, shown to whoever starts a notebook.")
    description: str = Field(min_length=1, description="What it is for, in a few words.")
    match_labels: dict[str, str] = Field(min_length=1, description="Labels of the pods: key to value.")
    env: dict[str, str] = Field(default={}, description="Environment variables: name to value.")
    spec: dict[str, Any] = Field(default={}, description="Further fields of the specification, in Kubeflow's words.")


class Profile(Managed):
    """A namespace of a user or team."""

    name: Namespace = Field(description="Name of the namespace.")
    owner: Email = Field(description="E-mail address of its owner.")
    gpus: Count = Field(default=0, description="Quota of GPUs.")
    quota: Quota = Field(default_factory=Quota, description="Limits of everything else.")
    contributors: list[Contributor] = Field(default=[], description="Who else works in it.")
    pipeline_access: bool = Field(
        default=True, description="Offer a setting (access-ml-pipeline) that lets notebooks start pipelines."
    )


class Vendor(Model):
    """A sort of GPU that notebooks may ask for."""

    resource: str = Field(pattern=r"^[a-z0-9.-]+/[A-Za-z0-9._-]+$", description="Resource, as nvidia.com/gpu.")
    name: str = Field(min_length=1, description="What people read.")


class Culling(Model):
    """Notebooks that nobody uses are stopped; their volumes stay."""

    idle_minutes: Positive = Field(default=1440, description="Minutes without use.")
    check_minutes: Positive = Field(default=1, description="Minutes between two looks.")


class Notebooks(Model):
    """What people choose from when they start a notebook."""

    images: list[str] = Field(default=[], description="Images on offer, the default first; empty: upstream's own.")
    custom_images: bool = Field(default=False, description="Whether other images may be typed in.")
    cpu: Quantity = Field(default="0.5", description="CPU that the form starts with.")
    memory: Quantity = Field(default="1Gi", description="Memory that the form starts with.")
    workspace: Quantity = Field(default="5Gi", description="Size of the volume that the form starts with.")
    gpu_vendors: list[Vendor] = Field(
        default_factory=lambda: [Vendor(resource="nvidia.com/gpu", name="NVIDIA")], description="Sorts of GPU on offer."
    )
    culling: Culling | None = Field(default=None, description="When idle notebooks are stopped; null: never.")


class Kubeflow(Managed):
    """Kubeflow."""

    version: Version = Field(description="Release of the Kubeflow community distribution, for example '26.03'.")
    deployment: Literal["vanilla", "rds_s3", "cognito", "cognito_rds_s3"] = Field(
        default="vanilla", description="Where users, databases and artifacts are kept."
    )
    clusters: list[str] = Field(min_length=1, description="Clusters that carry it, by name.")
    components: list[Component] = Field(min_length=1, description="What is installed.")
    owners: Owners = Field(default_factory=Owners, description="Who brings what Kubeflow shares with others.")
    storage_class: Name = Field(description="StorageClass of its volumes.")
    credentials: Credentials = Field(default_factory=Credentials, description="Secrets instead of the published ones.")
    users: list[User] = Field(default=[], description="Who may log in; empty: the owner of the first profile.")
    administrators: list[Administrator] = Field(default=[], description="Who administers all of it.")
    profiles: list[Profile] = Field(default=[], description="Namespaces of users and teams.")
    gpu_overcommit: bool = Field(
        default=False, description="Quotas of GPUs may add up to more than there are: teams take turns."
    )
    pod_defaults: list[PodDefault] = Field(default=[], description="Settings on offer in every profile.")
    notebooks: Notebooks | None = Field(default=None, description="What notebooks offer; null: upstream's choices.")
