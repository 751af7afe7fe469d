# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Kind standard_port_group."""

from __future__ import annotations

import typing as t

from ..._clients.vsphere import Call, Port, Row
from ..._engine.kind import Seen, Watch
from ..._engine.options import Impact, setting
from . import host_network, host_policies
from .host_part import HOST, HostPart, Options, network_system


class StandardPortGroup(HostPart):
    """A port group of one host. Hosts share its name, each has its own."""

    name = "standard_port_group"
    description = (
        "A port group of a standard switch. Unique by host and name. One through which the host is managed keeps its "
        "VLAN and is never removed."
    )
    source = "vSphere HostNetworkSystem.AddPortGroup, UpdatePortGroup, RemovePortGroup"
    options = {
        "host": HOST,
        "switch": setting("Standard switch of that host, by its own name.", needed=True, immutable=True),
        "vlan_id": setting(
            "VLAN: V(0) is none, V(4095) all, which are then the machines' business.",
            type="int",
            impact=Impact.DISRUPTIVE,
        ),
        "security": host_policies.SECURITY,
        "teaming": host_policies.TEAMING,
    }
    after = ("standard_switch",)
    delete_impact = Impact.DISRUPTIVE

    def check(self, options: Options) -> str:
        """See Kind."""
        vlan = options.get("vlan_id")
        if vlan is not None and not 0 <= vlan <= 4095:
            return f"vlan_id {vlan} is not between 0 and 4095"
        return host_policies.wrong_order(options.get("teaming"), None)

    def rows(self, host: Row) -> t.Mapping[str, Row]:
        """See HostPart."""
        return host_network.port_groups(host)

    def state(self, host: Row, name: str, row: Row) -> Options:
        """What it says itself; what it leaves to its switch is not told."""
        spec = row["spec"]
        return {"switch": spec["vswitchName"], "vlan_id": spec["vlanId"], **host_policies.shown(spec.get("policy"))}

    def cuts(self, host: Row, name: str, options: Options) -> str:
        """Another VLAN under the management adapter."""
        device = host_network.managing_groups(host).get(name)
        before = self.rows(host)[name]["spec"]["vlanId"]
        if device and options.get("vlan_id") not in (None, before):
            return f"{device} is on it, in VLAN {before}"
        return ""

    def adding(self, port: Port, host: Row, name: str, options: Options) -> Call:
        """See HostPart."""
        spec = _spec(name, options, {}, options)
        return Call(network_system(host), "AddPortGroup", {"portgrp": spec})

    def update(self, port: Port, seen: Seen, options: Options, fields: t.Collection[str]) -> t.Iterator[Watch]:
        """One call with everything that it says itself."""
        host, before = seen.handle["host"], seen.handle["row"]["spec"]
        spec = _spec(before["name"], options, before, fields)
        port.call(network_system(host), "UpdatePortGroup", pgName=before["name"], portgrp=spec)
        yield from ()

    def removing(self, host: Row, name: str) -> Call:
        """See HostPart; the host refuses one that machines use."""
        return Call(network_system(host), "RemovePortGroup", {"pgName": name})

    def holds(self, host: Row, name: str) -> str:
        """See HostPart."""
        device = host_network.managing_groups(host).get(name)
        return f"{device} is on it" if device else ""


def _spec(name: str, options: Options, before: Row, fields: t.Collection[str]) -> dict[str, t.Any]:
    vlan = options.get("vlan_id") if "vlan_id" in fields else None
    policy_fields = [field for field in ("security", "teaming") if field in fields and options.get(field) is not None]
    return {
        "name": name,
        "vlanId": before.get("vlanId", 0) if vlan is None else vlan,
        "vswitchName": before.get("vswitchName") or options["switch"],
        "policy": host_policies.changed(before.get("policy"), options, policy_fields),
    }
