# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Kind distributed_switch."""

from __future__ import annotations

import typing as t

from ..._clients.vsphere import Call, Port, Row
from ..._engine.errors import EstateError, NotFound
from ..._engine.kind import Query, Seen, Watch
from . import distributed_switch_change, marks, switch_members
from . import distributed_switch_options as settings
from .base import EntityKind, Options
from .places import Places, folders


class DistributedSwitch(EntityKind):
    """A distributed switch with the hosts that are on it."""

    name = "distributed_switch"
    description = "A distributed switch of a datacenter, its uplinks and the hosts that are on it."
    source = (
        "vSphere Folder.CreateDVS_Task, DistributedVirtualSwitch.ReconfigureDvs_Task, FetchDVPorts, "
        "PerformDvsProductSpecOperation_Task, EnableNetworkResourceManagement"
    )
    options = settings.OPTIONS
    type = "DistributedVirtualSwitch"
    paths = ("config",)
    later = ("hosts", "network_io_control")

    def check(self, options: Options) -> str:
        """See Kind."""
        if options.get("uplinks") == []:
            return "uplinks: a switch has one at least"
        if options.get("discovery_protocol") == {}:
            return "discovery_protocol: operation none switches it off, an empty one says nothing"
        return switch_members.wrong(options.get("hosts") or (), options.get("uplinks"))

    def refusal(self, field: str, before: t.Any, after: t.Any) -> str:
        """What vCenter never takes back."""
        if field == "version" and before and settings.older(str(after), str(before)):
            return f"version is {before}: switches are never taken back to an older one"
        return ""

    def not_yet(self, error: EstateError) -> bool:
        """Also while others change it: the next try reads it again."""
        return isinstance(error, NotFound) or distributed_switch_change.stale(error)

    def state(self, port: Port, query: Query, tree: Places, row: Row) -> Row:
        """See options."""
        config = row.get("config") or {}
        members = switch_members.members(config, self._uplinks(port, query, row))
        return {
            "datacenter": tree.datacenter(str(row.get("parent", ""))),
            **settings.state(config, switch_members.shown(members)),
        }

    @staticmethod
    def _uplinks(port: Port, query: Query, row: Row) -> t.Sequence[Row]:
        # Nobody asks what is behind other people's switches.
        wanted = query.ids or row.get("customValue") or row["name"] in {wish.name for wish in query.wishes}
        return switch_members.uplink_ports(port, row["ref"]) if wanted and row["config"].get("host") else ()

    def attributes(self, row: Row) -> Row:
        """What references may ask for."""
        return {"uuid": (row.get("config") or {}).get("uuid")}

    def parents(self, port: Port, wishes: t.Mapping[str, Options]) -> t.Mapping[str, str]:
        """The datacenter's folder of networks."""
        roots = folders(port, [str(wish["datacenter"]) for wish in wishes.values()], "network")
        return {name: roots[wish["datacenter"]] for name, wish in wishes.items()}

    def making(self, port: Port, parent: str, name: str, options: Options) -> Call:
        """One task; hosts come later."""
        config = {"_type": "VMwareDVSConfigSpec", "name": name, **settings.spec(options, {})}
        spec: dict[str, t.Any] = {"configSpec": config}
        if options.get("version"):
            spec["productInfo"] = {"version": options["version"]}
        return Call(parent, "CreateDVS_Task", {"spec": spec})

    def change(self, port: Port, seen: Seen, options: Options, fields: t.Collection[str]) -> t.Iterable[Watch]:
        """See distributed_switch_change."""
        distributed_switch_change.change(port, seen, options, fields)
        return ()

    def remove(self, port: Port, seen: Seen) -> t.Iterable[Watch]:
        """Not while it carries anything, or port groups that are not ours."""
        estate, known = seen.handle["estate"], marks.keys(port, Query(seen.handle["estate"]))
        distributed_switch_change.refuse_others(
            port, seen.id, lambda row: marks.values(row, known).get(marks.ESTATE) == estate
        )
        hosts = [row["host"] for row in seen.state.get("hosts") or ()]
        switch_members.refuse_to_cut_off(port, seen.id, hosts)
        return super().remove(port, seen)
