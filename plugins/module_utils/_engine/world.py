# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""The world as observed: objects by name, and the way from identifiers to names and back."""

from __future__ import annotations

import concurrent.futures
import dataclasses
import threading
import typing as t

from .kind import Kind, Owner, Query, Seen, Status, Wish
from .options import Option
from .refs import REF, SECRET, Pending, address_of, literal, missing, parse, rewrite, unknown_attribute
from .secrets import Secrets

# Enough to hide round trips. More only make threads wait for each other: reading an answer takes longer than asking.
LOOKS = 4
Kinds = t.Mapping[str, Kind[t.Any]]
Declared = t.Mapping[str, t.Collection[str]]


class World:
    """Observed objects, shared by threads. An object that is being deleted is still in it, with that status."""

    def __init__(self, kinds: Kinds, secrets: Secrets) -> None:
        self._kinds = kinds
        self.secrets = secrets
        self._lock = threading.RLock()
        self._raw: dict[str, dict[str, Seen]] = {}
        self._named: dict[tuple[str, str], Seen] = {}
        self._names: dict[tuple[str, str], str] = {}

    def put(self, kind: str, objects: t.Iterable[Seen]) -> None:
        """Replace what is known about a kind."""
        best: dict[str, Seen] = {}
        for seen in sorted(objects, key=_precedence):
            other = best.get(seen.name)
            if other and other.owner is Owner.OURS and other.status is not Status.DELETING:
                # A creation whose answer got lost may leave two: the other one is ours, and nobody declares it.
                double = dataclasses.replace(other, name=f"{other.name} ({other.id})")
                best[double.name] = double
            best[seen.name] = seen
        with self._lock:
            self._raw[kind] = best
            self._learn(kind, best.values())

    def add(self, kind: str, seen: Seen) -> None:
        """Learn of one object more, as after its creation."""
        with self._lock:
            self._raw.setdefault(kind, {})[seen.name] = seen
            self._learn(kind, [seen])

    def drop(self, kind: str, name: str) -> None:
        """Forget one object, as after its deletion."""
        with self._lock:
            seen = self._raw.get(kind, {}).pop(name, None)
            if seen:
                self._learn(kind, [dataclasses.replace(seen, status=Status.DELETING)])

    def _learn(self, kind: str, objects: t.Iterable[Seen]) -> None:
        # Identifiers of what a listing misses keep their name, for a new object may not be listed yet.
        # Those of dying objects have none: its name will be that of another object.
        self._named.clear()
        for seen in objects:
            for alias in (seen.id, *seen.aliases):
                if seen.status is Status.DELETING:
                    self._names.pop((kind, alias), None)
                else:
                    self._names[kind, alias] = seen.name

    def get(self, kind: str, name: str) -> Seen | None:
        """The object with its references as names, or None."""
        with self._lock:
            raw = self._raw.get(kind, {}).get(name)
            if raw is None:
                return None
            if (kind, name) not in self._named:
                state = self.secrets.shown(rewrite(raw.state, self._kinds[kind].options, self._name))
                self._named[kind, name] = dataclasses.replace(raw, state=state)
            return self._named[kind, name]

    def raw(self, kind: str, name: str) -> Seen | None:
        """The object with its references as the endpoint's identifiers, or None."""
        return self._raw.get(kind, {}).get(name)

    def all(self, kind: str) -> list[Seen]:
        """Every object of a kind, in order of name."""
        return [t.cast(Seen, self.get(kind, name)) for name in sorted(self._raw.get(kind, ()))]

    def kinds(self) -> list[str]:
        """Kinds that were looked at."""
        return sorted(self._raw)

    def _name(self, option: Option, value: t.Any) -> t.Any:
        if not isinstance(value, str):
            return value
        if option.ref == "*":
            kind, _slash, identifier = value.partition("/")
            if (kind, identifier) in self._names:
                return f"{kind}/{self._names[kind, identifier]}"
            owner = next((k for k in self._raw if (k, value) in self._names), None)
            return f"{owner}/{self._names[owner, value]}" if owner else value
        return self._names.get((str(option.ref), value), value)

    def resolve(self, values: t.Mapping[str, t.Any], kind: str, declared: Declared) -> dict[str, t.Any]:
        """Values with every reference as the endpoint's identifier, or Pending where declared only."""

        def visit(option: Option, value: t.Any) -> t.Any:
            if isinstance(value, dict) and SECRET in value:
                return self.secrets.value(value[SECRET])
            target = address_of(option, value)
            if target is None:
                return literal(value)
            found = self.attribute(*target, declared)
            composite = option.ref == "*" and option.ref_attribute == "id" and not isinstance(value, dict)
            return f"{target[0]}/{found}" if composite and isinstance(found, str) else found

        return rewrite(values, self._kinds[kind].options, visit)

    def filled(
        self,
        values: t.Mapping[str, t.Any],
        kind: str,
        declared: Declared,
        renewed: t.Collection[tuple[str, str, str]] = (),
    ) -> dict[str, t.Any]:
        """Values with {$ref: ...} as what it stands for, or Pending; references by name stay names.

        renewed: (kind, name, attribute) of what will be another value by the time it is used.
        """

        def visit(option: Option, value: t.Any) -> t.Any:
            if not isinstance(value, dict):
                identifier = literal(value)
                return value if identifier is None else self._name(option, identifier)
            if SECRET in value:
                return self.secrets.fingerprint(value[SECRET])
            target = parse(value[REF])
            return Pending(*target) if target in renewed else self.attribute(*target, declared)

        return rewrite(values, self._kinds[kind].options, visit)

    def attribute(self, kind: str, name: str, attribute: str, declared: Declared) -> t.Any:
        """An identifier or attribute of an object, Pending when it is declared but not there."""
        seen = self._raw.get(kind, {}).get(name)
        if seen is None or seen.status is Status.DELETING:
            if name in declared.get(kind, ()):
                return Pending(kind, name, attribute)
            everything = {k: {*declared.get(k, ()), *self._raw.get(k, ())} for k in {*declared, *self._raw}}
            raise missing(kind, name, everything)
        if attribute == "id":
            return seen.id
        if seen.status is Status.READY and attribute not in seen.attributes:
            raise unknown_attribute(kind, name, attribute, seen.attributes)
        value = seen.attributes.get(attribute)
        return Pending(kind, name, attribute) if value is None else value


def _precedence(seen: Seen) -> tuple[bool, bool, bool, str]:
    # Objects may share a name (a foreign one beside ours, an old one that is still going away
    # beside the new one): the last one stands for the name.
    status = seen.status
    return seen.owner is not Owner.FOREIGN, status is not Status.DELETING, status is not Status.FAILED, seen.id


def observe(
    kinds: Kinds, port: t.Any, wanted: t.Mapping[str, t.Sequence[Wish]], query: Query, secrets: Secrets
) -> World:
    """The world, as far as the kinds in wanted go."""
    world = World(kinds, secrets)
    for name, objects in look(kinds, port, wanted, query).items():
        world.put(name, objects)
    return world


def look(
    kinds: Kinds, port: t.Any, wanted: t.Mapping[str, t.Sequence[Wish]], query: Query
) -> dict[str, t.Sequence[Seen]]:
    """Observe the kinds in wanted, all at the same time."""
    with concurrent.futures.ThreadPoolExecutor(max_workers=max(1, min(LOOKS, len(wanted)))) as pool:
        looks = {name: pool.submit(kinds[name].observe, port, query.about(wishes)) for name, wishes in wanted.items()}
        return {name: future.result() for name, future in looks.items()}
