# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Rules about addresses: the endpoint, pods, services, nodes and the CNI."""

from __future__ import annotations

import ipaddress
import re
import typing as t

from .rule import Cluster, Failure, address_of, network_of, rule

_NODE_MASK = 24
_WIDEST = 16
_DNS = re.compile(r"(\*\.)?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*", re.IGNORECASE)


@rule
def endpoint(cluster: Cluster) -> t.Iterator[Failure]:
    """The address of the Kubernetes API belongs to nobody else."""
    path = "spec.controlPlaneConfiguration.endpoint.host"
    value = (cluster.control_plane.get("endpoint") or {}).get("host")
    address = address_of(value)
    if value is None:
        yield cluster.at("endpoint.missing", path, None, "is missing", "give a free address of the machines' network")
    elif address is None:
        yield cluster.at("endpoint.form", path, value, "is no IP address", "give an address, names are not taken")
    else:
        yield from _inside(cluster, path, address)
        yield from _leased(cluster, path, address)


def _inside(
    cluster: Cluster, path: str, address: t.Union[ipaddress.IPv4Address, ipaddress.IPv6Address]
) -> t.Iterator[Failure]:
    for what in ("pods", "services"):
        for text in (cluster.network.get(what) or {}).get("cidrBlocks") or ():
            block = network_of(text)
            if block is not None and address in block:
                message = f"lies in {text} of {what}, which nodes route elsewhere"
                yield cluster.at(f"endpoint.{what}", path, address, message, "choose an address outside of it")


def _leased(
    cluster: Cluster, path: str, address: t.Union[ipaddress.IPv4Address, ipaddress.IPv6Address]
) -> t.Iterator[Failure]:
    if cluster.site.dhcp is not None:
        first, last = (address_of(one) for one in cluster.site.dhcp)
        if first is not None and last is not None and int(first) <= int(address) <= int(last):
            message = f"may be leased to another machine: DHCP gives {first} to {last}"
            yield cluster.at("endpoint.dhcp", path, address, message, "choose an address outside of that range")
    block = network_of(cluster.site.network)
    if block is not None and address not in block:
        message = f"lies outside of the machines' network {block}, where it is announced by ARP"
        yield cluster.at("endpoint.network", path, address, message, "choose an address in it")


@rule
def blocks(cluster: Cluster) -> t.Iterator[Failure]:
    """Exactly one block for pods and one for services, apart from each other."""
    found = {}
    for what in ("pods", "services"):
        path = f"spec.clusterNetwork.{what}.cidrBlocks"
        listed = (cluster.network.get(what) or {}).get("cidrBlocks") or []
        if len(listed) != 1:
            message = f"has {len(listed)} blocks"
            yield cluster.at(f"network.{what}_one", path, listed or None, message, "give exactly one")
            continue
        block = network_of(listed[0])
        if block is None:
            yield cluster.at(f"network.{what}_form", path, listed[0], "is no CIDR block", "as 192.168.0.0/16")
        found[what] = block
    pods, services = found.get("pods"), found.get("services")
    if pods is not None and services is not None and pods.overlaps(services):
        path = "spec.clusterNetwork.services.cidrBlocks"
        yield cluster.at(
            "network.apart", path, services, f"overlaps pods ({pods})", "choose blocks that do not overlap"
        )


@rule
def node_mask(cluster: Cluster) -> t.Iterator[Failure]:
    """Each node gets a part of the pods' block."""
    listed = (cluster.network.get("pods") or {}).get("cidrBlocks") or []
    pods = network_of(listed[0]) if len(listed) == 1 else None
    mask = (cluster.network.get("nodes") or {}).get("cidrMaskSize") or _NODE_MASK
    if pods is None:
        return
    path = "spec.clusterNetwork.pods.cidrBlocks"
    if pods.prefixlen >= mask:
        message = f"leaves no part of /{mask} for each node"
        yield cluster.at("network.node_mask", path, pods, message, f"use a block larger than /{mask}")
    elif mask - pods.prefixlen > _WIDEST:
        message = (
            f"is {mask - pods.prefixlen} bits wider than each node's /{mask}, and Kubernetes takes {_WIDEST} at most"
        )
        yield cluster.at("network.node_mask_wide", path, pods, message, f"use /{mask - _WIDEST} or smaller")
    elif _nodes(cluster) > 2 ** (mask - pods.prefixlen):
        message = f"has {2 ** (mask - pods.prefixlen)} parts of /{mask} for {_nodes(cluster)} nodes"
        yield cluster.at("network.node_parts", path, pods, message, "use a larger block")


def _nodes(cluster: Cluster) -> int:
    """Nodes at most, with one that surges in each group."""
    counts = [cluster.control_plane.get("count") or 0]
    for group in cluster.workers:
        bounds = group.get("autoscalingConfiguration") or {}
        counts.append(max(group.get("count") or 0, bounds.get("maxCount") or 0))
    return sum(int(count) + 1 for count in counts if isinstance(count, int))


@rule
def cni(cluster: Cluster) -> t.Iterator[Failure]:
    """One network plugin, with what its mode needs."""
    config = cluster.network.get("cniConfig") or {}
    there = [name for name in ("cilium", "kindnetd") if name in config]
    path = "spec.clusterNetwork.cniConfig"
    if cluster.network.get("cni"):
        message = "is the field of releases before 0.7, which current ones refuse"
        yield cluster.at("cni.old", "spec.clusterNetwork.cni", cluster.network["cni"], message, "use cniConfig.cilium")
    elif len(there) != 1:
        message = "names no network plugin" if not there else "names more than one network plugin"
        yield cluster.at("cni.one", path, there or None, message, "use cilium: {}")
    cilium = config.get("cilium") or {}
    mode = cilium.get("policyEnforcementMode")
    if mode is not None and mode not in ("default", "always", "never"):
        message, remedy = "is no mode of Cilium", "use default, always or never"
        yield cluster.at("cni.policy", f"{path}.cilium.policyEnforcementMode", mode, message, remedy)
    if cilium.get("routingMode") == "direct" and not cilium.get("ipv4NativeRoutingCIDR"):
        message = "needs ipv4NativeRoutingCIDR, the block that is routed without encapsulation"
        yield cluster.at("cni.direct", f"{path}.cilium.routingMode", "direct", message, "add it, as the pods' block")


@rule
def cert_sans(cluster: Cluster) -> t.Iterator[Failure]:
    """Further names of the Kubernetes API."""
    for index, value in enumerate(cluster.control_plane.get("certSans") or ()):
        if address_of(value) is None and not _DNS.fullmatch(str(value)):
            path = f"spec.controlPlaneConfiguration.certSans[{index}]"
            yield cluster.at("cert_sans", path, value, "is neither a DNS name nor an address", "correct or remove it")
