# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""A plan is data: what is to be done to which object, in which order, and why. Pure."""

from __future__ import annotations

import dataclasses
import enum
import typing as t

from .compare import Change, changes, merged
from .errors import Conflict, EstateError, Immutable, Invalid
from .graph import order
from .kind import Kind, Owner, Seen, Status, Wish
from .options import Impact
from .refs import missing, references
from .world import Declared, Kinds, World


class Verb(enum.Enum):
    """What happens to one object."""

    KEEP = "keep"
    CREATE = "create"
    UPDATE = "update"
    CONTINUE = "continue"
    """It is half made, by an earlier run or by its endpoint: wait for it."""
    DELETE = "delete"


class Outcome(enum.Enum):
    """How an entry ended."""

    PLANNED = "planned"
    DONE = "done"
    FAILED = "failed"
    NOT_TRIED = "not_tried"
    WAITING = "waiting"


CHANGING = frozenset({Verb.CREATE, Verb.UPDATE, Verb.DELETE})


@dataclasses.dataclass
class Entry:
    """One line of a plan. before and after hold the fields that change, in normal form."""

    kind: str
    name: str
    verb: Verb
    impact: Impact = Impact.NONE
    changes: tuple[Change, ...] = ()
    needs: frozenset[str] = frozenset()
    outcome: Outcome = Outcome.PLANNED
    reason: str = ""
    error: EstateError | None = None
    begun: bool = False
    """True from the moment on from which applying it may have written."""
    waited: float = 0.0

    @property
    def address(self) -> str:
        """Unique in a plan."""
        return f"{self.kind}/{self.name}"

    @property
    def changing(self) -> bool:
        """True when applying it writes."""
        return self.verb in CHANGING


@dataclasses.dataclass
class Plan:
    """Entries in an order that respects what needs what; deletes come last, in reverse."""

    entries: list[Entry]

    @property
    def changing(self) -> list[Entry]:
        """Entries that write."""
        return [entry for entry in self.entries if entry.changing]

    @property
    def active(self) -> list[Entry]:
        """Entries that write or wait."""
        return [entry for entry in self.entries if entry.verb is not Verb.KEEP]


class PlanErrors(EstateError):
    """Everything that keeps a plan from being made, told at once."""

    def __init__(self, errors: t.Sequence[EstateError]) -> None:
        super().__init__("\n".join(str(error) for error in errors))
        self.errors = tuple(errors)


def _refuse(wish: Wish, seen: Seen) -> None:
    if seen.owner is Owner.FOREIGN:
        raise Conflict(
            f"{seen.id} has that name and carries no mark of this estate",
            remedy="It is not touched. Rename yours, or refer to it with manage: reference.",
        )
    if seen.status is Status.FAILED:
        raise Conflict(
            f"{seen.id} is in a failed state: {seen.reason or 'the endpoint gives no reason'}",
            remedy="Remove the cause, delete it (state: absent) and run again.",
            safe_to_leave=False,
        )


def _differences(kind: Kind[t.Any], wish: Wish, seen: Seen) -> tuple[Change, ...]:
    found = changes(wish.options, seen.state, kind.options)
    stuck = [change for change in found if kind.options[change.field].immutable]
    if stuck:
        told = "; ".join(f"{c.field} is {c.before!r}, wished {c.after!r}" for c in stuck)
        remedy = "This can never change in place: keep the value, or make it anew under a new name."
        raise Immutable(told, remedy=remedy)
    refused = [why for c in found if (why := kind.refusal(c.field, c.before, c.after))]
    if refused:
        raise Immutable("; ".join(refused))
    return tuple(dataclasses.replace(c, after=merged(c.before, c.after, kind.options[c.field])) for c in found)


def _entry(kind: Kind[t.Any], wish: Wish, seen: Seen | None) -> Entry:
    entry = Entry(wish.kind, wish.name, Verb.KEEP)
    if wish.reference:
        return entry
    if seen is None or seen.status is Status.DELETING:
        entry.verb, entry.impact = Verb.CREATE, kind.create_impact
        entry.changes = changes(wish.options, None, kind.options)
        return entry
    _refuse(wish, seen)
    entry.changes = _differences(kind, wish, seen)
    if entry.changes:
        entry.verb = Verb.UPDATE
        entry.impact = max(kind.impact(seen, change.field) for change in entry.changes)
    elif seen.status in (Status.PENDING, Status.WAITING):
        entry.verb = Verb.CONTINUE
    return entry


