# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""What a module knows of the run it belongs to: the store, the lease, the plan to hold to."""

from __future__ import annotations

import contextlib
import os
import typing as t

from . import guards
from .kind import Kind
from .lease import Heartbeat, Lease, check
from .plan import Verb
from .progress import Line, Progress
from .reconcile import Report
from .result import line
from .saved import step_document
from .secrets import Secrets
from .store import DirectoryStore
from .world import Kinds

_CHANGING = frozenset(verb.value for verb in (Verb.CREATE, Verb.UPDATE, Verb.DELETE))


class Run:
    """One step of a run; without a run everything here does nothing.

    context: what the estate_run module returned as kubeops_run. step: unique within the run.
    """

    def __init__(self, context: t.Mapping[str, t.Any], step: str) -> None:
        self._context = context
        self._step = step
        self._store = DirectoryStore(context["store"]) if context.get("store") else None
        token = context.get("token")
        self._lease = (
            Lease(context["id"], context.get("owner", ""), int(token), float(context.get("ttl", 120)))
            if token and self._store
            else None
        )

    @property
    def id(self) -> str:
        """Of the run, for user agents and session names; '' outside of one."""
        return str(self._context.get("id", ""))

    @property
    def teardown(self) -> bool:
        """True when a person agreed that all of the estate goes."""
        return bool(self._context.get("teardown"))

    @property
    def partial(self) -> bool:
        """True when only a part of the hosts or tasks runs; then no set may shrink."""
        return bool(self._context.get("partial"))

    def consent(self, windows: t.Sequence[t.Mapping[str, t.Any]]) -> guards.Consent:
        """What a person allowed when starting the run."""
        return guards.Consent(
            deletes={kind: int(count) for kind, count in (self._context.get("allow_delete") or {}).items()},
            addresses=frozenset(self._context.get("consent") or ()),
            windows=tuple(windows),
            teardown=self.teardown,
        )

    def declared(self, endpoint: str, kinds: Kinds) -> dict[str, set[str]]:
        """Names that the estate declares behind an endpoint; kinds without a region count everywhere.

        In a teardown nothing is declared any more: all that is found then is left over.
        """
        if not self._store or not self._context.get("declared") or self.teardown:
            return {}
        document = self._store.require(self._context["declared"], "Begin the run anew.")
        declared: dict[str, set[str]] = {}
        for place, names in document.items():
            for kind, listed in names.items():
                found: Kind[t.Any] | None = kinds.get(kind)
                if found and (place == endpoint or found.everywhere):
                    declared.setdefault(kind, set()).update(listed)
        return declared

    def names(self, endpoint: str, kind: str) -> set[str]:
        """Names of a kind that the estate declares behind an endpoint; none in a teardown, see declared."""
        if not self._store or not self._context.get("declared") or self.teardown:
            return set()
        document = self._store.require(self._context["declared"], "Begin the run anew.")
        return set(document.get(endpoint, {}).get(kind, ()))

    def declares(self, kinds: t.Collection[str], name: str) -> bool:
        """True when the estate declares something of that name and of one of the kinds, behind whatever endpoint."""
        if not self._store or not self._context.get("declared") or self.teardown:
            return False
        document = self._store.require(self._context["declared"], "Begin the run anew.")
        return any(name in names.get(kind, ()) for names in document.values() for kind in kinds)

    def to_come(self, kinds: t.Collection[str], name: str) -> bool:
        """True when an earlier step of this run plans to make something of that name and of one of the kinds."""
        if not self._store:
            return False
        steps = [self._store.read(step) for step in self._store.listed(f"runs/{self.id}/steps")]
        entries = [entry for step in steps for entry in step["entries"] if entry["verb"] == Verb.CREATE.value]
        return any(e["name"] == name and e["kind"] in kinds and e["outcome"] == "planned" for e in entries)

    def guard(self) -> None:
        """Called before each write: raises Fenced when another run took over."""
        if self._lease and self._store:
            check(self._store, self._lease)

    def heartbeat(self) -> contextlib.AbstractContextManager[t.Any]:
        """Keeps the lease while the step runs."""
        if self._lease and self._store:
            return Heartbeat(self._store, self._lease)
        return contextlib.nullcontext()

    def secrets(self, values: t.Mapping[str, str]) -> Secrets:
        """The call's secrets, with a key for fingerprints that never leaves the store."""
        if not self._store or not values:
            return Secrets(values)
        made = self._store.swap("private/fingerprint.json", lambda held: held or {"key": os.urandom(32).hex()})
        return Secrets(values, bytes.fromhex(made["key"]))

    def approved(self) -> list[dict[str, t.Any]] | None:
        """The step's entries of the plan that somebody approved, or None when there is none to hold to."""
        if not self._store or not self._context.get("plan"):
            return None
        plan = self._store.require(f"plans/{self._context['plan']}.json", "Was it made in this store?")
        return list(plan["steps"].get(self._step, ()))

    def started(self) -> set[str]:
        """Addresses at which a run of the approved plan began to write."""
        if not self._store or not self._context.get("plan"):
            return set()
        records = self._store.records(self._log())
        return {record["address"] for record in records if record["step"] == self._step}

    def _log(self) -> str:
        return f"plans/{self._context['plan']}.started.jsonl"

    def teller(self) -> t.Callable[[Line], None]:
        """Where events go: the run's progress, and for approved plans what was begun."""
        if not self._store:
            return lambda _line: None
        progress = Progress(self._store.path(f"runs/{self.id}/progress.jsonl"), self._step)
        store = self._store

        def tell(event: Line) -> None:
            if self._context.get("plan") and event.event == "started" and event.verb in _CHANGING:
                store.append(self._log(), {"address": event.address, "step": self._step})
            progress(event)

        return tell

    def record(self, report: Report, extra: t.Mapping[str, t.Any]) -> None:
        """Leave the step's whole plan and what became of it in the store."""
        if self._store:
            entries = [line(entry) for entry in report.plan.active]
            document = {"step": self._step, "entries": entries, "writes": step_document(report.plan), **extra}
            self._store.write(f"runs/{self.id}/steps/{self._step}.json", document)
