# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shape of an EKS cluster: what a person decides. Roles, launch templates and access entries follow from it."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from ._pydantic import Field, model_validator
from .aws_network import Tags, Zone
from .base import Managed, Model, refused
from .eks_addons import Addon, ServiceAccount
from .fields import Arn, Cidr, Count, Positive, Version

LogType = Literal["api", "audit", "authenticator", "controllerManager", "scheduler"]


class ClusterEndpoint(Model):
    """Where the Kubernetes API of the cluster is reached."""

    public: bool = Field(default=False, description="From the internet, limited to public_access_cidrs.")
    private: bool = Field(default=True, description="From the VPC and the networks joined to it.")
    public_access_cidrs: list[Cidr] = Field(default=[], description="Networks that may use the public endpoint.")
    open_to_anyone: bool = Field(
        default=False, description="Consent to a public endpoint that the whole internet may use (0.0.0.0/0)."
    )


class ClusterAdministrator(Model):
    """Who administers the cluster: a role that we make, or a principal that exists."""

    role: str | None = Field(
        default=None, min_length=1, max_length=64, description="Name of an IAM role that we make for EC2 instances."
    )
    principal: Arn | None = Field(default=None, description="ARN of an IAM role or user that exists.")
    instance_profile: bool = Field(default=False, description="Make an instance profile of the role's name as well.")
    username: str | None = Field(default=None, description="Kubernetes user name; null: derived by EKS from the ARN.")

    @model_validator(mode="after")
    def _one_principal(self) -> Self:
        if (self.role is None) == (self.principal is None):
            raise refused("needs either role or principal", "give role for one that we make, principal for another")
        if self.principal is not None and self.instance_profile:
            raise refused("asks for an instance profile of a principal that is not ours", "use role instead")
        return self


class AccessEntry(Model):
    """Further access to the cluster."""

    principal: Arn = Field(description="ARN of an IAM role or user.")
    policy: str | None = Field(
        default=None, description="EKS access policy by short name, for example AmazonEKSViewPolicy."
    )
    namespaces: list[str] = Field(default=[], description="Namespaces the policy holds in; empty: the whole cluster.")
    kubernetes_groups: list[str] = Field(default=[], description="Kubernetes groups, for RBAC of one's own.")


class Taint(Model):
    """Keeps pods away that do not tolerate it."""

    key: str = Field(min_length=1, max_length=63, description="Key.")
    value: str = Field(default="", max_length=63, description="Value.")
    effect: Literal["NO_SCHEDULE", "NO_EXECUTE", "PREFER_NO_SCHEDULE"] = Field(description="Effect, in EKS's words.")


class Disk(Model):
    """The volume of a node that holds images and pods."""

    size: int = Field(default=100, ge=20, le=16384, description="Size in GiB.")
    type: Literal["gp3", "gp2", "io1", "io2"] = Field(default="gp3", description="EBS volume type.")
    iops: int | None = Field(default=None, ge=100, description="I/O operations per second; null: the type's default.")
    throughput: int | None = Field(default=None, ge=125, description="MiB/s (gp3 only); null: the type's default.")


class NodeUpdate(Model):
    """How many nodes may be missing while the group is updated: one of the two."""

    max_unavailable: int | None = Field(default=None, ge=1, le=100, description="Number of nodes.")
    max_unavailable_percentage: int | None = Field(default=None, ge=1, le=100, description="Percent of the nodes.")

    @model_validator(mode="after")
    def _one_limit(self) -> Self:
        if (self.max_unavailable is None) == (self.max_unavailable_percentage is None):
            raise refused("needs one limit", "give either max_unavailable or max_unavailable_percentage")
        return self


