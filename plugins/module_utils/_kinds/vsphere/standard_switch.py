# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Kind standard_switch."""

from __future__ import annotations

import typing as t

from ..._clients.vsphere import Call, Port, Row
from ..._engine.kind import Seen, Watch
from ..._engine.options import Impact, leaves, names, setting
from . import host_network, host_policies
from .host_part import HOST, HostPart, Options, network_system

_PORTS = 128
_DISCOVERY = {"protocol": "protocol", "operation": "operation"}


class StandardSwitch(HostPart):
    """A switch of one host."""

    name = "standard_switch"
    description = (
        "A standard switch. Unique by host and name. One through which the host is managed keeps at least one of its "
        "uplinks and is never removed."
    )
    source = "vSphere HostNetworkSystem.AddVirtualSwitch, UpdateVirtualSwitch, RemoveVirtualSwitch"
    options = {
        "host": HOST,
        "uplinks": names("Physical adapters, for example V(vmnic0). Others are taken away.", impact=Impact.BRIEF),
        "mtu": setting("Largest packet in bytes.", type="int", impact=Impact.BRIEF),
        "link_discovery": leaves(
            "How it tells physical switches of itself, and hears of them. It needs uplinks.",
            {
                "protocol": setting("Protocol.", choices=("cdp", "lldp")),
                "operation": setting("What it does.", choices=("none", "listen", "advertise", "both")),
            },
        ),
        "security": host_policies.SECURITY,
        "teaming": host_policies.TEAMING,
    }

    def check(self, options: Options) -> str:
        """See Kind."""
        if options.get("link_discovery") and options.get("uplinks") == []:
            return "link_discovery needs uplinks"
        return host_policies.wrong_order(options.get("teaming"), options.get("uplinks"))

    def rows(self, host: Row) -> t.Mapping[str, Row]:
        """See HostPart."""
        return host_network.switches(host)

    def state(self, host: Row, name: str, row: Row) -> Options:
        """See options."""
        spec = row["spec"]
        discovery = (spec.get("bridge") or {}).get("linkDiscoveryProtocolConfig") or {}
        return {
            "uplinks": sorted(host_network.uplinks(row)),
            "mtu": spec.get("mtu") or row.get("mtu"),
            "link_discovery": {word: discovery[key] for word, key in _DISCOVERY.items() if discovery.get(key)},
            **host_policies.shown(spec.get("policy")),
        }

    def cuts(self, host: Row, name: str, options: Options) -> str:
        """All uplinks taken away at once from under the management adapter."""
        device = host_network.managing_switches(host).get(name)
        before, wish = host_network.uplinks(self.rows(host)[name]), options.get("uplinks")
        if device and wish is not None and before and not set(before) & set(wish):
            return f"{device} reaches the network by {', '.join(before)} alone"
        return ""

    def adding(self, port: Port, host: Row, name: str, options: Options) -> Call:
        """See HostPart."""
        spec = _spec({"numPorts": _PORTS}, options, options)
        return Call(network_system(host), "AddVirtualSwitch", {"vswitchName": name, "spec": spec})

    def update(self, port: Port, seen: Seen, options: Options, fields: t.Collection[str]) -> t.Iterator[Watch]:
        """One call with the whole switch."""
        host, row = seen.handle["host"], seen.handle["row"]
        spec = _spec(row["spec"], options, fields)
        port.call(network_system(host), "UpdateVirtualSwitch", vswitchName=row["name"], spec=spec)
        yield from ()

    def removing(self, host: Row, name: str) -> Call:
        """See HostPart; the host refuses one whose port groups are in use."""
        return Call(network_system(host), "RemoveVirtualSwitch", {"vswitchName": name})

    def holds(self, host: Row, name: str) -> str:
        """See HostPart."""
        device = host_network.managing_switches(host).get(name)
        return f"{device} is on it" if device else ""


def _spec(before: Row, options: Options, fields: t.Collection[str]) -> dict[str, t.Any]:
    """A whole switch: the one before, with the fields as wished."""
    given = [field for field in fields if options.get(field) is not None]
    spec: dict[str, t.Any] = dict(before)
    if "mtu" in given:
        spec["mtu"] = options["mtu"]
    bridge: dict[str, t.Any] = dict(before.get("bridge") or {})
    if "uplinks" in given:
        uplinks = sorted(options["uplinks"])
        bridge = {**bridge, "_type": "HostVirtualSwitchBondBridge", "nicDevice": uplinks} if uplinks else {}
        spec["policy"] = host_policies.with_uplinks(before.get("policy"), uplinks)
    if "link_discovery" in given and bridge:
        old = bridge.get("linkDiscoveryProtocolConfig") or {"protocol": "cdp", "operation": "listen"}
        wish = {key: options["link_discovery"].get(word) for word, key in _DISCOVERY.items()}
        told = {key: value for key, value in wish.items() if value is not None}
        bridge["linkDiscoveryProtocolConfig"] = {**old, **told}
    spec.pop("bridge", None)
    if bridge:
        spec["bridge"] = bridge
    policy = host_policies.changed(spec.get("policy"), options, [f for f in ("security", "teaming") if f in given])
    return {**spec, "policy": policy} if policy else spec
