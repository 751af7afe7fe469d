# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Kind eksa_kubeconfig: a private file on this machine, by which others reach a cluster of EKS Anywhere."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import typing as t

from ..._clients.eksa import Port
from ..._engine.errors import Conflict, NotFound, Unavailable
from ..._engine.kind import Kind, Owner, Query, Seen, Watch, Wish
from ..._engine.options import setting
from . import observe
from .documents import Row

SYSTEM = "eksa-system"
_MODE = "0600"


class EksaKubeconfig(Kind[Port]):
    """It holds a client certificate, so it is readable by its owner only, and is written anew when that is renewed."""

    name = "eksa_kubeconfig"
    description = "A kubeconfig for a cluster of EKS Anywhere, readable by its owner only. Its name is the cluster's."
    source = "a file; eksctl anywhere, Secret <cluster>-kubeconfig in eksa-system"
    options = {
        "cluster": setting("Cluster that it leads to.", ref="eksa_cluster", needed=True, immutable=True),
        "digest": setting("Digest of its content. It is asked from who issues it unless given."),
        "mode": setting("Permissions of the file, always V(0600).", choices=(_MODE,)),
    }

    def check(self, options: Row) -> str:
        """See Kind."""
        cluster = options.get("cluster")
        if isinstance(cluster, str) and cluster != options.get("name"):
            return "its name has to be that of its cluster, by which its file is found"
        return ""

    def normal(self, options: Row) -> Row:
        """The mode is managed whether somebody says so or not."""
        return {**options, "mode": _MODE}

    def meant(self, port: Port, query: Query) -> t.Sequence[Wish]:
        """What its issuer has now. Before there is a cluster nothing is said about the content."""
        found = []
        for wish in query.wishes:
            text = "" if wish.reference else issued(port, wish.name)
            digest = {"digest": _digest(text)} if text else {}
            found.append(dataclasses.replace(wish, options={**digest, **wish.options}))
        return found

    def observe(self, port: Port, query: Query) -> t.Sequence[Seen]:
        """The files of clusters that are asked for."""
        names = query.ids or {wish.name for wish in query.wishes}
        return [seen for seen in (_seen(port, name) for name in sorted(names)) if seen]

    def create(self, port: Port, estate: str, name: str, options: Row) -> Seen:
        """Fetched from whoever issues it."""
        _written(port, name)
        return t.cast(Seen, _seen(port, name))

    def update(self, port: Port, seen: Seen, options: Row, fields: t.Collection[str]) -> t.Iterator[Watch]:
        """Written anew."""
        _written(port, seen.id)
        yield from ()

    def delete(self, port: Port, seen: Seen) -> t.Iterator[Watch]:
        """The directory stays, and what the admin machine keeps. One that others are reached by is kept."""
        left = _managed(port, seen.id)
        if left:
            remedy = "Remove these first: without it nobody could."
            raise Conflict(f"by it {', '.join(left)} are managed", remedy=remedy)
        port.drop(seen.id)
        yield from ()


def issued(port: Port, cluster: str) -> str:
    """The kubeconfig as its issuer has it, or '': from any management cluster here, else from the admin machine."""
    for manager in port.known():
        api = port.api(manager)
        secret = api.resources().find("", "Secret") if api else None
        row = api.get(secret, SYSTEM, f"{cluster}-kubeconfig") if api and secret else None
        if row is not None:
            return base64.b64decode(str((row.get("data") or {}).get("value") or "")).decode()
    try:
        attempt = port.machine.attempt(cluster)
        return port.machine.kubeconfig(cluster) if attempt and attempt.operation != "delete" else ""
    except NotFound:
        return ""


def _written(port: Port, cluster: str) -> None:
    text = issued(port, cluster)
    if not text:
        remedy = f"It is there as soon as the cluster is: Secret {cluster}-kubeconfig in {SYSTEM}, or the CLI's folder."
        raise NotFound(f"nobody has a kubeconfig of {cluster} yet", remedy=remedy)
    port.keep(cluster, text)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _seen(port: Port, cluster: str) -> Seen | None:
    found = port.file(cluster)
    if found is None:
        return None
    text, mode = found
    state = {"cluster": cluster, "digest": _digest(text), "mode": mode}
    return Seen(name=cluster, id=cluster, state=state, owner=Owner.OURS)


def _managed(port: Port, cluster: str) -> list[str]:
    """Clusters that a cluster manages; none of one that does not answer: it may be gone already."""
    try:
        api = port.api(cluster)
        return observe.others(observe.read(api), cluster) if api and observe.serves(api) else []
    except Unavailable:
        return []
