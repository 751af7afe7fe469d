# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""PCI devices that a host hands to machines as a whole. It knows them at its next start, so hosts reboot in turn.

In a cluster without machines, as a new one is, nobody needs what a turn keeps free: there they reboot together.
"""

from __future__ import annotations

import typing as t

from ..._clients.vsphere import Port, Row
from ..._engine.errors import NotFound
from ..._engine.kind import Status, Watch
from .esxi_host import entering, refuse_running
from .host_settings_calls import manager
from .host_settings_state import devices

_TURN_PATHS = ("name", "parent", "vm", "runtime.connectionState", "runtime.inMaintenanceMode")
_DEVICE_PATHS = ("name", "config.pciPassthruInfo")
_BOOT_PATHS = ("runtime.bootTime", "runtime.connectionState", "config.pciPassthruInfo")


def missing(row: Row, wish: t.Mapping[str, t.Any]) -> t.Optional[NotFound]:
    """The refusal of devices that a host does not have, or cannot pass through; None where it has them all."""
    if "config.pciPassthruInfo" not in row:
        return None
    have = devices(row)
    lacking = sorted(name for name, passed in wish.items() if passed and name not in have)
    if not lacking:
        return None
    return NotFound(
        f"the host has no device {', '.join(lacking)} that can be passed through",
        remedy=f"It has: {', '.join(sorted(have)) or 'none'}. Is the card there, and are VT-d and 64-bit MMIO on?",
    )


def change(port: Port, row: Row, wish: t.Mapping[str, t.Any]) -> t.Iterator[Watch]:
    """Switch devices over, then reboot when it is the host's turn."""
    have = devices(row)
    host = row["ref"]
    records = [(record, bool(passed)) for name, passed in wish.items() for record in have.get(name, ())]
    told = [
        {"_type": "HostPciPassthruConfig", "id": record["id"], "passthruEnabled": passed}
        for record, passed in records
        if bool(record["passthruEnabled"]) != passed
    ]
    stays = port.get([host], ["runtime.inMaintenanceMode"])[0].get("runtime.inMaintenanceMode")
    if not stays:
        refuse_running(port, host)
    if told:
        port.call(manager(row, "pciPassthruSystem"), "UpdatePassthruConfig", config=told)
    if not _waits_for_boot(port.get([host], _DEVICE_PATHS)[0]):
        return
    yield Watch("it is the host's turn", lambda: turn(port, host))
    if not stays:
        yield from entering(port, host)
    before = port.get([host], _BOOT_PATHS)[0].get("runtime.bootTime")
    port.call(host, "RebootHost_Task", force=False)
    yield Watch("the host is back with its devices", lambda: _booted(port, host, before))
    if not stays:
        task = port.call(host, "ExitMaintenanceMode_Task", timeout=0)
        yield Watch("the host left maintenance mode", lambda: port.task(task))


def _waits_for_boot(row: Row) -> bool:
    records = row.get("config.pciPassthruInfo") or ()
    return any(bool(record["passthruEnabled"]) != bool(record["passthruActive"]) for record in records)


def turn(port: Port, host: str) -> tuple[Status, str]:
    """Ready when no host of the cluster is away and none that also waits comes before this one, or when the cluster
    has no machine."""
    rows = {row["ref"]: row for row in port.collect("HostSystem", _TURN_PATHS)}
    own = rows[host]
    others = [row for ref, row in rows.items() if ref != host and row.get("parent") == own.get("parent")]
    if not any(row.get("vm") for row in (own, *others)):
        return Status.READY, ""
    away = [row["name"] for row in others if _away(row)]
    if away:
        return Status.PENDING, f"{', '.join(sorted(away))} is away"
    # Devices are most of what a host tells: asked only of those that could come first, and once nobody is away.
    before = [row["ref"] for row in others if row["name"] < own["name"]]
    rows_before = port.get(before, _DEVICE_PATHS) if before else ()
    first = [row["name"] for row in rows_before if _waits_for_boot(row)]
    return (Status.PENDING, f"{min(first)} comes first") if first else (Status.READY, "")


def _away(row: Row) -> bool:
    connected = row.get("runtime.connectionState", "connected") == "connected"
    return not connected or bool(row.get("runtime.inMaintenanceMode"))


def _booted(port: Port, host: str, before: t.Any) -> tuple[Status, str]:
    row = next(iter(port.get([host], _BOOT_PATHS)), {})
    word = row.get("runtime.connectionState", "gone")
    if word != "connected":
        return Status.PENDING, f"vCenter says of the host: {word}"
    if row.get("runtime.bootTime") == before:
        return Status.PENDING, "it has not started again yet"
    if _waits_for_boot(row):
        return Status.PENDING, "devices are not switched over yet"
    return Status.READY, ""
