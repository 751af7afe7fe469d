# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shape of a VPC: what a person decides. Subnets, routes, gateways and endpoints follow from it."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from ._pydantic import BeforeValidator, Field, model_validator
from .base import Managed, Model, refused
from .fields import Cidr

Zone = Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d[a-z0-9-]*[a-z]$")]
Tags = dict[str, str]


class Tier(Model):
    """One subnet in every zone of the VPC, all alike."""

    public: bool = Field(
        default=False, description="Routed to the internet gateway (the DMZ). false: reached only from inside."
    )
    prefix: int | None = Field(
        default=None,
        ge=16,
        le=28,
        description="Prefix length in bits of each subnet, cut from the CIDR of the VPC in the order of the tiers.",
    )
    cidrs: dict[Zone, Cidr] = Field(
        default={}, description="CIDR of the subnet of each zone, instead of prefix: zone to CIDR."
    )
    nat: bool | None = Field(
        default=None, description="Reaches the internet through NAT. Without it: true unless the tier is public."
    )
    map_public_ip: bool | None = Field(
        default=None, description="Instances get a public address at start. Without it: as public."
    )
    tags: Tags = Field(default={}, description="Further tags of the subnets: key to value.")

    @model_validator(mode="after")
    def _one_way_of_addressing(self) -> Self:
        if (self.prefix is None) == (not self.cidrs):
            raise refused(
                "needs either prefix or cidrs",
                "give prefix to have the subnets derived, or cidrs with one CIDR for each zone",
            )
        if self.public and self.nat:
            raise refused("is public and behind NAT at once", "leave nat out: a public tier has the internet gateway")
        return self

    @property
    def behind_nat(self) -> bool:
        """Whether the tier's default route is a NAT gateway (if the VPC has any)."""
        return not self.public if self.nat is None else self.nat


class SecurityGroupRule(Model):
    """Traffic that is let through."""

    protocol: Literal["tcp", "udp", "icmp", "all"] = Field(description="Protocol; all: every protocol and port.")
    from_port: int | None = Field(default=None, ge=-1, le=65535, description="First port, or the ICMP type.")
    to_port: int | None = Field(
        default=None,
        ge=-1,
        le=65535,
        description="Last port, or the ICMP code. Without it: as from_port, and of ICMP all codes.",
    )
    cidr: Cidr | None = Field(default=None, description="Addresses on the other side.")
    security_group: str | None = Field(default=None, description="Security group on the other side, by name.")
    description: str = Field(default="", max_length=255, description="Why this traffic is needed.")

    @model_validator(mode="after")
    def _one_other_side(self) -> Self:
        if (self.cidr is None) == (self.security_group is None):
            raise refused("needs either cidr or security_group", "give one of the two: who is on the other side")
        if self.protocol != "all" and self.from_port is None:
            raise refused(f"names protocol {self.protocol} without ports", "add from_port (and to_port)")
        return self


class SecurityGroup(Managed):
    """A security group of the VPC."""

    name: str = Field(min_length=1, max_length=255, description="Name, the same in AWS.")
    description: str = Field(min_length=1, max_length=255, description="What it is for. AWS cannot change it later.")
    ingress: list[SecurityGroupRule] | None = Field(default=None, description="Rules inwards; null: not managed.")
    egress: list[SecurityGroupRule] | None = Field(
        default=None, description="Rules outwards; null: not managed (AWS then lets everything out)."
    )
    tags: Tags = Field(default={}, description="Tags: key to value.")


def _service(value: Any) -> Any:
    return {"service": value} if isinstance(value, str) else value


class Endpoint(Model):
    """A way to an AWS service that does not leave the VPC. A plain service name stands for all defaults."""

    service: str = Field(description="Short name, for example s3 or ecr.api, or the full service name.")
    policy: dict[str, Any] | None = Field(default=None, description="Endpoint policy document; null: not managed.")
    private_dns: bool = Field(
        default=True, description="The service's usual name leads to the endpoint (interface endpoints only)."
    )


EndpointOrService = Annotated[Endpoint, BeforeValidator(_service, json_schema_input_type=Endpoint | str)]


class Endpoints(Model):
    """The VPC's endpoints."""

    gateway: list[EndpointOrService] = Field(
        default=[], description="Gateway endpoints (s3, dynamodb): a route in every table that is not public."
    )
    interface: list[EndpointOrService] = Field(default=[], description="Interface endpoints: an address in each zone.")
    tier: str | None = Field(
        default=None, description="Tier whose subnets hold the interface endpoints. Without it: the first not public."
    )


class Vpc(Managed):
    """A VPC with all that belongs to it."""

    name: str = Field(min_length=1, max_length=200, description="Name, the same in AWS; all names begin with it.")
    cidr: Cidr = Field(description="Primary IPv4 CIDR block, /16 to /28.")
    secondary_cidrs: list[Cidr] | None = Field(default=None, description="Further CIDR blocks; null: not managed.")
    dns_support: bool = Field(default=True, description="Amazon's resolver answers in the VPC.")
    dns_hostnames: bool = Field(default=True, description="Instances get names; private DNS of endpoints needs it.")
    tenancy: Literal["default", "dedicated"] | None = Field(default=None, description="Tenancy of instances.")
    zones: list[Zone] = Field(min_length=1, description="Availability Zones, for example us-east-2a.")
    zone_slots: int | None = Field(
        default=None,
        ge=1,
        le=16,
        description="Number of zones that derived tiers leave room for, so that a later zone moves no subnet. Without "
        "it: 4, or the next power of two for more zones. Changing it moves subnets.",
    )
    tiers: dict[str, Tier] = Field(
        min_length=1, description="Tiers: name to shape. The order counts for derived CIDRs: add new ones at the end."
    )
    nat: Literal["per_zone", "single", "none"] = Field(
        default="per_zone", description="NAT gateways: one for each zone, one for all (in the first zone), or none."
    )
    endpoints: Endpoints = Field(default_factory=Endpoints, description="Endpoints of AWS services.")
    security_groups: list[SecurityGroup] = Field(default=[], description="Security groups.")
    kubernetes_clusters: list[str] = Field(
        default=[], description="Clusters whose load balancers may use the subnets: they are tagged for these names."
    )
    tags: Tags = Field(default={}, description="Tags of everything in this shape: key to value.")

    @property
    def public_tiers(self) -> list[str]:
        """Names of the tiers with a route to the internet gateway."""
        return [name for name, tier in self.tiers.items() if tier.public]

    @property
    def inner_tiers(self) -> list[str]:
        """Names of the tiers without."""
        return [name for name, tier in self.tiers.items() if not tier.public]

    @property
    def nat_zones(self) -> list[str]:
        """The zones with a NAT gateway."""
        if self.nat == "none" or not any(tier.behind_nat for tier in self.tiers.values()):
            return []
        return self.zones if self.nat == "per_zone" else self.zones[:1]

    @property
    def endpoint_tier(self) -> str:
        """Name of the tier that holds the interface endpoints."""
        return self.endpoints.tier or [*self.inner_tiers, *self.tiers][0]
