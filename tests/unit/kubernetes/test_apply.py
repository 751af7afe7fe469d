# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Applying steps: order, gates, what is tried again and for how long, what is told, and what stops everything."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.kube_errors import (
    Expired,
    FieldConflict,
    Heals,
    UnknownKind,
    WebhookDown,
)
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import Denied, EstateError, Fenced, Invalid
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.kind import Owner
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.plan import Entry, Outcome, Verb
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.progress import Line
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.script import Timing
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.apply import Installer
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.objects import MANAGER, Live
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.steps import Step
from tests.unit.kubernetes.memory_cluster import MemoryCluster
from tests.unit.kubernetes.samples import (
    configuration,
    definition,
    hook,
    key,
    manifest,
    namespace,
    service,
    thing,
    workload,
)

type Body = dict[str, Any]
FAST = Timing(poll_interval=0.002, settle_timeout=0.05, wait_timeout=0.3)
SET = [
    workload("web", volumes=[{"name": "v", "configMap": {"name": "settings"}}]),
    thing("example.com/v1", "Shop", "shop", "app"),
    definition("Shop"),
    thing("v1", "ConfigMap", "settings", "app"),
    namespace("app"),
]
WEB, SHOP, SETTINGS = "Deployment.apps/app/web", "Shop.example.com/app/shop", "ConfigMap/app/settings"
CRD, APP = "CustomResourceDefinition.apiextensions.k8s.io/shops.example.com", "Namespace/app"


def step(body: Body, verb: Verb = Verb.CREATE, **rest: Any) -> Step:
    one = manifest(body)
    return Step(one.key, Entry(one.key.sort, one.key.place, verb), one, **rest)


class Run:
    """One run and what it came to."""

    def __init__(
        self,
        cluster: MemoryCluster,
        bodies: Sequence[Body] = SET,
        steps: Sequence[Step] = (),
        on_line: Callable[[Line], None] = lambda _line: None,
        **rest: Any,
    ) -> None:
        steps = steps or [step(body) for body in bodies]
        self._on_line = on_line
        self.lines: list[Line] = []
        self.answered: list[str] = []
        self.steps = {one.key.address: one for one in steps}
        self.installer = Installer(
            steps,
            [manifest(body) for body in bodies],
            cluster,
            cluster.resources(),
            timing=FAST,
            tell=self._tell,
            applied=lambda one, _body: self.answered.append(one.key.address),
            **rest,
        )

    def _tell(self, line: Line) -> None:
        self.lines.append(line)
        self._on_line(line)

    def go(self) -> Run:
        self.installer.run()
        return self

    def outcome(self, address: str) -> Outcome:
        return self.steps[address].entry.outcome

    def reason(self, address: str) -> str:
        return self.steps[address].entry.reason

    @property
    def all_done(self) -> bool:
        return all(one.entry.outcome is Outcome.DONE for one in self.steps.values())


def test_everything_is_made_in_its_order_and_told() -> None:
    cluster = MemoryCluster()
    run = Run(cluster).go()
    assert run.all_done
    at = cluster.log.index
    assert at(APP) < at(SETTINGS) < at(WEB)
    assert max(at(CRD), at(APP)) < at(SHOP)
    assert sorted(run.answered) == sorted(run.steps)
    assert {line.event for line in run.lines if line.address == WEB} == {"started", "waiting", "done"}
    assert all(one.entry.begun for one in run.steps.values())


def test_what_is_kept_is_not_written_and_counts_as_ready() -> None:
    cluster = MemoryCluster()
    Run(cluster).go()
    cluster.log.clear()
    kept = [step(body, Verb.KEEP) for body in SET[1:]]
    run = Run(cluster, SET, [step(SET[0], Verb.UPDATE), *kept]).go()
    assert cluster.log == [WEB]
    assert run.outcome(WEB) is Outcome.DONE


def test_nothing_to_do_asks_nothing() -> None:
    cluster = MemoryCluster()
    Run(cluster, SET, [step(body, Verb.KEEP) for body in SET]).go()
    assert cluster.log == []


def test_what_is_half_made_is_waited_for_without_a_write() -> None:
    cluster = MemoryCluster()
    for body in reversed(SET):
        cluster.put(body)
    cluster.late["web"] = 4
    live = Live(key(SET[0]), cluster.objects[key(SET[0])], Owner.OURS)
    run = Run(cluster, SET, [step(SET[0], Verb.CONTINUE, live=live)]).go()
    assert run.outcome(WEB) is Outcome.DONE
    assert cluster.log == []


def test_what_never_gets_ready_tells_what_is_missing() -> None:
    cluster = MemoryCluster()
    cluster.dead.add("web")
    waiting = {"state": {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}}
    pod = thing("v1", "Pod", "web-1", "app", metadata={"labels": {"app": "web"}})
    cluster.put(namespace("app"))
    cluster.put({**pod, "status": {"containerStatuses": [{"name": "main", **waiting}]}})
    run = Run(cluster).go()
    assert run.outcome(WEB) is Outcome.FAILED
    assert "Failed to create Deployment.apps app/web: not ready after" in run.reason(WEB)
    assert "pod web-1: main: ImagePullBackOff: no such image" in run.reason(WEB)
    assert run.outcome(SHOP) is Outcome.DONE


def test_events_tell_what_pods_do_not() -> None:
    cluster = MemoryCluster()
    cluster.dead.add("web")
    cluster.put(namespace("app"))
    for number, message in enumerate(("old", "exceeded quota: pods=10")):
        event = thing("v1", "Event", f"e{number}", "app", lastTimestamp=f"2026-01-0{number + 1}T00:00:00Z")
        about = {"kind": "ReplicaSet", "name": "web-5d"}
        cluster.put({**event, "type": "Warning", "reason": "FailedCreate", "message": message, "involvedObject": about})
    assert "FailedCreate: exceeded quota: pods=10" in Run(cluster).go().reason(WEB)


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


