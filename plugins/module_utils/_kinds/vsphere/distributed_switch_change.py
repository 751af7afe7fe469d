# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Changes of a distributed switch: few reconfigurations, each of the version that was just read."""

from __future__ import annotations

import typing as t

from ..._clients.vsphere import Call, Port
from ..._engine.errors import Conflict, EstateError, NotFound
from ..._engine.kind import Seen
from . import distributed_switch_options, switch_members
from .base import all_done, done

Row = t.Mapping[str, t.Any]
_ONE_TASK = frozenset({"description", "mtu", "discovery_protocol", "uplinks"})


def change(port: Port, seen: Seen, options: Row, fields: t.Collection[str]) -> None:
    """Bring those fields about. Whoever else changed the switch meanwhile makes vCenter refuse: it is tried again."""
    if "version" in fields:
        product = {"version": options["version"]}
        done(port, seen.id, "PerformDvsProductSpecOperation_Task", operation="upgrade", productSpec=product)
    if "network_io_control" in fields:
        port.call(seen.id, "EnableNetworkResourceManagement", enable=options["network_io_control"])
    spec = distributed_switch_options.spec({name: options[name] for name in _ONE_TASK & set(fields)}, seen.state)
    want = switch_members.wanted(options["hosts"]) if "hosts" in fields else None
    if want is not None:
        there = switch_members.members(_config(port, seen.id), ())
        switch_members.refuse_to_cut_off(port, seen.id, set(there) - set(want))
        spec["host"] = switch_members.membership(there, want)
    if any(spec.values()):
        _reconfigure(port, seen.id, spec)
    if want:
        _put_adapters(port, seen.id, want)


def _put_adapters(port: Port, switch: str, want: t.Mapping[str, switch_members.Adapters]) -> None:
    # Ports for uplinks are made when a host comes in, so adapters get theirs in a second step.
    ports = switch_members.uplink_ports(port, switch)
    there = switch_members.members(_config(port, switch), ports)
    specs = switch_members.backings(there, want, ports)
    if specs:
        coming = {row["host"]: _coming(row, there.get(row["host"], {})) for row in specs}
        _free(port, {host: nics for host, nics in coming.items() if nics})
        _reconfigure(port, switch, {"host": specs})


def _coming(row: Row, before: switch_members.Adapters) -> set[str]:
    return {one["pnicDevice"] for one in row["backing"]["pnicSpec"]} - set(before.values())


def _free(port: Port, adapters: t.Mapping[str, t.Collection[str]]) -> None:
    calls = [
        Call(host["configManager.networkSystem"], "UpdateVirtualSwitch", change)
        for host in port.get(sorted(adapters), switch_members.HOST_PATHS)
        for change in switch_members.freed(host, adapters[host["ref"]])
    ]
    all_done(port, calls)


def _config(port: Port, switch: str) -> Row:
    for row in port.get([switch], ["config"]):
        return t.cast(Row, row["config"])
    raise NotFound(f"{switch} is gone")


def _reconfigure(port: Port, switch: str, spec: Row) -> None:
    version = _config(port, switch)["configVersion"]
    whole = {"_type": "VMwareDVSConfigSpec", "configVersion": version, **{k: v for k, v in spec.items() if v}}
    done(port, switch, "ReconfigureDvs_Task", spec=whole)


def stale(error: EstateError) -> bool:
    """True when somebody else changed the object between our look and our write."""
    return isinstance(error, Conflict) and "ConcurrentAccess" in error.cause


def refuse_others(port: Port, switch: str, ours: t.Callable[[Row], bool]) -> None:
    """A switch takes its port groups along: it stays as long as there is one that is not ours."""
    row = next(iter(port.get([switch], ["portgroup", "config.uplinkPortgroup"])), None)
    if row is None:
        return
    groups = set(row.get("portgroup") or ()) - set(row.get("config.uplinkPortgroup") or ())
    left = sorted(one["name"] for one in port.get(sorted(groups), ["name", "customValue"]) if not ours(one))
    if left:
        raise Conflict(
            f"port groups are on it that are not ours: {', '.join(left)}",
            remedy="Move or delete them first: they would go with it.",
        )
