# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""What the kinds of IAM have in common: they are global, named by their names, and read one by one."""

from __future__ import annotations

import typing as t

from ..._clients.aws import Port
from ..._engine.errors import Conflict, EstateError, Fenced, Invalid, NotFound
from ..._engine.kind import Kind, Owner, Query, Seen, Status, Watch
from . import marks
from .parallel import existing

Row = t.Mapping[str, t.Any]


class IamKind(Kind[Port]):
    """A kind of IAM whose id is its name and whose marks are tags.

    noun: the word in the API's operations (get_role). listing: operation and key of the list of all.
    """

    noun: t.ClassVar[str]
    listing: t.ClassVar[tuple[str, str]]
    everywhere = True

    @property
    def parameter(self) -> str:
        """The API's name for the name (RoleName)."""
        return f"{self._title}Name"

    @property
    def _title(self) -> str:
        return "".join(word.capitalize() for word in self.noun.split("_"))

    def read(self, port: Port, name: str) -> Row:
        """One object with its tags, which no list of IAM shows; raises NotFound."""
        return t.cast(Row, port.call("iam", f"get_{self.noun}", **{self.parameter: name})[self._title])

    def names(self, port: Port, query: Query) -> list[str]:
        """Those wished, and for a sweep all whose name starts with the estate's: only tags prove ownership."""
        if query.ids:
            return sorted(query.ids)
        wished = {wish.name for wish in query.wishes}
        return sorted(wished | self._prefixed(port, query.estate)) if query.sweep else sorted(wished)

    def _prefixed(self, port: Port, estate: str) -> set[str]:
        operation, key = self.listing
        rows = port.pages("iam", operation, key)
        return {row[self.parameter] for row in rows if row[self.parameter].startswith(f"{estate}-")}

    def rows(self, port: Port, query: Query) -> list[Row]:
        """Those that exist."""
        return existing(lambda name: self.read(port, name), self.names(port, query))

    def owner(self, row: Row, estate: str) -> Owner:
        """Whose a row is."""
        return marks.owner(marks.from_list(row.get("Tags")), estate)

    def seen(self, row: Row, estate: str, state: Row) -> Seen:
        """A row as observation; state without tags."""
        tags = marks.from_list(row.get("Tags"))
        return Seen(
            name=row[self.parameter],
            id=row[self.parameter],
            state={**state, "tags": marks.shown(tags)},
            owner=self.owner(row, estate),
            aliases=(row["Arn"],),
            attributes={"arn": row["Arn"]},
        )

    def made(self, port: Port, estate: str, name: str, options: Row, **wish: t.Any) -> Row:
        """The row of a new object, marked in the creating call."""
        tags = marks.to_list(marks.marked(estate, name, options.get("tags")))
        answer = port.call("iam", f"create_{self.noun}", **{self.parameter: name, "Tags": tags, **wish})
        return t.cast(Row, answer[self._title])

    def not_yet(self, error: EstateError) -> bool:
        """Also a trust policy that names a role which IAM does not see everywhere yet."""
        return isinstance(error, NotFound) or (isinstance(error, Invalid) and "Invalid principal" in error.cause)

    def removed(self, port: Port, name: str) -> t.Iterator[Watch]:
        """The deleting call. IAM may still see for a while what was taken off or deleted just before."""

        def attempt() -> tuple[Status, str]:
            try:
                port.call("iam", f"delete_{self.noun}", **{self.parameter: name})
            except NotFound:
                return Status.READY, ""
            except Fenced:
                raise
            except Conflict as error:
                return Status.PENDING, error.cause
            return Status.READY, ""

        if attempt()[0] is not Status.READY:
            yield Watch(f"nothing uses {name} any more", attempt)

    def retag(self, port: Port, name: str, before: marks.Tags, wish: marks.Tags) -> None:
        """As marks.retag, in IAM's calls."""
        new = {key: value for key, value in wish.items() if value is not None and before.get(key) != value}
        if new:
            port.call("iam", f"tag_{self.noun}", **{self.parameter: name, "Tags": marks.to_list(new)})
        if before and not wish:
            port.call("iam", f"untag_{self.noun}", **{self.parameter: name, "TagKeys": sorted(before)})
