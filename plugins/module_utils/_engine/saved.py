# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Saved plans: what somebody approved is what happens, or nothing does."""

from __future__ import annotations

import hashlib
import typing as t

from .compare import canonical, same
from .errors import Stale
from .plan import Entry, Plan, Verb
from .refs import Pending
from .world import Kinds, World

Document = t.Mapping[str, t.Any]
_PENDING = "$pending"


def plain(value: t.Any) -> t.Any:
    """A value as JSON can hold it; what is not known yet says what it waits for."""
    if isinstance(value, Pending):
        return {_PENDING: str(value)}
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    return value


def _holds_pending(value: t.Any) -> bool:
    return _PENDING in canonical(value)


def entry_document(entry: Entry) -> dict[str, t.Any]:
    """One entry as it is stored and shown to the approver."""
    return {
        "kind": entry.kind,
        "name": entry.name,
        "verb": entry.verb.value,
        "impact": entry.impact.label,
        "changes": [{"field": c.field, "before": plain(c.before), "after": plain(c.after)} for c in entry.changes],
    }


def step_document(plan: Plan) -> list[dict[str, t.Any]]:
    """What a step would write, by address."""
    return sorted((entry_document(e) for e in plan.changing), key=lambda d: (d["kind"], d["name"]))


def digest(content: t.Any) -> str:
    """A fingerprint of a plan or of its inputs."""
    return hashlib.sha256(canonical(content).encode()).hexdigest()


def validate(
    approved: t.Sequence[Document], plan: Plan, world: World, kinds: Kinds, started: t.Collection[str]
) -> None:
    """Raise Stale unless every object is as it was when the plan was made, or as the plan makes it.

    started: addresses at which a run of this same plan began to write; those may be half made.
    """
    by_address = {f"{document['kind']}/{document['name']}": document for document in approved}
    for entry in plan.changing:
        if entry.address not in by_address:
            raise Stale(f"{entry.verb.value} {entry.address} is not in the approved plan", remedy="Make a new plan.")
    for address, document in by_address.items():
        if address not in started:
            _valid(address, document, world, kinds)


def _valid(address: str, document: Document, world: World, kinds: Kinds) -> None:
    seen = world.get(document["kind"], document["name"])
    if document["verb"] == Verb.DELETE.value:
        return
    if seen is None:
        if document["verb"] != Verb.CREATE.value:
            raise Stale(f"{address} was there when the plan was made and is gone", remedy="Make a new plan.")
        return
    for change in document["changes"]:
        option = kinds[document["kind"]].options[change["field"]]
        now = seen.state.get(change["field"])
        made = same(change["after"], now, option) or _holds_pending(change["after"]) or not option.compared
        unchanged = document["verb"] != Verb.CREATE.value and canonical(now) == canonical(change["before"])
        if not made and not unchanged:
            raise Stale(
                f"{address}: {change['field']} is {now!r}; the plan knows it as {change['before']!r} "
                f"and would make it {change['after']!r}",
                remedy="Somebody else changed it. Make a new plan.",
            )
