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
from .options import Option, Options
from .plan import Entry, Plan, Verb
from .refs import Pending

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


class Optioned(t.Protocol):
    """What tells how fields of a kind compare; see Kind."""

    @property
    def options(self) -> Options:
        """By name."""


def validate(
    approved: t.Sequence[Document], plan: Plan, kinds: t.Mapping[str, Optioned], started: t.Collection[str]
) -> None:
    """Raise Stale unless every object is as it was when the plan was made, or as the plan makes it.

    An object that is as the plan makes it has nothing left to be changed: so only what is still to be
    written has to be found in what was approved. started: addresses at which a run of this same plan
    began to write; those may be half made.
    """
    by_address = {f"{document['kind']}/{document['name']}": document for document in approved}
    for entry in plan.changing:
        reason = _stale(by_address.get(entry.address), entry, kinds[entry.kind], entry.address in started)
        if reason:
            raise Stale(f"{entry.address}: {reason}", remedy="Make a new plan.")


def _stale(document: Document | None, entry: Entry, kind: Optioned, started: bool) -> str:
    """What is to be written and was not approved, or ''."""
    if document is None:
        return f"to {entry.verb.value} it is not in the approved plan"
    verb = Verb(document["verb"])
    half_made = started and verb is Verb.CREATE and entry.verb is Verb.UPDATE
    if entry.verb is not verb and not half_made:
        return f"the plan would {verb.value} it, what it takes now is: {entry.verb.value}"
    fields = {change["field"]: change for change in document["changes"]}
    for change in entry.changes:
        known = fields.get(change.field)
        if known is None:
            return f"{change.field} is {change.before!r}; the plan knows nothing of a change of it"
        as_planned = started or canonical(plain(change.before)) == canonical(known["before"])
        if not as_planned or not _fits(known["after"], change.after, kind.options[change.field]):
            return (
                f"{change.field} is {change.before!r} and would become {change.after!r}; "
                f"the plan knows it as {known['before']!r} and would make it {known['after']!r}"
            )
    return ""


def _fits(approved: t.Any, value: t.Any, option: Option) -> bool:
    """Equal, or not known yet when it was approved."""
    return _PENDING in canonical(approved) or same(approved, plain(value), option)
