# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""How ownership is proved in a vCenter: custom attributes of the entities, and notes on a parent of what is being made.

No creating call of vSphere takes custom attributes. So the intent is written to the parent first: an entity without
marks that its parent has our intent for is ours, half made by a run that died.
"""

from __future__ import annotations

import hashlib
import threading
import typing as t

from ..._clients.vsphere import Call, Port, Row
from ..._engine.errors import Conflict, EstateError
from ..._engine.kind import Owner, Query

ESTATE = "kubeops.io/estate"
NAME = "kubeops.io/name"
ADOPTED = "kubeops.io/adopted"
MAKING = "kubeops.io/making"
ALL = (ESTATE, NAME, ADOPTED, MAKING)
# vCenter's database keeps no more characters of a value.
_LIMIT = 255
TOGETHER = 24
"""How many names one intent holds beside another kind's."""
# One attribute is read, changed and written: not by two threads at once.
_TURN = threading.Lock()

Keys = t.Mapping[str, int]


def keys(port: Port, query: Query) -> Keys:
    """Keys of our attributes by name, without those that this vCenter does not have yet; one read an observation."""
    return t.cast("Keys", query.shared("vsphere.marks", lambda: _known(port)))


def _known(port: Port) -> Keys:
    (manager,) = port.get([port.content["customFieldsManager"]], ["field"])
    return {field["name"]: int(field["key"]) for field in manager.get("field") or () if field["name"] in ALL}


def defined(port: Port) -> Keys:
    """The same with all of them: what is missing is made."""
    with _TURN:
        known = dict(_known(port))
        for name in ALL:
            if name not in known:
                made = port.call(port.content["customFieldsManager"], "AddCustomFieldDef", name=name)
                known[name] = int(made["key"])
        return known


def values(row: Row, known: Keys) -> dict[str, str]:
    """Our attributes on an entity, read with the path customValue; empty ones are none."""
    names = {key: name for name, key in known.items()}
    found = {names.get(int(v["key"]), ""): str(v.get("value") or "") for v in row.get("customValue") or ()}
    return {name: value for name, value in found.items() if name and value}


def owner(marks: t.Mapping[str, str], estate: str) -> Owner:
    """Whose the entity is."""
    if marks.get(ESTATE) != estate:
        return Owner.FOREIGN
    return Owner.ADOPTED if marks.get(ADOPTED) == "true" else Owner.OURS


def setting(port: Port, known: Keys, ref: str, **marks: str) -> list[Call]:
    """Calls that give an entity those marks (estate, name, adopted, making); '' takes one away."""
    manager = port.content["customFieldsManager"]
    named = {f"kubeops.io/{mark}": value for mark, value in marks.items()}
    return [Call(manager, "SetField", {"entity": ref, "key": known[n], "value": v}) for n, v in named.items()]


def mark(port: Port, entities: t.Mapping[str, str], estate: str, *, adopted: bool = False) -> dict[str, EstateError]:
    """Mark entities, reference to engine's name; answers those that could not be marked."""
    known = defined(port)
    more = {"adopted": "true"} if adopted else {}
    calls = [call for ref, name in entities.items() for call in setting(port, known, ref, name=name, **more)]
    failed = _failed(calls, port.run(calls))
    # Last of all: who has this mark has them all.
    last = [call for ref in entities if ref not in failed for call in setting(port, known, ref, estate=estate)]
    return {**failed, **_failed(last, port.run(last))}


def unmark(port: Port, refs: t.Iterable[str]) -> dict[str, EstateError]:
    """Take all marks away."""
    known = defined(port)
    calls = [call for ref in refs for call in setting(port, known, ref, estate="", name="", adopted="")]
    return _failed(calls, port.run(calls))


def _failed(calls: t.Sequence[Call], answers: t.Sequence[t.Any]) -> dict[str, EstateError]:
    return {c.arguments["entity"]: a for c, a in zip(calls, answers, strict=True) if isinstance(a, EstateError)}


def intent(estate: str, kind: str, name: str) -> str:
    """What stands on the parent for a thing that is being made: short, for a value holds few characters."""
    digest = hashlib.sha256(f"{estate}/{kind}/{name}".encode()).hexdigest()
    return digest[:6]


def intends(value: str, estate: str, kind: str, name: str) -> bool:
    """Whether a parent's attribute holds our intent for that thing."""
    return intent(estate, kind, name) in value.split()


def announce(port: Port, parent: str, coming: t.Iterable[str], over: t.Iterable[str]) -> None:
    """Write intents to a parent and strike out those that are over; others' stay."""
    known = defined(port)
    with _TURN:
        rows = port.get([parent], ["customValue"])
        before = values(rows[0], known).get(MAKING, "").split() if rows else []
        gone = set(over)
        after = list(dict.fromkeys([*(one for one in before if one not in gone), *coming]))
        text = " ".join(after)
        if after == before or not rows:
            return
        if len(text) > _LIMIT:
            raise Conflict(
                f"{parent} holds too many intents of runs that died ({MAKING})",
                remedy="Compare what is in it with the inventory, then clear that custom attribute.",
            )
        for call in setting(port, known, parent, making=text):
            port.call(call.ref, call.method, **call.arguments)
