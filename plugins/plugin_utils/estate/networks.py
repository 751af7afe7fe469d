# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""VLANs on site and the networks on them."""

from __future__ import annotations

import dataclasses
import ipaddress
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal, Self

from ._pydantic import BeforeValidator, Field, model_validator
from .base import Manage, Managed, Model, refused
from .fields import Address, Cidr, Mtu
from .ranges import expand

Purpose = Literal[
    "management", "vmotion", "storage", "vcenter_ha", "kubernetes", "machines", "dmz", "link", "out_of_band", "scratch"
]


class Dhcp(Model):
    """Addresses that are leased."""

    first: Address = Field(description="First address.")
    last: Address = Field(description="Last address.")


def _as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


class NetworkRange(Managed):
    """One VLAN with its network, or a range of as many names and VLAN ids."""

    name: str = Field(description="Name or range, for example team-[01:36].")
    vlan: Annotated[str, BeforeValidator(_as_text, json_schema_input_type=int | str)] = Field(
        description="VLAN id (1 to 4094), or a range of as many, for example [1101:1136]."
    )
    sites: list[str] = Field(min_length=1, description="Sites that carry it, by name; several: stretched.")
    purpose: Purpose = Field(description="What it is for.")
    cidr: Cidr | None = Field(default=None, description="CIDR of the network; null: none, or cut from a supernet.")
    supernet: Cidr | None = Field(default=None, description="CIDR from which the networks of a range are cut.")
    prefix: int | None = Field(default=None, ge=8, le=30, description="Prefix length in bits of each cut network.")
    gateway: Address | None = Field(default=None, description="Router's address; null: the first of the network.")
    dhcp: Dhcp | None = Field(default=None, description="Leased addresses; null: none.")
    mtu: Mtu = Field(default=1500, description="Largest packet in bytes.")

    @model_validator(mode="after")
    def _one_source_of_addresses(self) -> Self:
        if self.cidr is not None and self.supernet is not None:
            raise refused("has both cidr and supernet", "give cidr for one network, supernet and prefix for a range")
        if (self.supernet is None) != (self.prefix is None):
            raise refused("needs supernet and prefix together", "give both, or neither")
        return self


@dataclasses.dataclass(frozen=True, slots=True)
class LocalNetwork:
    """One VLAN. index: its place in kubeops_networks."""

    name: str
    vlan: int
    cidr: str | None
    entry: NetworkRange
    index: int

    @property
    def manage(self) -> Manage:
        """How far it is ours."""
        return self.entry.manage


def networks_of(ranges: Sequence[NetworkRange]) -> Iterator[LocalNetwork]:
    """The networks that ranges stand for. Raises ValueError for ranges that checks_ranges would refuse."""
    for index, entry in enumerate(ranges):
        names = expand(entry.name)
        for name, vlan, cidr in zip(names, expand(entry.vlan), _cidrs(entry, len(names)), strict=True):
            yield LocalNetwork(name, int(vlan), cidr, entry, index)


def _cidrs(entry: NetworkRange, count: int) -> Iterator[str | None]:
    if entry.supernet is None or entry.prefix is None:
        yield from [entry.cidr] * count
        return
    block = ipaddress.IPv4Network(entry.supernet)
    size = 1 << (32 - entry.prefix)
    for number in range(count):
        start = int(block.network_address) + number * size
        yield f"{ipaddress.IPv4Address(start)}/{entry.prefix}"
