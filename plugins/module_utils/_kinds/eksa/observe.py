# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Clusters of EKS Anywhere as they are: read from the APIs of management clusters, or from what the CLI left behind."""

from __future__ import annotations

import dataclasses
import typing as t

from ..._clients import kube
from ..._clients.eksa import Port
from ..._clients.eksa_cli import Attempt
from ..._clients.kube_discovery import Resource
from ..._engine.errors import NotFound, Unavailable
from ..._engine.kind import Owner, Query, Seen, Status, Wish
from . import documents, life
from .documents import Document, Row

KINDS = (documents.DATACENTER, documents.MACHINE, documents.CLUSTER)
ADOPTED = "kubeops.io/adopted"


def resource(api: kube.Port, kind: str) -> Resource:
    """How a kind of EKS Anywhere is served there. Raises NotFound."""
    found = api.resources().find(documents.GROUP, kind)
    if found is None:
        remedy = "Is it a management cluster, and is EKS Anywhere installed on it?"
        raise NotFound(f"the cluster does not serve {kind} of {documents.GROUP}", remedy=remedy)
    return found


@dataclasses.dataclass(frozen=True)
class Managed:
    """What a management cluster holds."""

    clusters: t.Mapping[str, Row]
    parts: t.Mapping[tuple[str, str, str], Row]
    """Kind, namespace and name to datacenter and machine configurations."""

    def documents_of(self, name: str) -> list[Document]:
        """The documents of a cluster: it, and what it refers to."""
        cluster = self.clusters[name]
        spec = documents.spec_of(cluster)
        namespace = str(cluster["metadata"].get("namespace") or "")
        names = [(documents.DATACENTER, str((spec.get("datacenterRef") or {}).get("name") or ""))]
        names += [(documents.MACHINE, documents.machine_of(group)) for _path, group in documents.groups(spec)]
        found = [self.parts.get((kind, namespace, one)) for kind, one in dict.fromkeys(names)]
        return [*(one for one in found if one is not None), cluster]


def read(api: kube.Port) -> Managed:
    """All clusters of a management cluster with their parts, by one list call a kind."""
    clusters = {str(row["metadata"]["name"]): row for row in api.listed(resource(api, documents.CLUSTER))}
    parts = {}
    for kind in KINDS[:-1]:
        for row in api.listed(resource(api, kind)):
            metadata = row["metadata"]
            parts[kind, str(metadata.get("namespace") or ""), str(metadata["name"])] = row
    return Managed(clusters, parts)


def identifier(manager: str, name: str) -> str:
    """The id of a cluster: whoever looks again knows by it whom to ask."""
    return f"{manager}/{name}"


def serves(api: kube.Port) -> bool:
    """Whether it is the API of a management cluster."""
    return api.resources().find(documents.GROUP, documents.CLUSTER) is not None


def managers(port: Port) -> list[str]:
    """Management clusters that are reached from here."""
    return [name for name in port.known() if (api := port.api(name)) and serves(api)]


def manager_of(port: Port, query: Query, wish: Wish) -> str:
    """The management cluster of a wish; of one that is only referred to, whoever knows it."""
    told = str(wish.options.get("management_cluster") or "")
    if told or not wish.reference:
        return told or wish.name
    for name in managers(port):
        managed = _reachable(port, query, name, None)
        if managed and wish.name in managed.clusters:
            return name
    return wish.name


def observed(port: Port, query: Query, manager: str, names: t.Collection[str]) -> list[Seen]:
    """Those clusters of a management cluster that are asked for; in a sweep all of ours."""
    polled = bool(query.ids)
    sweep = query.sweep and not polled
    attempt = None
    if sweep or manager in names:
        attempt = query.shared(f"attempt {manager}", lambda: port.machine.attempt(manager))
    managed = _reachable(port, query, manager, attempt)
    if managed is None:
        seen = _from_attempt(port, query, manager, attempt) if attempt else None
        return [seen] if seen else []
    found = []
    for name, row in managed.clusters.items():
        if name in names or (sweep and _estate(row) == query.estate):
            own = attempt if name == manager else None
            found.append(_during(_seen(managed, manager, name, query.estate, own, polled=polled), own, polled=polled))
    return found


