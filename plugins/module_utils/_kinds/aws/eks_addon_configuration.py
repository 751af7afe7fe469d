# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""The configuration of an add-on as a document, and what the add-on's own schema finds wrong with one. Pure."""

from __future__ import annotations

import json
import re
import typing as t

try:
    import yaml

    HAS_YAML = True
except ImportError:
    HAS_YAML = False

Schema = t.Mapping[str, t.Any]

_TYPES: t.Mapping[str, t.Callable[[t.Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool) and value % 1 == 0,
    "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "null": lambda value: value is None,
}


def parsed(text: str | None) -> t.Any:
    """What an add-on was configured with: EKS keeps the text as it was given, JSON or YAML. {} for none.

    A text that is neither stays one: it differs from every document.
    """
    if not text or not text.strip():
        return {}
    try:
        found = json.loads(text)
    except ValueError:
        found = _yaml(text)
    return {} if found is None else found


def _yaml(text: str) -> t.Any:
    if not HAS_YAML:
        return text
    try:
        # As JSON has it: every key is a text, and a date is one.
        return json.loads(json.dumps(yaml.safe_load(text), default=str))
    except (yaml.YAMLError, TypeError, ValueError):
        return text


def text(document: t.Mapping[str, t.Any]) -> str:
    """The document as EKS takes it, the same text for the same content."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"))


def wrong(document: t.Any, schema: str) -> str:
    """What the schema (JSON Schema as EKS answers it) forbids in the document, or ''.

    Only what is certain is told: EKS checks the rest when the add-on is made.
    """
    try:
        root = json.loads(schema)
    except ValueError:
        return ""
    found = list(_problems(document, root, root, "configuration")) if isinstance(root, dict) else []
    return "; ".join(found)


def _problems(value: t.Any, schema: t.Any, root: Schema, path: str) -> t.Iterator[str]:
    schema = _followed(schema, root)
    types = schema.get("type")
    allowed = [types] if isinstance(types, str) else list(types or ())
    known = [one for one in allowed if one in _TYPES]
    if known and not any(_TYPES[one](value) for one in known):
        yield f"{path} has to be {' or '.join(known)}"
        return
    choices = schema.get("enum")
    if choices and value not in choices:
        yield f"{path} has to be one of {', '.join(map(str, choices))}"
    if isinstance(value, str) and not _matches(schema.get("pattern"), value):
        yield f"{path} has to match {schema['pattern']}"
    if isinstance(value, dict):
        yield from _members(value, schema, root, path)
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from _problems(one, schema.get("items"), root, f"{path}[{index}]")


def _members(value: t.Mapping[str, t.Any], schema: Schema, root: Schema, path: str) -> t.Iterator[str]:
    members: Schema = schema.get("properties") or {}
    others = schema.get("additionalProperties", True)
    patterns: Schema = schema.get("patternProperties") or {}
    for name in schema.get("required") or ():
        if name not in value:
            yield f"{path} needs {name}"
    for name, inner in value.items():
        if name in members:
            yield from _problems(inner, members[name], root, f"{path}.{name}")
        elif others is False and not any(_matches(pattern, str(name)) for pattern in patterns):
            yield f"{path} takes no {name}: there are {', '.join(sorted(members)) or 'none'}"
        elif isinstance(others, dict):
            yield from _problems(inner, others, root, f"{path}.{name}")


def _followed(schema: t.Any, root: Schema) -> Schema:
    """The schema that a reference within the document leads to; an empty one, which allows all, where it does not."""
    seen: set[str] = set()
    while isinstance(schema, dict) and isinstance(schema.get("$ref"), str):
        place = schema["$ref"]
        if place in seen or not place.startswith("#/"):
            return {}
        seen.add(place)
        schema = root
        for step in place[2:].split("/"):
            schema = schema.get(step.replace("~1", "/").replace("~0", "~"), {}) if isinstance(schema, dict) else {}
    return schema if isinstance(schema, dict) else {}


def _matches(pattern: t.Any, value: str) -> bool:
    if not isinstance(pattern, str):
        return True
    try:
        return re.search(pattern, value) is not None
    except re.error:
        # JSON Schema's dialect is not Python's.
        return True
