# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Evidence about the vCenter's own machines: the pair, and the hosts that carry it. Pure."""

from __future__ import annotations

import typing as t

from ..._clients.vsphere import Row
from ..._engine.evidence import Expectation
from .milestones_facts import Facts, Judgement, running

_ROLES = ("active", "passive", "witness")
_FEWEST_HOSTS = 2
"""What the milestone itself says, however few an inventory asks for."""


def pair(expected: Expectation, facts: Facts) -> Judgement:
    """1.b.i: the pair is enabled and healthy, all three nodes are up and stand on different sites.

    Expected: {nodes: [names of the three machines], sites: {host: site}}.
    """
    if facts.pair.get("state") != "configured":
        return facts.pair, [f"vCenter HA is {facts.pair.get('state', 'unknown')}"], []
    if "error" in facts.pair:
        return facts.pair, [f"its health is not told: {facts.pair['error']}"], []
    health = facts.pair["health"]
    nodes = {node["nodeRole"]: node for node in health.get("nodeInfo") or ()}
    missing = [f"its mode is {facts.pair['mode']}"] if facts.pair["mode"] != "enabled" else []
    missing += [f"it is {health['clusterState']}"] if health["clusterState"] != "healthy" else []
    missing += [f"it has no {role} node" for role in _ROLES if role not in nodes]
    down = [node for node in nodes.values() if node["nodeState"] != "up"]
    missing += [f"its {node['nodeRole']} node {node['nodeIp']} is {node['nodeState']}" for node in down]
    places, wrong, ids = _places(expected, facts)
    value = {
        "mode": facts.pair["mode"],
        "health": health["clusterState"],
        "nodes": {
            role: {"address": node["nodeIp"], "state": node["nodeState"]} for role, node in sorted(nodes.items())
        },
        "machines": places,
    }
    return value, missing + wrong, ids


def _told(words: t.Iterable[str]) -> str:
    return ", ".join(sorted(words)) or "none"


def _places(expected: Expectation, facts: Facts) -> tuple[dict[str, t.Any], list[str], list[str]]:
    sites = expected.get("sites") or {}
    names = list(expected.get("nodes") or ())
    missing = [] if len(names) == len(_ROLES) else [f"{len(names)} machines are expected for the pair, it has three"]
    places: dict[str, t.Any] = {}
    ids = []
    for name in names:
        row = facts.machine(name)
        if row is None:
            missing.append(f"there is no virtual machine {name}")
            continue
        host = facts.runs_on(row)
        places[name] = {"host": host, "site": sites.get(host)}
        ids.append(str(row["ref"]))
        missing += [] if running(row) else [f"{name} is not switched on"]
        missing += [] if host in sites else [f"{name} is on {host}, of which no site is known"]
    by_site: dict[str, list[str]] = {}
    for name, place in places.items():
        by_site.setdefault(str(place["site"]), []).append(name)
    missing += [
        f"{' and '.join(there)} are on the same site, {site}" for site, there in by_site.items() if len(there) > 1
    ]
    return places, missing, ids


def hosts_of_appliances(expected: Expectation, facts: Facts) -> Judgement:
    """1.b.ii: each appliance has two hosts of its own, is bound to them by a rule, and runs on one of them.

    Expected: {appliances: {machine: [hosts]}, cluster: the one with the rules; none where the hosts are in none}.
    """
    rules = _bindings(expected, facts)
    appliances = {name: list(hosts) for name, hosts in (expected.get("appliances") or {}).items()}
    value: dict[str, t.Any] = {}
    missing = [] if appliances else ["no appliance is expected, so nothing can be said"]
    ids: list[str] = []
    for name, hosts in sorted(appliances.items()):
        value[name], wrong = _appliance(name, hosts, facts, rules)
        missing += wrong
        ids += [str(row["ref"]) for row in (facts.machine(name),) if row]
        ids += [str(row["ref"]) for row in facts.hosts if row["name"] in hosts]
    missing += [f"{host} is to carry both {' and '.join(both)}" for host, both in _shared(appliances)]
    return value, missing, ids


def _appliance(
    name: str, hosts: list[str], facts: Facts, rules: t.Mapping[str, t.Collection[str]] | None
) -> tuple[dict[str, t.Any], list[str]]:
    row = facts.machine(name)
    there = {host["name"]: host for host in facts.hosts}
    on = facts.runs_on(row) if row else None
    bound = sorted(rules.get(name, ())) if rules is not None else None
    missing = [f"{name} has {len(hosts)} host, not {_FEWEST_HOSTS}"] if len(hosts) < _FEWEST_HOSTS else []
    wrong = {host: _condition(there.get(host)) for host in hosts}
    missing += [f"{host}, a host of {name}, is {why}" for host, why in wrong.items() if why]
    if row is None:
        missing.append(f"there is no virtual machine {name}")
    elif on not in hosts:
        missing.append(f"{name} is on {on}, not on {' or '.join(hosts)}")
    if bound is not None and bound != sorted(hosts):
        missing.append(f"a rule binds {name} to {_told(bound)}" if bound else f"no rule keeps {name} on its hosts")
    return {"hosts": hosts, "runs_on": on, "bound_to": bound}, missing


def _condition(host: Row | None) -> str:
    if host is None:
        return "not there"
    state = host.get("runtime.connectionState")
    return "" if state == "connected" else str(state)


def _bindings(expected: Expectation, facts: Facts) -> dict[str, set[str]] | None:
    """Machine to the hosts that enabled rules keep it on, or None where no cluster can have rules."""
    if not expected.get("cluster"):
        return None
    config = facts.cluster(str(expected["cluster"]))["configurationEx"]
    names = {row["ref"]: row["name"] for row in facts.machines}
    groups = {row["name"]: row for row in config.get("group") or ()}
    found: dict[str, set[str]] = {}
    for rule in config.get("rule") or ():
        if not rule.get("enabled") or not rule.get("affineHostGroupName"):
            continue
        hosts = {facts.host(ref) for ref in groups.get(rule["affineHostGroupName"], {}).get("host") or ()}
        for ref in groups.get(rule.get("vmGroupName"), {}).get("vm") or ():
            found.setdefault(names.get(ref, ref), set()).update(hosts)
    return found


def _shared(appliances: t.Mapping[str, t.Sequence[str]]) -> list[tuple[str, list[str]]]:
    carries: dict[str, list[str]] = {}
    for name, hosts in sorted(appliances.items()):
        for host in hosts:
            carries.setdefault(host, []).append(name)
    return [(host, names) for host, names in carries.items() if len(names) > 1]
