# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""The one shape that every module returns, and Ansible's diff, both made from the plan."""

from __future__ import annotations

import time
import typing as t

from .kind import Seen
from .plan import Entry, Outcome, Verb
from .reconcile import Report
from .saved import plain

DIFF_ENTRIES = 100


def line(entry: Entry) -> dict[str, t.Any]:
    """One entry as it is returned; creates and deletes carry no fields, the full plan is in the store."""
    told: dict[str, t.Any] = {
        "kind": entry.kind,
        "name": entry.name,
        "verb": entry.verb.value,
        "impact": entry.impact.label,
        "outcome": entry.outcome.value,
    }
    if entry.verb is Verb.UPDATE:
        told["fields"] = [change.field for change in entry.changes]
    if entry.reason:
        told["reason"] = entry.reason
    return told


def waiting(entry: Entry) -> dict[str, t.Any]:
    """Somebody else must act: who and what for."""
    since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - entry.waited))
    reason, _separator, remedy = entry.reason.partition("; ")
    return {"kind": entry.kind, "name": entry.name, "since": since, "for": reason, "do": remedy}


def undeclared(left: t.Iterable[tuple[str, Seen]]) -> list[dict[str, str]]:
    """Objects of ours that nobody declares."""
    return [{"kind": kind, "name": seen.name, "id": seen.id} for kind, seen in left]


def result(report: Report) -> dict[str, t.Any]:
    """plan, changed, counts, waiting and undeclared of one step."""
    entries = report.plan.entries
    counts = {verb.value: sum(entry.verb is verb for entry in entries) for verb in Verb}
    for outcome in (Outcome.FAILED, Outcome.NOT_TRIED, Outcome.WAITING):
        counts[outcome.value] = sum(entry.outcome is outcome for entry in entries)
    return {
        "changed": report.changed,
        "plan": [line(entry) for entry in report.plan.active],
        "counts": counts,
        "waiting": [waiting(entry) for entry in report.waiting],
        "undeclared": undeclared(report.undeclared),
    }


def diff(report: Report) -> list[dict[str, t.Any]]:
    """Ansible's diff, one block an entry, capped."""
    blocks = [
        {
            "before_header": entry.address,
            "after_header": entry.address,
            "before": {} if entry.verb is Verb.CREATE else {c.field: plain(c.before) for c in entry.changes},
            "after": {c.field: _shown(c.after) for c in entry.changes},
        }
        for entry in report.plan.changing[:DIFF_ENTRIES]
    ]
    more = len(report.plan.changing) - len(blocks)
    return [*blocks, {"prepared": f"... and {more} more; the whole plan is in the store\n"}] if more > 0 else blocks


def _shown(value: t.Any) -> t.Any:
    text = plain(value)
    return text["$pending"] if isinstance(text, dict) and set(text) == {"$pending"} else text