def _ordered(entries: t.Iterable[Entry]) -> list[Entry]:
    by_address = {entry.address: entry for entry in entries}
    return [by_address[address] for address in order({a: e.needs for a, e in by_address.items()})]


def _with_kind_order(kinds: Kinds, needs: dict[str, set[str]], members: t.Mapping[str, t.Sequence[str]]) -> None:
    for kind, addresses in members.items():
        first = {address for other in kinds[kind].after for address in members.get(other, ())}
        for address in addresses:
            needs[address] |= first


def make_plan(wishes: t.Sequence[Wish], world: World, kinds: Kinds, declared: Declared) -> Plan:
    """What it takes to make the world hold the wishes. Raises PlanErrors with everything that is wrong."""
    errors: list[EstateError] = []
    needs: dict[str, set[str]] = {}
    members: dict[str, list[str]] = {}
    entries: dict[str, Entry] = {}
    known = {k: {*declared.get(k, ()), *(s.name for s in world.all(k))} for k in {*declared, *world.kinds()}}
    for wish in wishes:
        kind = kinds[wish.kind]
        try:
            targets = references(wish.options, kind.options)
            for target in targets:
                if target == (wish.kind, wish.name):
                    raise Invalid("it refers to itself", remedy="What it is cannot be known before it is made.")
                if target[1] not in known.get(target[0], ()):
                    raise missing(*target, known)
            seen = world.get(wish.kind, wish.name)
            if wish.reference and seen is None:
                raise missing(wish.kind, wish.name, known)
            filled = dataclasses.replace(wish, options=world.filled(wish.options, wish.kind, known))
            entries[wish.address] = _entry(kind, filled, seen)
        except EstateError as error:
            errors.append(error.during("plan", wish.kind, wish.name))
            continue
        needs[wish.address] = {f"{k}/{n}" for k, n in targets}
        members.setdefault(wish.kind, []).append(wish.address)
    if errors:
        raise PlanErrors(errors)
    _with_kind_order(kinds, needs, members)
    for address, entry in entries.items():
        entry.needs = frozenset(needs[address] & entries.keys())
    plan = Plan(_ordered(entries.values()))
    _follow(plan, {wish.address: wish for wish in wishes}, world, kinds, known)
    return plan


def _follow(plan: Plan, wishes: t.Mapping[str, Wish], world: World, kinds: Kinds, known: Declared) -> None:
    """What this plan's updates renew is not known yet to whom refers to it: those change as well."""
    renewed: set[tuple[str, str, str]] = set()
    for entry in plan.entries:
        kind, wish, seen = kinds[entry.kind], wishes[entry.address], world.get(entry.kind, entry.name)
        if renewed and seen and entry.verb in (Verb.KEEP, Verb.UPDATE) and not wish.reference:
            options = world.filled(wish.options, wish.kind, known, renewed)
            again = _entry(kind, dataclasses.replace(wish, options=options), seen)
            entry.verb, entry.impact, entry.changes = again.verb, again.impact, again.changes
        if entry.verb is Verb.UPDATE:
            attributes = kind.renews({change.field for change in entry.changes})
            renewed |= {(entry.kind, entry.name, attribute) for attribute in attributes}


def make_removal(doomed: t.Sequence[tuple[str, Seen]], kinds: Kinds) -> Plan:
    """Deletes for objects of ours, each after those that refer to it. Foreign and adopted ones are left out."""
    ours = [(kind, seen) for kind, seen in doomed if seen.owner is Owner.OURS]
    needs: dict[str, set[str]] = {f"{kind}/{seen.name}": set() for kind, seen in ours}
    members: dict[str, list[str]] = {}
    for kind, seen in ours:
        members.setdefault(kind, []).append(f"{kind}/{seen.name}")
        found = references(seen.state, kinds[kind].options, observed=True)
        needs[f"{kind}/{seen.name}"] |= {f"{k}/{n}" for k, n in found}
    _with_kind_order(kinds, needs, members)
    entries = {
        f"{kind}/{seen.name}": Entry(kind, seen.name, Verb.DELETE, kinds[kind].delete_impact) for kind, seen in ours
    }
    for address, targets in needs.items():
        for target in targets & entries.keys() - {address}:
            entries[target].needs |= {address}
    return Plan(_ordered(entries.values()))
