# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Run the steps of a plan: each object as soon as what it needs is ready, and waits polled together."""

from __future__ import annotations

import copy
import heapq
import time
import typing as t

from ..._clients.kube import Port
from ..._clients.kube_discovery import Resources
from ..._clients.kube_errors import Expired, WebhookDown
from ..._engine.errors import EstateError, Fenced
from ..._engine.kind import Owner, Status
from ..._engine.plan import Outcome, Verb
from ..._engine.script import Timing
from . import gates, order
from .calls import Calls
from .causes import behind_webhook, why_late
from .objects import Body, Key, Live, Manifest
from .retries import Healing, final, late, not_ready, ours_only, pause
from .schedule import Schedule
from .steps import Step
from .telling import Tell, Teller
from .waiting import ABSENT, Job, Look, States, Waiting, selector
from .webhooks import left_to_others
from .writes import Writer

WORKERS = 8
# Looks for the cause of a delay come this many poll intervals apart.
_ASK = 8
_RUNS = frozenset({Verb.CREATE, Verb.UPDATE, Verb.CONTINUE})


class Installer:
    """Applies steps once; outcomes are written into their entries.

    manifests: all wishes, also those that are kept. applied: called in the caller's thread after each write, with the
    server's answer. Deletes are not run here: see remove.Remover. Steps whose outcome is settled (waiting for consent)
    are left alone, and what needs them is not tried. wait: False ends a step with its write, unless others need it.
    """

    def __init__(
        self,
        steps: t.Sequence[Step],
        manifests: t.Sequence[Manifest],
        port: Port,
        resources: Resources,
        *,
        timing: Timing,
        tell: Tell,
        applied: t.Callable[[Step, Body], None] = lambda _step, _body: None,
        workers: int = WORKERS,
        wait: bool = True,
    ) -> None:
        self._wait = wait
        self._soft = order.SOFT if wait else order.LAZY
        self._steps = {step.key: step for step in steps if step.entry.verb is not Verb.DELETE}
        self._manifests = manifests
        self._port = port
        self._timing = timing
        self._teller = Teller(tell)
        self._applied = applied
        self._writer = Writer(port, resources, manifests)
        self._left = left_to_others(manifests)
        self._healing = Healing(manifests, timing, [key for key, step in self._steps.items() if step.entry.changing])
        self._waiting = Waiting(port, selector(manifests), timing)
        self._again: list[tuple[float, Key]] = []
        self._jobs: dict[Key, Job] = {}
        self._calls = Calls(workers)
        self._ask_due = 0.0
        self._over: EstateError | None = None

    def run(self) -> None:
        """Until every step has an outcome."""
        if not any(self._runs(step) for step in self._steps.values()):
            return
        live, namespaces = self._writer.surroundings()
        needs = order.needs(self._manifests, live, namespaces, self._teller.circle, hints=self._wait)
        self._schedule = Schedule(needs)
        self._settle()
        with self._calls:
            while self._schedule or self._jobs:
                self._start()
                self._look()
                self._calls.answer(self._next_due())

    def _runs(self, step: Step) -> bool:
        return step.entry.verb in _RUNS and step.entry.outcome is Outcome.PLANNED and step.manifest is not None

    def _settle(self) -> None:
        """What needs no work is ready, and what may not be done holds up what needs it."""
        for manifest in self._manifests:
            step = self._steps.get(manifest.key)
            if step is None or step.entry.verb is Verb.KEEP:
                self._schedule.met(manifest.key)
        for key, step in self._steps.items():
            if step.entry.verb in _RUNS and not self._runs(step):
                self._drop(key, f"it needs {key.address}, which is {step.entry.outcome.value}")

    def _start(self) -> None:
        now = time.monotonic()
        while self._again and self._again[0][0] <= now:
            job = self._jobs.get(heapq.heappop(self._again)[1])
            if job:
                self._write(job)
        # A queue no longer than the workers need leaves room for looks in between.
        while self._calls.open < 2 * self._calls.workers:
            key = self._schedule.next()
            if key is None:
                break
            self._begin(self._steps[key], now)

    def _begin(self, step: Step, now: float) -> None:
        job = Job(step, t.cast(Manifest, step.manifest), now, now + self._timing.wait_timeout, step.force)
        self._jobs[step.key] = job
        self._teller.say(job, "started")
        if step.live and step.live.deleting:
            job.going = True
            self._waiting.add(job)
        elif step.entry.verb is Verb.CONTINUE and step.key in self._left:
            self._done(job)
        elif step.entry.verb is Verb.CONTINUE:
            job.failed_before = True
            self._waiting.add(job)
        else:
            step.entry.begun = True
            self._write(job)

    def _write(self, job: Job) -> None:
        job.tries += 1
        job.step.entry.begun = True
        self._calls.submit(
            lambda: self._writer.write(job),
            lambda body: self._written(job, body),
            lambda error: self._refused(job, error),
        )

    def _written(self, job: Job, body: Body | None) -> None:
        if self._over:
            # Nothing is waited for any more.
            self._failed(job, copy.copy(self._over))
            return
        if body is None:
            # Its old object was told to go.
            job.going = job.removed = True
            self._waiting.add(job)
            return
        key = job.step.key
        job.body, job.refused = body, None
        self._applied(job.step, body)
        if (key.group, key.kind) in self._soft:
            self._schedule.met(key)
        status, reason = gates.state(body, job.manifest.body)
        job.failed_before = status is Status.FAILED
        # Definitions are ready when they are served, whatever they say.
        awaited = (self._wait or self._schedule.needed(key)) and key not in self._left
        if not awaited or (status is Status.READY and key.kind != "CustomResourceDefinition"):
            self._done(job)
        else:
            self._waiting.add(job)
            self._teller.say(job, "waiting", reason)

    def _refused(self, job: Job, error: EstateError) -> None:
        now = time.monotonic()
        if isinstance(error, (Fenced, Expired)):
            self._stop_all(job, error)
        elif ours_only(error) and not job.force:
            job.force = True
            self._write(job)
        elif self._over or not self._healing.heals(job.step.key, error):
            self._failed(job, final(error))
        else:
            job.refused = job.refused or now
            if now > min(job.deadline, job.refused + self._healing.limit(error)):
                self._give_up(job, error, now)
                return
            self._teller.note(job, error.cause)
            heapq.heappush(self._again, (now + pause(job.tries, self._timing, error), job.step.key))

    def _give_up(self, job: Job, error: EstateError, now: float) -> None:
        webhook = error.webhook if isinstance(error, WebhookDown) else ""
        self._calls.submit(
            lambda: behind_webhook(self._port, webhook) if webhook else "",
            lambda behind: self._failed(job, late(now - job.since, error, behind)),
            lambda other: self._failed(job, other),
        )

    def _look(self) -> None:
        for look in self._waiting.take_due():
            self._poll(look, dict(look.jobs))

    def _poll(self, look: Look, jobs: dict[Key, Job]) -> None:
        def seen(states: States) -> None:
            self._waiting.put_back(look)
            for key, (status, reason) in states.items():
                if key in look.jobs:
                    self._judge(jobs[key], status, reason)

        self._calls.submit(
            lambda: self._waiting.states(look, jobs, self._writer.resources(look.group)),
            seen,
            # Only the look failed: what is waited for goes on meanwhile.
            lambda error: seen(dict.fromkeys(jobs, (Status.PENDING, error.cause))),
        )

    def _judge(self, job: Job, status: Status, reason: str) -> None:
        now = time.monotonic()
        if status is Status.READY or reason == ABSENT:
            self._waiting.drop(job.step.key)
            if job.going or reason == ABSENT:
                # Deleted meanwhile, by us or by others: it is to be there.
                job.going = False
                self._write(job)
            else:
                self._done(job)
        elif status is Status.FAILED and not job.failed_before:
            self._explain(job, lambda cause: EstateError(f"{reason}{cause}", safe_to_leave=False))
        elif now > job.deadline:
            self._explain(job, lambda cause: not_ready(now - job.since, f"{reason}{cause}"))
        elif now > max(job.since, job.asked) + _ASK * self._timing.poll_interval and now > self._ask_due:
            # One at a time: a hundred things that are late have few causes.
            job.asked, self._ask_due = now, now + self._timing.poll_interval
            self._ask(job, reason)
        else:
            self._teller.note(job, f"{reason}{job.cause}")

    def _ask(self, job: Job, reason: str) -> None:
        """What is late gets its cause told while it is waited for."""
        self._calls.submit(
            lambda: self._cause(job), lambda cause: self._caused(job, reason, cause), lambda _error: None
        )

    def _caused(self, job: Job, reason: str, cause: str) -> None:
        job.cause = cause
        if job.step.key in self._jobs:
            self._teller.note(job, f"{reason}{cause}")

    def _explain(self, job: Job, error: t.Callable[[str], EstateError]) -> None:
        self._waiting.drop(job.step.key)
        self._calls.submit(
            lambda: self._cause(job),
            lambda cause: self._failed(job, error(cause)),
            lambda _error: self._failed(job, error("")),
        )

    def _cause(self, job: Job) -> str:
        live = job.step.live if job.body is None else Live(job.step.key, job.body, Owner.OURS)
        cause = why_late(self._port, live) if live and not job.going else ""
        return f"; {cause}" if cause else ""

    def _next_due(self) -> float | None:
        dues = [due for due in (self._waiting.next_due(), self._again[0][0] if self._again else None) if due]
        return min(dues, default=None)

    def _done(self, job: Job) -> None:
        self._end(job, Outcome.DONE, "")
        self._schedule.met(job.step.key)

    def _failed(self, job: Job, error: EstateError) -> None:
        entry = job.step.entry
        entry.error = error.during(entry.verb.value, entry.kind, entry.name)
        self._end(job, Outcome.FAILED, str(entry.error))
        self._drop(job.step.key, f"it needs {job.step.key.address}, which is failed")

    def _drop(self, key: Key, reason: str) -> None:
        for dependent in self._schedule.stopped(key):
            self._not_tried(dependent, reason)

    def _not_tried(self, key: Key, reason: str) -> None:
        step = self._steps.get(key)
        if step and self._runs(step):
            step.entry.outcome, step.entry.reason = Outcome.NOT_TRIED, reason
            self._teller.not_tried(step.entry.address, step.entry.verb.value, reason)

    def _stop_all(self, job: Job, error: EstateError) -> None:
        """Nothing that follows could succeed: another run holds the lease, or we are not let in any more."""
        self._failed(job, error)
        if self._over:
            return
        self._over = error
        for waiting in self._waiting.jobs():
            self._waiting.drop(waiting.step.key)
            self._failed(waiting, copy.copy(error))
        for key in [key for _due, key in self._again if key in self._jobs]:
            self._failed(self._jobs[key], copy.copy(error))
        for key in self._steps.keys() - self._jobs.keys():
            self._schedule.stopped(key)
            self._not_tried(key, f"{job.step.key.address} was refused: {error.cause}")

    def _end(self, job: Job, outcome: Outcome, reason: str) -> None:
        del self._jobs[job.step.key]
        entry = job.step.entry
        entry.outcome, entry.reason = outcome, reason
        entry.waited = time.monotonic() - job.since
        self._teller.say(job, outcome.value, reason)
