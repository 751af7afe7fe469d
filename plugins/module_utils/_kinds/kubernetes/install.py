# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""From a stream of objects to a cluster that holds them: observe, plan, guard, apply, look again."""

from __future__ import annotations

import concurrent.futures
import dataclasses
import datetime
import time
import typing as t

from ..._clients.kube import Port
from ..._clients.kube_discovery import Resources
from ..._clients.kube_errors import UnknownKind
from ..._engine import guards, saved
from ..._engine.errors import EstateError, NotSettled
from ..._engine.kind import Owner
from ..._engine.plan import Entry, Outcome, Plan, PlanErrors, Verb
from ..._engine.progress import Line
from ..._engine.reconcile import Report
from ..._engine.script import Timing
from ..._engine.secrets import Secrets
from ..._engine.world import World
from .apply import Installer
from .fill import filled
from .gates import ready
from .inventory import Inventory, Stored, united, without_mounts
from .migrate import migrate
from .normal import Wished, normalise
from .objects import MANAGER, Body, Key, Live, Manifest
from .observe import observe
from .plan import deletions, doubtful, forced, make_steps, prunable, undeclared
from .sorts import Sorts, count_ours
from .steps import Observed, Record, Step
from .storage_versions import migrations
from .uninstall import finish_deletes, remember_mounts, removal, seen_of

PROBES = 8
Tell = t.Callable[[Line], None]


@dataclasses.dataclass(frozen=True)
class Order:
    """One call for one set of objects.

    prune: what the set had and is not wished any more goes. keep_data: a removal leaves protected kinds.
    adopt: addresses of objects that were there before and become ours to change, never to delete. take_over:
    fields that others hold are taken. wait: False leaves it to others to see that workloads come up; what the
    order needs is waited for all the same. approved, started: see saved.validate.
    """

    estate: str
    set_name: str
    documents: t.Iterable[t.Union[Wished, tuple[Body, str]]] = ()
    absent: bool = False
    prune: bool = False
    keep_data: bool = False
    adopt: t.Collection[str] = ()
    take_over: bool = False
    wait: bool = True
    dry_run: bool = False
    consent: guards.Consent = dataclasses.field(default_factory=guards.Consent)
    timing: Timing = dataclasses.field(default_factory=Timing)
    secrets: Secrets = dataclasses.field(default_factory=lambda: Secrets({}))
    approved: t.Sequence[t.Mapping[str, t.Any]] | None = None
    started: t.Collection[str] = ()


def install(order: Order, port: Port | None, tell: Tell) -> Report:
    """Plan, and unless it is a dry run apply. port: None of a cluster to come. Raises only before the first write."""
    return _Installation(order, port, tell).run()


