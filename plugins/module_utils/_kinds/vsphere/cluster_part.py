# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""What the kinds that are parts of a cluster's configuration share: one read for all, one task for many."""

from __future__ import annotations

import abc
import difflib
import typing as t

from ..._clients.vsphere import Call, Port, Row
from ..._engine.errors import Conflict, EstateError, NotFound
from ..._engine.kind import BulkKind, Owner, Query, Seen, Watch, Wish

CLUSTER = "ClusterComputeResource"
RECONFIGURE = "ReconfigureComputeResource_Task"
Options = t.Mapping[str, t.Any]
Spec = dict[str, t.Any]
_BUSY = ("ConcurrentAccess", "TaskInProgress")


class Machines:
    """The virtual machines of one vCenter, by cluster and name."""

    def __init__(self, machines: t.Iterable[Row], pools: t.Iterable[Row]) -> None:
        owners = {pool["ref"]: pool.get("owner", "") for pool in pools}
        self.names: dict[str, str] = {}
        self._refs: dict[str, dict[str, list[str]]] = {}
        for row in machines:
            self.names[row["ref"]] = row["name"]
            there = self._refs.setdefault(owners.get(row.get("resourcePool", ""), ""), {})
            there.setdefault(row["name"], []).append(row["ref"])

    def of(self, cluster: str) -> set[str]:
        """References of the cluster's machines."""
        return {ref for refs in self._refs.get(cluster, {}).values() for ref in refs}

    def starting(self, cluster: str, prefixes: t.Sequence[str]) -> list[str]:
        """Names of the cluster's machines that begin with one of the prefixes."""
        return sorted(name for name in self._refs.get(cluster, ()) if name.startswith(tuple(prefixes)))

    def refs(self, cluster: str, names: t.Iterable[str]) -> list[str]:
        """The machines of those names; raises NotFound for one that is not in the cluster."""
        return [self.ref(cluster, name) for name in names]

    def ref(self, cluster: str, name: str) -> str:
        """The cluster's only machine of that name."""
        there = self._refs.get(cluster, {})
        found = there.get(name, ())
        if not found:
            near = difflib.get_close_matches(name, there, n=3)
            hint = f"Nearest: {', '.join(near)}." if near else "Is it in another cluster?"
            raise NotFound(f"the cluster has no virtual machine {name!r}", remedy=hint)
        if len(found) > 1:
            raise Conflict(
                f"{len(found)} virtual machines of the cluster are called {name}: {', '.join(sorted(found))}",
                remedy="What is referred to needs a name of its own: rename all but one.",
            )
        return found[0]


def machines(port: Port, query: Query | None = None) -> Machines:
    """All virtual machines, read once for all kinds of an observation."""

    def read() -> Machines:
        return Machines(
            port.collect("VirtualMachine", ["name", "resourcePool"]), port.collect("ResourcePool", ["owner"])
        )

    return query.shared("vsphere.machines", read) if query else read()


def clusters(port: Port, query: Query) -> list[Row]:
    """Clusters with their configuration, read once for all kinds of an observation."""
    return t.cast(
        "list[Row]",
        query.shared("vsphere.cluster_configurations", lambda: port.collect(CLUSTER, ["name", "configurationEx"])),
    )


def split(identifier: str) -> tuple[str, str]:
    """Reference of the cluster, and the part's own name within it."""
    cluster, _slash, rest = identifier.partition("/")
    return cluster, rest


def own_name(estate: str, name: str) -> str:
    """What vCenter calls a thing of ours that can carry no mark: the engine's name without the cluster, prefixed."""
    return f"{estate}-{name.partition('/')[2]}"


