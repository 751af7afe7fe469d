# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Rules about changes of a cluster that is there: what its webhooks refuse, and what nobody refuses in time."""

from __future__ import annotations

import re
import typing as t

from .documents import Row
from .rule import Failure, shown

_WORKERS_BEHIND = 3
# Option of the kind, way to the value in it, how people write it: never another value.
_FIXED: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("management_cluster", ()),
    ("control_plane", ("endpoint",)),
    ("cluster_network", ("pods",)),
    ("cluster_network", ("services",)),
    ("cluster_network", ("dns",)),
    ("cluster_network", ("nodes",)),
    ("settings", ("proxyConfiguration",)),
    ("settings", ("gitOpsRef",)),
    ("settings", ("podIamConfig",)),
    ("datacenter", ("name",)),
    ("datacenter", ("datacenter",)),
    ("datacenter", ("network",)),
    ("datacenter", ("server",)),
)
_FIXED_OF_MACHINES = ("osFamily", "storagePolicyName")


def refusals(name: str, before: Row, after: Row) -> list[Failure]:
    """Why a change of a cluster's options is not made. after: only what is declared. Pure.

    before, after: options of the kind. What is declared the same, or not at all, is no change.
    """
    found = [*_fixed(name, before, after), *_machines(name, before, after), *_etcd(name, before, after)]
    found += [*_self_managed(name, before, after), *_versions(name, before, after), *_releases(name, before, after)]
    return [*found, *_groups(name, before, after)]


def _failure(name: str, rule: str, field: str, value: t.Any, message: str, remedy: str) -> Failure:
    return Failure(rule, f"Cluster/{name} {field}", shown(value), message, remedy)


def _at(options: Row, option: str, way: tuple[str, ...]) -> t.Any:
    value: t.Any = options.get(option)
    for part in way:
        value = value.get(part) if isinstance(value, t.Mapping) else None
    return value


def differs(wish: t.Any, state: t.Any) -> bool:
    """Whether a declared value is another than that of the state; what is not declared is not compared."""
    if wish is None:
        return False
    if isinstance(wish, t.Mapping) and isinstance(state, t.Mapping):
        return any(differs(value, state.get(key)) for key, value in wish.items())
    return bool(wish != state) and not (not wish and not state)


def _fixed(name: str, before: Row, after: Row) -> t.Iterator[Failure]:
    for option, way in _FIXED:
        old, new = _at(before, option, way), _at(after, option, way)
        if differs(new, old):
            field = ".".join((option, *way))
            remedy = f"keep {shown(old) or 'it empty'}, or make the cluster anew under another name"
            yield _failure(name, "change.fixed", field, new, f"is {shown(old) or 'empty'} and can never change", remedy)


def _machines(name: str, before: Row, after: Row) -> t.Iterator[Failure]:
    there = {row.get("name"): row for row in before.get("machines") or ()}
    for row in after.get("machines") or ():
        old = there.get(row.get("name"))
        for field in _FIXED_OF_MACHINES if old is not None else ():
            if differs(row.get(field), t.cast(Row, old).get(field)):
                message = f"is {shown(t.cast(Row, old).get(field)) or 'empty'} and can never change"
                where, remedy = f"machines[{row['name']}].{field}", "use a machine configuration with another name"
                yield _failure(name, "change.machine", where, row.get(field), message, remedy)


def _etcd(name: str, before: Row, after: Row) -> t.Iterator[Failure]:
    old, new = before.get("external_etcd"), after.get("external_etcd")
    if new is None:
        return
    if bool(old) != bool(new):
        message = "cannot be moved between the control-plane machines and machines of its own"
        yield _failure(name, "change.etcd", "external_etcd", None, message, "make the cluster anew")
    elif differs(new.get("count"), (old or {}).get("count")):
        message = f"is {(old or {}).get('count')}, and the number of members cannot change"
        yield _failure(name, "change.etcd_count", "external_etcd.count", new.get("count"), message, "keep it")


