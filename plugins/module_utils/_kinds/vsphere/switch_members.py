# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Hosts of a distributed switch: who is in, with which adapter behind which uplink, and what forbids a change."""

from __future__ import annotations

import typing as t

from ..._clients.vsphere import Port
from ..._engine.errors import Conflict

Row = t.Mapping[str, t.Any]
Adapters = t.Mapping[str, str]
PNIC = "pnic"
HOST_PATHS = (
    "name",
    "configManager.networkSystem",
    "config.network.vswitch",
    "config.network.portgroup",
    "config.network.vnic",
)


def uplink_ports(port: Port, switch: str) -> list[Row]:
    """Ports that stand for hosts' uplinks, with the uplink's name and the host."""
    return list(port.call(switch, "FetchDVPorts", criteria={"uplinkPort": True}) or ())


def members(config: Row, ports: t.Iterable[Row]) -> dict[str, Adapters]:
    """Host to its adapters: uplink name to adapter."""
    called = {row["key"]: row["config"].get("name") or row["key"] for row in ports}
    found: dict[str, Adapters] = {}
    for member in config.get("host") or ():
        own = member["config"]
        listed = (own.get("backing") or {}).get("pnicSpec") or ()
        found[own["host"]] = {
            called.get(one.get("uplinkPortKey"), one.get("uplinkPortKey") or ""): one["pnicDevice"] for one in listed
        }
    return found


def shown(there: t.Mapping[str, Adapters]) -> list[Row]:
    """Members in normal form."""
    return [{"host": host, "adapters": dict(there[host])} for host in sorted(there)]


def wanted(rows: t.Iterable[Row]) -> dict[str, Adapters]:
    """Wished rows by host; uplinks that are not told of are left as they are."""
    return {row["host"]: row.get("adapters") or {} for row in rows}


def wrong(rows: t.Iterable[Row], uplinks: t.Collection[str] | None) -> str:
    """What is wrong with wished rows, or ''."""
    for row in rows:
        adapters = row.get("adapters") or {}
        used = [adapter for adapter in adapters.values() if adapter]
        twice = sorted({adapter for adapter in used if used.count(adapter) > 1})
        if twice:
            return f"hosts: {row['host']} uses {', '.join(twice)} for two uplinks"
        unknown = sorted(set(adapters) - set(uplinks or adapters))
        if unknown:
            return f"hosts: {row['host']} has {', '.join(unknown)}, which is no uplink of the switch"
    return ""


def membership(there: t.Collection[str], want: t.Collection[str]) -> list[Row]:
    """Specifications that let hosts in, without adapters, and others go."""
    backing = {"_type": "DistributedVirtualSwitchHostMemberPnicBacking", "pnicSpec": []}
    coming: list[Row] = [
        {"operation": "add", "host": host, "backing": backing} for host in sorted(set(want) - set(there))
    ]
    return coming + [{"operation": "remove", "host": host} for host in sorted(set(there) - set(want))]


def backings(there: t.Mapping[str, Adapters], want: t.Mapping[str, Adapters], ports: t.Iterable[Row]) -> list[Row]:
    """Specifications that put adapters behind uplinks, for hosts where they are not there yet."""
    keys = {(row.get("proxyHost"), row["config"].get("name")): row for row in ports}
    found: list[Row] = []
    for host in sorted(want):
        before = there.get(host, {})
        after = {uplink: nic for uplink, nic in {**before, **want[host]}.items() if nic}
        if after != dict(before):
            specs = [_pnic(host, uplink, after[uplink], keys) for uplink in sorted(after)]
            backing = {"_type": "DistributedVirtualSwitchHostMemberPnicBacking", "pnicSpec": specs}
            found.append({"operation": "edit", "host": host, "backing": backing})
    return found


def _pnic(host: str, uplink: str, adapter: str, keys: t.Mapping[t.Any, Row]) -> Row:
    row = keys.get((host, uplink))
    if row is None:
        there = sorted(str(name) for owner, name in keys if owner == host)
        remedy = f"The host has: {', '.join(there)}." if there else "It has none yet: run again."
        raise Conflict(f"{host} has no uplink {uplink}", remedy=remedy)
    return {"pnicDevice": adapter, "uplinkPortKey": row["key"], "uplinkPortgroupKey": row.get("portgroupKey")}


def refuse_to_cut_off(port: Port, switch: str, hosts: t.Collection[str]) -> None:
    """Hosts that are to leave may not carry anything over this switch any more."""
    if not hosts:
        return
    criteria = {"connected": True, "uplinkPort": False, "host": sorted(hosts)}
    rows = [row for row in port.call(switch, "FetchDVPorts", criteria=criteria) or () if _bears(row, hosts)]
    if rows:
        raise Conflict(
            f"hosts that are to leave still use it: {', '.join(sorted(_told(row) for row in rows))}",
            remedy="Move VMkernel adapters and virtual machines away first.",
        )


def _bears(row: Row, hosts: t.Collection[str]) -> bool:
    connectee = row.get("connectee") or {}
    return bool(connectee) and connectee.get("type") != PNIC and row.get("proxyHost") in hosts


def _told(row: Row) -> str:
    connectee = row["connectee"]
    return f"{connectee.get('nicKey') or 'a port'} of {connectee.get('connectedEntity') or row.get('proxyHost')}"


def freed(host: Row, adapters: t.Collection[str]) -> list[Row]:
    """The host's standard switches without those adapters, as {vswitchName, spec}.

    Raises Conflict where that would cut off what a switch carries: such a thing moves first.
    """
    found: list[Row] = []
    for switch in host.get("config.network.vswitch") or ():
        bridge = switch["spec"].get("bridge") or {}
        nics = [nic for nic in bridge.get("nicDevice") or () if nic not in adapters]
        if len(nics) == len(bridge.get("nicDevice") or ()):
            continue
        carried = _carried(host, switch["name"]) if not nics else []
        if carried:
            raise Conflict(
                f"{switch['name']} of {host['name']} would lose its last adapter but carries {', '.join(carried)}",
                remedy="Give the distributed switch another adapter first, move those, and run again.",
            )
        found.append({"vswitchName": switch["name"], "spec": _without(switch["spec"], nics)})
    return found


def _carried(host: Row, switch: str) -> list[str]:
    groups = [one for one in host.get("config.network.portgroup") or () if one["spec"]["vswitchName"] == switch]
    called = {one["spec"]["name"] for one in groups}
    found = [one["device"] for one in host.get("config.network.vnic") or () if one.get("portgroup") in called]
    busy = [one["spec"]["name"] for one in groups if any(p["type"] == "virtualMachine" for p in one.get("port") or ())]
    return found + [f"machines on {name}" for name in busy]


def _without(spec: Row, nics: t.Sequence[str]) -> Row:
    policy = spec.get("policy") or {}
    teaming = dict(policy.get("nicTeaming") or {})
    order = teaming.get("nicOrder")
    if order:
        kept = {key: [nic for nic in order.get(key) or () if nic in nics] for key in ("activeNic", "standbyNic")}
        teaming["nicOrder"] = kept
    bridge = {**spec["bridge"], "nicDevice": list(nics)} if nics else None
    rest = {key: value for key, value in spec.items() if key not in ("bridge", "policy")}
    if bridge:
        rest["bridge"] = bridge
    return {**rest, "policy": {**policy, "nicTeaming": teaming}} if order else {**rest, **_given("policy", policy)}


def _given(key: str, value: t.Any) -> Row:
    return {key: value} if value else {}
