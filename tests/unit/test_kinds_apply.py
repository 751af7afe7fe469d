# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables five_steps/<kind>.yml or <kind>.<variant>.yml: foresee, make, keep, change each field, keep, remove.

A table: {before: [resources that must be there first], make: {name, ...options},
changes: [{field: value, ...}, ...] (each on top of those before it),
not_here: {field: why no change of it can be tried against moto}}.
Every step is first planned without writing; what was foreseen is then what happens.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.compare import same
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import EstateError
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.plan import Entry, Outcome
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.reconcile import Report
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.aws.registry import KINDS
from tests.unit.kinds_support import STEPS, Account, Row, wish
from tests.unit.plan_tables import table

TABLES = sorted(path.stem for path in STEPS.glob("*.yml"))
TABLED = sorted({name.partition(".")[0] for name in TABLES})


@pytest.fixture(scope="module")
def connected() -> Account:
    """The port, built once: reading the service models takes longer than a test."""
    with mock_aws():
        return Account()


@pytest.fixture
def account(connected: Account, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """An empty account; without moto's list of images, which takes seconds to load."""
    monkeypatch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
    with mock_aws():
        yield connected


def foreseen_and_done(account: Account, before: list[Row], resource: Row, **rest: Any) -> tuple[Entry, Report]:
    """The entry of a resource from a dry run, and the report of the real one that did exactly that."""
    address = wish(resource).address
    resources = [resource] if rest.get("absent") else [*before, resource]
    writes = account.writes
    foreseen = account.reconcile(*resources, dry_run=True, **rest)
    assert account.writes == writes, "a dry run wrote"
    report = account.reconcile(*resources, **rest)
    told = [(e.address, e.verb, e.impact, e.changes) for e in foreseen.plan.entries]
    assert told == [(e.address, e.verb, e.impact, e.changes) for e in report.plan.entries]
    return next(e for e in report.plan.entries if e.address == address), report


def assert_holds(account: Account, before: list[Row], resource: Row) -> None:
    """The world shows every field of the resource, and another run keeps everything without a write."""
    writes = account.writes
    report = account.reconcile(*before, resource)
    assert [(e.address, e.changes) for e in report.plan.changing] == []
    assert (account.writes, report.changed) == (writes, False)
    wanted = wish(resource)
    seen = report.world.get(wanted.kind, wanted.name)
    assert seen is not None
    for field, value in wanted.options.items():
        option = KINDS[wanted.kind].options[field]
        assert not option.compared or same(value, seen.state.get(field), option), field


@pytest.mark.slow
@pytest.mark.parametrize("name", TABLES)
def test_five_steps(name: str, account: Account) -> None:
    steps = table(STEPS / f"{name}.yml")
    kind = name.partition(".")[0]
    before = steps.get("before", [])
    resource = {"kind": kind, **steps["make"]}
    account.reconcile(*before)

    entry, report = foreseen_and_done(account, before, resource)
    assert (entry.verb.value, entry.outcome, report.changed) == ("create", Outcome.DONE, True)
    assert_holds(account, before, resource)

    for change in steps.get("changes", []):
        resource = {**resource, **change}
        entry, report = foreseen_and_done(account, before, resource)
        assert entry.verb.value == "update", change
        assert {c.field for c in entry.changes} == set(change)
        assert entry.outcome is Outcome.DONE
        assert_holds(account, before, resource)

    entry, report = foreseen_and_done(account, before, resource, absent=True)
    assert (entry.verb.value, entry.outcome) == ("delete", Outcome.DONE)
    gone = account.reconcile(resource, absent=True)
    assert (gone.plan.entries, gone.changed) == ([], False)

    account.reconcile(*before, absent=True)
    assert account.reconcile(sweep=True).undeclared == []


@pytest.mark.slow
@pytest.mark.parametrize("name", TABLES)
def test_a_run_that_died_between_two_calls_is_finished_by_the_next(name: str, account: Account) -> None:
    steps = table(STEPS / f"{name}.yml")
    before = steps.get("before", [])
    resource = {"kind": name.partition(".")[0], **steps["make"]}
    account.reconcile(*before)
    started = account.writes
    account.reconcile(*before, resource)
    for calls in range(1, account.writes - started):
        account.reconcile(resource, absent=True)
        account.limit = account.writes + calls
        with pytest.raises(EstateError):
            account.reconcile(*before, resource)
        account.limit = None
        foreseen_and_done(account, before, resource)
        assert_holds(account, before, resource)
    account.reconcile(resource, absent=True)
    account.reconcile(*before, absent=True)
    assert account.reconcile(sweep=True).undeclared == [], "something was made twice"


@pytest.mark.parametrize("kind", TABLED)
def test_changes_cover_every_field_that_may_change(kind: str) -> None:
    tables = [table(STEPS / f"{name}.yml") for name in TABLES if name.partition(".")[0] == kind]
    changed = {field for steps in tables for change in steps.get("changes", []) for field in change}
    excused = {field for steps in tables for field in steps.get("not_here", {})}
    may = {field for field, option in KINDS[kind].options.items() if not option.immutable and option.compared}
    assert may - changed == excused, "each field needs a change, or a reason under not_here"
