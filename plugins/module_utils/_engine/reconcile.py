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
from .kind import Query, Seen, Wish
from .plan import Entry, Outcome, Plan, PlanErrors, Verb, make_plan, make_removal
from .progress import Line
from .refs import references
from .script import Context, Timing
from .secrets import Secrets
from .world import Declared, Kinds, World, look, observe

_UNFINISHED = frozenset({Outcome.FAILED, Outcome.NOT_TRIED, Outcome.WAITING})


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
        return any(entry.begun or entry.outcome is Outcome.PLANNED for entry in self.plan.changing)

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


def _meant(request: Request, kinds: Kinds, port: t.Any, query: Query, only: t.Collection[str] | None = None) -> Request:
    """The request with wishes as their kinds understand them: a plan tells what will be, and holds it."""
    meant: dict[str, Wish] = {}
    for name in {wish.kind for wish in request.wishes} if only is None else only:
        wishes = [wish for wish in request.wishes if wish.kind == name]
        meant.update({wish.address: wish for wish in kinds[name].meant(port, query.about(wishes))})
    return dataclasses.replace(request, wishes=[meant.get(wish.address, wish) for wish in request.wishes])


def reconcile(request: Request, kinds: Kinds, port: t.Any, tell: t.Callable[[Line], None]) -> Report:
    """Plan, and unless it is a dry run apply. Raises only before the first write."""
    spared = {wish.address for wish in request.wishes if wish.ignored}
    request = dataclasses.replace(request, wishes=[wish for wish in request.wishes if not wish.ignored])
    declared = _declared(request)
    # A removal looks at all of ours too: what share of a kind it takes away decides on consent.
    query = Query(request.estate, sweep=request.sweep or request.absent or bool(request.purge))
    if not request.absent:
        request = _meant(request, kinds, port, query)
    world = observe(kinds, port, _wanted(request, kinds), query, request.secrets)
    plan = _removal(request, world, kinds) if request.absent else make_plan(request.wishes, world, kinds, declared)
    left = guards.undeclared(world, declared, spared) if request.sweep or request.purge else []
    purge = Plan([]) if request.absent else _purge(request, left, kinds)
    report = Report(Plan(plan.entries + purge.entries), world, left)
    guards.hold_back(report.plan.entries, request.consent, datetime.datetime.now(datetime.UTC))
    report.error = _refusal(request, report, kinds)
    if report.error:
        _leave(report.plan, "the whole step was refused before its first write")
    elif not request.dry_run:
        options = {wish.address: wish.options for wish in request.wishes}
        context = Context(kinds, port, request.estate, world, declared, options, request.timing)
        report.error = _apply(request, report, (plan, purge), context, tell)
    return report


def _removal(request: Request, world: World, kinds: Kinds) -> Plan:
    found = [(wish.kind, world.get(wish.kind, wish.name)) for wish in request.wishes if not wish.reference]
    return make_removal([(kind, seen) for kind, seen in found if seen], kinds)


def _purge(request: Request, left: t.Sequence[tuple[str, Seen]], kinds: Kinds) -> Plan:
    # A list without anything of ours to manage is more likely a mistake than a wish for nothing. Names of things that
    # live within another begin with its name: who lists the node groups of one cluster says nothing about others'.
    populated = {(wish.kind, _scope(wish.name)) for wish in request.wishes if not wish.reference}
    doomed = [(kind, seen) for kind, seen in left if kind in request.purge and (kind, _scope(seen.name)) in populated]
    return make_removal(doomed, kinds)


def _scope(name: str) -> str:
    return name.rpartition("/")[0]


def _refusal(request: Request, report: Report, kinds: Kinds) -> EstateError | None:
    """Why the plan may not be applied; it is still told."""
    try:
        guards.allow_deletes(report.plan.entries, guards.ours(report.world), kinds, request.consent)
        if request.approved is not None:
            saved.validate(request.approved, report.plan, kinds, request.started)
    except EstateError as error:
        return error
    return None


def _apply(
    request: Request, report: Report, parts: tuple[Plan, Plan], context: Context, tell: t.Callable[[Line], None]
) -> EstateError | None:
    plan, purge = parts
    _run(Plan(_free(plan.entries)), context, tell)
    if any(entry.outcome in _UNFINISHED for entry in plan.entries):
        _leave(purge, "something failed or waits: nothing is purged then")
    _run(Plan(_free(purge.entries)), context, tell)
    gone = {e.address for e in report.plan.entries if e.verb is Verb.DELETE and e.outcome is Outcome.DONE}
    report.undeclared = [(kind, seen) for kind, seen in report.undeclared if f"{kind}/{seen.name}" not in gone]
    return _failure(report.plan.entries) or (None if request.absent else _second_look(request, report, context))


def _free(entries: t.Sequence[Entry]) -> list[Entry]:
    """Entries that may run now; those that need one that waits are not tried."""
    held = {entry.address for entry in entries if entry.outcome is Outcome.WAITING}
    for entry in entries:
        blockers = entry.needs & held
        if blockers and entry.verb is not Verb.KEEP:
            entry.outcome = Outcome.NOT_TRIED
            entry.reason = f"it needs {', '.join(sorted(blockers))}, which waits"
            held.add(entry.address)
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
    query = Query(context.estate)
    try:
        # A word may have had no meaning before something else was there.
        request = _meant(request, context.kinds, context.port, query, touched)
    except EstateError as error:
        return error
    # All of a kind that wishes refer to is looked at again: references are told by it.
    wanted = {kind: wishes for kind, wishes in _wanted(request, context.kinds).items() if kind in touched}
    wishes = [w for some in wanted.values() for w in some if not w.reference and not _held(report, w.address)]
    until = time.monotonic() + request.timing.settle_timeout
    while wishes:
        try:
            for kind, objects in look(context.kinds, context.port, wanted, query).items():
                report.world.put(kind, objects)
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
        query = Query(context.estate)
    return None


def _held(report: Report, address: str) -> bool:
    return any(e.address == address and e.outcome in (Outcome.WAITING, Outcome.NOT_TRIED) for e in report.plan.entries)
