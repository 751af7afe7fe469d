# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps of five-steps tables, at whatever endpoint: foreseen and done, holds, every field has its change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.compare import same
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.kind import Kind, Wish
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.plan import Entry
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.reconcile import Report
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.wishes import parse
from tests.unit.plan_tables import table

Row = Mapping[str, Any]


class Place(Protocol):
    """An endpoint with the kinds behind it; `writes` counts the requests that may have changed something."""

    @property
    def kinds(self) -> Mapping[str, Kind[Any]]:
        """The registry."""

    @property
    def writes(self) -> int:
        """So far."""

    def reconcile(self, *resources: Row, absent: bool = False, dry_run: bool = False, **rest: Any) -> Report:
        """The engine's whole way; raises what it ends with."""


def _wish(place: Place, resource: Row) -> Wish:
    (only,) = parse([resource], place.kinds)
    return only


def foreseen_and_done(place: Place, before: Sequence[Row], resource: Row, **rest: Any) -> tuple[Entry, Report]:
    """The entry of a resource from a dry run, and the report of the real one that did exactly that."""
    address = _wish(place, resource).address
    resources = [resource] if rest.get("absent") else [*before, resource]
    writes = place.writes
    foreseen = place.reconcile(*resources, dry_run=True, **rest)
    assert place.writes == writes, "a dry run wrote"
    report = place.reconcile(*resources, **rest)
    told = [(e.address, e.verb, e.impact, e.changes) for e in foreseen.plan.entries]
    assert told == [(e.address, e.verb, e.impact, e.changes) for e in report.plan.entries]
    return next(e for e in report.plan.entries if e.address == address), report


def assert_holds(place: Place, before: Sequence[Row], resource: Row) -> None:
    """The world shows every field of the resource, and another run keeps everything without a write."""
    writes = place.writes
    report = place.reconcile(*before, resource)
    assert [(e.address, e.verb, e.changes) for e in report.plan.active] == []
    assert (place.writes, report.changed) == (writes, False)
    wanted = _wish(place, resource)
    seen = report.world.get(wanted.kind, wanted.name)
    assert seen is not None
    for field, value in report.world.filled(wanted.options, wanted.kind, {}).items():
        option = place.kinds[wanted.kind].options[field]
        assert not option.compared or same(value, seen.state.get(field), option), field


def assert_every_field_changes(kind: Kind[Any], tables: Sequence[Path]) -> None:
    """Each field of a kind that may change has a change in one of its tables, or a reason under not_here."""
    steps = [table(path) for path in tables]
    changed = {field for one in steps for change in one.get("changes", []) for field in change}
    excused = {field for one in steps for field in one.get("not_here", {})}
    may = {field for field, option in kind.options.items() if not option.immutable and option.compared}
    assert may - changed == excused, "each field needs a change, or a reason under not_here"
