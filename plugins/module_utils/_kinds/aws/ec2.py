# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""What the kinds of EC2 have in common: one describe call for all, found by our marks."""

from __future__ import annotations

import abc
import typing as t

from ..._clients.aws import Port
from ..._engine.errors import Conflict, Fenced, NotFound
from ..._engine.kind import Kind, Owner, Query, Seen, Status, Watch
from . import marks
from .holders import held_by

Row = t.Mapping[str, t.Any]


class Ec2Kind(Kind[Port]):
    """A kind whose objects one EC2 describe operation lists and whose marks are tags.

    describe: operation and key of its list. filter_key: what the operation calls its filters.
    id_field: where an object's id stands. name_field and name_filter: where the name stands that others
    give their objects, without a field the tag Name, and how the operation filters by it.
    claimed: a name that somebody else's object bears already is a conflict.
    tag_type: the resource type of tag specifications.
    state_field and statuses: where the life cycle stands and what its words mean, in lower case; words
    that are not in the table mean READY. gone: those of objects that are listed but no longer exist.
    """

    describe: t.ClassVar[tuple[str, str]]
    filter_key: t.ClassVar[str] = "Filters"
    id_field: t.ClassVar[str]
    name_field: t.ClassVar[str] = ""
    name_filter: t.ClassVar[str] = "tag:Name"
    claimed: t.ClassVar[bool] = False
    tag_type: t.ClassVar[str]
    state_field: t.ClassVar[str] = ""
    statuses: t.ClassVar[t.Mapping[str, Status]] = {}
    gone: t.ClassVar[frozenset[str]] = frozenset()
    deadline = 300

    def observe(self, port: Port, query: Query) -> t.Sequence[Seen]:
        """All objects of the estate, those asked for by id, and others' that wishes refer to or clash with."""
        return [self._seen(port, row, query.estate) for row in self.rows(port, query)]

    def rows(self, port: Port, query: Query) -> list[Row]:
        """The API's descriptions of what exists, each object once."""
        rows = self._existing(self.described(port, f"tag:{marks.ESTATE}", [query.estate]))
        if query.ids:
            # Chosen here: asking for ids makes EC2 refuse the whole question when one of them is gone.
            return [row for row in rows if row[self.id_field] in query.ids]
        ours = {self.named(row) for row in rows}
        asked = {wish.name for wish in query.wishes if wish.reference or self.claimed} - ours
        if asked:
            others = self._existing(self.described(port, self.name_filter, sorted(asked)))
            self._unambiguous(others, {wish.name for wish in query.wishes if wish.reference})
            rows += others
        return list({row[self.id_field]: row for row in rows}.values())

    def described(self, port: Port, name: str, values: list[str]) -> list[Row]:
        """One filtered describe call, all pages."""
        operation, key = self.describe
        return port.pages("ec2", operation, key, **{self.filter_key: [{"Name": name, "Values": values}]})

    def _existing(self, rows: t.Iterable[Row]) -> list[Row]:
        return [row for row in rows if self._word(row) not in self.gone]

    def _word(self, row: Row) -> str:
        return str(row.get(self.state_field, "")).lower()

    def named(self, row: Row) -> str:
        """The engine's name: our mark, or what others call theirs."""
        tags = marks.from_list(row.get("Tags"))
        return tags.get(marks.NAME) or row.get(self.name_field) or tags.get("Name", "")

    def _unambiguous(self, rows: t.Sequence[Row], references: t.Collection[str]) -> None:
        for name in references:
            ids = sorted(row[self.id_field] for row in rows if self.named(row) == name)
            if len(ids) > 1:
                raise Conflict(
                    f"{len(ids)} objects of kind {self.name} are called {name}: {', '.join(ids)}",
                    remedy="What is referred to needs a name of its own: rename all but one.",
                )

    def _seen(self, port: Port, row: Row, estate: str) -> Seen:
        tags = marks.from_list(row.get("Tags"))
        state = {**self.state(port, row), "tags": marks.shown(tags)}
        return self._object(self.named(row), row, state, marks.owner(tags, estate))

    def _object(self, name: str, row: Row, state: Row, owner: Owner) -> Seen:
        return Seen(
            name=name,
            id=row[self.id_field],
            state=state,
            owner=owner,
            status=self.statuses.get(self._word(row), Status.READY),
            reason=self.reason(row),
            attributes=self.attributes(row),
            handle=row,
        )

    def reason(self, row: Row) -> str:
        """The endpoint's own words about the object's state, as long as it is not what it shall be."""
        word = self._word(row)
        return str(row.get("FailureMessage") or (word if word in self.statuses else ""))

    def attributes(self, row: Row) -> Row:
        """What references with #attribute may ask for."""
        return {}

    @abc.abstractmethod
    def state(self, port: Port, row: Row) -> Row:
        """The row in normal form, without tags."""

    @abc.abstractmethod
    def make(self, port: Port, name: str, options: Row, tags: list[dict[str, t.Any]]) -> Row:
        """The creating call, with those tag specifications; answers the new object's row."""

    def create(self, port: Port, estate: str, name: str, options: Row) -> Seen:
        """Make it with its marks; what the creating call does not take comes later."""
        tags = marks.specification(self.tag_type, estate, name, options.get("tags"))
        return self._object(name, self.make(port, name, options, tags), {}, Owner.OURS)

    def update(self, port: Port, seen: Seen, options: Row, fields: t.Collection[str]) -> t.Iterator[Watch]:
        """Change the fields in place, tags first."""
        if "tags" in fields:
            marks.retag(port, seen.id, seen.state["tags"], options["tags"])
        rest = frozenset(fields) - {"tags"}
        if rest:
            yield from self.change(port, seen, options, rest)

    def change(self, port: Port, seen: Seen, options: Row, fields: t.Collection[str]) -> t.Iterable[Watch]:
        """Change fields other than tags."""
        return ()

    @abc.abstractmethod
    def remove(self, port: Port, seen: Seen) -> None:
        """The deleting call."""

    def delete(self, port: Port, seen: Seen) -> t.Iterator[Watch]:
        """Remove it. What used it may be gone and yet hold it for a while: refusals are tried again."""
        if self._removed(port, seen)[0] is not Status.READY:
            yield Watch(f"nothing uses {seen.id} any more", lambda: self._removed(port, seen))

    def _removed(self, port: Port, seen: Seen) -> tuple[Status, str]:
        try:
            self.remove(port, seen)
        except NotFound:
            return Status.READY, ""
        except Fenced:
            raise
        except Conflict as error:
            return Status.PENDING, "; ".join(filter(None, (error.cause, held_by(port, self.name, seen.id))))
        return Status.READY, ""


def given(**parameters: t.Any) -> dict[str, t.Any]:
    """Call parameters without those that have no value."""
    return {name: value for name, value in parameters.items() if value is not None}
