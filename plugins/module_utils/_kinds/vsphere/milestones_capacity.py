# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Evidence about nodes on hosts, and about what they may take: the table host by host, DRS and the pools. Pure."""

from __future__ import annotations

import typing as t

from ..._clients.vsphere import Row
from ..._engine.evidence import Expectation
from .milestones_facts import Facts, Judgement, running

_FEWEST = {"control_plane": 1, "workers": 2}
"""What the milestone itself says, however few an inventory asks for."""
_BY_ITSELF = "fullyAutomated"
_SIDES = {"cpu": "cpuAllocation", "memory": "memoryAllocation"}
_UNITS = {"cpu": "MHz", "memory": "MiB"}


def nodes_of_hosts(expected: Expectation, facts: Facts) -> Judgement:
    """1.b.iii: each host carries at least one control-plane and two worker machines, switched on.

    Expected: {hosts: [names], control_plane: {per_host, prefixes, not_prefixes: of machines' names}, workers: {...}}.
    """
    fewest = {sort: max(least, (expected.get(sort) or {}).get("per_host", 0)) for sort, least in _FEWEST.items()}
    hosts = list(expected.get("hosts") or ())
    value: dict[str, dict[str, list[str]]] = {host: {sort: [] for sort in fewest} for host in hosts}
    ids = [str(row["ref"]) for row in facts.hosts if row["name"] in value]
    for row in sorted(facts.machines, key=lambda row: str(row["name"])):
        host = facts.runs_on(row)
        sort = next((sort for sort in fewest if named(row, expected.get(sort) or {})), "")
        if sort and running(row) and host in value:
            value[host][sort].append(str(row["name"]))
            ids.append(str(row["ref"]))
    there = {row["name"] for row in facts.hosts}
    missing = [] if hosts else ["no hosts are expected, so nothing can be said"]
    missing += [f"{host} is not in this vCenter" for host in hosts if host not in there]
    for host in hosts:
        short = {sort: least for sort, least in fewest.items() if len(value[host][sort]) < least}
        if short and host in there:
            told = [f"{len(value[host][sort])} of {least} {sort}" for sort, least in short.items()]
            missing.append(f"{host} carries {' and '.join(told)}")
    return value, missing, ids


def named(row: Row, names: t.Mapping[str, t.Sequence[str]]) -> bool:
    """Whether a machine's name begins as it should and not as it should not."""
    name = str(row["name"])
    return name.startswith(tuple(names.get("prefixes") or ())) and not name.startswith(
        tuple(names.get("not_prefixes") or ())
    )


def resources(expected: Expectation, facts: Facts) -> Judgement:
    """1.b.iv: DRS moves machines by itself, ours are in pools that can take their part and no more of it.

    Expected: {cluster: name, capacity: {cpu: MHz, memory: MiB} as declared, limits: {pool: {cpu: percent, memory:
    percent}} of pools that nodes are in, reservations: {pool: {...}} of those that are kept for business-critical
    machines, nodes: {prefixes: of nodes' names}}.
    """
    cluster = facts.cluster(str(expected["cluster"]))
    drs = cluster["configurationEx"].get("drsConfig") or {}
    value: dict[str, t.Any] = {
        "drs": {"enabled": bool(drs.get("enabled")), "automation": drs.get("defaultVmBehavior")},
        "capacity": dict(expected.get("capacity") or {}),
        "pools": {},
    }
    missing = [] if drs.get("enabled") else ["DRS is switched off"]
    if drs.get("defaultVmBehavior") != _BY_ITSELF:
        missing.append(f"DRS is {drs.get('defaultVmBehavior')}, so it moves no machine by itself")
    ids = [str(cluster["ref"])]
    for word, key in (("limits", "limit"), ("reservations", "reservation")):
        if not expected.get(word):
            missing.append(f"no {word} are expected, so nothing can be said of them")
        for name, percents in sorted((expected.get(word) or {}).items()):
            pool = _pool(facts, cluster, name)
            if pool is None:
                missing.append(f"there is no pool {name}")
                continue
            ids.append(str(pool["ref"]))
            seen, wrong = _share(name, key, pool, percents, expected.get("capacity") or {})
            value["pools"].setdefault(name, {})[key] = seen
            missing += wrong
    nodes, outside = _nodes(expected, facts, cluster)
    value["nodes"] = len(nodes)
    return value, missing + outside, list(dict.fromkeys(ids))


def _pool(facts: Facts, cluster: Row, name: str) -> Row | None:
    found = [row for row in facts.pools if row["name"] == name and row.get("owner") == cluster["ref"]]
    return next(iter(found), None)


def _share(
    name: str, key: str, pool: Row, percents: t.Mapping[str, float], capacity: t.Mapping[str, int]
) -> tuple[dict[str, int], list[str]]:
    seen, wrong = {}, []
    for side, percent in sorted(percents.items()):
        there = int((pool["config"].get(_SIDES[side]) or {}).get(key, 0))
        # Rounded down by a unit or not: a share of a MHz is nobody's.
        wished = capacity.get(side, 0) * percent / 100
        seen[side] = there
        if abs(there - wished) > 1:
            part = f"{percent} % of the declared capacity is {int(wished)}"
            wrong.append(f"{key} of {side} of {name} is {there} {_UNITS[side]}, {part}")
    return seen, wrong


def _nodes(expected: Expectation, facts: Facts, cluster: Row) -> tuple[list[Row], list[str]]:
    """The node machines, and what is wrong with where they are: those in no limited pool take what is not theirs."""
    nodes = [row for row in facts.machines if running(row) and named(row, expected.get("nodes") or {})]
    limited: set[str] = set()
    for name in expected.get("limits") or {}:
        pool = _pool(facts, cluster, name)
        limited |= facts.inside(str(pool["ref"])) if pool else set()
    outside = sorted(str(row["name"]) for row in nodes if row.get("resourcePool") not in limited)
    wrong = [f"{len(outside)} nodes are outside of the pools with a limit, as {outside[0]}"] if outside else []
    return nodes, wrong
