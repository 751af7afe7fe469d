# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Where things are in a vCenter's inventory: datacenters, their four root folders, and the folders below."""

from __future__ import annotations

import typing as t

from ..._clients.vsphere import Port, Row
from ..._engine.kind import Query

ROOTS = {"host": "hostFolder", "vm": "vmFolder", "network": "networkFolder", "datastore": "datastoreFolder"}
"""Sort of folder to the datacenter's property that holds the first one of that sort."""


class Places:
    """The tree of datacenters and folders."""

    def __init__(self, root: str, datacenters: t.Sequence[Row], folders: t.Sequence[Row]) -> None:
        self.root = root
        first = [
            {"ref": row[path], "name": sort, "parent": row["ref"]}
            for row in datacenters
            for sort, path in ROOTS.items()
            if path in row
        ]
        self._rows: dict[str, Row] = {str(row["ref"]): row for row in [*first, *datacenters, *folders]}
        self._sorts = {row[path]: sort for row in datacenters for sort, path in ROOTS.items() if path in row}

    def name(self, ref: str) -> str:
        """The name of a datacenter or folder, '' of anything else."""
        return str(self._rows.get(ref, {}).get("name", ""))

    def is_root(self, ref: str) -> bool:
        """Whether it came with its datacenter, or is the inventory's root folder."""
        return ref in self._sorts or ref == self.root

    def above(self, ref: str) -> t.Iterator[str]:
        """A place and everything that it is in, up to the root folder, which is left out."""
        while ref in self._rows:
            yield ref
            ref = str(self._rows[ref].get("parent", ""))

    def datacenter(self, ref: str) -> str:
        """The datacenter that a folder is in, or ''."""
        return next((one for one in self.above(ref) if one.startswith("Datacenter:")), "")

    def sort(self, ref: str) -> str:
        """What a folder holds: host, vm, network, datastore; datacenter where it is in none."""
        return next((self._sorts[one] for one in self.above(ref) if one in self._sorts), "datacenter")

    def root_of(self, datacenter: str, sort: str) -> str:
        """The datacenter's first folder of a sort, or ''."""
        return str(self._rows.get(datacenter, {}).get(ROOTS[sort], ""))


def places(port: Port, query: Query) -> Places:
    """The tree, read once an observation."""
    return t.cast("Places", query.shared("vsphere.places", lambda: read(port)))


def read(port: Port) -> Places:
    """The tree as it is now."""
    datacenters = port.collect("Datacenter", ["name", "parent", *ROOTS.values()])
    return Places(str(port.content["rootFolder"]), datacenters, port.collect("Folder", ["name", "parent"]))


def folders(port: Port, datacenters: t.Iterable[str], sort: str) -> dict[str, str]:
    """Datacenter to its first folder of a sort."""
    path = ROOTS[sort]
    return {row["ref"]: str(row[path]) for row in port.get(sorted(set(datacenters)), [path])}
