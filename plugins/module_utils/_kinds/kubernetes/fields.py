# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Which fields of an object are ours: a wish against the field sets that the API server keeps in managedFields.

The format is FieldsV1 of meta/v1: "f:" a field, "k:" an item of a list by its keys, "v:" an item of a set, "i:" an item
by its position, "." the thing itself. What has nothing below it is owned as a whole.
"""

from __future__ import annotations

import functools
import json
import typing as t

from .objects import MANAGER, Body, Live

FieldsV1 = t.Mapping[str, t.Any]
Step = tuple[t.Any, str]
"""A path as a pair of the path before and the last element as FieldsV1 writes it; None is the object."""


class _Found:
    """What a walk meets. whole: maps owned as one, with what is wished in them. empty: wished empty lists. hollow:
    wished empty maps that are not ours any more, as those that somebody else has filled."""

    def __init__(self) -> None:
        self.missing: list[t.Any] = []
        self.whole: list[tuple[t.Any, Body]] = []
        self.empty: list[t.Any] = []
        self.hollow: list[t.Any] = []


def managed(live: Live) -> FieldsV1:
    """What we own of an object, as it was applied last."""
    return _set(live.metadata)


def applied_set(body: Body) -> FieldsV1:
    """The same of an object as the API server answers it."""
    return _set(body["metadata"])


def _set(metadata: Body) -> FieldsV1:
    for entry in metadata.get("managedFields") or ():
        if entry.get("manager") == MANAGER and entry.get("operation") == "Apply" and not entry.get("subresource"):
            return t.cast(FieldsV1, entry.get("fieldsV1") or {})
    return {}


def covers(wish: Body, fields: FieldsV1) -> list[str]:
    """Paths of the wish's fields that the set does not own; none: it owns all of them. What is empty owns nothing."""
    return [path_text(path) for path in _walked(wish, fields).missing]


def lost(wish: Body, live: Live) -> list[str]:
    """Paths of the wish's fields that are not ours any more: others set them, or removed them.

    Sees two cases that a set alone does not tell: what others put in a map of which nothing but the name was left to
    us, and in a list that is to be empty.
    """
    found = _walked(wish, managed(live))
    missing = list(found.missing)
    # A map that was wished empty and that others fill is as wished; one that they took away or replaced is not.
    missing += [path for path in found.hollow if not isinstance(_at(live.body, path), dict)]
    if found.whole or found.empty or found.hollow:
        others = _others(live.metadata)
        for path, value in found.whole:
            missing += _taken(path, value, live.body, others)
        missing += [path for path in (*found.empty, *found.hollow) if _filled(path, live.body, others)]
    return [path_text(path) for path in missing]


def _others(metadata: Body) -> list[FieldsV1]:
    entries = metadata.get("managedFields") or ()
    return [
        entry.get("fieldsV1") or {}
        for entry in entries
        if entry.get("manager") != MANAGER or entry.get("operation") != "Apply" or entry.get("subresource")
    ]


def _walked(wish: Body, fields: FieldsV1) -> _Found:
    found = _Found()
    for name, value in wish.items():
        if name == "metadata":
            value = {key: inner for key, inner in value.items() if key not in ("name", "namespace")}
        elif name in ("apiVersion", "kind"):
            continue
        _field(value, name, fields, None, found)
    return found


def _field(value: t.Any, name: str, node: FieldsV1, path: t.Any, found: _Found) -> None:
    raw = "f:" + name
    child = node.get(raw)
    if child is None:
        _absent(value, (path, raw), found)
    elif child and isinstance(value, (dict, list)):
        _walk(value, child, (path, raw), found)
    elif value and isinstance(value, dict):
        found.whole.append(((path, raw), value))


def _walk(value: t.Any, node: FieldsV1, path: Step, found: _Found) -> None:
    if isinstance(value, dict):
        if len(node) == 1 and "." in node:
            found.whole.append((path, value))
            return
        for name, inner in value.items():
            _field(inner, name, node, path, found)
    elif not (len(node) == 1 and "." in node):
        _items(value, node, path, found)


def _absent(value: t.Any, path: Step, found: _Found) -> None:
    """A field that the set does not have: everything below it is missing, but nulls and empty lists own nothing."""
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            _absent(inner, (path, "f:" + name), found)
    elif isinstance(value, list) and not value:
        found.empty.append(path)
    elif value == {}:
        found.hollow.append(path)
    elif value is not None:
        found.missing.append(path)