def _reachable(port: Port, query: Query, manager: str, attempt: Attempt | None) -> Managed | None:
    """What a management cluster holds; None of one that is not there, or on its way in or out."""
    api = port.api(manager)
    if api is None or (attempt and attempt.operation == "delete"):
        return None
    if attempt and attempt.operation == "create" and attempt.running:
        return None
    try:
        return t.cast(Managed, query.shared(f"eksa {manager}", lambda: read(api)))
    except Unavailable as error:
        raise error.during("look at", "management cluster", manager) from error


def _estate(row: Row) -> str:
    return str((row["metadata"].get("labels") or {}).get(documents.ESTATE_LABEL) or "")


def _owner(row: Row, estate: str, attempt: Attempt | None) -> Owner:
    labels = row["metadata"].get("labels") or {}
    if _estate(row) == estate:
        return Owner.ADOPTED if ADOPTED in labels else Owner.OURS
    # What the CLI made may have lost our label on the way; then its work directory proves it.
    made = attempt is not None and attempt.estate == estate and not _estate(row)
    return Owner.OURS if made else Owner.FOREIGN


def _seen(managed: Managed, manager: str, name: str, estate: str, attempt: Attempt | None, *, polled: bool) -> Seen:
    row = managed.clusters[name]
    status, reason = life.status_of(row, polled=polled)
    listed = managed.documents_of(name)
    return Seen(
        name=name,
        id=identifier(manager, name),
        state=documents.split(listed),
        owner=_owner(row, estate, attempt),
        status=status,
        reason=reason,
        aliases=(name,),
        attributes={
            "manager": manager,
            "endpoint": _endpoint(row),
            "kubernetes_version": documents.spec_of(row).get("kubernetesVersion"),
            "conditions": {kind: one.get("status") for kind, one in life.conditions(row).items()},
        },
        handle={
            "documents": listed,
            "manager": manager,
            "estate": estate,
            "failing": bool(life.failure(row)),
        },
    )


def _endpoint(row: Row) -> t.Any:
    control_plane = documents.spec_of(row).get("controlPlaneConfiguration") or {}
    return (control_plane.get("endpoint") or {}).get("host")


def _during(seen: Seen, attempt: Attempt | None, *, polled: bool) -> Seen:
    """A management cluster that the CLI upgrades: it tells more of it than the cluster itself."""
    if attempt is None or attempt.operation != "upgrade" or attempt.done:
        return seen
    status, reason = attempt_status(attempt)
    if status is Status.FAILED and not polled:
        # Planning has to be able to start it again.
        return seen
    return dataclasses.replace(seen, status=status, reason=reason)


def attempt_status(attempt: Attempt) -> tuple[Status, str]:
    """Where an operation of the CLI is."""
    if attempt.done:
        return Status.READY, ""
    if attempt.running:
        return Status.PENDING, attempt.line or f"eksctl anywhere {attempt.operation} cluster has begun"
    how = f"ended with status {attempt.exit}" if attempt.exit is not None else "was interrupted"
    told = f"eksctl anywhere {attempt.operation} cluster {how}: {attempt.line or 'it said nothing'}"
    return Status.FAILED, f"{told}. Its log and copies of every phase lie in {attempt.place}"


def _from_attempt(port: Port, query: Query, name: str, attempt: Attempt) -> Seen | None:
    """A cluster of which nothing but the CLI can tell: it is on its way, or has just come or gone."""
    if attempt.operation == "delete" and attempt.done:
        return None
    status, reason = attempt_status(attempt)
    if attempt.operation == "delete" and status is Status.PENDING:
        status = Status.DELETING
    listed = port.machine.documents(name)
    options = documents.split(listed)
    control_plane = options.get("control_plane") or {}
    ours = attempt.estate == query.estate
    return Seen(
        name=name,
        id=identifier(name, name),
        state=options,
        owner=Owner.OURS if ours else Owner.FOREIGN,
        status=status,
        reason=reason,
        aliases=(name,),
        attributes={
            "manager": name,
            "endpoint": (control_plane.get("endpoint") or {}).get("host"),
            "kubernetes_version": options.get("kubernetes_version"),
            "conditions": {},
        },
        handle={"documents": listed, "manager": name, "estate": query.estate},
    )


def others(managed: Managed, manager: str) -> list[str]:
    """Clusters that a management cluster manages besides itself."""
    return sorted(name for name in managed.clusters if name != manager)
