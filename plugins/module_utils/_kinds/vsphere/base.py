# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""What the kinds of managed entities have in common: one read for all, marks, and many made at once."""

from __future__ import annotations

import abc
import typing as t

from ..._clients.vsphere import Call, Port, Row
from ..._engine.errors import Conflict, EstateError, NotFound, TimedOut, Unavailable
from ..._engine.kind import BulkKind, Owner, Query, Seen, Status, Watch
from . import marks
from .places import Places, places

Options = t.Mapping[str, t.Any]
_ALWAYS = ("name", "parent", "customValue")
_HALF = "its marks of ownership are missing"


class EntityKind(BulkKind[Port]):
    """A kind whose objects are managed entities of one type.

    type: the managed type. paths: what state() reads beside name, parent and customValue. claimed: False where
    others' objects of the same name are no conflict. A kind brings state(), parents(), making() and change().
    """

    type: t.ClassVar[str]
    paths: t.ClassVar[tuple[str, ...]] = ()
    claimed: t.ClassVar[bool] = True
    deadline = 600

    def observe(self, port: Port, query: Query) -> t.Sequence[Seen]:
        """All entities of the estate, those asked for by id, and others' that wishes refer to or clash with."""
        known = marks.keys(port, query)
        rows = self.rows(port, query)
        if query.ids:
            rows = [row for row in rows if row["ref"] in query.ids]
        making = self._intents(port, query, known, rows)
        tree = places(port, query)
        seen = [self._seen(port, query, tree, row, marks.values(row, known), making) for row in rows]
        if query.ids:
            return seen
        return self._asked(query, tree, seen)

    def rows(self, port: Port, query: Query) -> list[Row]:
        """All objects of the type; kinds that leave some out say so here."""
        paths = [*_ALWAYS, *self.paths]
        return list(query.shared(f"vsphere.{self.name}", lambda: port.collect(self.type, paths)))

    def named(self, row: Row, tree: Places) -> str:
        """The engine's name of an entity that has no mark."""
        return str(row["name"])

    def entity_name(self, name: str) -> str:
        """The entity's own name for the engine's."""
        return name

    def parent(self, row: Row) -> str:
        """The entity that holds the intent for this one."""
        return str(row.get("parent", ""))

    @abc.abstractmethod
    def state(self, port: Port, query: Query, tree: Places, row: Row) -> Row:
        """The row in normal form."""

    def attributes(self, row: Row) -> Row:
        """What references with #attribute may ask for."""
        return {}

    def status(self, row: Row) -> tuple[Status, str]:
        """Where the entity is in its life, and why it is not ready."""
        return Status.READY, ""

    def _intents(self, port: Port, query: Query, known: marks.Keys, rows: t.Sequence[Row]) -> t.Mapping[str, str]:
        """Intents by parent, read only where an entity without marks may be meant."""
        if marks.MAKING not in known:
            return {}
        bare = {self.parent(row) for row in rows if marks.ESTATE not in marks.values(row, known)}
        found = {row["ref"]: marks.values(row, known) for row in port.get(sorted(bare - {""}), ["customValue"])}
        return {ref: text[marks.MAKING] for ref, text in found.items() if marks.MAKING in text}

    def _seen(
        self, port: Port, query: Query, tree: Places, row: Row, ours: t.Mapping[str, str], making: t.Mapping[str, str]
    ) -> Seen:
        status, reason = self.status(row)
        owner = marks.owner(ours, query.estate)
        name = ours.get(marks.NAME) if owner is not Owner.FOREIGN else None
        name = name or self.named(row, tree)
        meant = making.get(self.parent(row), "")
        if marks.ESTATE not in ours and marks.intends(meant, query.estate, self.name, name):
            owner, status, reason = Owner.OURS, Status.PENDING, _HALF
        return Seen(
            name=name,
            id=row["ref"],
            state=self.state(port, query, tree, row),
            owner=owner,
            status=status,
            reason=reason,
            attributes=self.attributes(row),
            handle={**row, "estate": query.estate, "half": reason == _HALF},
        )

    def _asked(self, query: Query, tree: Places, seen: t.Sequence[Seen]) -> list[Seen]:
        """Ours, and of others' those that wishes are about."""
        ours = {one.name for one in seen if one.owner is not Owner.FOREIGN}
        wishes = {w.name: w for w in query.wishes if (w.reference or self.claimed) and w.name not in ours}
        found = [one for one in seen if one.owner is not Owner.FOREIGN]
        for name, wish in wishes.items():
            there = [one for one in seen if one.name == name and _same_place(one.state, wish.options, tree)]
            if len(there) > 1 and wish.reference:
                raise Conflict(
                    f"{len(there)} objects of kind {self.name} are called {name}: {', '.join(o.id for o in there)}",
                    remedy="What is referred to needs a name of its own: rename all but one.",
                )
            found += there
        return found

    @abc.abstractmethod
    def parents(self, port: Port, wishes: t.Mapping[str, Options]) -> t.Mapping[str, str]:
        """The entity that each wish will be in, which holds the intent meanwhile."""

    def making(self, port: Port, parent: str, name: str, options: Options) -> Call:
        """The creating call, whose result is the new entity's reference. name: the entity's own."""
        raise NotImplementedError(self.name)

    def make_many(self, port: Port, parent: str, wishes: t.Mapping[str, Options]) -> t.Mapping[str, t.Any]:
        """Create entities in a parent; for each engine's name its reference or an EstateError."""
        calls = [self.making(port, parent, self.entity_name(name), wish) for name, wish in wishes.items()]
        return dict(zip(wishes, port.run(calls), strict=True))

    def create_many(
        self, port: Port, estate: str, wishes: t.Mapping[str, Options]
    ) -> t.Mapping[str, t.Union[Seen, EstateError]]:
        """Announce them on their parents, make them all at once, mark them, and strike the intents out."""
        answers: dict[str, t.Union[Seen, EstateError]] = {}
        by_parent: dict[str, list[str]] = {}
        for name, parent in self.parents(port, wishes).items():
            by_parent.setdefault(parent, []).append(name)
        for parent, names in by_parent.items():
            for start in range(0, len(names), marks.TOGETHER):
                some = {name: wishes[name] for name in names[start : start + marks.TOGETHER]}
                answers.update(self._made(port, estate, parent, some))
        return answers

    def _made(
        self, port: Port, estate: str, parent: str, wishes: t.Mapping[str, Options]
    ) -> dict[str, t.Union[Seen, EstateError]]:
        meant = {name: marks.intent(estate, self.name, name) for name in wishes}
        marks.announce(port, parent, meant.values(), ())
        answers = self.make_many(port, parent, wishes)
        refs = {str(ref): name for name, ref in answers.items() if not isinstance(ref, EstateError)}
        unmarked = marks.mark(port, refs, estate)
        # An intent stays for what may be there without our knowing.
        unknown = {name for name, answer in answers.items() if isinstance(answer, (TimedOut, Unavailable))}
        unknown |= {refs[ref] for ref in unmarked}
        marks.announce(port, parent, (), [text for name, text in meant.items() if name not in unknown])
        found: dict[str, t.Union[Seen, EstateError]] = {}
        for name, answer in answers.items():
            error = answer if isinstance(answer, EstateError) else unmarked.get(str(answer))
            found[name] = error or self.made(str(answer), name, wishes[name], estate)
        return found

    def made(self, ref: str, name: str, options: Options, estate: str) -> Seen:
        """The new entity as far as its creation tells of it; one that has to be waited for is PENDING."""
        return Seen(name, ref, {}, Owner.OURS, handle={"ref": ref, "estate": estate})

    def resume(self, port: Port, seen: Seen) -> None:
        """Mark what a run that died left without marks."""
        if not seen.handle.get("half"):
            return
        estate, parent = seen.handle["estate"], self.parent(seen.handle)
        refused = marks.mark(port, {seen.id: seen.name}, estate)
        if refused:
            raise refused[seen.id]
        marks.announce(port, parent, (), [marks.intent(estate, self.name, seen.name)])

    def update(self, port: Port, seen: Seen, options: Options, fields: t.Collection[str]) -> t.Iterator[Watch]:
        """Change the fields in place."""
        yield from self.change(port, seen, options, fields)

    def change(self, port: Port, seen: Seen, options: Options, fields: t.Collection[str]) -> t.Iterable[Watch]:
        """Change fields."""
        return ()

    def delete(self, port: Port, seen: Seen) -> t.Iterator[Watch]:
        """Destroy it; what is half made takes its intent along."""
        yield from self.remove(port, seen)
        if seen.handle.get("half"):
            over = [marks.intent(seen.handle["estate"], self.name, seen.name)]
            marks.announce(port, self.parent(seen.handle), (), over)

    def remove(self, port: Port, seen: Seen) -> t.Iterable[Watch]:
        """The deleting call."""
        try:
            done(port, seen.id, "Destroy_Task")
        except NotFound:
            return
        yield from ()


def _same_place(state: Row, options: Options, tree: Places) -> bool:
    """False for an object in another datacenter than the wish's: names hold only within one."""
    wished, there = options.get("datacenter"), state.get("datacenter")
    return not wished or not there or tree.name(str(there)) == wished


def done(port: Port, ref: str, method: str, **arguments: t.Any) -> t.Any:
    """One call and, of a task, its end; answers its result, raises what it ended with."""
    return all_done(port, [Call(ref, method, arguments)])[0]


def all_done(port: Port, calls: t.Sequence[Call]) -> list[t.Any]:
    """The same for many at once; raises the first refusal after all have ended."""
    answers = port.run(calls)
    for answer in answers:
        if isinstance(answer, EstateError):
            raise answer
    return answers


def given(**values: t.Any) -> dict[str, t.Any]:
    """A dict without what has no value."""
    return {name: value for name, value in values.items() if value is not None}
