# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""GPUs for the workers of a cluster: look, take the steps that may be taken, look again, until nothing is left."""

from __future__ import annotations

import datetime
import time
import typing as t

from ..._engine import guards
from ..._engine.compare import Change
from ..._engine.errors import EstateError, TimedOut
from ..._engine.options import Impact
from ..._engine.plan import Entry, Outcome, Plan, Verb
from ..._engine.progress import Line
from ..._engine.reconcile import Report
from ..._engine.script import Timing
from ..._engine.secrets import Secrets
from ..._engine.world import World
from .gpu_hands import Hands
from .gpu_plan import Action, Machine, Step, actions, foreseen
from .gpu_sight import Sight

KIND = "eksa_gpu"
Tell = t.Callable[[Line], None]


class Giver:
    """One run over the machines of some groups. look: an observation; hands: what acts."""

    def __init__(
        self,
        look: t.Callable[[], Sight],
        hands: Hands,
        *,
        at_once: int = 1,
        timing: Timing | None = None,
        tell: Tell = lambda _line: None,
        consent: guards.Consent | None = None,
        now: t.Callable[[], float] = time.time,
    ) -> None:
        self._look = look
        self._hands = hands
        self._at_once = at_once
        self._timing = timing or Timing()
        self._tell = tell
        self._consent = consent or guards.Consent()
        self._now = now
        self._entries: dict[str, Entry] = {}
        self._renewed: set[str] = set()

    def run(self, *, dry_run: bool) -> Report:
        """Plan, and unless it is a dry run act until every machine has its GPUs or is told why not."""
        sight = self._look()
        for name, worker in sorted(sight.workers.items()):
            if not worker.machine.done and worker.machine.has_node:
                self._entries[name] = _entry(worker.machine)
        entries = list(self._entries.values())
        now = datetime.datetime.now(datetime.timezone.utc)  # noqa: UP017  # the other spelling is Python 3.11's
        guards.hold_back(entries, self._consent, now)
        report = Report(Plan(entries), World({}, Secrets({})), [])
        if not dry_run and any(entry.outcome is Outcome.PLANNED for entry in entries):
            self._act(sight)
        failed = [entry for entry in entries if entry.outcome is Outcome.FAILED]
        if failed:
            report.error = failed[0].error or EstateError(failed[0].reason)
        return report

    def _act(self, sight: Sight) -> None:
        began = time.monotonic()
        while True:
            todo = self._todo(sight)
            if not todo:
                return
            if time.monotonic() - began > self._timing.wait_timeout:
                self._give_up(todo, sight)
                return
            moved = [self._step(action, sight) for action in todo]
            if not any(moved):
                time.sleep(self._timing.poll_interval)
            sight = self._look()
            self._close(sight)

    def _todo(self, sight: Sight) -> list[Action]:
        open_ = [
            worker.machine
            for name, worker in sight.workers.items()
            if name in self._entries and self._entries[name].outcome is Outcome.PLANNED
        ]
        found = []
        for action in actions(open_, sight.free, at_once=self._at_once):
            if action.blocked:
                self._fail(action.machine, EstateError(action.blocked, remedy="Add GPUs, or lower the number wished."))
            else:
                found.append(action)
        return found

    def _step(self, action: Action, sight: Sight) -> bool:
        """Take it; answers whether something else than waiting was done."""
        entry, worker = self._entries[action.machine], sight.workers[action.machine]
        entry.begun = True
        until = worker.machine.skipped
        try:
            if until is not None and until < self._now() and action.step is not Step.UNSKIP:
                # An earlier run was killed, or this one takes too long: once it is given time again.
                if action.machine in self._renewed:
                    self._hands.unskip(worker)
                    reason = f"it was not back in time: Cluster API may replace it again (at step {action.step.value})"
                    raise TimedOut(reason, safe_to_leave=False)
                self._renewed.add(action.machine)
                self._hands.skip(worker)
            self._say(entry, "waiting", action.step.value)
            self._hands.do(action, sight)
        except EstateError as error:
            self._fail(action.machine, error)
        return action.step not in (Step.WAIT, Step.DRAIN)

    def _close(self, sight: Sight) -> None:
        """Machines that have all they should, and those that are gone: a rollout may have taken them."""
        for name, entry in self._entries.items():
            worker = sight.workers.get(name)
            if entry.outcome is Outcome.PLANNED and (worker is None or worker.machine.done):
                entry.outcome = Outcome.DONE
                entry.reason = "" if worker else "it is gone: another machine takes its place"
                self._say(entry, "done")

    def _give_up(self, todo: t.Sequence[Action], sight: Sight) -> None:
        for action in todo:
            machine = sight.workers[action.machine].machine
            missing = "its node is not ready" if not machine.ready else f"{machine.pods} pods have not left"
            told = missing if action.step in (Step.WAIT, Step.DRAIN) else "others were before it"
            error = TimedOut(f"still at step {action.step.value}: {told}", remedy="The next run goes on with it.")
            self._fail(action.machine, error)

    def _fail(self, name: str, error: EstateError) -> None:
        entry = self._entries[name]
        entry.error = error.during("give", "GPUs to", name)
        entry.outcome, entry.reason = Outcome.FAILED, str(entry.error)
        self._say(entry, "failed", entry.reason)

    def _say(self, entry: Entry, event: str, text: str = "") -> None:
        self._tell(Line(entry.address, entry.verb.value, event, text))


def _entry(machine: Machine) -> Entry:
    steps = [step.value for step in foreseen(machine)]
    changes = (
        Change("gpus", machine.attached, machine.wanted),
        Change("steps", [], steps),
    )
    # A node that still carries the taint of its first moment has nobody's pods on it.
    quiet = machine.tainted or not {"drain", "power_off"} & set(steps)
    impact = Impact.NONE if quiet else Impact.DISRUPTIVE
    return Entry(KIND, machine.name, Verb.UPDATE, impact, changes)
