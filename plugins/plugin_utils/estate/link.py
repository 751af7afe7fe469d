# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The link between the sites and AWS: Direct Connect."""

from __future__ import annotations

from typing import Literal

from ._pydantic import Field
from .base import Managed, Model
from .fields import Asn, Cidr, InterfaceAddress, Mtu, Name, Positive
from .secrets import Secret


class Connection(Managed):
    """A port at a Direct Connect location."""

    name: Name = Field(description="Name.")
    bandwidth: Literal["50Mbps", "100Mbps", "200Mbps", "500Mbps", "1Gbps", "2Gbps", "5Gbps", "10Gbps", "100Gbps"] = (
        Field(description="Bandwidth, in AWS's words.")
    )
    provider: str | None = Field(default=None, description="Who brings the cross connect.")


class VirtualInterface(Managed):
    """A BGP session over a connection."""

    name: Name = Field(description="Name.")
    connection: str = Field(description="Connection, by name.")
    type: Literal["transit", "private"] = Field(description="transit: to a transit gateway. private: to one VPC.")
    vlan: int = Field(ge=1, le=4094, description="VLAN id on the connection.")
    customer_address: InterfaceAddress = Field(description="Our address, for example 169.254.10.1/30.")
    amazon_address: InterfaceAddress = Field(description="Its address at Amazon, for example 169.254.10.2/30.")
    auth_key: Secret | None = Field(default=None, description="BGP MD5 key, by reference; null: Amazon makes one.")
    mtu: Literal[1500, 8500, 9001] = Field(default=1500, description="Largest packet in bytes.")


class Link(Managed):
    """Direct Connect from the sites to a region."""

    host: str = Field(description="Inventory host of group links that is its endpoint.")
    location: str = Field(description="Direct Connect location, for example Cologix COL2, Columbus, OH.")
    region: str = Field(description="Inventory host of group aws_regions at the other end.")
    customer_asn: Asn = Field(description="Our autonomous system number.")
    amazon_asn: Asn = Field(description="Autonomous system number of the gateway at Amazon's side.")
    gateway: Name = Field(description="Name of the Direct Connect gateway.")
    connections: list[Connection] = Field(min_length=1, description="Ports; two are redundant.")
    virtual_interfaces: list[VirtualInterface] = Field(min_length=1, description="BGP sessions.")
    advertised: list[Cidr] = Field(min_length=1, description="Networks on site that AWS learns.")
    allowed: list[Cidr] = Field(min_length=1, description="Networks in AWS that the sites learn.")
    mtu: Mtu = Field(default=1500, description="Largest packet in bytes on the whole way.")
    backbone_gbit: Positive | None = Field(
        default=None, description="Bandwidth of the provider between sites and location in Gbit/s."
    )


class FutureRegion(Model):
    """A region that the same location reaches, planned but not built."""

    name: str = Field(description="Name of the region.")
    reason: str = Field(description="What it is for.")
