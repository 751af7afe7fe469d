# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Kind tag_category."""

from __future__ import annotations

import typing as t

from ..._clients.vsphere import Port
from ..._engine.errors import Conflict
from ..._engine.kind import Kind, Owner, Query, Seen, Watch
from ..._engine.options import names, setting
from . import tagging
from .tagging import API, Row


class TagCategory(Kind[Port]):
    """A category of tags. Its tags go with it, so it stays as long as there are any that are not ours."""

    name = "tag_category"
    description = "A category of tags of a vCenter."
    source = "vSphere Automation API: /api/cis/tagging/category"
    options = {
        "description": setting("What it is for. The mark of ownership stands behind it and is not shown."),
        "cardinality": setting(
            "How many of its tags one object may have, V(single) if omitted. It never becomes V(single) again.",
            choices=("single", "multiple"),
        ),
        "associable_types": names(
            "Types of objects that its tags are for, in the API's words, as V(VirtualMachine). A new category without "
            "any is for all. Types are only ever added."
        ),
    }

    def refusal(self, field: str, before: t.Any, after: t.Any) -> str:
        """What the API never takes back."""
        if field == "cardinality" and after == "single":
            return "cardinality is multiple: some object may have two of its tags by now"
        if field != "associable_types":
            return ""
        if not before:
            return "associable_types hold all types: that is never narrowed"
        lost = sorted(set(before) - set(after or ()))
        return f"associable_types lack {', '.join(lost)}: types are only ever added" if lost else ""

    def observe(self, port: Port, query: Query) -> t.Sequence[Seen]:
        """All that there are: the API cannot search."""
        return [_seen(row, query.estate) for row in tagging.rows(port, query, "category")]

    def create(self, port: Port, estate: str, name: str, options: Row) -> Seen:
        """Marked by its description."""
        body = {
            "name": name,
            "description": tagging.marked(estate, options.get("description")),
            "cardinality": (options.get("cardinality") or "single").upper(),
            "associable_types": list(options.get("associable_types") or ()),
        }
        return Seen(name, port.rest("POST", f"{API}/category", body), {}, Owner.OURS)

    def update(self, port: Port, seen: Seen, options: Row, fields: t.Collection[str]) -> t.Iterator[Watch]:
        """One call for all fields."""
        body: dict[str, t.Any] = {}
        if "description" in fields:
            body["description"] = tagging.redescribed(seen.handle["description"], options["description"])
        if "cardinality" in fields:
            body["cardinality"] = options["cardinality"].upper()
        if "associable_types" in fields:
            had = list(seen.handle.get("associable_types") or ())
            body["associable_types"] = had + [name for name in options["associable_types"] if name not in had]
        port.rest("PATCH", f"{API}/category/{seen.id}", body)
        yield from ()

    def delete(self, port: Port, seen: Seen) -> t.Iterator[Watch]:
        """Not before the last tag: whoever made one since then would lose it."""
        left = port.rest("POST", f"{API}/tag?action=list-tags-for-category", {"category_id": seen.id})
        if left:
            raise Conflict(
                f"{len(left)} tags are in it, which would go with it: {', '.join(sorted(left))}",
                remedy="Delete or move what is not ours first.",
            )
        port.rest("DELETE", f"{API}/category/{seen.id}")
        yield from ()


def _seen(row: Row, estate: str) -> Seen:
    description = row.get("description") or ""
    state = {
        "description": tagging.shown(description),
        "cardinality": row["cardinality"].lower(),
        "associable_types": sorted(row.get("associable_types") or ()),
    }
    owner = tagging.owner(description, estate)
    return Seen(row["name"], row["id"], state, owner, handle=row)