def _self_managed(name: str, before: Row, after: Row) -> t.Iterator[Failure]:
    """A cluster that manages itself would replace the machines that its own controllers run on."""
    if before.get("management_cluster"):
        return
    pairs = [("control_plane", before.get("control_plane") or {}, after.get("control_plane") or {})]
    there = {row.get("name"): row for row in before.get("workers") or ()}
    pairs += [
        (f"workers[{row['name']}]", there[row["name"]], row)
        for row in after.get("workers") or ()
        if row.get("name") in there
    ]
    for where, old, new in pairs:
        for field in ("labels", "taints"):
            if field in new and differs(new[field], old.get(field)):
                message = "cannot change in a cluster that manages itself"
                remedy = "keep it; new labels and taints need a new group of workers"
                yield _failure(name, "change.self_managed", f"{where}.{field}", None, message, remedy)


def minor(version: t.Any) -> t.Optional[int]:
    """The minor number of a Kubernetes version, as 35 of 1.35, or None."""
    found = re.fullmatch(r"1\.(\d+)", str(version or ""))
    return int(found[1]) if found else None


def _versions(name: str, before: Row, after: Row) -> t.Iterator[Failure]:
    old, new = minor(before.get("kubernetes_version")), minor(after.get("kubernetes_version"))
    if old is not None and new is not None:
        yield from _step(name, "kubernetes_version", old, new)
    target = new if new is not None else old
    there = {row.get("name"): row for row in before.get("workers") or ()}
    for row in after.get("workers") or ():
        own = minor(row.get("kubernetesVersion"))
        where = f"workers[{row.get('name')}].kubernetesVersion"
        if own is None or target is None:
            continue
        if own > target:
            message = f"is newer than that of the control plane, 1.{target}"
            yield _failure(name, "upgrade.workers_ahead", where, f"1.{own}", message, "upgrade the control plane first")
        elif target - own > _WORKERS_BEHIND:
            message = f"is {target - own} minor versions behind the control plane"
            yield _failure(name, "upgrade.workers_behind", where, f"1.{own}", message, "upgrade these workers first")
        before_it = minor((there.get(row.get("name")) or {}).get("kubernetesVersion"))
        if before_it is not None:
            yield from _step(name, where, before_it, own)


def _step(name: str, field: str, old: int, new: int) -> t.Iterator[Failure]:
    if new < old:
        message = f"is older than 1.{old}, and there is no way back"
        yield _failure(name, "upgrade.back", field, f"1.{new}", message, f"keep 1.{old}")
    elif new > old + 1:
        message = f"is {new - old} minor versions after 1.{old}"
        yield _failure(
            name, "upgrade.one", field, f"1.{new}", message, f"upgrade to 1.{old + 1} first, with its template"
        )


def _releases(name: str, before: Row, after: Row) -> t.Iterator[Failure]:
    old, new = (_release(options.get("eksa_version")) for options in (before, after))
    if old is None or new is None:
        return
    value = after.get("eksa_version")
    if new < old:
        message = f"is older than {before['eksa_version']}, and there is no way back"
        yield _failure(name, "eksa_version.back", "eksa_version", value, message, f"keep {before['eksa_version']}")
    elif new[:2] not in (old[:2], (old[0], old[1] + 1)):
        message = f"is more than one minor release after {before['eksa_version']}"
        remedy = f"upgrade to v{old[0]}.{old[1] + 1} first"
        yield _failure(name, "eksa_version.one", "eksa_version", value, message, remedy)


def _release(version: t.Any) -> t.Optional[tuple[int, int, int]]:
    found = re.match(r"v(\d+)\.(\d+)\.(\d+)", str(version or ""))
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def _groups(name: str, before: Row, after: Row) -> t.Iterator[Failure]:
    """A cluster keeps one group of workers at least that it had: the pods of the others need somewhere to go."""
    if "workers" not in after or not before.get("workers"):
        return
    old = {row.get("name") for row in before["workers"]}
    new = {row.get("name") for row in after["workers"] or ()}
    if new and not old & new:
        message = "replaces all groups of workers at once"
        remedy = f"add the new groups, and remove {', '.join(sorted(map(str, old)))} in a later run"
        yield _failure(name, "change.groups", "workers", None, message, remedy)