class NodeGroup(Managed):
    """A managed node group: an Auto Scaling group of nodes, all alike."""

    name: str = Field(min_length=1, max_length=63, description="Name within the cluster.")
    instance_types: list[str] = Field(min_length=1, description="EC2 instance types, the preferred first.")
    min: Count = Field(description="Smallest number of nodes.")
    max: Positive = Field(description="Largest number of nodes.")
    desired: Count | None = Field(
        default=None, description="Number of nodes at the start; null: not managed, an autoscaler decides."
    )
    ami_type: str = Field(default="AL2023_x86_64_STANDARD", description="AMI type, in EKS's words.")
    capacity_type: Literal["ON_DEMAND", "SPOT"] = Field(default="ON_DEMAND", description="How capacity is bought.")
    disk: Disk = Field(default_factory=Disk, description="Volume of each node, encrypted.")
    labels: Tags = Field(default={}, description="Kubernetes labels of the nodes: key to value.")
    taints: list[Taint] = Field(default=[], description="Kubernetes taints of the nodes.")
    update: NodeUpdate = Field(
        default_factory=lambda: NodeUpdate(max_unavailable=1), description="Pace of rolling updates."
    )
    zones: Literal["all"] | list[Zone] = Field(default="all", description="Zones of the nodes: all, or some.")
    tags: Tags = Field(default={}, description="Tags: key to value.")


class Kubeconfig(Model):
    """The file by which the controller reaches the cluster. It holds no token: one is presigned at each use."""

    path: str | None = Field(
        default=None, description="Path; without it .kubeops/private/kubeconfig-<cluster>, readable by its owner only."
    )
    context: str | None = Field(default=None, description="Name of the context; without it the cluster's.")


class EksCluster(Managed):
    """An EKS cluster with its roles, node groups and access."""

    name: str = Field(
        pattern=r"^[0-9A-Za-z][A-Za-z0-9_-]{0,55}$",
        description="Name, the same in AWS. At most 56 characters, because names of roles are derived from it.",
    )
    version: Version = Field(description="Kubernetes version in quotes, for example '1.35'.")
    vpc: str = Field(description="VPC, by name.")
    subnets_tier: str = Field(default="private", description="Tier of the VPC that holds control plane and nodes.")
    zones: list[Zone] | None = Field(default=None, description="Zones; null: all of the VPC.")
    endpoint: ClusterEndpoint = Field(default_factory=ClusterEndpoint, description="Endpoint of the Kubernetes API.")
    security_groups: list[str] | None = Field(
        default=None, description="Further security groups of the control plane, by name; null: not managed."
    )
    logging: list[LogType] = Field(default=["audit", "authenticator"], description="Control-plane logs kept.")
    authentication_mode: Literal["API", "API_AND_CONFIG_MAP", "CONFIG_MAP"] = Field(
        default="API", description="Where EKS looks up who may do what."
    )
    creator_is_administrator: bool = Field(
        default=True, description="The principal that makes the cluster administers it. AWS cannot change it later."
    )
    service_ipv4_cidr: Cidr | None = Field(default=None, description="CIDR of Kubernetes services; null: AWS chooses.")
    ip_family: Literal["ipv4", "ipv6"] | None = Field(default=None, description="Address family of pods.")
    permissions_boundary: Arn | None = Field(default=None, description="Boundary of all roles that we make for it.")
    administrators: list[ClusterAdministrator] = Field(default=[], description="Who administers the cluster.")
    access_entries: list[AccessEntry] = Field(default=[], description="Who else may use it.")
    node_groups: list[NodeGroup] = Field(default=[], description="Managed node groups.")
    addons: list[Addon] = Field(default=[], description="Add-ons of EKS; others are left alone.")
    service_accounts: list[ServiceAccount] = Field(
        default=[], description="Service accounts whose pods get a role of AWS."
    )
    kubeconfig: Kubeconfig | None = Field(
        default_factory=Kubeconfig, description="File for the controller; null: none."
    )
    tags: Tags = Field(default={}, description="Tags of everything in this shape: key to value.")


ClusterShapes = Annotated[list[EksCluster], Field(description="EKS clusters of the region.")]
