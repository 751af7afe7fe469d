# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Notes on managed entities: what proves ownership of things that can carry no mark themselves."""

from __future__ import annotations

import hashlib
import threading
import typing as t

from ..._clients.vsphere import Port, Row
from ..._engine.errors import Conflict
from ..._engine.kind import Query

# vCenter's database keeps no more characters of a value.
_LIMIT = 255
# One attribute is read, changed and written: not by two threads at once.
_TURN = threading.Lock()


def keys(port: Port, query: Query | None = None) -> dict[str, int]:
    """Custom attributes that vCenter knows, name to key; read once for all kinds of an observation."""

    def read() -> dict[str, int]:
        (manager,) = port.get([port.content["customFieldsManager"]], ["field"])
        return {str(row["name"]): int(row["key"]) for row in manager.get("field") or ()}

    return t.cast("dict[str, int]", query.shared("vsphere.notes", read)) if query else read()


def text(row: Row, key: int | None) -> str:
    """The value of a custom attribute in a row's customValue, or ''."""
    values = (value for value in row.get("customValue") or () if value["key"] == key)
    return next((str(value.get("value") or "") for value in values), "")


def read(port: Port, query: Query | None, entity: str, name: str) -> str:
    """The note of that name on one entity, or ''."""
    key = keys(port, query).get(name)
    rows = port.get([entity], ["customValue"]) if key is not None else []
    return next((text(row, key) for row in rows), "")


def write(port: Port, entity: str, name: str, value: str) -> None:
    """Set the note, or clear it with ''."""
    with _TURN:
        _write(port, entity, name, value)


def _write(port: Port, entity: str, name: str, value: str) -> None:
    key = keys(port).get(name)
    if key is None:
        if not value:
            return
        key = int(port.call(port.content["customFieldsManager"], "AddCustomFieldDef", name=name)["key"])
    port.call(port.content["customFieldsManager"], "SetField", entity=entity, key=key, value=value)


def word(*parts: str) -> str:
    """What stands for a thing in a note that holds many: short, for a value holds few characters."""
    return hashlib.sha256("/".join(parts).encode()).hexdigest()[:8]


def change(port: Port, entity: str, name: str, more: t.Iterable[str], less: t.Iterable[str]) -> None:
    """Add words to a note and take others away; what else is in it stays."""
    with _TURN:
        before = read(port, None, entity, name).split()
        gone = set(less)
        after = " ".join(dict.fromkeys([*(one for one in before if one not in gone), *more]))
        if after == " ".join(before):
            return
        if len(after) > _LIMIT:
            raise Conflict(
                f"{entity} cannot note more of them in {name}", remedy="Use groups, so that fewer are needed there."
            )
        _write(port, entity, name, after)
