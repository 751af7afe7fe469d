# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Kind datacenter."""

from __future__ import annotations

import typing as t

from ..._clients.vsphere import Call, Port, Row
from ..._engine.errors import Conflict
from ..._engine.kind import Query, Seen, Watch
from ..._engine.options import setting
from .base import EntityKind, Options
from .places import ROOTS, Places


class Datacenter(EntityKind):
    """What everything else in a vCenter is in."""

    name = "datacenter"
    description = "A datacenter of a vCenter's inventory."
    source = "vSphere Folder.CreateDatacenter, Destroy_Task"
    options = {
        "folder": setting(
            "Folder of datacenters that it is in, without one the root folder.", ref="folder", immutable=True
        )
    }
    type = "Datacenter"
    paths = tuple(ROOTS.values())

    def state(self, port: Port, query: Query, tree: Places, row: Row) -> Row:
        """See options."""
        parent = str(row.get("parent", ""))
        return {"folder": None if tree.is_root(parent) else parent}

    def parents(self, port: Port, wishes: t.Mapping[str, Options]) -> t.Mapping[str, str]:
        """The folder, or the root folder."""
        return {name: wish.get("folder") or str(port.content["rootFolder"]) for name, wish in wishes.items()}

    def making(self, port: Port, parent: str, name: str, options: Options) -> Call:
        """See EntityKind."""
        return Call(parent, "CreateDatacenter", {"name": name})

    def remove(self, port: Port, seen: Seen) -> t.Iterable[Watch]:
        """Refused while anything is in it: vSphere would destroy all of that too."""
        (row,) = port.get([seen.id], list(ROOTS.values())) or ({},)
        refuse_contents(port, [str(row[path]) for path in ROOTS.values() if path in row])
        return super().remove(port, seen)


def refuse_contents(port: Port, folders: t.Sequence[str]) -> None:
    """Raise Conflict when a folder holds something. Standard networks do not count: hosts bring and take them."""
    found = (ref for row in port.get(folders, ["childEntity"]) for ref in row.get("childEntity") or ())
    inside = [ref for ref in found if not ref.startswith("Network:")]
    if inside:
        names = sorted(str(row["name"]) for row in port.get(inside[:10], ["name"]))
        raise Conflict(
            f"there is still something in it: {', '.join(names)}{' ...' if len(inside) > 10 else ''}",
            remedy="vSphere would destroy that too. Move or remove it first.",
        )