class _Installation:
    """One order on its way."""

    def __init__(self, order: Order, port: Port | None, tell: Tell) -> None:
        self._order = order
        self._port = port
        self._tell = tell
        self._resources: Resources | None = port.resources() if port else None
        self._inventory = Inventory(port, order.estate, order.set_name) if port else None
        self._stored = self._inventory.read() if self._inventory else Stored({}, b"")
        self._wishes: list[Manifest] = []
        self._unfilled: dict[Key, Body] = {}

    def run(self) -> Report:
        """See install."""
        order = self._order
        if order.absent:
            return removal(order, self._port, self._inventory, self._stored, self._tell)
        self._wishes = normalise(
            order.documents, estate=order.estate, set_name=order.set_name, resources=self._resources
        )
        observed = self._observe()
        steps = self._steps(observed)
        left = undeclared(self._wishes, observed)
        gone = self._pruned(left)
        entries = [step.entry for step in steps] + [step.entry for step in gone]
        report = Report(Plan(entries), World({}, Secrets({})), [seen_of(one) for one in left])
        guards.hold_back(entries, order.consent, datetime.datetime.now(datetime.UTC))
        report.error = self._refusal(entries, observed.live)
        if report.error:
            for entry in report.plan.active:
                entry.outcome, entry.reason = Outcome.NOT_TRIED, "the whole step was refused before its first write"
        elif not order.dry_run:
            report.error = self._apply(report, steps, gone, observed)
        return report

    def _observe(self) -> Observed:
        """The world as far as the set goes; wishes get their values and fingerprints on the way."""
        if self._port is None:
            return Observed({}, {}, None)
        order = self._order
        versions = {key: record.version for key, record in self._stored.records.items()}
        versions.update({wish.key: wish.version for wish in self._wishes})
        live = observe(self._port, order.estate, versions.keys(), versions, order.adopt)
        wishes = filled(self._wishes, live, order.secrets, self._stored.key)
        self._unfilled = {old.key: old.body for old, new in zip(self._wishes, wishes, strict=True) if old is not new}
        self._wishes = [dataclasses.replace(wish, digest=self._stored.digest(wish.body)) for wish in wishes]
        observed = Observed(live, self._stored.records, self._port.resources())
        return dataclasses.replace(observed, probes=self._probes(observed))

    def _probes(self, observed: Observed) -> dict[Key, Body | EstateError]:
        """What a dry run makes of wishes about which nothing else tells whether they are there already."""
        order, port = self._order, t.cast(Port, self._port)
        doubts = doubtful(self._wishes, observed, adopt=order.adopt, take_over=order.take_over)

        def probe(wish: Manifest) -> Body | EstateError:
            resource = port.resources().find(wish.key.group, wish.key.kind, wish.version)
            if resource is None:
                return UnknownKind(f"{wish.api_version} {wish.key.kind} is not served yet")
            force = forced(wish, observed, adopt=order.adopt, take_over=order.take_over)
            try:
                return port.apply(resource, wish.body, manager=MANAGER, force=force, dry_run=True)
            except EstateError as error:
                return error

        with concurrent.futures.ThreadPoolExecutor(PROBES) as pool:
            return dict(zip((wish.key for wish in doubts), pool.map(probe, doubts), strict=True))

    def _steps(self, observed: Observed) -> list[Step]:
        order = self._order
        return make_steps(
            self._wishes,
            observed,
            ready=ready if order.wait else _taken,
            consent=order.consent,
            take_over=order.take_over,
            adopt=order.adopt,
            unfilled=self._unfilled,
        )

    def _pruned(self, left: t.Sequence[Live]) -> list[Step]:
        """Deletes for what is not wished any more. Data goes only where somebody named its kind."""
        order = self._order
        if not order.prune or not self._wishes:
            return []
        agreed = [one for one in left if not prunable(one) or one.key.sort in order.consent.deletes]
        return deletions([one for one in agreed if one.owner is Owner.OURS])

    def _refusal(self, entries: t.Sequence[Entry], live: t.Mapping[Key, Live]) -> EstateError | None:
        try:
            guards.allow_deletes(entries, count_ours(live), Sorts(), self._order.consent)
            if self._order.approved is not None:
                saved.validate(self._order.approved, Plan(list(entries)), Sorts(), self._order.started)
        except EstateError as error:
            return error
        return None

    def _apply(
        self, report: Report, steps: t.Sequence[Step], gone: t.Sequence[Step], observed: Observed
    ) -> EstateError | None:
        port = t.cast(Port, self._port)
        self._begin(steps)
        definitions = migrations(self._wishes, observed)
        error = self._migrate(one.crd for one in definitions if one.first)
        if error:
            return error
        Installer(
            steps,
            self._wishes,
            port,
            port.resources(),
            timing=self._order.timing,
            tell=self._tell,
            wait=self._order.wait,
        ).run()
        error = _failure(step.entry for step in steps)
        if error is None and any(step.entry.outcome is Outcome.DONE for step in steps if step.entry.changing):
            error = self._second_look()
        unfinished = error is not None or any(
            step.entry.outcome is not Outcome.DONE for step in steps if step.entry.changing
        )
        if unfinished:
            for step in gone:
                step.entry.outcome = Outcome.NOT_TRIED
                step.entry.reason = "something failed or waits: nothing is pruned then"
        elif gone:
            error = self._prune(gone, port)
        if error is None and not unfinished:
            error = self._migrate(one.crd for one in definitions if not one.first)
        error = self._finished(error, steps, gone, observed)
        missing = {step.entry.address for step in gone if step.entry.outcome is Outcome.DONE}
        report.undeclared = [(kind, seen) for kind, seen in report.undeclared if f"{kind}/{seen.name}" not in missing]
        return error

    def _prune(self, gone: t.Sequence[Step], port: Port) -> EstateError | None:
        order = self._order
        try:
            self._stored, mounts = remember_mounts(gone, t.cast(Inventory, self._inventory), self._stored)
        except EstateError as error:
            return error
        return finish_deletes(gone, port, order.timing, self._tell, order.consent.addresses, mounts)

    def _migrate(self, definitions: t.Iterable[Key]) -> EstateError | None:
        """Rewrite what is stored in versions that their definitions leave behind."""
        try:
            for key in definitions:
                migrate(t.cast(Port, self._port), key, timing=self._order.timing, tell=self._tell)
        except EstateError as error:
            return error
        return None

    def _begin(self, steps: t.Sequence[Step]) -> None:
        """Before the first write it is known what may be written: a killed run leaves nothing unknown."""
        unchanged = {step.key for step in steps if step.entry.verb in (Verb.KEEP, Verb.CONTINUE)}
        wished = {wish.key: wish.version for wish in self._wishes}
        if wished.keys() - unchanged:
            self._write(united(self._stored.records, wished, unchanged))

    def _finished(
        self, error: EstateError | None, steps: t.Sequence[Step], gone: t.Sequence[Step], observed: Observed
    ) -> EstateError | None:
        """The error that is told. Without this last write all is still known, as begun: what was done is told too."""
        try:
            self._finish(steps, gone, observed)
        except EstateError as refusal:
            return error or refusal
        return error

    def _finish(self, steps: t.Sequence[Step], gone: t.Sequence[Step], observed: Observed) -> None:
        records = dict(self._stored.records)
        wishes = {wish.key: wish for wish in self._wishes}
        for step in steps:
            if step.entry.verb is Verb.KEEP or step.entry.outcome is Outcome.DONE:
                records[step.key] = Record(wishes[step.key].version, wishes[step.key].digest)
        for step in gone:
            if step.entry.outcome is Outcome.DONE:
                records.pop(step.key, None)
        for key in set(records) - wishes.keys() - observed.live.keys():
            # Somebody deleted it, or it never came to be.
            records.pop(key)
        self._write(without_mounts(records, wishes.keys()))

    def _write(self, records: t.Mapping[Key, Record]) -> None:
        if dict(records) != dict(self._stored.records):
            self._stored = t.cast(Inventory, self._inventory).write(self._stored, records)

    def _second_look(self) -> EstateError | None:
        """After a change: does the cluster say so? Controllers may change back what we write, so it is asked again."""
        until = time.monotonic() + self._order.timing.settle_timeout
        while True:
            try:
                records = {wish.key: Record(wish.version, wish.digest) for wish in self._wishes}
                live = observe(t.cast(Port, self._port), self._order.estate, records.keys(), _versions(records))
                observed = Observed(live, records, t.cast(Port, self._port).resources())
                entries = [step.entry for step in self._steps(observed)]
                rest = [one for one in entries if one.changing and one.outcome is not Outcome.WAITING]
            except EstateError as error:
                return error
            if not rest:
                return None
            if time.monotonic() > until:
                return NotSettled(
                    "the change was made but the cluster does not show it: "
                    + "; ".join(f"{e.address}: {', '.join(c.field for c in e.changes) or 'absent'}" for e in rest[:5]),
                    remedy="Run again; if it stays, somebody else changes it back.",
                )
            time.sleep(self._order.timing.poll_interval)


def _versions(records: t.Mapping[Key, Record]) -> dict[Key, str]:
    return {key: record.version for key, record in records.items()}


def _taken(_live: Live, _wish: Manifest) -> tuple[bool, str]:
    """Nobody waits for it."""
    return True, ""


def _failure(entries: t.Iterable[Entry]) -> EstateError | None:
    errors = [entry.error for entry in entries if entry.error]
    return PlanErrors(errors) if len(errors) > 1 else errors[0] if errors else None
