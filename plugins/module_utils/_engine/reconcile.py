# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""From wishes to a world that holds them: observe, plan, guard, apply, look again."""

from __future__ import annotations

import dataclasses
import datetime
import time
import typing as t

from . import guards, saved
from .apply import Applier
from .errors import EstateError, NotSettled
from .graph import order
from .kind import Query, Seen, Wish
from .plan import Entry, Outcome, Plan, PlanErrors, Verb, make_plan, make_removal
from .progress import Line
from .refs import references
from .script import Context, Timing
from .secrets import Secrets
from .world import Declared, Kinds, World, observe


@dataclasses.dataclass(frozen=True)
class Request:
    """One call. absent: the wishes are to go. purge: kinds of which undeclared ones are to go too.
    sweep: also report what is ours and undeclared, of every kind. approved: the entries of a saved
    plan that this step must match; started: see saved.validate."""

    estate: str
    wishes: t.Sequence[Wish]
    declared: Declared = dataclasses.field(default_factory=dict)
    absent: bool = False
    purge: t.Collection[str] = ()
    sweep: bool = False
    dry_run: bool = False
    consent: guards.Consent = dataclasses.field(default_factory=guards.Consent)
    timing: Timing = dataclasses.field(default_factory=Timing)
    secrets: Secrets = dataclasses.field(default_factory=lambda: Secrets({}))
    approved: t.Sequence[t.Mapping[str, t.Any]] | None = None
    started: t.Collection[str] = ()


@dataclasses.dataclass
class Report:
    """What was planned and what became of it. error: why the step failed; the rest still holds."""

    plan: Plan
    world: World
    undeclared: list[tuple[str, Seen]]
    error: EstateError | None = None

    @property
    def changed(self) -> bool:
        """True when something was written, or in a dry run would be."""
        return any(entry.outcome is not Outcome.NOT_TRIED for entry in self.plan.changing)

    @property
    def waiting(self) -> list[Entry]:
        """Entries for which somebody else must act."""
        return [entry for entry in self.plan.entries if entry.outcome is Outcome.WAITING]


def _declared(request: Request) -> dict[str, set[str]]:
    declared = {kind: set(names) for kind, names in request.declared.items()}
    for wish in () if request.absent else request.wishes:
        declared.setdefault(wish.kind, set()).add(wish.name)
    return declared


def _wanted(request: Request, kinds: Kinds) -> dict[str, list[Wish]]:
    """Kinds to look at: the wishes', those they refer to, and those a purge or a sweep is about."""
    wanted: dict[str, list[Wish]] = {}
    for wish in request.wishes:
        wanted.setdefault(wish.kind, []).append(wish)
    have = {wish.address for wish in request.wishes}
    for wish in request.wishes:
        for kind, name in references(wish.options, kinds[wish.kind].options):
            target = Wish(kind, name, {}, reference=True)
            if kind in kinds and target.address not in have:
                wanted.setdefault(kind, []).append(target)
                have.add(target.address)
    for kind in kinds if request.sweep else request.purge:
        wanted.setdefault(kind, [])
    return wanted


def reconcile(request: Request, kinds: Kinds, port: t.Any, tell: t.Callable[[Line], None]) -> Report:
    """Plan, and unless it is a dry run apply. Raises only before the first write."""
    declared = _declared(request)
    query = Query(request.estate, sweep=request.sweep or bool(request.purge))
    world = observe(kinds, port, _wanted(request, kinds), query, request.secrets)
    plan = _removal(request, world, kinds) if request.absent else _creation(request, world, kinds, declared)
    left = guards.undeclared(world, declared) if query.sweep else []
    purge = Plan([])
    if request.purge and not request.absent:
        populated = {wish.kind for wish in request.wishes}
        doomed = [(kind, seen) for kind, seen in left if kind in request.purge and kind in populated]
        purge = make_removal(doomed, kinds)
    report = Report(Plan(plan.entries + purge.entries), world, left)
    guards.allow_deletes(report.plan.entries, world, kinds, request.consent)
    guards.hold_back(report.plan.entries, request.consent, datetime.datetime.now(datetime.UTC))
    if request.approved is not None:
        saved.validate(request.approved, report.plan, world, kinds, request.started)
    if request.dry_run:
        return report
    context = Context(
        kinds, port, request.estate, world, declared, {w.address: w.options for w in request.wishes}, request.timing
    )
    _run(Plan(_free(plan.entries)), context, tell)
    report.error = _failure(plan.entries)
    if not report.error and purge.entries:
        _run(purge, context, tell)
        report.error = _failure(purge.entries)
    elif purge.entries:
        _leave(purge, "something failed before: nothing is purged then")
    if not report.error and not request.absent:
        report.error = _second_look(request, report, context)
    return report


