# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Add-ons, OIDC providers and the roles of service accounts against the twin's AWS: what happens besides the tables."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import Conflict, EstateError, Invalid
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.kind import Owner
from tests.contract.aws_account import served
from tests.contract.passing_time import TwinAccount
from tests.contract.test_eks_kinds import SECONDS_A_LOOK, STEPS
from tests.unit.kinds_support import Row
from tests.unit.plan_tables import table
from tests.unit.steps import assert_holds, foreseen_and_done

pytestmark = pytest.mark.slow
_TABLE: dict[str, Any] = table(STEPS / "eks_addon.yml")
BEFORE: list[Row] = _TABLE["before"]
CNI = {"kind": "eks_addon", "name": "vpc-cni", "cluster": "demo"}


@pytest.fixture
def account(tmp_path: Path) -> Iterator[TwinAccount]:
    """An empty account."""
    with served(tmp_path) as twin:
        yield TwinAccount(twin, SECONDS_A_LOOK)


def shown(account: TwinAccount, name: str = "vpc-cni") -> dict[str, Any]:
    """The add-on as EKS shows it."""
    return dict(account.twin.client("eks").describe_addon(clusterName="demo", addonName=name)["addon"])


def test_a_whole_cluster_with_its_addons_comes_in_one_run(account: TwinAccount) -> None:
    wishes = [
        {**CNI, "version": "default", "kubernetes_version": "1.34", "resolve_conflicts_on_create": "OVERWRITE"},
        {**CNI, "name": "metrics-server", "version": "latest", "kubernetes_version": "1.34", "role": "demo-irsa"},
    ]
    report = account.reconcile(*BEFORE, *wishes)
    told = {entry.name: {change.field: change.after for change in entry.changes} for entry in report.plan.entries}
    assert told["demo/vpc-cni"]["version"] == "v1.20.4-eksbuild.2"
    assert told["demo/metrics-server"]["version"] == "v0.8.0-eksbuild.5"
    assert shown(account)["addonVersion"] == "v1.20.4-eksbuild.2"
    assert shown(account, "metrics-server")["addonVersion"] == "v0.8.0-eksbuild.5"
    writes = account.writes
    assert (account.reconcile(*BEFORE, *wishes).changed, account.writes) == (False, writes)
    issuer = account.twin.client("eks").describe_cluster(name="demo")["cluster"]["identity"]["oidc"]["issuer"]
    role = account.twin.client("iam").get_role(RoleName="demo-irsa")["Role"]
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    host = issuer.removeprefix("https://")
    assert statement["Principal"]["Federated"].endswith(f":oidc-provider/{host}")
    assert statement["Condition"]["StringEquals"] == {
        f"{host}:aud": "sts.amazonaws.com",
        f"{host}:sub": "system:serviceaccount:kube-system:aws-node",
    }
    account.reconcile(*BEFORE, *wishes, absent=True)
    assert account.reconcile(sweep=True).undeclared == []


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"version": "v0.0.1-eksbuild.1"}, "is not offered for Kubernetes 1.34. There are: v1.21.1-eksbuild.3"),
        ({"configuration": {"unheard": 1}}, "configuration takes no unheard: there are affinity"),
        ({"name": "vpc-cnn", "version": "default"}, "EKS offers no add-on vpc-cnn for Kubernetes 1.34"),
    ],
)
def test_what_eks_does_not_offer_is_refused_before_anything_is_made(
    account: TwinAccount, wrong: dict[str, Any], told: str
) -> None:
    wish = {**CNI, "version": "default", "kubernetes_version": "1.34", **wrong}
    with pytest.raises(Invalid, match=told):
        account.reconcile(*BEFORE, wish)
    assert account.writes == 0
    account.reconcile(*BEFORE, wish, absent=True)


def test_without_a_version_of_the_cluster_eks_refuses_later(account: TwinAccount) -> None:
    with pytest.raises(EstateError, match=r"create eks_addon demo/vpc-cni: .* is not supported in 1\.34"):
        account.reconcile(*BEFORE, {**CNI, "version": "v0.0.1-eksbuild.1"})


def test_a_word_that_has_no_meaning_before_the_cluster_is_there_gets_one(account: TwinAccount) -> None:
    wish = {**CNI, "version": "latest", "resolve_conflicts_on_create": "OVERWRITE"}
    report = account.reconcile(*BEFORE, wish)
    (entry,) = [entry for entry in report.plan.entries if entry.kind == "eks_addon"]
    assert {change.field: change.after for change in entry.changes}["version"] == "latest"
    assert shown(account)["addonVersion"] == "v1.21.1-eksbuild.3"


def test_a_default_that_is_not_the_default_any_more_is_kept_and_the_newest_is_followed(account: TwinAccount) -> None:
    old = {**CNI, "version": "v1.19.6-eksbuild.1", "resolve_conflicts_on_create": "OVERWRITE"}
    account.reconcile(*BEFORE, old)
    report = account.reconcile(*BEFORE, {**old, "version": "default"})
    assert (report.changed, shown(account)["addonVersion"]) == (False, "v1.19.6-eksbuild.1")
    report = account.reconcile(*BEFORE, {**old, "version": "latest"})
    (change,) = next(entry.changes for entry in report.plan.entries if entry.kind == "eks_addon")
    assert (change.before, change.after) == ("v1.19.6-eksbuild.1", "v1.21.1-eksbuild.3")
    assert shown(account)["addonVersion"] == "v1.21.1-eksbuild.3"


