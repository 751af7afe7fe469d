# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses: no VLAN, address or network is used twice, on either side of the link."""

from __future__ import annotations

import dataclasses
import ipaddress
from collections.abc import Iterator

from .check import needs, unique
from .estate import Estate
from .fields import network
from .problems import Path, Problem, path_text


@needs("kubeops_networks")
def vlans(estate: Estate) -> Iterator[Problem]:
    """A VLAN id means one network within a site."""
    taken: dict[tuple[str, int], str] = {}
    told: set[tuple[str, str]] = set()
    for one in estate.networks:
        for site in one.entry.sites:
            other = taken.setdefault((site, one.vlan), one.name)
            if other != one.name and (other, one.name) not in told:
                told.add((other, one.name))
                path: Path = ("kubeops_networks", one.index, "vlan")
                message = f"is VLAN {one.vlan} of both {other} and {one.name} at site {site}"
                yield Problem(path, one.entry.vlan, message, "give each network of a site its own VLAN id")


def _fixed_addresses(estate: Estate) -> Iterator[tuple[str, Path]]:
    for host in estate.hosts:
        yield host.address, ("kubeops_hosts", host.index, "address")
        if host.controller_address:
            yield host.controller_address, ("kubeops_hosts", host.index, "controller_address")
        for adapter, address in host.vmkernel.items():
            yield address, ("kubeops_hosts", host.index, "vmkernel_addresses", adapter)
    for index, switch in enumerate(estate.fabric.core_switches):
        yield switch.address, ("kubeops_fabric", "core_switches", index, "address")
    for index, cluster in enumerate(estate.clusters):
        yield cluster.endpoint, ("kubeops_clusters", index, "endpoint")
    for index, entry in enumerate(estate.network_ranges):
        if entry.gateway is not None:
            yield entry.gateway, ("kubeops_networks", index, "gateway")
    yield from _appliance_addresses(estate)


def _appliance_addresses(estate: Estate) -> Iterator[tuple[str, Path]]:
    if estate.vcenter is None or estate.vcenter.ha is None:
        return
    for index, appliance in enumerate(estate.vcenter.ha.appliances):
        path: Path = ("kubeops_vcenter", "ha", "appliances", index)
        yield appliance.ha_address, (*path, "ha_address")
        if appliance.address is not None:
            yield appliance.address, (*path, "address")


@needs("kubeops_hosts", "kubeops_fabric", "kubeops_clusters", "kubeops_vcenter", "kubeops_networks")
def addresses(estate: Estate) -> Iterator[Problem]:
    """An address belongs to one thing."""
    yield from unique(_fixed_addresses(estate), "is also the address of", "give each its own address")


@needs("kubeops_hosts", "kubeops_fabric", "kubeops_clusters", "kubeops_vcenter", "kubeops_networks")
def placed(estate: Estate) -> Iterator[Problem]:
    """An address lies in a network that there is."""
    blocks = [network(one.cidr) for one in estate.networks if one.cidr is not None]
    spans = sorted((int(block.network_address), int(block.broadcast_address)) for block in blocks)
    told: set[Path] = set()
    for text, path in _fixed_addresses(estate):
        number = int(ipaddress.ip_address(text))
        if path not in told and not any(first <= number <= last for first, last in spans):
            told.add(path)
            remedy = "choose an address in one of them, or describe its network"
            yield Problem(path, text, "lies in no network of kubeops_networks", remedy)


@dataclasses.dataclass(frozen=True, order=True)
class _Block:
    first: int
    last: int
    text: str
    path: Path
    host: str


def _block(text: str, path: Path, host: str = "") -> _Block:
    block = network(text)
    return _Block(int(block.network_address), int(block.broadcast_address), text, path, host)


def _blocks(estate: Estate) -> Iterator[_Block]:
    for one in estate.networks:
        if one.cidr is not None:
            field = "cidr" if one.entry.cidr is not None else "supernet"
            yield _block(one.cidr, ("kubeops_networks", one.index, field))
    for index, cluster in enumerate(estate.clusters):
        yield _block(cluster.pods_cidr, ("kubeops_clusters", index, "pods_cidr"))
        yield _block(cluster.services_cidr, ("kubeops_clusters", index, "services_cidr"))
    for region in estate.regions:
        for index, vpc in enumerate(region.vpcs):
            yield _block(vpc.cidr, ("aws_network_vpcs", index, "cidr"), region.host)
            for number, cidr in enumerate(vpc.secondary_cidrs or []):
                yield _block(cidr, ("aws_network_vpcs", index, "secondary_cidrs", number), region.host)
        for index, there in enumerate(region.clusters):
            if there.service_ipv4_cidr is not None:
                yield _block(there.service_ipv4_cidr, ("eks_clusters", index, "service_ipv4_cidr"), region.host)


@needs("kubeops_networks", "kubeops_clusters", "aws_network_vpcs", "eks_clusters", "kubeops_aws")
def overlaps(estate: Estate) -> Iterator[Problem]:
    """No two networks overlap anywhere: across the link a packet would not know where to go."""
    widest: _Block | None = None
    for block in sorted(_blocks(estate)):
        if widest is not None and block.first <= widest.last:
            message = f"overlaps {widest.text} of {path_text(widest.path)}"
            remedy = "choose networks that overlap nowhere, on site or in AWS: the link joins them all"
            yield Problem(block.path, block.text, message, remedy, block.host)
        if widest is None or block.last > widest.last:
            widest = block


@needs("kubeops_clusters", "kubeops_networks")
def cluster_endpoints(estate: Estate) -> Iterator[Problem]:
    """The endpoint of a cluster on site is in its network, and DHCP does not lease it."""
    by_name = {one.name: one for one in estate.networks}
    for index, cluster in enumerate(estate.clusters):
        one = by_name.get(cluster.network)
        if one is None or one.cidr is None:
            continue
        path: Path = ("kubeops_clusters", index, "endpoint")
        address = ipaddress.ip_address(cluster.endpoint)
        if address not in network(one.cidr):
            message = f"lies outside network {one.name} ({one.cidr})"
            yield Problem(path, cluster.endpoint, message, "choose an address of that network")
        dhcp = one.entry.dhcp
        if dhcp is None:
            where: Path = ("kubeops_networks", one.index, "dhcp")
            message = f"is missing, but machines of cluster {cluster.name} get their addresses from it"
            yield Problem(where, "", message, "give first and last address")
        elif int(ipaddress.ip_address(dhcp.first)) <= int(address) <= int(ipaddress.ip_address(dhcp.last)):
            message = f"is leased by DHCP ({dhcp.first} to {dhcp.last})"
            yield Problem(path, cluster.endpoint, message, "choose an address outside the leased ones")
