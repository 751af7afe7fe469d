# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the endpoints of the estate are reached: variables of inventory hosts."""

from __future__ import annotations

from typing import Literal, Self

from ._pydantic import Field, model_validator
from .base import Model, refused
from .fields import AccountId, Arn, Port
from .secrets import Secret

_HTTPS = 443


class Via(Model):
    """The way to an endpoint."""

    kind: Literal["direct", "proxy", "ssh"] = Field(description="Directly, by an HTTP proxy, or by an SSH jump host.")
    url: str | None = Field(default=None, description="Address of the proxy.")
    jump_host: str | None = Field(default=None, description="Jump host, as ssh takes it: user@host.")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.kind == "proxy" and self.url is None:
            raise refused("needs the proxy's url", "add url: http://<host>:<port>")
        if self.kind == "ssh" and self.jump_host is None:
            raise refused("needs the jump_host", "add jump_host: <user>@<host>")
        return self


class AwsEndpoint(Model):
    """An AWS region, as the action group aws takes it. Credentials come from a profile, never from here."""

    region: str = Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$", description="Name of the region, for example us-east-2.")
    account_id: AccountId = Field(description="Account that credentials must belong to; checked before any call.")
    endpoint_url: str | None = Field(default=None, description="One address for all services; null: AWS's own.")
    profile: str | None = Field(default=None, description="Profile of the credentials file; null: the usual chain.")
    shared_credentials_file: str | None = Field(default=None, description="Path of the credentials file.")
    ca_bundle: str | None = Field(default=None, description="Path of the CA certificates to trust.")
    assume_role: Arn | None = Field(default=None, description="Role to take first.")


class VsphereEndpoint(Model):
    """A vCenter, as the action group vsphere takes it."""

    address: str = Field(description="Name or address.")
    port: Port = Field(default=443, description="TCP port.")
    username: str = Field(description="User, for example automation@vsphere.local.")
    password: Secret = Field(description="Password, by reference.")
    password_file: str | None = Field(
        default=None, description="Path of a file that holds the password, instead of the reference; null: none."
    )
    ca_bundle: str | None = Field(default=None, description="Path of the CA certificates to trust.")
    thumbprint: str | None = Field(
        default=None, description="SHA-256 fingerprint of its certificate, where no CA is known."
    )
    via: Via | None = Field(default=None, description="The way there; null: direct.")

    @property
    def server(self) -> str:
        """As EKS Anywhere writes it: with a port only where it is not the usual one."""
        return self.address if self.port == _HTTPS else f"{self.address}:{self.port}"


class KubernetesEndpoint(Model):
    """A cluster, as the action group kube takes it."""

    cluster: str = Field(description="Cluster, by name.")
    kubeconfig: str = Field(description="Path of its kubeconfig, written when the cluster is made.")
    context: str | None = Field(default=None, description="Context; null: the current one.")
    via: Via | None = Field(default=None, description="The way there; null: direct.")
