# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Add-ons of an EKS cluster and the rights in AWS of its service accounts, as parts of the cluster's shape."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Literal

from ._pydantic import Field
from .aws_network import Tags
from .base import Managed

AGENT = "eks-pod-identity-agent"
NAME = r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$"
# Those of the marketplace are vendor_product.
_ADDON = r"^[a-z0-9]([a-z0-9_-]*[a-z0-9])?$"


@dataclasses.dataclass(frozen=True, slots=True)
class Rights:
    """What an add-on of AWS needs in AWS: its service account, and the managed policies that AWS recommends for it."""

    namespace: str
    service_account: str
    managed_policies: tuple[str, ...]
    of_nodes: bool = False
    """True: the role of our nodes has them already."""


KNOWN: Mapping[str, Rights] = {
    "aws-ebs-csi-driver": Rights("kube-system", "ebs-csi-controller-sa", ("service-role/AmazonEBSCSIDriverPolicy",)),
    "aws-efs-csi-driver": Rights("kube-system", "efs-csi-controller-sa", ("service-role/AmazonEFSCSIDriverPolicy",)),
    "amazon-cloudwatch-observability": Rights(
        "amazon-cloudwatch", "cloudwatch-agent", ("CloudWatchAgentServerPolicy",)
    ),
    "vpc-cni": Rights("kube-system", "aws-node", ("AmazonEKS_CNI_Policy",), of_nodes=True),
}


class Addon(Managed):
    """Software that EKS installs in the cluster and keeps."""

    name: str = Field(pattern=_ADDON, description="Name in EKS, for example vpc-cni.")
    version: str = Field(
        default="default",
        pattern=r"^(default|latest|v\d+(\.\d+)*-eksbuild\.\d+)$",
        description="default: EKS' choice for the cluster's Kubernetes when it is installed, kept as long as EKS "
        "offers it. latest: the newest, followed. Or exactly one, for example v1.20.4-eksbuild.1.",
    )
    configuration: dict[str, Any] | None = Field(
        default=None, description="The whole configuration, by the add-on's own schema; null: not managed."
    )
    resolve_conflicts_on_create: Literal["NONE", "OVERWRITE"] = Field(
        default="OVERWRITE",
        description="OVERWRITE takes over what EKS put into a new cluster by itself; with NONE that is an error.",
    )
    resolve_conflicts_on_update: Literal["NONE", "OVERWRITE", "PRESERVE"] = Field(
        default="PRESERVE", description="What becomes of values that somebody changed in the cluster."
    )
    identity: Literal["pod_identity", "irsa", "nodes"] | None = Field(
        default=None,
        description="How it gets its rights in AWS. pod_identity: a role by EKS Pod Identity. irsa: a role by the "
        "cluster's OIDC provider. nodes: those of the nodes. Null: pod_identity where it is known to need a role of "
        "its own, else nodes.",
    )
    namespace: str | None = Field(default=None, pattern=NAME, description="Its namespace; null: as EKS chooses.")
    service_account: str | None = Field(
        default=None, description="Service account that gets the role; null: the known one of an add-on of AWS."
    )
    managed_policies: list[str] | None = Field(
        default=None, description="Managed policies of its role; null: what AWS recommends for it."
    )
    preserve: bool = Field(default=False, description="Its software stays in the cluster when the add-on is removed.")
    tags: Tags = Field(default={}, description="Tags: key to value.")

    @property
    def rights(self) -> Rights | None:
        """What its role is for, None without a role of its own or where it is not known."""
        known = KNOWN.get(self.name)
        account = self.service_account or (known.service_account if known else None)
        policies = known.managed_policies if known else None
        if self.managed_policies is not None:
            policies = tuple(self.managed_policies)
        if self.by == "nodes" or account is None or policies is None:
            return None
        space = self.namespace or (known.namespace if known else "kube-system")
        return Rights(space, account, policies)

    @property
    def by(self) -> Literal["pod_identity", "irsa", "nodes"]:
        """How it gets its rights."""
        if self.identity is not None:
            return self.identity
        known = KNOWN.get(self.name)
        own = self.service_account is not None or self.managed_policies is not None
        return "pod_identity" if own or (known is not None and not known.of_nodes) else "nodes"


class ServiceAccount(Managed):
    """A service account whose pods get a role of AWS."""

    namespace: str = Field(pattern=NAME, description="Namespace. It need not exist yet.")
    name: str = Field(pattern=NAME, description="Name of the service account. It need not exist yet.")
    identity: Literal["pod_identity", "irsa"] = Field(
        default="pod_identity", description="By EKS Pod Identity, or by the cluster's OIDC provider."
    )
    role: str | None = Field(
        default=None, min_length=1, max_length=64, description="Name of the role; null: <cluster>-<namespace>-<name>."
    )
    managed_policies: list[str] = Field(default=[], description="Managed policies: AWS' own by name, others by ARN.")
    inline_policies: dict[str, dict[str, Any]] = Field(default={}, description="Name to policy document.")
    tags: Tags = Field(default={}, description="Tags: key to value.")
