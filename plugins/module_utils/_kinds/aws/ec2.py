# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""What the kinds of EC2 have in common: one describe call for all, found by our marks."""

from __future__ import annotations

import abc
import typing as t

from ..._clients.aws import Port
from ..._engine.kind import Kind, Query, Seen, Status, Watch
from . import marks

Row = t.Mapping[str, t.Any]


class Ec2Kind(Kind[Port]):
    """A kind whose objects one EC2 describe operation lists and whose marks are tags.

    describe: operation and key of its list. id_field and id_filter: where an object's id stands and
    how the operation filters by it. tag_type: the resource type of tag specifications.
    state_field and statuses: where the life cycle stands and what its words mean; words that are not
    in the table mean READY.
    """

    describe: t.ClassVar[tuple[str, str]]
    id_field: t.ClassVar[str]
    id_filter: t.ClassVar[str]
    tag_type: t.ClassVar[str]
    state_field: t.ClassVar[str] = ""
    statuses: t.ClassVar[t.Mapping[str, Status]] = {}
    gone: t.ClassVar[frozenset[str]] = frozenset()
    """States in which an object is still listed although it no longer exists."""

    def observe(self, port: Port, query: Query) -> t.Sequence[Seen]:
        """All objects of the estate, those asked for by id, and those that wishes only refer to."""
        rows = [row for row in self.rows(port, query) if row.get(self.state_field) not in self.gone]
        return [self._seen(port, row, query) for row in rows]

    def rows(self, port: Port, query: Query) -> list[Row]:
        """The API's descriptions, each object once."""
        if query.ids:
            return self.described(port, self.id_filter, sorted(query.ids))
        rows = self.described(port, f"tag:{marks.ESTATE}", [query.estate])
        outside = sorted(wish.name for wish in query.wishes if wish.reference)
        if outside:
            rows += self.described(port, "tag:Name", outside)
        return list({row[self.id_field]: row for row in rows}.values())

    def described(self, port: Port, name: str, values: list[str]) -> list[Row]:
        """One filtered describe call, all pages."""
        operation, key = self.describe
        return port.pages("ec2", operation, key, Filters=[{"Name": name, "Values": values}])

    def _seen(self, port: Port, row: Row, query: Query) -> Seen:
        tags = marks.from_list(row.get("Tags"))
        return Seen(
            name=marks.name_of(tags),
            id=row[self.id_field],
            state={**self.state(port, row), "tags": marks.shown(tags)},
            owner=marks.owner(tags, query.estate),
            status=self.statuses.get(str(row.get(self.state_field)), Status.READY),
            reason=self.reason(row),
            attributes=self.attributes(port, row),
            handle=row,
        )

    def reason(self, row: Row) -> str:
        """The endpoint's own words about the object's state."""
        return str(row.get("FailureMessage") or "")

    def attributes(self, port: Port, row: Row) -> Row:
        """What references with #attribute may ask for."""
        return {}

    @abc.abstractmethod
    def state(self, port: Port, row: Row) -> Row:
        """The row in normal form, without tags."""

    def made(self, port: Port, estate: str, row: Row) -> Seen:
        """A creation's answer as an observation."""
        return self._seen(port, row, Query(estate))

    def tagged(self, estate: str, name: str, options: Row) -> list[dict[str, t.Any]]:
        """Tag specifications with the marks, for the creating call."""
        return marks.specification(self.tag_type, estate, name, options.get("tags"))

    def update(self, port: Port, seen: Seen, options: Row, fields: t.Collection[str]) -> t.Iterator[Watch]:
        """Change the fields in place, tags first; EC2 has nothing to wait for here."""
        if "tags" in fields:
            marks.retag(port, seen.id, seen.state["tags"], options["tags"])
        yield from self.change(port, seen, options, frozenset(fields) - {"tags"})

    def change(self, port: Port, seen: Seen, options: Row, fields: t.Collection[str]) -> t.Iterable[Watch]:
        """Change fields other than tags."""
        return ()
