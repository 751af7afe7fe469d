# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Kind folder."""

from __future__ import annotations

import typing as t

from ..._clients.vsphere import Call, Port, Row
from ..._engine.kind import Query, Seen, Watch
from ..._engine.options import Impact, setting
from .base import EntityKind, Options, done
from .datacenter import refuse_contents
from .places import ROOTS, Places, folders

_SORTS = (*ROOTS, "datacenter")


class Folder(EntityKind):
    """A folder of the inventory; those that come with a datacenter are none of ours."""

    name = "folder"
    description = "A folder of virtual machines, hosts and clusters, networks, datastores or datacenters."
    source = "vSphere Folder.CreateFolder, MoveIntoFolder_Task, Destroy_Task"
    options = {
        "type": setting("What is in it.", choices=_SORTS, needed=True, immutable=True),
        "datacenter": setting(
            "Datacenter that it is in; folders of datacenters are in none.", ref="datacenter", immutable=True
        ),
        "parent": setting(
            "Folder that it is in; V('') for the datacenter's own of its type.", ref="folder", impact=Impact.BRIEF
        ),
    }
    type = "Folder"

    def check(self, options: Options) -> str:
        """See Kind."""
        if options.get("type") == "datacenter":
            return "a folder of datacenters is in none" if options.get("datacenter") else ""
        return "" if options.get("datacenter") else "it needs the datacenter"

    def rows(self, port: Port, query: Query) -> list[Row]:
        """Without the folders that come with a datacenter."""
        found = super().rows(port, query)
        return [row for row in found if not str(row.get("parent", "")).startswith("Datacenter:")]

    def state(self, port: Port, query: Query, tree: Places, row: Row) -> Row:
        """See options."""
        parent = str(row.get("parent", ""))
        return {
            "type": tree.sort(row["ref"]),
            "datacenter": tree.datacenter(row["ref"]) or None,
            "parent": "" if tree.is_root(parent) else parent,
        }

    def parents(self, port: Port, wishes: t.Mapping[str, Options]) -> t.Mapping[str, str]:
        """The folder that is named, or the first one of its type."""
        found: dict[str, str] = {}
        for sort in {wish["type"] for wish in wishes.values()}:
            some = {name: wish for name, wish in wishes.items() if wish["type"] == sort}
            first = _first(port, sort, some.values())
            found.update(
                {name: wish.get("parent") or first[wish.get("datacenter") or ""] for name, wish in some.items()}
            )
        return found

    def making(self, port: Port, parent: str, name: str, options: Options) -> Call:
        """See EntityKind."""
        return Call(parent, "CreateFolder", {"name": name})

    def change(self, port: Port, seen: Seen, options: Options, fields: t.Collection[str]) -> t.Iterable[Watch]:
        """Move it."""
        target = options.get("parent") or _first(port, options["type"], [options])[options.get("datacenter") or ""]
        done(port, target, "MoveIntoFolder_Task", list=[seen.id])
        return ()

    def remove(self, port: Port, seen: Seen) -> t.Iterable[Watch]:
        """Refused while anything is in it."""
        refuse_contents(port, [seen.id])
        return super().remove(port, seen)


def _first(port: Port, sort: str, wishes: t.Iterable[Options]) -> dict[str, str]:
    """Datacenter to its first folder of a type; '' to the root folder."""
    centers = {str(wish["datacenter"]) for wish in wishes if wish.get("datacenter")}
    found = folders(port, centers, sort) if sort in ROOTS and centers else {}
    return {"": str(port.content["rootFolder"]), **found}
