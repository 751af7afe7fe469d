# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""What the kinds of things in a host's network share: read with the host, made for many hosts at the same time.

None of them can carry a mark. What we made is noted on the host, before it is made: that note is the proof. Whatever
else is there on a host of ours came with its installation: it is managed where it is declared, and never removed.
"""

from __future__ import annotations

import abc
import typing as t

from ..._clients.vsphere import Call, Port, Row
from ..._engine.errors import Conflict, EstateError, Invalid, NotFound
from ..._engine.kind import BulkKind, Owner, Query, Seen, Watch, Wish
from ..._engine.options import Option, setting
from . import host_network, hosts, notes
from .hosts import Host

Options = t.Mapping[str, t.Any]

HOST: Option = setting("Host that it is on.", ref="esxi_host", needed=True, immutable=True)


class HostPart(BulkKind[Port]):
    """A kind whose objects are rows of a host's network configuration. Unique by host and name."""

    deadline = 120

    def key(self, options: Options) -> str:
        """Host and name, with a slash between them."""
        return f"{options['host']}/{options['name']}"

    @abc.abstractmethod
    def rows(self, host: Row) -> t.Mapping[str, Row]:
        """The host's things of this kind, by name."""

    @abc.abstractmethod
    def state(self, host: Row, name: str, row: Row) -> Options:
        """One of them in normal form, without its host."""

    @abc.abstractmethod
    def adding(self, port: Port, host: Row, name: str, options: Options) -> Call:
        """The call that makes one. Raises EstateError where it would not become what is wished."""

    def cuts(self, host: Row, name: str, options: Options) -> str:
        """Why this wish would cut the link through which the host is managed, or ''. Pure."""
        return ""

    def read(self, port: Port, query: Query, refs: t.Collection[str] = ()) -> list[Host]:
        """Hosts with what this kind reads of them."""
        return hosts.all_hosts(port, query, "network", host_network.PATHS, refs)

    def meant(self, port: Port, query: Query) -> t.Sequence[Wish]:
        """The wishes as they are; refuses those that would cut a host off."""
        there = {host.name: host.row for host in self.read(port, query)}
        for wish in query.wishes:
            row = there.get(str(wish.options.get("host")))
            name = _own_name(wish.name)
            why = self.cuts(row, name, wish.options) if row and not wish.reference and name in self.rows(row) else ""
            if why:
                raise cut(why).during("plan", wish.kind, wish.name)
        return query.wishes

    def observe(self, port: Port, query: Query) -> t.Sequence[Seen]:
        """All that we made, and what wishes name, on every host; of a poll just what it asks for."""
        refs = {split(identifier)[0] for identifier in query.ids}
        wished = {wish.name for wish in query.wishes}
        note_key = notes.keys(port, query).get(self.note)
        found = [seen for host in self.read(port, query, refs) for seen in self._on(host, note_key)]
        if query.ids:
            return [seen for seen in found if seen.id in query.ids]
        return [seen for seen in found if seen.owner is Owner.OURS or seen.name in wished]

    def _on(self, host: Host, note_key: t.Optional[int]) -> t.Iterator[Seen]:
        made = notes.text(host.row, note_key).split()
        for name, row in self.rows(host.row).items():
            owner = (
                host.owner if host.owner is Owner.FOREIGN else Owner.OURS if notes.word(name) in made else Owner.ADOPTED
            )
            state = {"host": host.ref, **self.state(host.row, name, row)}
            handle = {"host": host.row, "row": row}
            yield Seen(f"{host.name}/{name}", f"{host.ref}/{name}", state, owner, handle=handle)

    @property
    def note(self) -> str:
        """The custom attribute of hosts that lists what we made."""
        return f"kubeops.io/{self.name}"

    def create_many(
        self, port: Port, estate: str, wishes: t.Mapping[str, Options]
    ) -> t.Mapping[str, Seen | EstateError]:
        """Note them all, then make them: one after the other on one host, on all hosts at the same time."""
        query = Query(estate)
        refs = {options["host"] for options in wishes.values()}
        there = {host.ref: host for host in self.read(port, query, refs)}
        rows = {ref: host.row for ref, host in there.items()}
        answers: dict[str, Seen | EstateError] = {}
        todo: dict[str, list[str]] = {}
        for name in sorted(wishes, key=self.order):
            host = there.get(wishes[name]["host"])
            if host is None or host.owner is Owner.FOREIGN:
                answers[name] = _not_ours(name) if host else NotFound("its host is not there any more")
            else:
                todo.setdefault(host.ref, []).append(name)
        for ref, names in todo.items():
            self._announce(port, there[ref], [_own_name(name) for name in names])
        while todo:
            answers.update(self._round(port, {ref: names.pop(0) for ref, names in todo.items()}, wishes, rows, todo))
            todo = {ref: names for ref, names in todo.items() if names}
        return answers

    def order(self, name: str) -> t.Any:
        """In which order things are made on a host."""
        return name

    def _round(
        self,
        port: Port,
        turn: t.Mapping[str, str],
        wishes: t.Mapping[str, Options],
        rows: dict[str, Row],
        todo: t.Mapping[str, t.Sequence[str]],
    ) -> dict[str, Seen | EstateError]:
        """One thing for each host."""
        answers: dict[str, Seen | EstateError] = {}
        calls: dict[str, Call] = {}
        for ref, name in turn.items():
            try:
                calls[name] = self.adding(port, rows[ref], _own_name(name), wishes[name])
            except EstateError as error:
                answers[name] = error
        for (name, _call), result in zip(calls.items(), port.run(list(calls.values())), strict=True):
            made = Seen(name, f"{wishes[name]['host']}/{_own_name(name)}", {}, Owner.OURS)
            answers[name] = result if isinstance(result, EstateError) else made
        again = [ref for ref in turn if todo[ref]]
        if again:
            rows.update({row["ref"]: row for row in port.get(again, ["name", "configManager", *host_network.PATHS])})
        return answers

    def delete(self, port: Port, seen: Seen) -> t.Iterator[Watch]:
        """Remove it, then its note; never the link through which the host is managed."""
        host, name = seen.handle["host"], _own_name(seen.name)
        why = self.holds(host, name)
        if why:
            raise cut(why)
        call = self.removing(host, name)
        port.call(call.ref, call.method, **call.arguments)
        notes.change(port, host["ref"], self.note, (), [notes.word(name)])
        yield from ()

    @abc.abstractmethod
    def removing(self, host: Row, name: str) -> Call:
        """The call that removes one."""

    @abc.abstractmethod
    def holds(self, host: Row, name: str) -> str:
        """Why the host is managed through it, or ''. Pure."""

    def _announce(self, port: Port, host: Host, names: t.Sequence[str]) -> None:
        coming = [notes.word(name) for name in names]
        there = {notes.word(name) for name in self.rows(host.row)}
        # What was noted and is neither there nor about to be was never made, or somebody removed it.
        before = notes.read(port, None, host.ref, self.note).split()
        notes.change(port, host.ref, self.note, coming, set(before) - there - set(coming))


def split(identifier: str) -> tuple[str, str]:
    """Reference of the host, and the thing's own name on it."""
    host, _slash, rest = identifier.partition("/")
    return host, rest


def _own_name(name: str) -> str:
    return name.partition("/")[2]


def _not_ours(name: str) -> Conflict:
    host = name.partition("/")[0]
    return Conflict(
        f"host {host} carries no mark of this estate",
        remedy="Its network is not touched: join it, or adopt it first.",
    )


def cut(why: str) -> Invalid:
    """The refusal of what would cut a host off."""
    return Invalid(
        f"{why}: it would cut the link through which the host is managed",
        remedy="Give the host a second management adapter by another way first, or do it at the host's console.",
    )


def network_system(host: Row) -> str:
    """The host's manager of its network."""
    return str(host["configManager"]["networkSystem"])