class ClusterPart(BulkKind[Port]):
    """A kind whose objects are rows of a cluster's configuration; new ones of one cluster are one task."""

    deadline = 300

    def key(self, options: Options) -> str:
        """Cluster and name, with a slash between them."""
        return f"{options['cluster']}/{options['name']}"

    def not_yet(self, error: EstateError) -> bool:
        """A cluster takes one change at a time."""
        return isinstance(error, NotFound) or any(word in error.cause for word in _BUSY)

    def observe(self, port: Port, query: Query) -> t.Sequence[Seen]:
        """All of ours in all clusters, and others' that wishes refer to."""
        found = [seen for row in clusters(port, query) for seen in self.parts(port, query, row)]
        if query.ids:
            return [seen for seen in found if seen.id in query.ids]
        referred = {wish.name for wish in query.wishes if wish.reference}
        return [seen for seen in found if seen.owner is not Owner.FOREIGN or seen.name in self.claimed(query, referred)]

    def claimed(self, query: Query, referred: t.Collection[str]) -> t.Collection[str]:
        """Names under which others' objects are told: here those that wishes refer to."""
        return referred

    @abc.abstractmethod
    def parts(self, port: Port, query: Query, cluster: Row) -> t.Iterable[Seen]:
        """The cluster's rows as objects, whoever made them."""

    @abc.abstractmethod
    def spec(self, port: Port, estate: str, name: str, options: Options, known: Machines) -> Spec:
        """What is added to the cluster's configuration: lists of one row by their key."""

    def create_many(
        self, port: Port, estate: str, wishes: t.Mapping[str, Options]
    ) -> t.Mapping[str, Seen | EstateError]:
        """One task for each cluster; a wish that cannot be told keeps no other from being made."""
        known = machines(port)
        answers: dict[str, Seen | EstateError] = {}
        specs: dict[str, dict[str, Spec]] = {}
        for name, options in wishes.items():
            try:
                specs.setdefault(options["cluster"], {})[name] = self.spec(port, estate, name, options, known)
            except EstateError as error:
                answers[name] = error
        calls = [Call(cluster, RECONFIGURE, _changing(merged(rows.values()))) for cluster, rows in specs.items()]
        for (cluster, rows), result in zip(specs.items(), port.run(calls) if calls else (), strict=True):
            for name in rows:
                made = Seen(name, self.identifier(estate, cluster, name, known), {}, Owner.OURS)
                answers[name] = result if isinstance(result, EstateError) else made
        return answers

    def identifier(self, estate: str, cluster: str, name: str, known: Machines) -> str:
        """What identifies a new object."""
        return f"{cluster}/{own_name(estate, name)}"


def merged(specs: t.Iterable[Spec]) -> Spec:
    """Several additions to one configuration as one."""
    whole: Spec = {}
    for spec in specs:
        for key, rows in spec.items():
            whole.setdefault(key, []).extend(rows)
    return whole


def _changing(spec: Spec) -> dict[str, t.Any]:
    return {"spec": {"_type": "ClusterConfigSpecEx", **spec}, "modify": True}


def reconfigured(port: Port, cluster: str, spec: Spec, what: str) -> t.Iterator[Watch]:
    """Change a cluster's configuration and wait until that is done."""
    task = port.call(cluster, RECONFIGURE, **_changing(spec))
    yield Watch(what, lambda: port.task(task))


def expanded(port: Port, query: Query) -> list[Wish]:
    """The query's wishes with the names that prefixes stand for now, in those of a cluster that is there."""
    if not any(wish.options.get("vm_prefixes") for wish in query.wishes):
        return list(query.wishes)
    refs = {row["name"]: row["ref"] for row in clusters(port, query)}
    return [_expanded(wish, refs, machines(port, query)) for wish in query.wishes]


def _expanded(wish: Wish, refs: t.Mapping[str, str], known: Machines) -> Wish:
    prefixes = wish.options.get("vm_prefixes")
    if not prefixes:
        return wish
    found = known.starting(refs.get(wish.options["cluster"], "nowhere"), prefixes)
    names = sorted({*(wish.options.get("vms") or ()), *found})
    return Wish(wish.kind, wish.name, {**wish.options, "vms": names}, wish.path, wish.reference, wish.ignored)
