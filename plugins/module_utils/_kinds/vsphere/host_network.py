# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""The network of a host as one row of vCenter tells it: what hangs on what, and what must not be cut. Pure."""

from __future__ import annotations

import typing as t

Row = t.Mapping[str, t.Any]

PATHS = (
    "config.network.vnic",
    "config.network.vswitch",
    "config.network.portgroup",
    "config.network.pnic",
    "config.virtualNicManagerInfo",
)
"""What these functions read of a HostSystem."""
MANAGEMENT = "management"


def adapters(row: Row) -> dict[str, Row]:
    """VMkernel adapters by device."""
    return {vnic["device"]: vnic for vnic in row.get("config.network.vnic") or ()}


def switches(row: Row) -> dict[str, Row]:
    """Standard switches by name."""
    return {switch["name"]: switch for switch in row.get("config.network.vswitch") or ()}


def port_groups(row: Row) -> dict[str, Row]:
    """Standard port groups by name."""
    return {group["spec"]["name"]: group for group in row.get("config.network.portgroup") or ()}


def services(row: Row) -> dict[str, set[str]]:
    """Device to the kinds of traffic that it carries, in the vendor's words.

    Selected adapters are told by keys that begin with the traffic's name: management.key-vim.host.VirtualNic-vmk0.
    """
    keys = {vnic["key"]: device for device, vnic in adapters(row).items()}
    found: dict[str, set[str]] = {device: set() for device in adapters(row)}
    for config in (row.get("config.virtualNicManagerInfo") or {}).get("netConfig") or ():
        selected = list(config.get("selectedVnic") or ())
        own = {vnic["key"]: vnic["device"] for vnic in config.get("candidateVnic") or ()}
        for key in selected:
            bare = key[len(config["nicType"]) + 1 :] if key.startswith(f"{config['nicType']}.") else key
            device = own.get(key) or keys.get(key) or keys.get(bare) or own.get(bare)
            if device in found:
                found[device].add(config["nicType"])
    return found


def managing(row: Row) -> list[str]:
    """Adapters through which the host is managed."""
    return sorted(device for device, words in services(row).items() if MANAGEMENT in words)


def managing_groups(row: Row) -> dict[str, str]:
    """Standard port groups on which the host is managed, each with its adapter."""
    there = adapters(row)
    return {there[device]["portgroup"]: device for device in managing(row) if there[device].get("portgroup")}


def managing_switches(row: Row) -> dict[str, str]:
    """Standard switches through which the host is managed, each with its adapter."""
    groups = port_groups(row)
    return {
        groups[group]["spec"]["vswitchName"]: device
        for group, device in managing_groups(row).items()
        if group in groups
    }


def uplinks(switch: Row) -> list[str]:
    """Physical adapters of a standard switch."""
    return list(((switch.get("spec") or {}).get("bridge") or {}).get("nicDevice") or ())


def next_device(row: Row, taken: t.Collection[str] = ()) -> str:
    """The name that the host gives the next VMkernel adapter: the lowest that is free."""
    used = {*adapters(row), *taken}
    return next(f"vmk{number}" for number in range(len(used) + 1) if f"vmk{number}" not in used)


def users_of_group(row: Row, group: str) -> list[str]:
    """VMkernel adapters on a standard port group."""
    return sorted(device for device, vnic in adapters(row).items() if vnic.get("portgroup") == group)
