# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shape of what every cluster has, whatever is installed on it: storage, namespaces, and who may do what."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from ._pydantic import AfterValidator, BeforeValidator, Field, model_validator
from .base import Managed, Model, refused
from .fields import Name, quantity

EBS = "ebs.csi.aws.com"
# What volumes are made of unless the class says otherwise, by driver.
_PARAMETERS: dict[str, dict[str, str]] = {EBS: {"type": "gp3", "encrypted": "true"}}
Level = Literal["privileged", "baseline", "restricted"]


def _namespace(value: str) -> str:
    if "." in value:
        raise refused("is the name of a namespace, which takes no dots", "use lower-case letters, digits and '-'")
    if value == "default" or value.startswith("kube-"):
        raise refused("is a namespace of Kubernetes itself", "choose another name")
    return value


def _account(value: str) -> str:
    if value.count("/") != 1:
        raise refused("is no service account", "write it as namespace/name")
    return value


Amounts = dict[str, Annotated[str | int, BeforeValidator(quantity)]]


class BaseStorageClass(Managed):
    """A StorageClass."""

    name: Name = Field(description="Name.")
    provisioner: str = Field(default=EBS, min_length=1, description="Driver that makes the volumes.")
    parameters: dict[str, str] | None = Field(
        default=None, description="Parameters of the driver; null: with EBS encrypted gp3, otherwise none."
    )
    reclaim_policy: Literal["Delete", "Retain"] = Field(
        default="Delete", description="What becomes of a volume without its claim."
    )
    volume_binding_mode: Literal["WaitForFirstConsumer", "Immediate"] = Field(
        default="WaitForFirstConsumer", description="A volume is made where its first pod runs, or at once."
    )
    allow_expansion: bool = Field(default=True, description="Whether claims may grow.")
    default: bool = Field(default=False, description="Claims that name no class get this one.")

    @property
    def volumes(self) -> dict[str, str]:
        """Parameters of the driver."""
        return _PARAMETERS.get(self.provisioner, {}) if self.parameters is None else self.parameters


class PodSecurity(Model):
    """Pod Security levels, which the API server holds pods to."""

    enforce: Level | None = Field(default=None, description="Pods beyond this level are refused.")
    audit: Level | None = Field(default=None, description="Pods beyond this level are noted in the audit log.")
    warn: Level | None = Field(default=None, description="Whoever makes pods beyond this level is warned.")
    version: str | None = Field(
        default=None, pattern=r"^(latest|v1\.\d+)$", description="Kubernetes version of the levels, for example v1.35."
    )


class NamespaceLimit(Model):
    """Limits of each container, pod or claim."""

    type: Literal["Container", "Pod", "PersistentVolumeClaim"] = Field(description="What they hold for.")
    default: Amounts | None = Field(default=None, description="Limits of containers that say none.")
    default_request: Amounts | None = Field(default=None, description="Requests of containers that say none.")
    min: Amounts | None = Field(default=None, description="Smallest amounts.")
    max: Amounts | None = Field(default=None, description="Largest amounts.")
    max_ratio: Amounts | None = Field(default=None, description="How many times its request a limit may be.")


class BaseNamespace(Managed):
    """A namespace of the platform."""

    name: Annotated[Name, AfterValidator(_namespace)] = Field(description="Name.")
    labels: dict[str, str] = Field(default={}, description="Labels: key to value.")
    annotations: dict[str, str] = Field(default={}, description="Annotations: key to value.")
    pod_security: PodSecurity = Field(
        default_factory=lambda: PodSecurity(enforce="baseline", warn="restricted"),
        description="Pod Security levels; without it pods are held to baseline and warned about restricted.",
    )
    quota: Amounts = Field(default={}, description="Hard limits of all pods together: resource to amount.")
    limits: list[NamespaceLimit] = Field(default=[], description="Limits of each container, pod or claim, by type.")
    istio_injection: bool | None = Field(default=None, description="Whether Istio adds its proxy; null: not managed.")


class Holders(Model):
    """Who holds a role."""

    users: list[str] = Field(default=[], description="Users, by the names that the cluster knows them by.")
    groups: list[str] = Field(default=[], description="Groups, also those that EKS access entries give.")
    service_accounts: list[Annotated[str, AfterValidator(_account)]] = Field(
        default=[], description="Service accounts, as namespace/name."
    )

    @property
    def anybody(self) -> bool:
        """Whether it names somebody."""
        return bool(self.users or self.groups or self.service_accounts)


class ClusterBase(Model):
    """What a cluster has before anything is installed on it."""

    storage_classes: list[BaseStorageClass] = Field(default=[], description="StorageClasses, at most one the default.")
    no_longer_default: list[Name] = Field(
        default=[],
        description="StorageClasses of others that shall not be the default any more, for example gp2 of older EKS "
        "clusters. Nothing else of them changes, and they are never deleted.",
    )
    namespaces: list[BaseNamespace] = Field(default=[], description="Namespaces of the platform.")
    administrators: Holders = Field(default_factory=Holders, description="Who may do everything.")
    viewers: Holders = Field(default_factory=Holders, description="Who may see everything but secrets.")

    @model_validator(mode="after")
    def _one_default(self) -> Self:
        defaults = [one.name for one in self.storage_classes if one.default and one.manage != "ignore"]
        if len(defaults) > 1:
            raise refused(f"has several default StorageClasses: {', '.join(defaults)}", "say default: true once")
        return self

    @model_validator(mode="after")
    def _names_once(self) -> Self:
        classes = [one.name for one in self.storage_classes] + self.no_longer_default
        for names in (classes, [one.name for one in self.namespaces]):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise refused(f"names {', '.join(twice)} twice", "one entry for each")
        return self
