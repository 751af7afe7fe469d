# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Kind distributed_port_group."""

from __future__ import annotations

import typing as t

from ..._clients.vsphere import Port, Row
from ..._engine.errors import Conflict, EstateError, NotFound
from ..._engine.kind import Query, Seen, Watch
from . import port_settings
from .base import EntityKind, Options, done, given
from .distributed_port_group_options import BINDINGS, OPTIONS
from .distributed_switch_change import stale
from .places import Places

_TYPES = {word: option for option, word in BINDINGS.items()}
_LEAVES = ("teaming", "security")


class DistributedPortGroup(EntityKind):
    """A port group of a distributed switch. Those for uplinks belong to the switch and are left out."""

    name = "distributed_port_group"
    description = "A port group of a distributed switch: one VLAN or a trunk, and who may do what there."
    source = (
        "vSphere DistributedVirtualSwitch.AddDVPortgroup_Task, DistributedVirtualPortgroup.ReconfigureDVPortgroup_Task"
    )
    options = OPTIONS
    type = "DistributedVirtualPortgroup"
    paths = ("config", "key")

    def check(self, options: Options) -> str:
        """See Kind."""
        empty = [name for name in _LEAVES if options.get(name) == {}]
        if empty:
            return f"{empty[0]}: an empty one says nothing"
        if options.get("auto_expand") and options.get("num_ports") is not None:
            return "num_ports: vCenter decides how many ports there are while auto_expand is true"
        return port_settings.wrong(options)

    def normal(self, options: Options) -> Row:
        """VLAN ranges joined and in order."""
        if not options.get("vlan_trunk"):
            return options
        return {**options, "vlan_trunk": port_settings.spelt(port_settings.ranges(options["vlan_trunk"]))}

    def not_yet(self, error: EstateError) -> bool:
        """Also while others change it: the next try reads it again."""
        return isinstance(error, NotFound) or stale(error)

    def rows(self, port: Port, query: Query) -> list[Row]:
        """Without those for uplinks."""
        return [row for row in super().rows(port, query) if not row["config"].get("uplink")]

    def parent(self, row: Row) -> str:
        """The switch: its port groups are made by one task of its own."""
        return str(row["config"].get("distributedVirtualSwitch", ""))

    def state(self, port: Port, query: Query, tree: Places, row: Row) -> Row:
        """See options."""
        config = row["config"]
        return {
            "switch": config.get("distributedVirtualSwitch"),
            "description": config.get("description") or "",
            **port_settings.state(config.get("defaultPortConfig")),
            "port_binding": _TYPES.get(config["type"], config["type"]),
            "auto_expand": bool(config.get("autoExpand")),
            "num_ports": config.get("numPorts"),
        }

    def attributes(self, row: Row) -> Row:
        """What references may ask for."""
        return {"key": row.get("key")}

    def parents(self, port: Port, wishes: t.Mapping[str, Options]) -> t.Mapping[str, str]:
        """The switch."""
        return {name: str(wish["switch"]) for name, wish in wishes.items()}

    def make_many(self, port: Port, parent: str, wishes: t.Mapping[str, Options]) -> t.Mapping[str, t.Any]:
        """One task for all of a switch. It does not tell what it made, so that is read by name."""
        specs = [_spec(name, {"port_binding": "early_binding", **wish}) for name, wish in wishes.items()]
        try:
            done(port, parent, "AddDVPortgroup_Task", spec=specs)
        except EstateError as error:
            return dict.fromkeys(wishes, error)
        (switch,) = port.get([parent], ["portgroup"])
        refs = {row["name"]: row["ref"] for row in port.get(switch.get("portgroup") or (), ["name"])}
        gone = NotFound("vCenter says that it made it, but the switch does not have it")
        return {name: refs.get(name, gone) for name in wishes}

    def change(self, port: Port, seen: Seen, options: Options, fields: t.Collection[str]) -> t.Iterable[Watch]:
        """One task; of what has parts, undeclared ones stay as they are."""
        wish = {name: options[name] for name in fields}
        for name in set(_LEAVES) & set(fields):
            wish[name] = {**seen.state[name], **given(**options[name])}
        if "vlan_trunk" in fields and not options["vlan_trunk"]:
            wish["vlan"] = options.get("vlan") or 0
        for row in port.get([seen.id], ["config"]):
            spec = {**_spec(None, wish), "configVersion": row["config"].get("configVersion")}
            done(port, seen.id, "ReconfigureDVPortgroup_Task", spec=spec)
        return ()

    def remove(self, port: Port, seen: Seen) -> t.Iterable[Watch]:
        """Not while machines use it."""
        for row in port.get([seen.id], ["vm"]):
            if row.get("vm"):
                names = sorted(one["name"] for one in port.get(row["vm"], ["name"]))
                raise Conflict(
                    f"virtual machines use it: {', '.join(names)}",
                    remedy="Move their adapters to another network first.",
                )
        return super().remove(port, seen)


def _spec(name: str | None, options: Options) -> dict[str, t.Any]:
    binding = options.get("port_binding")
    setting = port_settings.spec(options)
    return given(
        name=name,
        description=options.get("description"),
        type=BINDINGS[binding] if binding else None,
        autoExpand=options.get("auto_expand"),
        numPorts=options.get("num_ports"),
        defaultPortConfig=setting if len(setting) > 1 else None,
    )