def test_an_update_takes_nothing_away_that_nobody_mentioned(account: TwinAccount) -> None:
    made = {
        **CNI,
        "version": "v1.19.6-eksbuild.1",
        "role": "demo-irsa",
        "configuration": {"enableNetworkPolicy": "true"},
        "resolve_conflicts_on_create": "OVERWRITE",
    }
    account.reconcile(*BEFORE, made)
    before = shown(account)
    account.reconcile(*BEFORE, {**CNI, "version": "v1.20.4-eksbuild.2"})
    after = shown(account)
    assert after["addonVersion"] == "v1.20.4-eksbuild.2"
    assert [after[key] for key in ("serviceAccountRoleArn", "configurationValues")] == [
        before[key] for key in ("serviceAccountRoleArn", "configurationValues")
    ]


def test_what_stands_in_the_way_is_told_in_the_words_of_eks(account: TwinAccount) -> None:
    with pytest.raises(EstateError, match="ConfigurationConflict: Conflicts found when trying to apply"):
        account.reconcile(*BEFORE, CNI)
    with pytest.raises(EstateError, match="is in a failed state: ConfigurationConflict"):
        account.reconcile(*BEFORE, CNI)
    account.reconcile(CNI, absent=True)
    account.reconcile(*BEFORE, {**CNI, "resolve_conflicts_on_create": "OVERWRITE"})


def test_an_update_that_failed_is_told_and_tried_again(account: TwinAccount) -> None:
    made = {**CNI, "version": "v1.19.6-eksbuild.1", "resolve_conflicts_on_create": "OVERWRITE"}
    account.reconcile(*BEFORE, made)
    account.twin.faults.add({"kind": "fail", "service": "eks", "operation": "UpdateAddon", "count": 1})
    wish = {**made, "version": "v1.20.4-eksbuild.2"}
    with pytest.raises(EstateError, match="the change of version: ConfigurationConflict: injected by the twin"):
        account.reconcile(*BEFORE, wish)
    assert shown(account)["status"] == "UPDATE_FAILED"
    entry, _report = foreseen_and_done(account, BEFORE, wish)
    assert entry.verb.value == "update"
    assert_holds(account, BEFORE, wish)


def test_software_that_is_to_stay_stays(account: TwinAccount) -> None:
    wish = {**CNI, "resolve_conflicts_on_create": "OVERWRITE", "preserve": True}
    account.reconcile(*BEFORE, wish)
    account.reconcile(wish, absent=True)
    with pytest.raises(EstateError, match="ConfigurationConflict"):
        account.reconcile(*BEFORE, CNI)


def test_associations_of_addons_are_left_to_them(account: TwinAccount) -> None:
    identity = [{"service_account": "aws-node", "role": "demo-cni"}]
    wish = {**CNI, "pod_identity_associations": identity, "resolve_conflicts_on_create": "OVERWRITE"}
    report = account.reconcile(*BEFORE, wish)
    swept = account.reconcile(*BEFORE, wish, sweep=True, purge=["eks_pod_identity_association"])
    assert (report.undeclared, swept.undeclared, swept.changed) == ([], [], False)
    assert swept.world.all("eks_pod_identity_association") == []


def test_a_provider_of_a_cluster_that_is_no_more_does_not_stand_in_the_way(account: TwinAccount) -> None:
    account.reconcile(*BEFORE)
    (old,) = account.reconcile(*BEFORE).world.all("iam_oidc_provider")
    account.twin.client("eks").delete_cluster(name="demo")
    account.twin.advance(600)
    *before, role = BEFORE
    account.reconcile(*BEFORE)
    assert_holds(account, before, role)
    left = account.reconcile(*BEFORE, sweep=True).undeclared
    assert [(kind, seen.id, seen.owner) for kind, seen in left] == [("iam_oidc_provider", old.id, Owner.OURS)]
    account.reconcile(*BEFORE, purge=["iam_oidc_provider"])
    assert account.reconcile(*BEFORE, sweep=True).undeclared == []


def test_a_provider_whose_cluster_went_first_goes_as_well(account: TwinAccount) -> None:
    account.reconcile(*BEFORE)
    account.twin.client("eks").delete_cluster(name="demo")
    account.twin.advance(600)
    account.reconcile(*BEFORE, absent=True)
    assert account.reconcile(sweep=True).undeclared == []


def test_a_service_account_that_has_a_role_already_is_told_at_once(account: TwinAccount) -> None:
    made = {**CNI, "resolve_conflicts_on_create": "OVERWRITE"}
    account.reconcile(*BEFORE, made)
    role = account.twin.client("iam").get_role(RoleName="demo-cni")["Role"]["Arn"]
    account.twin.client("eks").create_pod_identity_association(
        clusterName="demo", namespace="kube-system", serviceAccount="aws-node", roleArn=role
    )
    wish = {**made, "pod_identity_associations": [{"service_account": "aws-node", "role": "demo-cni"}]}
    with pytest.raises(Conflict, match="update eks_addon demo/vpc-cni: Association already exists: a-"):
        account.reconcile(*BEFORE, wish)
