# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""A stream of objects that a file holds, with what is left out of it and what is changed."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ...._engine.errors import Invalid
from ...._engine.options import Option, document, setting, table
from ..maker import Maker, Values
from ..objects import Body
from ..yaml_stream import Document, read_stream

_SELECTOR = {
    "kind": setting("Kind of the object."),
    "name": setting("Name of the object."),
    "namespace": setting("Namespace of the object."),
}
_ITEM = re.compile(r"(?P<list>[A-Za-z]+)\[(?P<field>[A-Za-z]+)=(?P<value>[^\]]+)\]")


class Stream(Maker):
    """Objects by path: big lists of objects never travel as arguments."""

    name = "stream"
    description = "All objects of a file: YAML, JSON or JSON lines, also compressed by gzip."
    source = "any API object"
    options = {
        "name": setting("What messages call it.", needed=True),
        "path": Option("Path of the file.", type="path", needed=True),
        "omit": table("Objects that are left out.", _SELECTOR),
        "patches": table(
            "Changes of objects before they are applied.",
            {
                **_SELECTOR,
                "merge": document(
                    "JSON merge patch: dicts merge, null removes. A key as C(containers[name=mysql]) merges into that "
                    "item of a list, and adds it where there is none.",
                    needed=True,
                ),
            },
        ),
    }

    def objects(self, options: Values) -> list[Body]:
        """See Maker."""
        return [one.body for one in documents(options)]

    def sourced(self, options: Values, place: str) -> list[tuple[Body, str]]:
        """Messages about an object name its place in the file."""
        return [(one.body, one.where) for one in documents(options)]


def documents(options: Values) -> list[Document]:
    """The objects of the file at options["path"], patched. Raises Invalid where a selection matches nothing."""
    omit = list(options.get("omit") or ())
    patches = list(options.get("patches") or ())
    used: set[int] = set()
    found: list[Document] = []
    for one in read_stream(options["path"]):
        dropped = [number for number, selector in enumerate(omit) if _selects(selector, one.body)]
        if dropped:
            used.update(dropped)
            continue
        body = one.body
        for number, patch in enumerate(patches, len(omit)):
            if _selects(patch, body):
                used.add(number)
                body = t.cast(dict[str, t.Any], merged(body, patch["merge"]))
        found.append(dataclasses.replace(one, body=body))
    idle = [one for number, one in enumerate([*omit, *patches]) if number not in used]
    if idle:
        told = "; ".join(f"{one.get('kind')} {one.get('namespace') or ''}/{one.get('name')}" for one in idle)
        raise Invalid(f"{options['path']}: nothing there is {told}", remedy="Was it renamed in this version?")
    return found


def _selects(selector: Values, body: Values) -> bool:
    metadata = body.get("metadata") or {}
    here = {"kind": body.get("kind"), "name": metadata.get("name"), "namespace": metadata.get("namespace")}
    return all(selector.get(field) in (None, value) for field, value in here.items())


def merged(value: t.Any, change: t.Any) -> t.Any:
    """JSON merge patch (RFC 7386): null removes, dicts merge, all else replaces; but list[field=value] is one item."""
    if not isinstance(change, dict) or any(name.startswith("$") for name in change):
        return change
    result = dict(value) if isinstance(value, dict) else {}
    for name, inner in change.items():
        item = _ITEM.fullmatch(name)
        if item:
            result[item["list"]] = _merged_item(result.get(item["list"]), {item["field"]: item["value"]}, inner)
        elif inner is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), inner)
    return result


def _merged_item(value: t.Any, identity: dict[str, str], change: t.Any) -> list[t.Any]:
    """The list with one item changed, removed (null) or added."""
    found: list[t.Any] = []
    there = False
    for one in value if isinstance(value, list) else []:
        if isinstance(one, dict) and one.items() >= identity.items():
            there = True
            found += [] if change is None else [merged(one, change)]
        else:
            found.append(one)
    return found if there or change is None else [*found, merged(identity, change)]
