# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Options of kind distributed_switch, and what of them one specification takes."""

from __future__ import annotations

import typing as t

from ..._engine.options import Collection, Impact, Option, Options, leaves, setting, table

Row = t.Mapping[str, t.Any]

OPTIONS: Options = {
    "datacenter": setting("Datacenter that it is in.", ref="datacenter", needed=True, immutable=True),
    "description": setting("What it is for."),
    "version": setting(
        "Version, as V(8.0.0); the newest if omitted. It is only ever raised, and that is for good.",
        impact=Impact.IRREVERSIBLE,
    ),
    "mtu": setting(
        "Largest packet in bytes. Adapters may lose their link for a moment.", type="int", impact=Impact.BRIEF
    ),
    "discovery_protocol": leaves(
        "How it and its neighbours learn of each other.",
        {
            "protocol": setting("Protocol.", choices=("cdp", "lldp")),
            "operation": setting("What the switch does.", choices=("none", "listen", "advertise", "both")),
        },
    ),
    "uplinks": Option(
        "Names of the uplinks that every host has, in order.",
        type="list",
        elements="str",
        collection=Collection.ORDERED,
        impact=Impact.BRIEF,
    ),
    "hosts": table(
        "All hosts that are on it. Others leave it; one whose VMkernel adapters or machines use it is refused.",
        {
            "host": setting("Host.", ref="esxi_host", needed=True),
            "adapters": leaves(
                "Uplink name to physical adapter, as C(uplink1: vmnic0). Uplinks that are not named are left alone, "
                "an empty text frees one. An adapter may be taken from a standard switch that can do without it."
            ),
        },
        keys=("host",),
        impact=Impact.BRIEF,
    ),
    "network_io_control": setting("Bandwidth is shared by kinds of traffic.", type="bool", impact=Impact.BRIEF),
}


def state(config: Row, hosts: t.Sequence[Row]) -> dict[str, t.Any]:
    """Options from VMwareDVSConfigInfo, without the datacenter. hosts: members in normal form."""
    discovery = config.get("linkDiscoveryProtocolConfig") or {}
    return {
        "description": config.get("description") or "",
        "version": (config.get("productInfo") or {}).get("version"),
        "mtu": config.get("maxMtu"),
        "discovery_protocol": {key: discovery.get(key) for key in ("protocol", "operation")},
        "uplinks": list((config.get("uplinkPortPolicy") or {}).get("uplinkPortName") or ()),
        "hosts": list(hosts),
        "network_io_control": bool(config.get("networkResourceManagementEnabled")),
    }


def spec(options: Row, before: Row) -> dict[str, t.Any]:
    """What VMwareDVSConfigSpec takes of those of the options that are given. before: the state that there is."""
    found: dict[str, t.Any] = {}
    if options.get("description") is not None:
        found["description"] = options["description"]
    if options.get("mtu") is not None:
        found["maxMtu"] = options["mtu"]
    if options.get("uplinks"):
        found["uplinkPortPolicy"] = {
            "_type": "DVSNameArrayUplinkPortPolicy",
            "uplinkPortName": list(options["uplinks"]),
        }
    if options.get("discovery_protocol"):
        told = {key: value for key, value in options["discovery_protocol"].items() if value is not None}
        # Both are asked for at once.
        had = {key: value for key, value in (before.get("discovery_protocol") or {}).items() if value is not None}
        found["linkDiscoveryProtocolConfig"] = {"protocol": "lldp", "operation": "listen", **had, **told}
    return found


def older(after: str, before: str) -> bool:
    """True when one version comes before another."""
    return _numbers(after) < _numbers(before)


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".") if part.isdecimal()]
