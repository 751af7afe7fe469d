# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is refused: tried again as long as it may heal, told at once when it never does."""

from __future__ import annotations

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.kube_errors import (
    Expired,
    FieldConflict,
    Heals,
    UnknownField,
    UnknownKind,
    WebhookDown,
)
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import Denied, EstateError, Fenced, Invalid
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.plan import Outcome, Verb
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.objects import MANAGER
from tests.unit.kubernetes.apply_runs import APP, FAST, SET, SETTINGS, SHOP, WEB, Run, step
from tests.unit.kubernetes.memory_cluster import MemoryCluster
from tests.unit.kubernetes.samples import (
    configuration,
    hook,
    namespace,
    service,
    workload,
)


@pytest.mark.parametrize(
    "error",
    [Heals("etcd has no leader"), WebhookDown('failed calling webhook "h"'), Denied("not yet ready to handle request")],
)
def test_refusals_that_heal_are_tried_again(error: EstateError) -> None:
    cluster = MemoryCluster()
    cluster.refusals[SETTINGS] = [error, error, error]
    assert Run(cluster).go().all_done


def test_a_server_that_asks_for_time_gets_it() -> None:
    cluster = MemoryCluster()
    error = Heals("too many requests")
    error.retry_after = 0.05
    cluster.refusals[SETTINGS] = [error]
    run = Run(cluster).go()
    assert run.all_done
    assert run.steps[SETTINGS].entry.waited >= 0.05


@pytest.mark.parametrize(
    "error",
    [
        Invalid("spec.replicas: must not be negative"),
        Denied("exceeded quota: team, used: pods=10"),
        UnknownKind("the server does not serve this kind"),
        Heals("etcdserver: mvcc: database space exceeded"),
    ],
)
def test_refusals_that_never_heal_stop_that_object_at_once_and_what_needs_it(error: EstateError) -> None:
    cluster = MemoryCluster()
    cluster.refusals[SETTINGS] = [error]
    run = Run(cluster).go()
    assert run.outcome(SETTINGS) is Outcome.FAILED
    assert f"Failed to create ConfigMap app/settings: {error.cause}" in run.reason(SETTINGS)
    assert run.outcome(WEB) is Outcome.NOT_TRIED
    assert SETTINGS in run.reason(WEB)
    assert run.outcome(SHOP) is Outcome.DONE


def test_a_server_that_does_not_know_a_changed_definition_yet_is_asked_again() -> None:
    cluster = MemoryCluster()
    cluster.refusals[SHOP] = [UnknownField(".spec.new: field not declared in schema")]
    assert Run(cluster).go().all_done
    cluster.refusals[SHOP] = [UnknownField(".spec.nwe: field not declared in schema")]
    run = Run(cluster, SET, [step(body, Verb.KEEP if body["kind"] != "Shop" else Verb.UPDATE) for body in SET]).go()
    assert run.outcome(SHOP) is Outcome.FAILED, "nothing changes what it knows"


def test_a_namespace_that_nobody_makes_is_no_matter_of_time() -> None:
    run = Run(MemoryCluster(), SET[3:4]).go()
    assert 'namespaces "app" not found' in run.reason(SETTINGS)
    assert run.steps[SETTINGS].entry.waited < FAST.wait_timeout


def test_a_refusal_that_does_not_heal_in_time_names_who_refused_and_what_it_lacks() -> None:
    cluster = MemoryCluster()
    cluster.dead.add("guard")
    webhook = hook("shops.example.com", "guard", ("example.com", "shops"), clientConfig={"caBundle": "UEVN"})
    for body in (namespace("app"), service("guard"), workload("guard"), configuration("c", [webhook])):
        cluster.put(body)
    error = WebhookDown('failed calling webhook "shops.example.com": no endpoints available')
    error.webhook = "shops.example.com"
    cluster.refusals[SHOP] = [error] * 1000
    run = Run(cluster, SET[1:3]).go()
    for part in (
        "Failed to create Shop.example.com app/shop: still refused after",
        "no endpoints available",
        "ValidatingWebhookConfiguration c calls Service app/guard",
        "Deployment app/guard: its controller has not seen it yet",
    ):
        assert part in run.reason(SHOP)


def test_fields_of_others_are_not_taken_unless_it_was_said() -> None:
    conflict = FieldConflict("others hold fields of it: .data.a (held by kubectl)")
    conflict.fields = (("kubectl", ".data.a"),)
    cluster = MemoryCluster()
    cluster.refusals[SETTINGS] = [conflict]
    assert "held by kubectl" in Run(cluster).go().reason(SETTINGS)
    run = Run(
        cluster, SET, [*(step(one) for one in SET if one is not SET[3]), step(SET[3], Verb.UPDATE, force=True)]
    ).go()
    assert run.all_done
    assert f"force {SETTINGS}" in cluster.log


def test_fields_that_another_write_of_ours_holds_are_taken() -> None:
    conflict = FieldConflict("others hold fields of it")
    conflict.fields = ((MANAGER, ".data.a"),)
    cluster = MemoryCluster()
    cluster.refusals[SETTINGS] = [conflict]
    assert Run(cluster).go().all_done
    assert f"force {SETTINGS}" in cluster.log


@pytest.mark.parametrize("error", [Fenced("run 7 holds the lease"), Expired("the token has expired")])
def test_who_may_not_write_any_more_stops_at_once(error: EstateError) -> None:
    cluster = MemoryCluster()
    cluster.refusals[APP] = [error]
    run = Run(cluster).go()
    assert run.outcome(APP) is Outcome.FAILED
    assert {run.outcome(address) for address in (SETTINGS, WEB, SHOP)} == {Outcome.NOT_TRIED}
    assert not {SETTINGS, WEB, SHOP} & set(cluster.log)
