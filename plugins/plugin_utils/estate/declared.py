# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an estate declares: kind to names. A plan shows a reference to such a thing as known later."""

from __future__ import annotations

from .estate import Estate, Region
from .layers import address, eks_entries, network_entries
from .layers_cluster import declared_sets
from .layers_network import Resource


def region_entries(estate: Estate, region: Region) -> list[Resource]:
    """All resources of a region, as far as its layers are ours."""
    network = network_entries(region.vpcs, estate.identity.manages("aws_network"))
    return network + eks_entries(region.clusters, region.vpcs, region.name, estate.identity.manages("eks"))


def cluster_sets(estate: Estate) -> dict[str, dict[str, list[str]]]:
    """Inventory host of a cluster to {"kube_set": names of the sets of objects that the estate declares in it}."""
    return {host: {"kube_set": declared_sets(estate, one.cluster)} for host, one in estate.kubernetes.items()}


def declared(estate: Estate) -> dict[str, list[str]]:
    """Kind to sorted names of everything that the layers of the estate make or refer to."""
    entries: list[Resource] = []
    for region in estate.regions:
        entries += region_entries(estate, region)
    names: dict[str, set[str]] = {}
    for entry in entries:
        kind, name = address(entry)
        names.setdefault(kind, set()).add(name)
    return {kind: sorted(there) for kind, there in sorted(names.items())}