def test_a_definition_that_is_never_served_ends_in_time_and_stops_its_objects() -> None:
    cluster = MemoryCluster()
    cluster.dead.add("shops.example.com")
    taken = {"type": "NamesAccepted", "status": "False", "reason": "PluralConflict", "message": "shops is in use"}
    run = Run(cluster)
    crd = next(body for body in SET if body["kind"] == "CustomResourceDefinition")
    cluster.put({**crd, "status": {"conditions": [taken]}})
    run.go()
    assert run.outcome(CRD) is Outcome.FAILED
    assert "PluralConflict: shops is in use" in run.reason(CRD)
    assert run.outcome(SHOP) is Outcome.NOT_TRIED
    assert run.outcome(WEB) is Outcome.DONE


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


def made(cluster: MemoryCluster, body: Body) -> Live:
    return Live(key(body), cluster.put(body), Owner.OURS)


def test_what_is_made_anew_goes_first_and_is_that_very_object() -> None:
    cluster = MemoryCluster()
    cluster.put(namespace("app"))
    live = made(cluster, SET[3])
    cluster.refusals[SETTINGS] = [Heals("too many requests")]
    run = Run(cluster, SET, [step(SET[3], Verb.UPDATE, live=live, recreate=True)]).go()
    assert cluster.log == [f"-{SETTINGS}", SETTINGS]
    assert cluster.objects[key(SET[3])]["metadata"]["uid"] != live.metadata["uid"]
    assert run.outcome(SETTINGS) is Outcome.DONE


def test_an_object_that_is_going_is_made_when_it_is_gone() -> None:
    cluster = MemoryCluster()
    cluster.put(namespace("app"))
    old = {**SET[3], "metadata": {**SET[3]["metadata"], "deletionTimestamp": "now", "finalizers": ["example.com/x"]}}
    live = made(cluster, old)

    def release(line: Line) -> None:
        if "held by example.com/x" in line.text:
            cluster.objects.pop(key(SET[3]), None)

    run = Run(cluster, SET, [step(SET[3], live=live)], release).go()
    assert cluster.log == [SETTINGS]
    assert run.outcome(SETTINGS) is Outcome.DONE


def test_what_waits_for_consent_is_left_alone_and_holds_up_what_needs_it() -> None:
    cluster = MemoryCluster()
    steps = [step(body) for body in SET]
    waiting = next(one for one in steps if one.key.address == SETTINGS)
    waiting.entry.outcome, waiting.entry.reason = Outcome.WAITING, "needs consent"
    run = Run(cluster, SET, steps).go()
    assert run.outcome(SETTINGS) is Outcome.WAITING
    assert run.outcome(WEB) is Outcome.NOT_TRIED
    assert SETTINGS not in cluster.log


@pytest.mark.parametrize("error", [Fenced("run 7 holds the lease"), Expired("the token has expired")])
def test_who_may_not_write_any_more_stops_at_once(error: EstateError) -> None:
    cluster = MemoryCluster()
    cluster.refusals[APP] = [error]
    run = Run(cluster).go()
    assert run.outcome(APP) is Outcome.FAILED
    assert {run.outcome(address) for address in (SETTINGS, WEB, SHOP)} == {Outcome.NOT_TRIED}
    assert not {SETTINGS, WEB, SHOP} & set(cluster.log)


def test_an_interrupt_starts_nothing_more() -> None:
    cluster = MemoryCluster()

    def interrupt(one: Any) -> None:
        if one.address == APP:
            raise KeyboardInterrupt

    cluster.on_write = interrupt
    run = Run(cluster)
    with pytest.raises(KeyboardInterrupt):
        run.go()
    assert SETTINGS not in cluster.log
    cluster.on_write = lambda _key: None
    assert Run(cluster).go().all_done


def test_pods_are_not_let_loose_before_their_webhook_answers() -> None:
    cluster = MemoryCluster()
    webhook = hook("pods.example.com", "guard", ("", "pods"), clientConfig={"caBundle": "UEVN"},
                   objectSelector={"matchLabels": {"app": "web"}})  # fmt: skip
    cluster.put(configuration("c", [webhook]))
    cluster.refusals["Pod/app/kubeops-asks"] = [WebhookDown('failed calling webhook "pods.example.com"')] * 3
    run = Run(cluster).go()
    assert run.all_done
    assert any("failed calling webhook" in line.text for line in run.lines if line.address == WEB)
    assert cluster.log.count(WEB) == 1


def test_without_waiting_only_what_others_need_is_waited_for() -> None:
    cluster = MemoryCluster()
    cluster.dead.add("web")
    assert Run(cluster, wait=False).go().all_done


def test_a_configuration_that_another_set_s_component_fills_in_is_not_waited_for() -> None:
    bodies = [configuration("c", [hook("h", "elsewhere", ("example.com", "shops"))])]
    assert Run(MemoryCluster(), bodies).go().all_done
    assert Run(MemoryCluster(), bodies, [step(bodies[0], Verb.CONTINUE)]).go().all_done


def test_thousands_of_objects_go_through_a_few_threads() -> None:
    cluster = MemoryCluster()
    bodies = [namespace("app"), *(thing("v1", "ConfigMap", f"c{number}", "app") for number in range(2000))]
    assert Run(cluster, bodies).go().all_done
