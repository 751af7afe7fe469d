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

import pytest
from moto import mock_aws

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import EstateError
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.plan import Outcome
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.aws.registry import KINDS
from tests.unit.kinds_support import STEPS, Account
from tests.unit.plan_tables import table
from tests.unit.steps import assert_every_field_changes, assert_holds, foreseen_and_done

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
    assert_every_field_changes(
        KINDS[kind], [STEPS / f"{name}.yml" for name in TABLES if name.partition(".")[0] == kind]
    )
