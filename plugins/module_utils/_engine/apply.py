# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Run a plan: everything that can go at once goes at once, and all waits are polled together."""

from __future__ import annotations

import concurrent.futures
import copy
import dataclasses
import time
import typing as t

from .errors import EstateError, Fenced, TimedOut, Unavailable
from .kind import Query, Seen, Status, Watch
from .plan import Entry, Outcome, Plan, Verb
from .progress import Line
from .script import Bulk, Context, Look, Pause, Script, Wait, script

WORKERS = 12
REPEAT = 5.0
"""Seconds after which something that is still waited for is told again."""
_End = t.Literal["end"]


@dataclasses.dataclass
class _Job:
    """One entry on its way."""

    entry: Entry
    steps: Script
    since: float
    deadline: float
    wait: Wait | None = None
    due: float = 0.0
    reason: str = ""
    told: float = 0.0


class Applier:
    """Applies one plan once; outcomes are written into the plan's entries."""

    def __init__(self, plan: Plan, context: Context, tell: t.Callable[[Line], None]) -> None:
        self._context = context
        self._tell = tell
        self._todo: dict[str, tuple[Entry, set[str]]] = {}
        addresses = {entry.address for entry in plan.active}
        for entry in plan.active:
            self._todo[entry.address] = (entry, set(entry.needs & addresses))
        self._jobs: dict[str, _Job] = {}
        self._running: dict[concurrent.futures.Future[t.Any], t.Callable[[t.Any], None]] = {}
        self._busy: set[str] = set()
        self._fenced: Fenced | None = None

    def run(self) -> None:
        """Until every entry has an outcome."""
        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            try:
                while self._todo or self._jobs:
                    self._start(pool)
                    self._poll(pool)
                    self._collect(pool)
            except BaseException:
                # An interrupt: calls in flight cannot be recalled, but nothing new may start.
                pool.shutdown(cancel_futures=True)
                raise

    def _start(self, pool: concurrent.futures.Executor) -> None:
        now = time.monotonic()
        for address in [address for address, (_entry, needs) in self._todo.items() if not needs]:
            entry, _needs = self._todo.pop(address)
            limit = min(self._context.kinds[entry.kind].deadline, self._context.timing.wait_timeout)
            job = _Job(entry, script(entry, self._context), now, now + limit)
            entry.begun = True
            self._jobs[address] = job
            self._say(job, "started")
            self._advance(pool, job)

    def _advance(self, pool: concurrent.futures.Executor, job: _Job, answer: Seen | EstateError | None = None) -> None:
        def step() -> Wait | _End:
            try:
                # An error goes into the script: it knows which refusals only need time.
                return job.steps.throw(answer) if isinstance(answer, EstateError) else job.steps.send(answer)
            except StopIteration:
                return "end"

        self._submit(pool, step, [job], lambda wait: self._arrived(job, wait))

    def _submit(
        self,
        pool: concurrent.futures.Executor,
        call: t.Callable[[], t.Any],
        jobs: t.Sequence[_Job],
        then: t.Callable[[t.Any], None],
    ) -> None:
        addresses = [job.entry.address for job in jobs]
        self._busy.update(addresses)

        def finish(future: t.Any) -> None:
            self._busy.difference_update(addresses)
            try:
                then(future.result())
            except EstateError as error:
                for job in jobs:
                    self._refused(pool, job, copy.copy(error))

        self._running[pool.submit(call)] = finish

    def _refused(self, pool: concurrent.futures.Executor, job: _Job, error: EstateError) -> None:
        if isinstance(job.wait, Bulk):
            job.wait = None
            self._advance(pool, job, error)
        elif isinstance(error, Unavailable) and job.wait:
            # Only a look failed: what is waited for goes on meanwhile.
            self._judged(pool, job, Status.PENDING, error.cause)
        else:
            self._failed(job, error)

    def _arrived(self, job: _Job, wait: Wait | _End) -> None:
        if wait == "end":
            self._done(job)
            return
        job.wait, job.due = wait, time.monotonic()
        if isinstance(wait, Pause):
            job.reason = wait.reason
            job.due += self._context.timing.poll_interval
        if not isinstance(wait, Bulk):
            self._say(job, "waiting", job.reason)

    def _poll(self, pool: concurrent.futures.Executor) -> None:
        idle = [job for address, job in self._jobs.items() if job.wait and address not in self._busy]
        self._bulk(pool, [job for job in idle if isinstance(job.wait, Bulk)])
        now = time.monotonic()
        due = [job for job in idle if job.due <= now]
        looked = {job.entry.kind for job in due if isinstance(job.wait, Look)}
        for job in idle:
            # One look serves all of a kind, also those whose time has not come.
            if job in due or (isinstance(job.wait, Look) and job.entry.kind in looked):
                job.due = now + self._context.timing.poll_interval
        for kind in looked:
            self._look(pool, kind, [job for job in idle if isinstance(job.wait, Look) and job.entry.kind == kind])
        for job in due:
            if isinstance(job.wait, Watch):
                self._watch(pool, job, job.wait)
            elif isinstance(job.wait, Pause):
                job.wait = None
                self._advance(pool, job)

    def _bulk(self, pool: concurrent.futures.Executor, jobs: t.Sequence[_Job]) -> None:
        # Those that are just being started will join: one call for all of them.
        joining = {job.entry.kind for job in self._jobs.values() if job.wait is None and job.entry.verb is Verb.CREATE}
        by_kind: dict[str, list[_Job]] = {}
        for job in jobs:
            if job.entry.kind not in joining:
                by_kind.setdefault(job.entry.kind, []).append(job)
        for name, together in by_kind.items():
            self._create_many(pool, name, together)

    def _create_many(self, pool: concurrent.futures.Executor, name: str, jobs: t.Sequence[_Job]) -> None:
        c = self._context
        wishes = {job.entry.name: t.cast(Bulk, job.wait).options for job in jobs}

        def answered(made: t.Mapping[str, Seen | EstateError]) -> None:
            for job in jobs:
                job.wait = None
                self._advance(pool, job, made[job.entry.name])

        self._submit(pool, lambda: c.kinds[name].create_many(c.port, c.estate, wishes), jobs, answered)

    def _watch(self, pool: concurrent.futures.Executor, job: _Job, watch: Watch) -> None:
        self._submit(pool, watch.poll, [job], lambda answer: self._judged(pool, job, *answer))

    def _look(self, pool: concurrent.futures.Executor, kind: str, jobs: t.Sequence[_Job]) -> None:
        c = self._context
        ids = {job.entry.address: c.world.raw(kind, job.entry.name) for job in jobs}
        query = Query(c.estate, ids=[seen.id for seen in ids.values() if seen])

        def found(objects: t.Sequence[Seen]) -> None:
            there = {seen.id: seen for seen in objects}
            for job in jobs:
                before = ids[job.entry.address]
                seen = there.get(before.id) if before else None
                if seen:
                    c.world.add(kind, seen)
                self._judged(pool, job, *self._verdict(job, seen))

        self._submit(pool, lambda: c.kinds[kind].observe(c.port, query), jobs, found)

    def _verdict(self, job: _Job, seen: Seen | None) -> tuple[Status, str]:
        if t.cast(Look, job.wait).gone:
            if seen is None:
                self._context.world.drop(job.entry.kind, job.entry.name)
                return Status.READY, ""
            return (Status.FAILED if seen.status is Status.FAILED else Status.PENDING), seen.reason
        if seen is None:
            return Status.PENDING, "it is not to be seen yet"
        return seen.status, seen.reason

    def _judged(self, pool: concurrent.futures.Executor, job: _Job, status: Status, reason: str) -> None:
        if (reason and reason != job.reason) or time.monotonic() > job.told + REPEAT:
            job.reason = reason
            self._say(job, "waiting", reason)
        if status is Status.READY:
            job.wait = None
            self._advance(pool, job)
        elif status is Status.FAILED:
            new = job.entry.verb in (Verb.CREATE, Verb.CONTINUE)
            remedy = f"Remove the cause{', delete it (state: absent)' if new else ''} and run again."
            self._failed(job, EstateError(reason or "the endpoint gives no reason", remedy=remedy, safe_to_leave=False))
        elif status is Status.WAITING:
            self._end(job, Outcome.WAITING, reason)
        elif self._fenced:
            self._failed(job, copy.copy(self._fenced))
        elif time.monotonic() > job.deadline:
            self._failed(job, self._late(job, status))

    def _late(self, job: _Job, status: Status) -> TimedOut:
        seconds = round(time.monotonic() - job.since)
        missing = "gone" if job.entry.verb is Verb.DELETE else "ready"
        newest = f"; newest reason: {job.reason}" if job.reason else ""
        return TimedOut(
            f"not {missing} after {seconds} s, still {status.value}{newest}",
            remedy="Nothing is lost: the next run goes on with it.",
        )

    def _collect(self, pool: concurrent.futures.Executor) -> None:
        idle = [job for address, job in self._jobs.items() if address not in self._busy]
        waits = [job.due for job in idle if job.wait and not isinstance(job.wait, Bulk)]
        limit = max(0.0, min(waits) - time.monotonic()) if waits else None
        if not self._running:
            # Nothing in flight: only time helps now.
            time.sleep(limit or 0.0)
            return
        done, _rest = concurrent.futures.wait(self._running, limit, concurrent.futures.FIRST_COMPLETED)
        for future in done:
            self._running.pop(future)(future)

    def _done(self, job: _Job) -> None:
        self._end(job, Outcome.DONE, "")
        for _entry, needs in self._todo.values():
            needs.discard(job.entry.address)

    def _failed(self, job: _Job, error: EstateError) -> None:
        if isinstance(error, Fenced):
            self._fenced = copy.copy(error)
        job.entry.error = error.during(job.entry.verb.value, job.entry.kind, job.entry.name)
        self._end(job, Outcome.FAILED, str(job.entry.error))

    def _end(self, job: _Job, outcome: Outcome, reason: str) -> None:
        del self._jobs[job.entry.address]
        job.entry.outcome, job.entry.reason = outcome, reason
        job.entry.waited = time.monotonic() - job.since
        self._say(job, outcome.value, reason)
        if outcome is not Outcome.DONE:
            self._stop_dependents(job.entry)
        if self._fenced:
            self._stop_all(f"{job.entry.address} was refused: another run holds the lease")

    def _stop_dependents(self, entry: Entry) -> None:
        for address in [a for a, (_entry, needs) in self._todo.items() if entry.address in needs]:
            dependent, _needs = self._todo.pop(address, (None, None))
            if dependent:
                self._not_tried(dependent, f"it needs {entry.address}, which is {entry.outcome.value}")

    def _stop_all(self, reason: str) -> None:
        while self._todo:
            # One takes those that need it along.
            self._not_tried(self._todo.pop(next(iter(self._todo)))[0], reason)

    def _not_tried(self, entry: Entry, reason: str) -> None:
        entry.outcome, entry.reason = Outcome.NOT_TRIED, reason
        self._tell(Line(entry.address, entry.verb.value, "not_tried", reason))
        self._stop_dependents(entry)

    def _say(self, job: _Job, event: str, text: str = "") -> None:
        job.told = time.monotonic()
        waited = job.told - job.since
        self._tell(Line(job.entry.address, job.entry.verb.value, event, text, round(waited, 1)))