def _items(items: t.Sequence[t.Any], node: FieldsV1, path: Step, found: _Found) -> None:
    names = _key_names(node)
    for number, item in enumerate(items):
        raw = _child(item, number, names, node)
        if isinstance(raw, list):
            _best(item, raw, node, path, found)
        elif raw not in node:
            found.missing.append((path, raw))
        elif isinstance(item, dict) and node[raw]:
            _walk(item, node[raw], (path, raw), found)


def _key_names(node: FieldsV1) -> tuple[str, ...]:
    for raw in node:
        if raw.startswith("k:"):
            return tuple(_decoded(raw))
    return ()


def _child(item: t.Any, number: int, names: tuple[str, ...], node: FieldsV1) -> t.Union[str, list[str]]:
    """An item's element of the set; several where the item leaves out a key that has a default."""
    if names and isinstance(item, dict):
        raw = "k:" + _text({name: item[name] for name in names if name in item})
        if raw in node:
            return raw
        fitting = [other for other in node if other.startswith("k:") and _fits(item, _decoded(other))]
        return fitting if fitting else raw
    raw = "v:" + _text(item)
    if raw in node:
        return raw
    same = [other for other in node if other.startswith("v:") and _decoded(other) == item]
    return same[0] if same else (f"i:{number}" if f"i:{number}" in node else raw)


def _fits(item: Body, keys: Body) -> bool:
    return all(name not in item or item[name] == value for name, value in keys.items())


def _best(item: Body, candidates: list[str], node: FieldsV1, path: Step, found: _Found) -> None:
    tries = []
    for raw in candidates:
        one = _Found()
        if node[raw]:
            _walk(item, node[raw], (path, raw), one)
        tries.append(one)
    best = min(tries, key=lambda one: len(one.missing))
    found.missing += best.missing
    found.whole += best.whole
    found.empty += best.empty
    found.hollow += best.hollow


def _taken(path: Step, value: Body, body: Body, others: t.Sequence[FieldsV1]) -> list[Step]:
    """What is wished in a map and is not there, or is somebody else's."""
    there = _at(body, path)
    if not isinstance(there, dict):
        return [path]
    gone = [name for name, inner in value.items() if name not in there and inner not in (None, {}, [])]
    theirs = [name for other in others for name in value if "f:" + name in (_node(other, path) or {})]
    return [(path, "f:" + name) for name in dict.fromkeys(gone + theirs)]


def _filled(path: Step, body: Body, others: t.Sequence[FieldsV1]) -> bool:
    """True when somebody owns as a whole what is to be empty. Single items and fields of others do not count."""
    return bool(_at(body, path)) and any(_node(other, path) == {} for other in others)


def _node(fields: FieldsV1, path: Step) -> FieldsV1 | None:
    node: FieldsV1 | None = fields
    for raw in _elements(path):
        node = node.get(raw) if node else None
    return node


def _at(body: t.Any, path: Step) -> t.Any:
    for raw in _elements(path):
        if raw.startswith("f:"):
            body = body.get(raw[2:]) if isinstance(body, dict) else None
        elif raw.startswith("k:"):
            items = body if isinstance(body, list) else []
            body = next((one for one in items if isinstance(one, dict) and _fits(one, _decoded(raw))), None)
        else:
            return None
    return body


def _elements(path: t.Any) -> list[str]:
    elements: list[str] = []
    while path is not None:
        path, raw = path
        elements.append(raw)
    return elements[::-1]


def path_text(path: t.Any) -> str:
    """As people read it: spec.template.spec.containers[name=main].image."""
    text = ""
    for raw in _elements(path):
        sort, _colon, rest = raw.partition(":")
        if sort == "f":
            text += f".{rest}" if text else rest
        elif sort == "k":
            text += "".join(item_text(_decoded(raw)))
        elif sort == "v":
            text += f"[={_decoded(raw)}]"
        else:
            text += f"[{rest}]"
    return text


def item_text(keys: Body) -> str:
    """An item of a list by its keys: [name=main], [port=80,protocol=TCP]."""
    return "[" + ",".join(f"{name}={value}" for name, value in keys.items()) + "]"


@functools.lru_cache(maxsize=20_000)
def _decoded(raw: str) -> t.Any:
    return json.loads(raw[2:])


def _text(value: t.Any) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
