# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an estate declares: kind to names. A plan shows a reference to such a thing as known later."""

from __future__ import annotations

from collections.abc import Iterable

from . import layers_eksa, layers_vsphere
from .estate import Estate, Region
from .layers import address, eks_entries, network_entries
from .layers_cluster import declared_sets
from .layers_network import Resource
from .onprem import OnPremises


def region_entries(estate: Estate, region: Region) -> list[Resource]:
    """All resources of a region, as far as its layers are ours."""
    network = network_entries(region.vpcs, estate.identity.manages("aws_network"))
    return network + eks_entries(region.clusters, region.vpcs, region.name, estate.identity.manages("eks"))


def cluster_sets(estate: Estate) -> dict[str, dict[str, list[str]]]:
    """Inventory host of a cluster to {"kube_set": names of the sets of objects that the estate declares in it}."""
    return {host: {"kube_set": declared_sets(estate, one.cluster)} for host, one in estate.kubernetes.items()}


def site_of(estate: Estate) -> OnPremises | None:
    """What is on site behind the vCenter of the estate; None where there is none."""
    if estate.vcenter is None:
        return None
    return OnPremises(
        vcenter=estate.vcenter,
        endpoint=estate.vcenters.get(estate.vcenter.host),
        sites=estate.sites,
        hardware=estate.hardware,
        hosts=estate.host_ranges,
        host_profile=estate.host_profile,
        gpus=estate.gpus,
        storage=estate.storage,
        networks=estate.network_ranges,
        pools=estate.pools,
        clusters=estate.clusters,
    )


def vcenter_entries(estate: Estate) -> list[Resource]:
    """All resources behind the vCenter, as far as its layers are ours."""
    site = site_of(estate)
    if site is None:
        return []
    makers = layers_vsphere.LAYERS.items()
    found = [entry for layer, entries in makers for entry in entries(site, estate.identity.manages(layer))]
    return found + layers_eksa.eksa_entries(site, estate.identity.manages("eks_anywhere"))


def vcenter_declared(estate: Estate) -> dict[str, dict[str, list[str]]]:
    """Inventory host of the vCenter to kind to sorted names of what the layers behind it make or refer to."""
    if estate.vcenter is None:
        return {}
    return {estate.vcenter.host: _names(layers_vsphere.address(entry) for entry in vcenter_entries(estate))}


def declared(estate: Estate) -> dict[str, list[str]]:
    """Kind to sorted names of everything that the layers of the estate make or refer to."""
    entries: list[Resource] = []
    for region in estate.regions:
        entries += region_entries(estate, region)
    return _names(address(entry) for entry in entries)


def _names(addresses: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    names: dict[str, set[str]] = {}
    for kind, name in addresses:
        names.setdefault(kind, set()).add(name)
    return {kind: sorted(there) for kind, there in sorted(names.items())}
