# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Kind tag."""

from __future__ import annotations

import typing as t

from ..._clients.vsphere import Port
from ..._engine.errors import Conflict
from ..._engine.kind import Kind, Owner, Query, Seen, Watch
from ..._engine.options import names, setting
from . import tagging
from .tagging import API, Row


class Tag(Kind[Port]):
    """A tag and what it is attached to."""

    name = "tag"
    description = "A tag of a vCenter and the objects that bear it. Unique by category and name."
    source = "vSphere Automation API: /api/cis/tagging/tag, /api/cis/tagging/tag-association"
    options = {
        "category": setting("Category that it belongs to.", ref="tag_category", needed=True, immutable=True),
        "description": setting("What it says. The mark of ownership stands behind it and is not shown."),
        "objects": names(
            "All objects that bear it, each as kind and name with a slash between them, as V(datastore/ssd-01). Others "
            "lose it; omitted, those that bear it are left alone.",
            ref="*",
        ),
    }
    later = ("objects",)

    def key(self, options: Row) -> str:
        """Category and name, with a slash between them."""
        return f"{options['category']}/{options['name']}"

    def observe(self, port: Port, query: Query) -> t.Sequence[Seen]:
        """All that there are: the API cannot search. Who bears them is asked only where somebody wants to know."""
        rows = tagging.rows(port, query, "tag")
        categories = tagging.category_names(port, query, rows)
        named = {row["id"]: f"{categories.get(row['category_id'], row['category_id'])}/{row['name']}" for row in rows}
        wanted = {wish.name for wish in query.wishes if wish.options.get("objects") is not None}
        bearers = _bearers(port, [row["id"] for row in rows if query.ids or named[row["id"]] in wanted])
        return [_seen(row, named[row["id"]], bearers.get(row["id"]), query.estate) for row in rows]

    def create(self, port: Port, estate: str, name: str, options: Row) -> Seen:
        """Marked by its description; what it is attached to comes later."""
        own = name.partition("/")[2]
        body = {
            "category_id": options["category"],
            "name": own,
            "description": tagging.marked(estate, options.get("description")),
        }
        return Seen(name, port.rest("POST", f"{API}/tag", body), {}, Owner.OURS)

    def update(self, port: Port, seen: Seen, options: Row, fields: t.Collection[str]) -> t.Iterator[Watch]:
        """New bearers before old ones go."""
        if "description" in fields:
            text = tagging.redescribed(seen.handle["description"], options["description"])
            port.rest("PATCH", f"{API}/tag/{seen.id}", {"description": text})
        if "objects" in fields:
            have = set(seen.state.get("objects") or ())
            want = {str(one).rpartition("/")[2] for one in options["objects"]}
            _associate(port, seen.id, "attach-tag-to-multiple-objects", want - have)
            _associate(port, seen.id, "detach-tag-from-multiple-objects", have - want)
        yield from ()

    def delete(self, port: Port, seen: Seen) -> t.Iterator[Watch]:
        """Whoever bears it loses it."""
        port.rest("DELETE", f"{API}/tag/{seen.id}")
        yield from ()


def _seen(row: Row, name: str, bearers: t.Sequence[str] | None, estate: str) -> Seen:
    description = row.get("description") or ""
    state: dict[str, t.Any] = {"category": row["category_id"], "description": tagging.shown(description)}
    if bearers is not None:
        state["objects"] = bearers
    owner = tagging.owner(description, estate)
    return Seen(name, row["id"], state, owner, attributes={"urn": row["id"]}, handle=row)


def _bearers(port: Port, ids: t.Sequence[str]) -> dict[str, list[str]]:
    if not ids:
        return {}
    path = f"{API}/tag-association?action=list-attached-objects-on-tags"
    answer = port.rest("POST", path, {"tag_ids": list(ids)}) or ()
    found: dict[str, list[str]] = {identifier: [] for identifier in ids}
    for row in answer:
        found[row["tag_id"]] = sorted(f"{one['type']}:{one['id']}" for one in row.get("object_ids") or ())
    return found


def _associate(port: Port, tag: str, action: str, references: t.Collection[str]) -> None:
    if not references:
        return
    objects = [_dynamic(reference) for reference in sorted(references)]
    answer = port.rest("POST", f"{API}/tag-association/{tag}?action={action}", {"object_ids": objects})
    if answer and not answer.get("success", True):
        told = "; ".join(_words(message) for message in answer.get("error_messages") or ())
        raise Conflict(told or f"the API answers {action} with no success and no reason")


def _dynamic(reference: str) -> dict[str, str]:
    sort, _colon, identifier = reference.partition(":")
    return {"type": sort, "id": identifier}


def _words(message: t.Any) -> str:
    return str(message.get("default_message") or message.get("id")) if isinstance(message, dict) else str(message)
