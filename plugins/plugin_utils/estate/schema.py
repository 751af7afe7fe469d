# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""JSON Schema of an inventory's variables, for editors and for people."""

from __future__ import annotations

import json
import pathlib
from typing import Any

from ._pydantic import TypeAdapter
from .estate import HOST_VARIABLES, VARIABLES

_REFERENCES = "#/$defs/{model}"


def document() -> dict[str, Any]:
    """The schema: variables of all hosts as properties, those of endpoints under $defs by inventory group."""
    definitions: dict[str, Any] = {}
    properties = _properties(VARIABLES, definitions)
    groups = {
        group: {
            "type": "object",
            "description": f"Variables of the inventory hosts of group {group}.",
            "properties": _properties(table, definitions),
        }
        for group, table in HOST_VARIABLES.items()
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Estate",
        "description": "Variables that describe an estate. Any value may be a template.",
        "type": "object",
        "properties": properties,
        "required": ["kubeops_estate"],
        "$defs": {**dict(sorted(definitions.items())), "groups": groups},
    }


def text() -> str:
    """The schema as the file holds it."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def write(path: str | pathlib.Path) -> None:
    """Write the schema to a file."""
    pathlib.Path(path).write_text(text(), encoding="utf-8")


def _properties(table: dict[str, tuple[str, Any]], definitions: dict[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for variable, (_field, kind) in table.items():
        schema = TypeAdapter(kind).json_schema(ref_template=_REFERENCES)
        for name, definition in schema.pop("$defs", {}).items():
            if definitions.setdefault(name, definition) != definition:
                raise ValueError(f"two models are called {name}")
        name = schema.get("title", "")
        if schema.get("type") == "object" and "properties" in schema and name:
            definitions[name] = schema
            schema = {"$ref": _REFERENCES.format(model=name)}
        result[variable] = schema
    return result
