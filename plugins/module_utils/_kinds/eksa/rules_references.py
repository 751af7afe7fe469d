# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Rules about references: documents name each other, and a name that nobody has makes EKS Anywhere wait for ever."""

from __future__ import annotations

import difflib
import typing as t

from . import documents
from .rule import Cluster, Failure, rule


@rule
def datacenter(cluster: Cluster) -> t.Iterator[Failure]:
    """The Cluster refers to the datacenter configuration beside it."""
    reference = cluster.spec.get("datacenterRef") or {}
    known = [documents.name_of(one) for one in cluster.documents if one.get("kind") == documents.DATACENTER]
    value = reference.get("name")
    if reference.get("kind") != documents.DATACENTER:
        path = "spec.datacenterRef.kind"
        yield cluster.at("datacenter.kind", path, reference.get("kind"), "is another provider", documents.DATACENTER)
    if value not in known:
        message, path = "is the name of no datacenter configuration here", "spec.datacenterRef.name"
        yield cluster.at("datacenter.resolves", path, value, message, _nearest(value, known))


@rule
def machines(cluster: Cluster) -> t.Iterator[Failure]:
    """Every group refers to a machine configuration that is there."""
    for path, group in documents.groups(cluster.spec):
        reference = group.get("machineGroupRef") or {}
        value = documents.machine_of(group)
        if not value:
            message = "is missing"
            yield cluster.at("machines.named", f"{path}.machineGroupRef", None, message, "name a VSphereMachineConfig")
        elif value not in cluster.machines:
            message = "is the name of no machine configuration here"
            remedy = _nearest(value, cluster.machines)
            yield cluster.at("machines.resolves", f"{path}.machineGroupRef.name", value, message, remedy)
        if value and reference.get("kind") != documents.MACHINE:
            where = f"{path}.machineGroupRef.kind"
            yield cluster.at("machines.kind", where, reference.get("kind"), "is another provider", documents.MACHINE)
    if not cluster.control_plane:
        message = "is missing"
        yield cluster.at("control_plane.missing", "spec.controlPlaneConfiguration", None, message, "describe it")


@rule
def used(cluster: Cluster) -> t.Iterator[Failure]:
    """A machine configuration that no group uses is mostly a misspelt name."""
    for name in cluster.machines:
        if not any(cluster.group_of(name)):
            message = "is used by no group"
            yield cluster.of("machines.used", documents.MACHINE, name, "metadata.name", name, message, "remove it")


@rule
def failure_domains(cluster: Cluster) -> t.Iterator[Failure]:
    """Groups name failure domains of the datacenter configuration, one each."""
    known = [str(one.get("name")) for one in cluster.datacenter.get("failureDomains") or ()]
    for index, group in enumerate(cluster.workers):
        listed = group.get("failureDomains") or []
        path = f"spec.workerNodeGroupConfigurations[{index}].failureDomains"
        if len(listed) > 1:
            yield cluster.at("failure_domains.one", path, listed, "names more than one", "make a group for each")
        for value in listed:
            if value not in known:
                message = "is no failure domain of the datacenter configuration"
                yield cluster.at("failure_domains.resolves", path, value, message, _nearest(value, known))


@rule
def namespaces(cluster: Cluster) -> t.Iterator[Failure]:
    """References carry no namespace: all documents lie in that of the Cluster."""
    home = (cluster.document.get("metadata") or {}).get("namespace") or "default"
    for one in cluster.documents:
        value = (one.get("metadata") or {}).get("namespace") or "default"
        if value != home:
            message, remedy = f"is not that of the Cluster ({home})", f"use {home}"
            kind, name = str(one.get("kind")), documents.name_of(one)
            yield cluster.of("namespaces.same", kind, name, "metadata.namespace", value, message, remedy)


def _nearest(value: t.Any, known: t.Iterable[str]) -> str:
    near = difflib.get_close_matches(str(value), list(known), n=1)
    return f"did you mean {near[0]}?" if near else f"there are: {', '.join(known) or 'none'}"
