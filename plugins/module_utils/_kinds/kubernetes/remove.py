# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Delete a set's objects wave by wave, each wave gone before the next: controllers live until their finalizers ran."""

from __future__ import annotations

import collections
import heapq
import time
import typing as t

from ..._clients.kube import Port
from ..._clients.kube_discovery import Resource, Resources
from ..._clients.kube_errors import Expired, Heals, WebhookDown
from ..._engine.errors import Conflict, EstateError, Fenced, TimedOut
from ..._engine.kind import Owner
from ..._engine.plan import Entry, Outcome
from ..._engine.progress import Line
from ..._engine.script import Timing
from .apply import WORKERS
from .calls import Calls
from .causes import behind_webhook
from .contents import mounted, others_in
from .nudge import EVERY, nudge
from .objects import Body, Key, Live, key_of
from .retries import pause
from .stuck import explain_namespace, explain_object
from .telling import REPEAT, Tell


class Remover:
    """Deletes once; outcomes are written into the entries.

    waves: what goes together, first to last. lives: the objects as last seen; only those of ours are deleted, and only
    if their uid is still the same. with_contents: names of namespaces that go although others have something in them.
    mounts: what workloads that went before have for themselves; it is nobody else's.
    A wave that does not go stops those after it, since they are what it needs to go.
    """

    def __init__(
        self,
        waves: t.Sequence[t.Sequence[Key]],
        lives: t.Iterable[Live],
        entries: t.Mapping[Key, Entry],
        port: Port,
        resources: Resources,
        *,
        timing: Timing,
        tell: Tell,
        with_contents: t.Collection[str] = (),
        mounts: t.Collection[Key] = (),
        workers: int = WORKERS,
    ) -> None:
        self._waves = waves
        self._lives = {live.key: live for live in lives if live.owner is Owner.OURS}
        self._mounted = mounted(self._lives.values()).union(mounts)
        self._entries = entries
        self._port = port
        self._resources = resources
        self._timing = timing
        self._tell = tell
        self._with_contents = frozenset(with_contents)
        self._calls = Calls(workers)
        self._open: dict[Key, float] = {}
        self._looks: list[tuple[float, str, int, Resource]] = []
        self._again: list[tuple[float, Key, int]] = []
        self._told: dict[Key, tuple[str, float]] = {}
        self._refusals: dict[Key, EstateError] = {}
        self._over: EstateError | None = None
        self._nudged: dict[Key, float] = {}

    def run(self) -> None:
        """Until every entry has an outcome."""
        failed = ""
        with self._calls:
            for wave in self._waves:
                keys = [key for key in wave if key in self._lives and key in self._entries]
                if failed:
                    self._leave(keys, failed)
                    continue
                self._remove(keys)
                failed = next((key.address for key in keys if self._entries[key].outcome is not Outcome.DONE), "")

    def _leave(self, keys: t.Iterable[Key], failed: str) -> None:
        for key in keys:
            entry = self._entries[key]
            entry.outcome, entry.reason = Outcome.NOT_TRIED, f"{failed} has to be gone first, and it is not"
            self._say(key, "not_tried", entry.reason)

    def _remove(self, keys: t.Sequence[Key]) -> None:
        now = time.monotonic()
        kinds = collections.Counter((key.group, key.kind) for key in keys)
        self._open = dict.fromkeys(keys, now)
        for group, kind in kinds:
            resource = self._resources.find(group, kind)
            if resource:
                heapq.heappush(self._looks, (now + pause(0, self._timing), resource.plural, 0, resource))
        for key in keys:
            self._say(key, "started")
            self._delete(key, 0)
        while self._open or self._calls.open:
            self._due()
            dues = [queue[0][0] for queue in (self._looks, self._again) if queue]
            self._calls.answer(min(dues, default=None))
        self._looks, self._again = [], []

    def _due(self) -> None:
        now = time.monotonic()
        while self._again and self._again[0][0] <= now:
            _due, key, tries = heapq.heappop(self._again)
            if key in self._open:
                self._delete(key, tries)
        while self._looks and self._looks[0][0] <= now:
            _due, _plural, polls, resource = heapq.heappop(self._looks)
            waiting = [key for key in self._open if (key.group, key.kind) == (resource.group, resource.kind)]
            if waiting:
                self._look(resource, waiting, polls)

    def _delete(self, key: Key, tries: int) -> None:
        live, resource = self._lives[key], self._resources.find(key.group, key.kind)
        if resource is None:
            # Its definition is gone, and took it along.
            self._end(key, Outcome.DONE)
            return
        uid = str(live.metadata.get("uid") or "")

        def call() -> bool:
            if key.sort == "Namespace" and key.name not in self._with_contents:
                self._refuse_contents(key.name)
            self._entries[key].begun = True
            return self._port.delete(resource, key.namespace, key.name, uid=uid)

        def asked(there: bool) -> None:
            self._refusals.pop(key, None)
            if not there:
                self._end(key, Outcome.DONE)

        self._calls.submit(call, asked, lambda error: self._refused(key, error, tries))

    def _refuse_contents(self, name: str) -> None:
        found = others_in(self._port, self._resources, name, self._lives.keys() | self._mounted)
        if found:
            raise OthersInside(
                f"others have {len(found)} objects in it: {', '.join(found[:10])}{' ...' if len(found) > 10 else ''}",
                remedy=f"Move or delete them; if all of it is to go, say kubeops_consent=Namespace/{name}.",
            )

    def _refused(self, key: Key, error: EstateError, tries: int) -> None:
        if self._over:
            self._failed(key, error)
        elif isinstance(error, (Fenced, Expired)):
            self._over = error
            for each in list(self._open):
                self._failed(each, error)
        elif isinstance(error, (Heals, Conflict)) and not isinstance(error, OthersInside) and key in self._open:
            # Another object may have its name now; a look tells, and a webhook may refuse in the same words.
            self._refusals[key] = error
            if not self._out_of_time(key, error.cause):
                self._note(key, error.cause)
                heapq.heappush(self._again, (time.monotonic() + pause(tries, self._timing, error), key, tries + 1))
        else:
            self._failed(key, error)

    def _look(self, resource: Resource, keys: t.Sequence[Key], polls: int) -> None:
        single = keys[0] if len(keys) == 1 else None

        def call() -> list[Body]:
            fields = f"metadata.name={single.name}" if single else ""
            namespace = single.namespace if single else ""
            return self._port.listed(resource, namespace, fields=fields, metadata_only=True)

        def again() -> None:
            due = time.monotonic() + pause(polls + 1, self._timing)
            heapq.heappush(self._looks, (due, resource.plural, polls + 1, resource))

        def seen(rows: t.Sequence[Body]) -> None:
            there = {key_of({**row, "apiVersion": resource.api_version, "kind": resource.kind}): row for row in rows}
            for key in keys:
                self._judge(key, there.get(key))
            again()

        def unseen(error: EstateError) -> None:
            self._failed_look(keys, error)
            again()

        self._calls.submit(call, seen, unseen)

    def _failed_look(self, keys: t.Iterable[Key], error: EstateError) -> None:
        for key in keys:
            if key in self._open and not self._out_of_time(key, error.cause):
                self._note(key, error.cause)

    def _judge(self, key: Key, row: Body | None) -> None:
        if key not in self._open:
            return
        uid = self._lives[key].metadata.get("uid")
        if row is None or (uid and row["metadata"].get("uid") != uid):
            self._end(key, Outcome.DONE)
            return
        held = ", ".join(row["metadata"].get("finalizers") or ())
        reason = f"held by {held}" if held else "still there"
        if not self._out_of_time(key, reason):
            self._note(key, reason)
            self._nudge(key)

    def _nudge(self, key: Key) -> None:
        """The server empties a definition that goes, and after a failure tries again ever later; a change wakes it."""
        now = time.monotonic()
        if key.kind != "CustomResourceDefinition" or now < self._nudged.get(key, self._open[key]) + EVERY:
            return
        self._nudged[key] = now
        resource = self._resources.find(key.group, key.kind)
        if resource is None:
            return
        # Whether it goes is seen by the next look, whatever this answers.
        self._calls.submit(lambda: nudge(self._port, resource, key.name), lambda _done: None, lambda _error: None)

    def _out_of_time(self, key: Key, reason: str) -> bool:
        now = time.monotonic()
        if now <= self._open[key] + self._timing.wait_timeout:
            return False
        seconds = round(now - self._open[key])

        def end(explained: str) -> None:
            error = TimedOut(f"not gone after {seconds} s: {explained or reason}")
            self._failed(key, error)

        self._calls.submit(lambda: self._explained(key), end, lambda _error: end(""))
        return True

    def _explained(self, key: Key) -> str:
        refusal = self._refusals.get(key)
        if isinstance(refusal, WebhookDown):
            return f"{refusal.cause}; {behind_webhook(self._port, refusal.webhook)}"
        if refusal:
            return refusal.cause
        if key.sort == "Namespace":
            return explain_namespace(self._port, key.name)
        return explain_object(self._port, self._lives[key])

    def _failed(self, key: Key, error: EstateError) -> None:
        if key in self._open:
            self._entries[key].error = error.during("delete", key.sort, key.place)
            self._end(key, Outcome.FAILED, str(error))

    def _end(self, key: Key, outcome: Outcome, reason: str = "") -> None:
        since = self._open.pop(key, None)
        if since is None:
            return
        entry = self._entries[key]
        entry.outcome, entry.reason, entry.waited = outcome, reason, time.monotonic() - since
        self._say(key, outcome.value, reason, entry.waited)

    def _note(self, key: Key, reason: str) -> None:
        told, when = self._told.get(key, ("", 0.0))
        if reason != told or time.monotonic() > when + REPEAT:
            self._told[key] = (reason, time.monotonic())
            self._say(key, "waiting", reason, time.monotonic() - self._open.get(key, time.monotonic()))

    def _say(self, key: Key, event: str, text: str = "", since: float = 0.0) -> None:
        self._tell(Line(key.address, "delete", event, text, round(since, 1)))


class OthersInside(Conflict):
    """A namespace holds what is not ours."""
