# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables five_steps/<kind>.yml against the twin's AWS, whose states take time and whose refusals are EKS'.

They are written as those in tests/unit/five_steps; moto alone knows neither update records nor access entries.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import EstateError, Immutable
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.kind import Owner
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.plan import Outcome, PlanErrors
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.aws.registry import KINDS
from tests.contract.aws_account import served
from tests.contract.passing_time import TwinAccount
from tests.unit.plan_tables import table
from tests.unit.steps import assert_every_field_changes, assert_holds, foreseen_and_done

STEPS = Path(__file__).parent / "five_steps"
TABLES = sorted(path.stem for path in STEPS.glob("*.yml"))
# What passes in the twin while it says how something is: states change between looks, and nobody sleeps.
SECONDS_A_LOOK = 120.0


@pytest.fixture
def account(tmp_path: Path) -> Iterator[TwinAccount]:
    """An empty account."""
    with served(tmp_path) as twin:
        yield TwinAccount(twin, SECONDS_A_LOOK)


@pytest.mark.parametrize("kind", TABLES)
def test_five_steps(kind: str, account: TwinAccount) -> None:
    steps = table(STEPS / f"{kind}.yml")
    before = steps.get("before", [])
    resource = {"kind": kind, **steps["make"]}
    account.reconcile(*before)

    entry, _report = foreseen_and_done(account, before, resource)
    assert (entry.verb.value, entry.outcome) == ("create", Outcome.DONE)
    assert_holds(account, before, resource)

    for change in steps["changes"]:
        resource = {**resource, **change}
        entry, _report = foreseen_and_done(account, before, resource)
        assert entry.verb.value == "update", change
        assert {c.field for c in entry.changes} == {field for field, value in change.items() if value is not None}
        assert_holds(account, before, resource)

    entry, _report = foreseen_and_done(account, before, resource, absent=True)
    assert (entry.verb.value, entry.outcome) == ("delete", Outcome.DONE)
    account.reconcile(*before, absent=True)
    assert account.reconcile(sweep=True).undeclared == []
    assert account.twin.calls.count()["unsupported"] == []


@pytest.mark.parametrize("kind", ["eks_access_entry", "iam_role"])
def test_a_run_that_died_between_two_calls_is_finished_by_the_next(kind: str, account: TwinAccount) -> None:
    steps = table(STEPS / f"{kind}.yml")
    before = steps.get("before", [])
    resource = {"kind": kind, **steps["make"]}
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


@pytest.mark.parametrize("kind", [name for name in TABLES if name.startswith("eks_")])
def test_changes_cover_every_field_that_may_change(kind: str) -> None:
    assert_every_field_changes(KINDS[kind], [STEPS / f"{kind}.yml"])


def cluster_with(account: TwinAccount, **options: Any) -> list[dict[str, Any]]:
    """The table's cluster with everything before it, made; options of the cluster on top."""
    steps = table(STEPS / "eks_cluster.yml")
    resources = [*steps["before"], {"kind": "eks_cluster", **steps["make"], **options}]
    account.reconcile(*resources)
    return resources


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"version": "1.35"}, "a version upgrade is not offered by this release"),
        ({"authentication_mode": "CONFIG_MAP"}, "EKS never goes back from there"),
    ],
)
def test_what_is_not_offered_is_refused_before_any_call(
    account: TwinAccount, change: dict[str, str], told: str
) -> None:
    *before, cluster = cluster_with(account, authentication_mode="API")
    writes = account.writes
    with pytest.raises(PlanErrors, match=told) as caught:
        account.reconcile(*before, {**cluster, **change, "tags": {"team": "other"}})
    assert [type(error) for error in caught.value.errors] == [Immutable]
    assert account.writes == writes


def test_a_failed_update_is_told_in_the_words_of_eks(account: TwinAccount) -> None:
    *before, cluster = cluster_with(account)
    account.twin.faults.add({"kind": "fail", "service": "eks", "operation": "UpdateClusterConfig", "count": 1})
    with pytest.raises(EstateError, match="the change of logging: OperationNotPermitted: injected by the twin"):
        account.reconcile(*before, {**cluster, "logging": ["audit"]})
    account.reconcile(*before, {**cluster, "logging": ["audit"]})


def test_a_cluster_waits_for_a_role_that_eks_does_not_see_yet(account: TwinAccount) -> None:
    steps = table(STEPS / "eks_cluster.yml")
    *network, role = steps["before"]
    account.reconcile(*network)
    account.twin.faults.add({"kind": "invisible", "service": "iam", "operation": "CreateRole", "seconds": 10})
    bare = {key: value for key, value in role.items() if key != "managed_policies"}
    account.reconcile(*network, bare, {"kind": "eks_cluster", **steps["make"]})
    assert account.twin.calls.count()["aws"]["errors"]["InvalidParameterException"] > 0


def test_a_role_that_iam_does_not_see_yet_gets_its_policies(account: TwinAccount) -> None:
    account.twin.faults.add({"kind": "invisible", "service": "iam", "operation": "CreateRole", "seconds": 10})
    role = {"kind": "iam_role", **table(STEPS / "iam_role.yml")["make"]}
    account.reconcile(role)
    assert_holds(account, [], role)


def test_the_entry_that_eks_makes_for_the_creator_is_left_alone(account: TwinAccount) -> None:
    *before, cluster = cluster_with(account, authentication_mode="API")
    report = account.reconcile(*before, cluster, sweep=True, purge=["eks_access_entry"])
    (entry,) = report.world.all("eks_access_entry")
    assert (entry.owner, report.undeclared, report.changed) == (Owner.FOREIGN, [], False)


def test_a_new_version_of_the_launch_template_replaces_the_nodes(account: TwinAccount) -> None:
    steps = table(STEPS / "eks_nodegroup.yml")
    nodegroup = {"kind": "eks_nodegroup", **steps["make"]}
    account.reconcile(*steps["before"], nodegroup)
    before = [
        {**one, "http_put_response_hop_limit": 2} if one["kind"] == "launch_template" else one
        for one in steps["before"]
    ]
    account.reconcile(*before)
    nodegroup["launch_template_version"] = "2"
    entry, _report = foreseen_and_done(account, before, nodegroup)
    assert [(c.field, c.before, c.after) for c in entry.changes] == [("launch_template_version", "1", "2")]
    assert_holds(account, before, nodegroup)