def _creation(request: Request, world: World, kinds: Kinds, declared: Declared) -> Plan:
    return make_plan(request.wishes, world, kinds, declared)


def _removal(request: Request, world: World, kinds: Kinds) -> Plan:
    found = [(wish.kind, world.get(wish.kind, wish.name)) for wish in request.wishes if not wish.reference]
    return make_removal([(kind, seen) for kind, seen in found if seen], kinds)


def _free(entries: t.Sequence[Entry]) -> list[Entry]:
    """Entries that may run now; those that need one that waits are not tried."""
    held = {entry.address for entry in entries if entry.outcome is Outcome.WAITING}
    for address in order({entry.address: entry.needs for entry in entries}) if held else ():
        entry = next(entry for entry in entries if entry.address == address)
        blockers = entry.needs & held
        if blockers and entry.verb is not Verb.KEEP:
            entry.outcome = Outcome.NOT_TRIED
            entry.reason = f"it needs {', '.join(sorted(blockers))}, which waits"
            held.add(address)
    return [entry for entry in entries if entry.outcome is Outcome.PLANNED]


def _run(plan: Plan, context: Context, tell: t.Callable[[Line], None]) -> None:
    if plan.active:
        Applier(plan, context, tell).run()


def _leave(plan: Plan, reason: str) -> None:
    for entry in plan.active:
        entry.outcome, entry.reason = Outcome.NOT_TRIED, reason


def _failure(entries: t.Iterable[Entry]) -> EstateError | None:
    errors = [entry.error for entry in entries if entry.error]
    return PlanErrors(errors) if len(errors) > 1 else errors[0] if errors else None


def _second_look(request: Request, report: Report, context: Context) -> EstateError | None:
    """After a change: does the world say so? Repeated, for endpoints are eventually consistent."""
    touched = {e.kind for e in report.plan.active if e.outcome is Outcome.DONE}
    wishes = [
        wish
        for wish in request.wishes
        if wish.kind in touched and not wish.reference and not _held(report, wish.address)
    ]
    if not wishes:
        return None
    until = time.monotonic() + request.timing.settle_timeout
    while True:
        wanted = {kind: [wish for wish in wishes if wish.kind == kind] for kind in touched}
        for kind, objects in _look(context, wanted).items():
            report.world.put(kind, objects)
        try:
            rest = make_plan(wishes, report.world, context.kinds, context.declared).changing
        except EstateError as error:
            return error
        if not rest:
            return None
        if time.monotonic() > until:
            return NotSettled(
                "the change was made but the world does not show it: "
                + "; ".join(f"{e.address}: {', '.join(c.field for c in e.changes) or 'absent'}" for e in rest),
                remedy="Run again; if it stays, somebody else changes it back.",
            )
        time.sleep(request.timing.poll_interval)


def _look(context: Context, wanted: t.Mapping[str, t.Sequence[Wish]]) -> dict[str, list[Seen]]:
    fresh = observe(context.kinds, context.port, wanted, Query(context.estate), context.world.secrets)
    return {kind: [t.cast(Seen, fresh.raw(kind, s.name)) for s in fresh.all(kind)] for kind in wanted}


def _held(report: Report, address: str) -> bool:
    return any(e.address == address and e.outcome in (Outcome.WAITING, Outcome.NOT_TRIED) for e in report.plan.entries)
