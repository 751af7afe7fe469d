# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Hosts of one vCenter as the kinds that live on them see them: read once, by the engine's name, with their owner."""

from __future__ import annotations

import dataclasses
import typing as t

from ..._clients.vsphere import Port, Row
from ..._engine.errors import Invalid
from ..._engine.kind import Owner, Query
from . import marks

TYPE = "HostSystem"
_OLDEST = (7, 0)


@dataclasses.dataclass(frozen=True)
class Host:
    """One host. name: the engine's. row: what was read of it."""

    ref: str
    name: str
    owner: Owner
    row: Row


def all_hosts(port: Port, query: Query, what: str, paths: t.Sequence[str], refs: t.Collection[str] = ()) -> list[Host]:
    """Every host, or those with these references. what: under which word the reading is shared by kinds."""
    keys = marks.keys(port, query)
    everything = ["name", "customValue", "configManager", *paths]
    if refs:
        rows = port.get(sorted(refs), everything)
    else:
        rows = query.shared(f"vsphere.hosts.{what}", lambda: port.collect(TYPE, everything))
    return [_host(row, keys, query.estate) for row in rows]


def _host(row: Row, keys: marks.Keys, estate: str) -> Host:
    ours = marks.values(row, keys)
    owner = marks.owner(ours, estate)
    # Another estate's name for it is none that we know.
    name = ours.get(marks.NAME) if owner is not Owner.FOREIGN else None
    return Host(row["ref"], name or row["name"], owner, row)


def too_old(name: str, version: t.Any) -> t.Optional[Invalid]:
    """The refusal of a host whose version is out of support; None for one that will do, or tells no version."""
    numbers = [int(part) for part in str(version or "").split(".")[:2] if part.isdigit()]
    if not numbers or tuple(numbers) >= _OLDEST:
        return None
    return Invalid(
        f"{name} runs ESXi {version}, which is out of support",
        remedy="Upgrade it first: 6.5 and 6.7 to 7.0 Update 3, then to 8.0 (the vCenter before its hosts, and the "
        "hardware must be on the vendor's list for 8.0: some processors and adapters of 6.7 are not).",
    )
