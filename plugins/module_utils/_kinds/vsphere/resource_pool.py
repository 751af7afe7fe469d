# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Kind resource_pool."""

from __future__ import annotations

import typing as t

from ..._clients.vsphere import Call, Port, Row
from ..._engine.errors import Conflict, EstateError, NotFound
from ..._engine.kind import Query, Seen, Status, Watch
from ..._engine.options import Impact, Option, leaves, setting
from . import pool_allocation
from .base import EntityKind, Options, done
from .places import Places

_FULL = ("InsufficientCpuResources", "InsufficientMemoryResources", "InsufficientResources")


def _side(side: str, unit: str) -> Option:
    return leaves(
        f"Part of the {side}, in {unit}.",
        {
            "reservation": setting("What is guaranteed; V(0) guarantees nothing.", type="int"),
            "limit": setting("The most that it may take, V(-1) for no limit.", type="int"),
            "shares": setting("Weight under contention: V(low), V(normal), V(high), or a number."),
            "expandable": setting("Whether it may borrow from its parent beyond its reservation.", type="bool"),
        },
        impact=Impact.BRIEF,
    )


class ResourcePool(EntityKind):
    """A pool of a cluster, or of a pool in it. Machines come and go; a pool that holds any is never deleted."""

    name = "resource_pool"
    description = "A resource pool of a cluster. Unique by cluster and path of pools."
    source = "vSphere ResourcePool CreateResourcePool, UpdateConfig"
    options = {
        "cluster": setting("Cluster that it belongs to.", ref="cluster", needed=True, immutable=True),
        "parent": setting(
            "Pool of the same cluster that it is in, unless it is one of the cluster itself.",
            ref="resource_pool",
            immutable=True,
        ),
        "cpu": _side("CPU", "MHz"),
        "memory": _side("memory", "MiB"),
    }
    type = "ResourcePool"
    paths = ("owner", "config", "runtime", "vm", "resourcePool")
    deadline = 300

    def key(self, options: Options) -> str:
        """Cluster, pools that it is in, and name, with slashes between them."""
        cluster, parent = options["cluster"], options.get("parent")
        return f"{_path(cluster, parent) if parent else cluster}/{options['name']}"

    def check(self, options: Options) -> str:
        """See Kind."""
        wrong = (pool_allocation.wrong(side, options.get(side) or {}) for side in pool_allocation.SIDES)
        return next(filter(None, wrong), "")

    def normal(self, options: Options) -> Options:
        """The parent with its cluster's name."""
        parent, cluster = options.get("parent"), options.get("cluster")
        return {**options, "parent": _path(cluster, parent)} if parent and cluster else options

    def not_yet(self, error: EstateError) -> bool:
        """What another pool is about to give back is not there yet."""
        return isinstance(error, NotFound) or any(word in error.cause for word in _FULL)

    def rows(self, port: Port, query: Query) -> list[Row]:
        """All pools with their paths, but those that are the whole of a cluster, and vApps."""
        rows = super().rows(port, query)
        clusters = query.shared("vsphere.cluster_names", lambda: port.collect("ComputeResource", ["name"]))
        names = {row["ref"]: str(row["name"]) for row in (*rows, *clusters)}
        above = {row["ref"]: str(row.get("parent", "")) for row in rows}
        owners = {row["ref"]: str(row.get("owner", "")) for row in rows}
        return [
            {
                **row,
                "path": _named(row["ref"], above, owners, names),
                "inner": above.get(above[row["ref"]], "") in above,
            }
            for row in rows
            if above[row["ref"]] in above and row["ref"].startswith("ResourcePool:")
        ]

    def named(self, row: Row, tree: Places) -> str:
        """As key() does."""
        return str(row["path"])

    def entity_name(self, name: str) -> str:
        """The last part."""
        return name.rpartition("/")[2]

    def state(self, port: Port, query: Query, tree: Places, row: Row) -> Row:
        """Both sides, and where it is; the pool that is the whole of a cluster is no parent."""
        return {
            "cluster": row.get("owner"),
            **({"parent": self.parent(row)} if row["inner"] else {}),
            **pool_allocation.state(row.get("config") or {}),
        }

    def parents(self, port: Port, wishes: t.Mapping[str, Options]) -> t.Mapping[str, str]:
        """The pool that it is in, or the one that is the whole of its cluster."""
        clusters = sorted({wish["cluster"] for wish in wishes.values() if not wish.get("parent")})
        roots = {row["ref"]: row["resourcePool"] for row in port.get(clusters, ["resourcePool"])} if clusters else {}
        return {name: wish.get("parent") or roots[wish["cluster"]] for name, wish in wishes.items()}

    def making(self, port: Port, parent: str, name: str, options: Options) -> Call:
        """See EntityKind."""
        return Call(parent, "CreateResourcePool", {"name": name, "spec": pool_allocation.new(options)})

    def change(self, port: Port, seen: Seen, options: Options, fields: t.Collection[str]) -> t.Iterator[Watch]:
        """Both sides in one call, as soon as the parent has what more is to be reserved."""
        sides = [side for side in pool_allocation.SIDES if side in fields]
        if not sides:
            return
        above = self.parent(seen.handle)
        if _room(port, above, options, seen)[0] is not Status.READY:
            yield Watch("its parent has enough left", lambda: _room(port, above, options, seen))
        spec = pool_allocation.change(options, sides)
        _keep_what_is_held(spec, seen)
        done(port, seen.id, "UpdateConfig", config=spec)

    def remove(self, port: Port, seen: Seen) -> t.Iterable[Watch]:
        """Destroying a pool would move what is in it to its parent, where its part is not kept: never."""
        rows = port.get([seen.id], ["vm", "resourcePool"])
        held = [ref for row in rows for ref in (*(row.get("vm") or ()), *(row.get("resourcePool") or ()))]
        if held:
            names = sorted(str(row["name"]) for row in port.get(held, ["name"]))
            raise Conflict(
                f"it still holds {', '.join(names[:5])}{f' and {len(names) - 5} more' if names[5:] else ''}",
                remedy="Move or remove them first: a pool with anything in it is not deleted.",
            )
        return super().remove(port, seen)


def _path(cluster: str, parent: str) -> str:
    return parent if parent.startswith(f"{cluster}/") else f"{cluster}/{parent}"


def _named(ref: str, above: t.Mapping[str, str], owners: t.Mapping[str, str], names: t.Mapping[str, str]) -> str:
    path: list[str] = []
    cluster = names.get(owners[ref], owners[ref])
    # The pool that is the whole of a cluster is in no pool, and in no path.
    while above.get(ref, "") in above:
        path.insert(0, names[ref])
        ref = above[ref]
    return "/".join([cluster, *path])


def _room(port: Port, above: str, options: Options, seen: Seen) -> tuple[Status, str]:
    """Whether the parent has what a change needs; other pools may be giving theirs back just now."""
    runtime = next((row.get("runtime") or {} for row in port.get([above], ["runtime"])), {})
    lacking = pool_allocation.lacking(options, seen.state, runtime)
    return (Status.PENDING, lacking) if lacking else (Status.READY, "")


def _keep_what_is_held(spec: t.Mapping[str, t.Any], seen: Seen) -> None:
    """What pools inside still hold is not taken from under them: they give it back later, the next run takes it."""
    for side, key in pool_allocation.SIDES.items():
        wished = spec[key].get("reservation")
        held = pool_allocation.held(side, seen.handle.get("runtime") or {})
        expandable = spec[key].get("expandableReservation", seen.state[side]["expandable"])
        if wished is not None and not expandable and wished < held:
            spec[key]["reservation"] = held
