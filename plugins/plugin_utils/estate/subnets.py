# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CIDRs of subnets, derived from the CIDR of their VPC.

Tiers are laid out in their order, each on a block for `zone_slots` subnets aligned to its size. So a tier added at the
end, or a zone within the slots, moves no subnet: AWS cannot move them.
"""

from __future__ import annotations

import ipaddress

from .aws_network import Tier, Vpc

Block = ipaddress.IPv4Network


class NoRoom(ValueError):
    """The VPC is too small for a tier."""

    def __init__(self, tier: str, block: Block, needed: int) -> None:
        super().__init__(f"no room in {block} for tier '{tier}', which needs {needed} addresses after the ones before")
        self.tier = tier


def zone_slots(vpc: Vpc) -> int:
    """How many subnets a derived tier leaves room for."""
    if vpc.zone_slots is not None:
        return max(vpc.zone_slots, len(vpc.zones))
    return max(4, 1 << (len(vpc.zones) - 1).bit_length())


def subnet_cidrs(vpc: Vpc) -> dict[str, dict[str, str]]:
    """Tier to zone to CIDR. Raises NoRoom.

    A tier with CIDRs of its own is taken as it is; derived ones after it begin behind its highest address.
    """
    block = ipaddress.IPv4Network(vpc.cidr)
    cursor = int(block.network_address)
    result: dict[str, dict[str, str]] = {}
    for name, tier in vpc.tiers.items():
        if tier.cidrs:
            result[name] = {zone: tier.cidrs[zone] for zone in vpc.zones if zone in tier.cidrs}
            cursor = max(cursor, _behind(block, tier))
        else:
            result[name], cursor = _derived(vpc, name, block, cursor)
    return result


def _behind(block: Block, tier: Tier) -> int:
    taken = [ipaddress.IPv4Network(cidr) for cidr in tier.cidrs.values()]
    return max((int(one.broadcast_address) + 1 for one in taken if one.subnet_of(block)), default=0)


def _derived(vpc: Vpc, name: str, block: Block, cursor: int) -> tuple[dict[str, str], int]:
    prefix = vpc.tiers[name].prefix or 28
    size = 1 << (32 - prefix)
    slots = zone_slots(vpc)
    # Aligned to the whole tier, so that one CIDR can name it in a firewall rule when slots is a power of two.
    alignment = size * (1 << (slots - 1).bit_length())
    start = -(-cursor // alignment) * alignment
    if start < int(block.network_address) or start + size * slots > int(block.broadcast_address) + 1:
        start = -(-cursor // size) * size
    end = start + size * slots
    if end > int(block.broadcast_address) + 1:
        raise NoRoom(name, block, size * slots)
    cidrs = {zone: str(Block((start + index * size, prefix))) for index, zone in enumerate(vpc.zones)}
    return cidrs, end
