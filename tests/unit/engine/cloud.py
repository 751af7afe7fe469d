# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cloud in memory that behaves as badly as real ones: slow, forgetful, refusing, and deadly to its callers."""

from __future__ import annotations

import dataclasses
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import Conflict, EstateError, NotFound

_ID = re.compile(r"\b[a-z]+-\d+\b")


class Killed(BaseException):
    """The run is dead: it makes no call any more."""


@dataclasses.dataclass
class Life:
    """How long things take, counted in looks. unseen: writes that refer to a new object and are refused;
    hidden: listings that a new object is missing from."""

    creating: int = 0
    updating: int = 0
    deleting: int = 0
    unseen: int = 0
    hidden: int = 0


@dataclasses.dataclass
class Record:
    """One object. estate: the mark of its owner, '' for none."""

    kind: str
    name: str
    id: str
    estate: str
    fields: dict[str, Any]
    adopted: bool = False
    creating: int = 0
    updating: int = 0
    deleting: int | None = None
    unseen: int = 0
    hidden: int = 0
    failed: str = ""
    waits: str = ""


class Cloud:
    """The port of the toy kinds.

    crash_at: number of the call at which the caller dies; answer_lost: whether that call still has its effect.
    refusals: "operation kind/name" to an error. broken, held: "kind/name" to why it ends failed, or waits for
    somebody. guard: called before each write. calls, writes: what was asked for, in order.
    """

    def __init__(self, life: Mapping[str, Life] | None = None) -> None:
        self.life = life or {}
        self.records: dict[str, Record] = {}
        self.calls: list[str] = []
        self.writes: list[str] = []
        self.crash_at: int | None = None
        self.answer_lost = False
        self.dead = False
        self.refusals: dict[str, EstateError] = {}
        self.broken: dict[str, str] = {}
        self.held: dict[str, str] = {}
        self.guard: Callable[[], None] = lambda: None
        self._lock = threading.RLock()
        self._made = 0

    def revive(self) -> None:
        """A new process calls, after a while: what was hidden is to be seen."""
        self.dead, self.crash_at = False, None
        for record in self.records.values():
            record.hidden = record.unseen = 0

    def owned(self, estate: str) -> dict[str, Record]:
        """Objects with the mark, by kind/name/id."""
        return {f"{r.kind}/{r.name}": r for r in self.records.values() if r.estate == estate}

    def place(self, kind: str, name: str, estate: str = "", **fields: Any) -> Record:
        """An object that is there already, whoever made it."""
        self._made += 1
        record = Record(kind, name, f"{kind}-{self._made}", estate, fields)
        self.records[record.id] = record
        return record

    def _call[T](self, call: str, effect: Callable[[], T], *, write: bool) -> T:
        with self._lock:
            if self.dead:
                raise Killed
            self.calls.append(call)
            if len(self.calls) - 1 == self.crash_at:
                self.dead = True
                if self.answer_lost:
                    effect()
                raise Killed
            if write:
                self.guard()
                self.writes.append(call)
            if call in self.refusals:
                raise self.refusals[call]
            return effect()

    def list(self, kind: str) -> list[Record]:
        """All objects of a kind; time passes with each look."""

        def look() -> list[Record]:
            for record in [r for r in self.records.values() if r.kind == kind]:
                self._age(record)
            found = [r for r in self.records.values() if r.kind == kind and not r.hidden]
            return [dataclasses.replace(r, fields=dict(r.fields)) for r in found]

        return self._call(f"list {kind}", look, write=False)

    def _age(self, record: Record) -> None:
        record.creating = max(0, record.creating - 1)
        record.updating = max(0, record.updating - 1)
        record.hidden = max(0, record.hidden - 1)
        if record.deleting is not None:
            record.deleting -= 1
            if record.deleting < 0:
                del self.records[record.id]

    def create(self, kind: str, name: str, estate: str, fields: Mapping[str, Any]) -> Record:
        """One object, marked."""
        return self._call(f"create {kind}/{name}", lambda: self._create(kind, name, estate, fields), write=True)

    def create_many(self, kind: str, estate: str, many: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
        """Many in one call; each answers for itself."""

        def effect() -> dict[str, Any]:
            made: dict[str, Any] = {}
            for name, fields in many.items():
                try:
                    made[name] = self._create(kind, name, estate, fields)
                except EstateError as error:
                    made[name] = error
            return made

        return self._call(f"create_many {kind}", effect, write=True)

    def _create(self, kind: str, name: str, estate: str, fields: Mapping[str, Any]) -> Record:
        if any(r.name == name and r.kind == kind and r.estate == estate for r in self.records.values()):
            raise Conflict(f"{kind} {name} exists")
        self._refers(fields)
        record = self.place(kind, name, estate)
        self._set(record, fields)
        life = self.life.get(kind, Life())
        record.creating, record.unseen, record.hidden = life.creating, life.unseen, life.hidden
        record.failed, record.waits = self.broken.get(f"{kind}/{name}", ""), self.held.get(f"{kind}/{name}", "")
        return dataclasses.replace(record)

    def set(self, identifier: str, fields: Mapping[str, Any]) -> None:
        """Change fields: one change at a time."""

        def effect() -> None:
            record = self._get(identifier)
            if record.updating or record.creating:
                raise Conflict(f"{identifier} is busy")
            self._refers(fields)
            self._set(record, fields)
            record.updating = self.life.get(record.kind, Life()).updating

        self._call(f"set {identifier} {','.join(fields)}", effect, write=True)

    @staticmethod
    def _set(record: Record, fields: Mapping[str, Any]) -> None:
        for field, value in fields.items():
            before = record.fields.get(field)
            if isinstance(value, dict) and value and field != "policy":
                left = {k: v for k, v in value.items() if v is not None}
                record.fields[field] = {**(before or {}), **left}
            else:
                record.fields[field] = value or None if isinstance(value, str) else value

    def busy(self, identifier: str) -> bool:
        """Whether a change of it is still going on; time passes."""

        def look() -> bool:
            record = self._get(identifier)
            record.updating = max(0, record.updating - 1)
            return record.updating > 0

        return self._call(f"busy {identifier}", look, write=False)

    def delete(self, identifier: str) -> None:
        """Begin to remove it; refused while something refers to it."""

        def effect() -> None:
            record = self._get(identifier)
            users = [r.name for r in self.records.values() if r.id != identifier and identifier in references(r.fields)]
            if users:
                raise Conflict(f"{identifier} is used by {', '.join(users)}")
            if record.deleting is None:
                record.deleting = self.life.get(record.kind, Life()).deleting
            if record.deleting == 0:
                del self.records[identifier]

        self._call(f"delete {identifier}", effect, write=True)

    def _get(self, identifier: str) -> Record:
        if identifier not in self.records:
            raise NotFound(f"{identifier} does not exist")
        return self.records[identifier]

    def _refers(self, fields: Mapping[str, Any]) -> None:
        for identifier in references(fields):
            record = self._get(identifier)
            if record.unseen:
                record.unseen -= 1
                raise NotFound(f"{identifier} does not exist")
            if record.deleting is not None:
                raise Conflict(f"{identifier} is being deleted")


def references(value: Any) -> list[str]:
    """Identifiers in a value, wherever they stand."""
    return list(_references(value))


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield from _ID.findall(value)
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _references(inner)
