# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""References of what spans the clusters: mesh, platform, observability and link."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_interface

from .check import known, needs
from .estate import Estate
from .fields import lies_within, network
from .link import Link
from .problems import Path, Problem

_CLUSTER = "cluster of this estate"
_REGION = "inventory host of group aws_regions"


def _clusters(estate: Estate, path: Path, names: list[str]) -> Iterator[Problem]:
    for index, name in enumerate(names):
        yield from known((*path, index), name, estate.cluster_names, _CLUSTER)


@needs("kubeops_mesh", "kubeops_clusters", "eks_clusters", "kubeops_aws")
def mesh(estate: Estate) -> Iterator[Problem]:
    """The mesh joins clusters that there are, and one of them manages it."""
    if estate.mesh is None:
        return
    for index, member in enumerate(estate.mesh.clusters):
        yield from known(("kubeops_mesh", "clusters", index, "cluster"), member.cluster, estate.cluster_names, _CLUSTER)
    managers = [member.cluster for member in estate.mesh.clusters if member.management]
    if estate.mesh.gloo_version is not None and len(managers) != 1:
        message = f"name {len(managers)} clusters for the management plane"
        yield Problem(("kubeops_mesh", "clusters"), "", message, "set management: true for exactly one")


@needs("kubeops_platform", "kubeops_clusters", "eks_clusters", "kubeops_aws", "kubeops_gpus", "kubeops_hosts")
def platform(estate: Estate) -> Iterator[Problem]:
    """Kubeflow and bursting run on clusters that there are, within the GPUs that there are."""
    kubeflow, bursting = estate.platform.kubeflow, estate.platform.bursting
    if kubeflow is not None:
        yield from _clusters(estate, ("kubeops_platform", "kubeflow", "clusters"), kubeflow.clusters)
    if bursting is None:
        return
    path: Path = ("kubeops_platform", "bursting")
    yield from _clusters(estate, (*path, "order"), bursting.order)
    if bursting.manager is not None:
        yield from known((*path, "manager"), bursting.manager, estate.cluster_names, _CLUSTER)
    if bursting.manager is not None and bursting.manager in bursting.order:
        where = (*path, "order", bursting.order.index(bursting.manager))
        message = "is the manager, which runs no jobs itself"
        yield Problem(where, bursting.manager, message, "name another manager, or leave it out of order")
    for name in bursting.ceiling:
        yield from known((*path, "ceiling", name), name, bursting.order, "cluster of order")


@needs("kubeops_observability", "kubeops_clusters", "eks_clusters", "kubeops_aws")
def observability(estate: Estate) -> Iterator[Problem]:
    """What watches stands in clusters and regions that there are."""
    watch = estate.observability
    path: Path = ("kubeops_observability",)
    regions = [region.host for region in estate.regions]
    if watch.prometheus is not None:
        yield from _clusters(estate, (*path, "prometheus", "clusters"), watch.prometheus.clusters)
    if watch.managed_prometheus is not None:
        where: Path = (*path, "managed_prometheus", "region")
        yield from known(where, watch.managed_prometheus.region, regions, _REGION)
    if watch.managed_grafana is not None:
        yield from known((*path, "managed_grafana", "region"), watch.managed_grafana.region, regions, _REGION)


@needs("kubeops_link", "kubeops_aws")
def link(estate: Estate) -> Iterator[Problem]:
    """The link has two ends that there are, two numbers, and sessions on ports that there are."""
    link = estate.link
    if link is None:
        return
    path: Path = ("kubeops_link",)
    there = estate.groups.get("links", [])
    yield from known((*path, "host"), link.host, there, "inventory host of group links")
    yield from known((*path, "region"), link.region, [region.host for region in estate.regions], _REGION)
    if link.customer_asn == link.amazon_asn:
        message = "is the autonomous system number of both ends"
        yield Problem((*path, "amazon_asn"), str(link.amazon_asn), message, "give each end its own")
    names = [connection.name for connection in link.connections]
    yield from _sessions(link)
    taken: set[tuple[str, int]] = set()
    for index, interface in enumerate(link.virtual_interfaces):
        where: Path = (*path, "virtual_interfaces", index)
        yield from known((*where, "connection"), interface.connection, names, "connection of this link")
        if (interface.connection, interface.vlan) in taken:
            message = f"is taken on connection {interface.connection}"
            yield Problem((*where, "vlan"), str(interface.vlan), message, "give each interface its own VLAN id")
        taken.add((interface.connection, interface.vlan))


def _sessions(link: Link) -> Iterator[Problem]:
    """Both ends of a BGP session are two addresses of one network."""
    for index, interface in enumerate(link.virtual_interfaces):
        ours, theirs = ip_interface(interface.customer_address), ip_interface(interface.amazon_address)
        if ours.network != theirs.network or ours.ip == theirs.ip:
            path: Path = ("kubeops_link", "virtual_interfaces", index, "amazon_address")
            message = f"is no neighbour of {interface.customer_address}"
            yield Problem(
                path, interface.amazon_address, message, "give both ends different addresses of one /30 or /31"
            )


@needs("kubeops_link", "kubeops_aws", "aws_network_vpcs", sound=True)
def routes(estate: Estate) -> Iterator[Problem]:
    """The sites learn of every VPC behind the link."""
    link = estate.link
    if link is None:
        return
    allowed = [network(cidr) for cidr in link.allowed]
    for region in estate.regions:
        for vpc in region.vpcs if region.host == link.region else []:
            if not any(lies_within(network(vpc.cidr), block) for block in allowed):
                message = f"do not contain VPC {vpc.name} ({vpc.cidr}), so that the sites would not know the way to it"
                yield Problem(("kubeops_link", "allowed"), ", ".join(link.allowed), message, f"add {vpc.cidr}")
