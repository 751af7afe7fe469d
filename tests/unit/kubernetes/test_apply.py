# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Applying steps: order, gates, what is tried again and for how long, what is told, and what stops everything."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.kube_errors import (
    Heals,
    WebhookDown,
)
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.kind import Owner
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.plan import Outcome, Verb
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.progress import Line
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.objects import Live
from tests.unit.kubernetes.apply_runs import APP, CRD, SET, SETTINGS, SHOP, WEB, Run, made, step
from tests.unit.kubernetes.memory_cluster import MemoryCluster
from tests.unit.kubernetes.samples import (
    configuration,
    hook,
    key,
    namespace,
    thing,
)


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


def test_a_job_that_the_cluster_takes_away_once_it_is_done_is_not_run_again() -> None:
    job = thing("batch/v1", "Job", "once", "app", spec={"ttlSecondsAfterFinished": 0, "template": {"spec": {}}})
    cluster = MemoryCluster()
    bodies = [job, namespace("app")]

    def controller(line: Line) -> None:
        if line.event == "waiting":
            cluster.objects.pop(key(job), None)

    run = Run(cluster, bodies, on_line=controller).go()
    assert run.all_done
    assert cluster.log.count("Job.batch/app/once") == 1


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
