# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables five_steps_vsphere/<kind>.yml or <kind>.<variant>.yml against the twin's vCenter.

A table: {before: [resources that must be there first], make: {name, ...options}, changes: [{field: value, ...}, ...]
(each on top of those before it), not_here: {field: why no change of it can be tried}, secrets: {name: value}}. The
secret root is the password of hosts. Every step is first planned without writing; what was foreseen is then what
happens. In the end nothing of ours is left.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import EstateError
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.plan import Outcome
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.vsphere.registry import KINDS
from tests.contract.vsphere_center import Center, served
from tests.unit.kinds_support_vsphere import STEPS
from tests.unit.plan_tables import table
from tests.unit.steps import assert_every_field_changes, assert_holds, foreseen_and_done

TABLES = sorted(path.stem for path in STEPS.glob("*.yml"))
# No object takes as many to make.
MOST_CALLS = 200
TABLED = sorted({name.partition(".")[0] for name in TABLES})


@pytest.fixture
def center(tmp_path: Path) -> Iterator[Center]:
    """A vCenter."""
    with served(tmp_path) as started:
        yield started


@pytest.mark.parametrize("name", TABLES)
def test_five_steps(name: str, center: Center) -> None:
    steps = table(STEPS / f"{name}.yml")
    center.secrets.update({k: value for k, value in steps.get("secrets", {}).items() if k != "root"})
    before = steps.get("before", [])
    resource = {"kind": name.partition(".")[0], **steps["make"]}
    center.reconcile(*before)

    entry, report = foreseen_and_done(center, before, resource)
    assert (entry.verb.value, entry.outcome, report.changed) == ("create", Outcome.DONE, True)
    assert_holds(center, before, resource)

    for change in steps.get("changes", []):
        resource = {**resource, **change}
        entry, report = foreseen_and_done(center, before, resource)
        assert entry.verb.value == "update", change
        assert {c.field for c in entry.changes} == set(change)
        assert entry.outcome is Outcome.DONE
        assert_holds(center, before, resource)

    entry, report = foreseen_and_done(center, before, resource, absent=True)
    assert (entry.verb.value, entry.outcome) == ("delete", Outcome.DONE)
    gone = center.reconcile(resource, absent=True)
    assert (gone.plan.entries, gone.changed) == ([], False)

    center.reconcile(*before, absent=True)
    assert center.reconcile(sweep=True).undeclared == []


@pytest.mark.parametrize("name", TABLES)
def test_a_run_that_died_between_two_calls_is_finished_by_the_next(name: str, center: Center) -> None:
    steps = table(STEPS / f"{name}.yml")
    center.secrets.update({k: value for k, value in steps.get("secrets", {}).items() if k != "root"})
    before = steps.get("before", [])
    resource = {"kind": name.partition(".")[0], **steps["make"]}
    center.reconcile(*before, resource)
    for calls in range(MOST_CALLS):
        center.reconcile(resource, absent=True)
        center.limit = center.writes + calls
        died = False
        try:
            center.reconcile(*before, resource)
        except EstateError:
            died = True
        center.limit = None
        if not died:
            break
        foreseen_and_done(center, before, resource)
        assert_holds(center, before, resource)
    assert not died, "it never gets through"
    assert calls > 0, "nothing was ever killed"
    center.reconcile(resource, absent=True)
    center.reconcile(*before, absent=True)
    assert center.reconcile(sweep=True).undeclared == [], "something was made twice"


@pytest.mark.parametrize("kind", TABLED)
def test_changes_cover_every_field_that_may_change(kind: str) -> None:
    assert_every_field_changes(
        KINDS[kind], [STEPS / f"{name}.yml" for name in TABLES if name.partition(".")[0] == kind]
    )
