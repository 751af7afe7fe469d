# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""What happens to one entry of a plan, as a generator that yields whatever has to be waited for."""

from __future__ import annotations

import dataclasses
import time
import typing as t

from .compare import same
from .errors import EstateError, NotFound
from .kind import Kind, Seen, Status, Watch
from .plan import Entry, Verb
from .refs import Pending
from .world import Declared, Kinds, World


@dataclasses.dataclass(frozen=True)
class Timing:
    """Seconds. poll_interval: between two looks. settle_timeout: for what was written to be seen
    everywhere. wait_timeout: caps every kind's own deadline."""

    poll_interval: float = 15.0
    settle_timeout: float = 120.0
    wait_timeout: float = 3600.0


@dataclasses.dataclass(frozen=True)
class Context:
    """All that applying needs. options: address to the wish's options."""

    kinds: Kinds
    port: t.Any
    estate: str
    world: World
    declared: Declared
    options: t.Mapping[str, t.Mapping[str, t.Any]]
    timing: Timing = dataclasses.field(default_factory=Timing)


@dataclasses.dataclass(frozen=True)
class Look:
    """Wait until observations of the object's kind show it ready, or gone."""

    gone: bool = False


@dataclasses.dataclass(frozen=True)
class Pause:
    """Try again after one poll interval."""

    reason: str


@dataclasses.dataclass(frozen=True)
class Bulk:
    """Create it together with its like; the answer is sent back into the script."""

    options: t.Mapping[str, t.Any] = dataclasses.field(repr=False)


Wait = t.Union[Watch, Look, Pause, Bulk]
Script = t.Generator[Wait, t.Optional[Seen], None]


def script(entry: Entry, context: Context) -> Script:
    """The steps for one entry, by its verb."""
    steps = {Verb.CREATE: _create, Verb.UPDATE: _update, Verb.CONTINUE: _continue, Verb.DELETE: _delete}
    return steps[entry.verb](entry, context)


def first_pending(value: t.Any) -> Pending | None:
    """Some value that is not known yet, wherever it hides."""
    if isinstance(value, Pending):
        return value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ()
    return next((found for found in map(first_pending, inner) if found), None)


def _resolved(entry: Entry, context: Context) -> dict[str, t.Any]:
    options = context.world.resolve(context.options[entry.address], entry.kind, context.declared)
    pending = first_pending(options)
    if pending:
        raise NotFound(
            f"{pending.kind} {pending.name} is declared but does not exist yet",
            remedy="Run the layer that makes it first.",
        )
    return options


def _create(entry: Entry, context: Context) -> Script:
    kind: Kind[t.Any] = context.kinds[entry.kind]
    if context.world.get(entry.kind, entry.name):
        yield Look(gone=True)
    options = _resolved(entry, context)
    later = [field for field in kind.later if options.get(field) is not None]
    first = {field: value for field, value in options.items() if field not in later}
    until = time.monotonic() + context.timing.settle_timeout
    made: Seen | None = None
    while made is None:
        try:
            if kind.bulk:
                made = yield Bulk(first)
            else:
                made = kind.create(context.port, context.estate, entry.name, first)
        except EstateError as error:
            yield _patience(kind, error, until)
    context.world.add(entry.kind, made)
    if later or made.status is not Status.READY:
        yield Look()
    yield from _change(entry, context, later)


def _update(entry: Entry, context: Context) -> Script:
    if t.cast(Seen, context.world.raw(entry.kind, entry.name)).status is not Status.READY:
        yield from _continue(entry, context)
    fields = [change.field for change in entry.changes]
    yield from _change(entry, context, fields)
    if context.kinds[entry.kind].renews(fields):
        # Others refer to what is new now.
        yield Look()


def _change(entry: Entry, context: Context, fields: t.Iterable[str]) -> Script:
    """Change those of the fields that differ, from the start again after a refusal that only needs time."""
    kind: Kind[t.Any] = context.kinds[entry.kind]
    planned = {change.field: change.after for change in entry.changes}
    until = time.monotonic() + context.timing.settle_timeout
    while True:
        state = t.cast(Seen, context.world.get(entry.kind, entry.name)).state
        left = frozenset(f for f in fields if not same(planned[f], state.get(f), kind.options[f]))
        if not left:
            return
        seen = t.cast(Seen, context.world.raw(entry.kind, entry.name))
        try:
            return (yield from kind.update(context.port, seen, _resolved(entry, context), left))
        except EstateError as error:
            yield _patience(kind, error, until)
        yield Look()


def _patience(kind: Kind[t.Any], error: EstateError, until: float) -> Pause:
    # All that it refers to was observed: a refusal to find it is an endpoint that has not caught up with itself.
    if not kind.not_yet(error) or time.monotonic() > until:
        raise error
    return Pause(error.cause)


def _continue(entry: Entry, context: Context) -> Script:
    context.kinds[entry.kind].resume(context.port, t.cast(Seen, context.world.raw(entry.kind, entry.name)))
    yield Look()


def _delete(entry: Entry, context: Context) -> Script:
    seen = t.cast(Seen, context.world.raw(entry.kind, entry.name))
    if seen.status is not Status.DELETING:
        yield from context.kinds[entry.kind].delete(context.port, seen)
    yield Look(gone=True)


__all__ = ["Bulk", "Context", "Look", "Pause", "Script", "Timing", "Wait", "first_pending", "script"]
