# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Removal: wave by wave, only what is ours and still the same, and told when something does not go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.kube_errors import Heals, WebhookDown
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import Conflict, Denied, Fenced
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.kind import Owner
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.plan import Entry, Outcome, Verb
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.progress import Line
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.script import Timing
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.objects import ESTATE_LABEL, Live
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.remove import Remover
from tests.unit.kubernetes.memory_cluster import MemoryCluster
from tests.unit.kubernetes.samples import configuration, definition, hook, key, namespace, service, thing, workload

type Body = dict[str, Any]
FAST = Timing(poll_interval=0.002, settle_timeout=0.05, wait_timeout=0.2)
APP = namespace("app")
SETTINGS = thing("v1", "ConfigMap", "settings", "app")
SHOP = thing("example.com/v1", "Shop", "shop", "app", metadata={"finalizers": ["example.com/clean"]})
CRD = definition("Shop")
WEB = workload("web", serviceAccountName="shops")


class Run:
    """One removal and what it came to."""

    def __init__(
        self,
        cluster: MemoryCluster,
        waves: Sequence[Sequence[Body]],
        on_line: Callable[[Line], None] = lambda _line: None,
        lives: Sequence[Live] = (),
        **rest: Any,
    ) -> None:
        keys = [[key(body) for body in wave] for wave in waves]
        lives = lives or [Live(one, cluster.objects[one], Owner.OURS) for wave in keys for one in wave]
        self.entries = {one: Entry(one.sort, one.place, Verb.DELETE) for wave in keys for one in wave}
        Remover(
            keys, lives, self.entries, cluster, cluster.resources(), timing=FAST, tell=on_line, **rest
        ).run()  # fmt: skip

    def outcome(self, body: Body) -> Outcome:
        return self.entries[key(body)].outcome

    def reason(self, body: Body) -> str:
        return self.entries[key(body)].reason


def filled(*more: Body) -> MemoryCluster:
    cluster = MemoryCluster()
    for body in (APP, CRD, SETTINGS, SHOP, WEB, *more):
        cluster.put(body)
    return cluster


def test_a_wave_is_gone_before_the_next_begins() -> None:
    cluster = filled()

    def controller(line: Line) -> None:
        if "example.com/clean" in line.text:
            assert key(WEB) in cluster.objects
            cluster.objects.pop(key(SHOP), None)

    run = Run(cluster, [[SHOP], [WEB, SETTINGS], [CRD], [APP]], controller)
    assert cluster.objects == {}
    assert {entry.outcome for entry in run.entries.values()} == {Outcome.DONE}
    assert all(entry.begun for entry in run.entries.values())


def test_what_does_not_go_is_explained_and_keeps_its_controller() -> None:
    role = thing(
        "rbac.authorization.k8s.io/v1",
        "ClusterRole",
        "shops",
        rules=[{"apiGroups": ["example.com"], "resources": ["shops/finalizers"], "verbs": ["update"]}],
    )
    binding = thing(
        "rbac.authorization.k8s.io/v1",
        "ClusterRoleBinding",
        "shops",
        roleRef={"kind": "ClusterRole", "name": "shops"},
        subjects=[{"kind": "ServiceAccount", "namespace": "app", "name": "shops"}],
    )
    cluster = filled(role, binding)
    cluster.dead.add("web")
    run = Run(cluster, [[SHOP], [WEB]])
    assert run.outcome(SHOP) is Outcome.FAILED
    for part in (
        "not gone after",
        "Shop.example.com/app/shop is held by example.com/clean",
        "its controller Deployment app/web does not run",
    ):
        assert part in run.reason(SHOP)
    assert run.outcome(WEB) is Outcome.NOT_TRIED
    assert key(WEB) in cluster.objects


def test_what_is_gone_already_is_fine() -> None:
    cluster = filled()
    lives = [Live(key(body), cluster.objects[key(body)], Owner.OURS) for body in (SETTINGS, WEB)]
    del cluster.objects[key(SETTINGS)]
    run = Run(cluster, [[SETTINGS, WEB]], lives=lives)
    assert run.outcome(SETTINGS) is run.outcome(WEB) is Outcome.DONE


def test_another_object_of_that_name_is_left_alone() -> None:
    cluster = filled()
    lives = [Live(key(SETTINGS), cluster.objects.pop(key(SETTINGS)), Owner.OURS)]
    new = cluster.put(thing("v1", "ConfigMap", "settings", "app", data={"of": "others"}))
    assert Run(cluster, [[SETTINGS]], lives=lives).outcome(SETTINGS) is Outcome.DONE
    assert cluster.objects[key(SETTINGS)] == new


def test_what_is_not_ours_is_never_deleted() -> None:
    cluster = filled()
    lives = [Live(key(body), cluster.objects[key(body)], owner) for body, owner in
             ((SETTINGS, Owner.FOREIGN), (WEB, Owner.ADOPTED))]  # fmt: skip
    Run(cluster, [[SETTINGS, WEB]], lives=lives)
    assert cluster.log == []


def test_a_namespace_with_others_objects_stays_and_names_them() -> None:
    ours = thing("v1", "ConfigMap", "ours", "app", metadata={"labels": {ESTATE_LABEL: "lab"}})
    owned = thing("v1", "Secret", "owned", "app", metadata={"ownerReferences": [{"name": "x"}]})
    issued = thing("v1", "Secret", "tls", "app", metadata={"annotations": {"cert-manager.io/issuer-name": "self"}})
    kept = (thing("v1", "ServiceAccount", "default", "app"), thing("v1", "ConfigMap", "kube-root-ca.crt", "app"))
    cluster = MemoryCluster()
    for body in (APP, ours, owned, issued, *kept, SETTINGS, thing("v1", "Secret", "login", "app")):
        cluster.put(body)
    run = Run(cluster, [[APP]])
    assert run.outcome(APP) is Outcome.FAILED
    assert "others have 2 objects in it: ConfigMap/app/settings, Secret/app/login" in run.reason(APP)
    assert cluster.log == []
    assert Run(cluster, [[APP]], with_contents=["app"]).outcome(APP) is Outcome.DONE


def test_a_secret_that_our_pods_mount_was_made_for_them() -> None:
    cluster = MemoryCluster()
    web = workload("web", volumes=[{"name": "v", "secret": {"secretName": "webhook-certs"}}])
    for body in (APP, web, thing("v1", "Secret", "webhook-certs", "app")):
        cluster.put(body)
    assert Run(cluster, [[web], [APP]]).outcome(APP) is Outcome.DONE


def test_refusals_that_heal_are_tried_again() -> None:
    cluster = filled()
    cluster.refusals["ConfigMap/app/settings"] = [Heals("too many requests")] * 3
    assert Run(cluster, [[SETTINGS]]).outcome(SETTINGS) is Outcome.DONE


def test_a_webhook_that_is_asked_about_deletes_and_does_not_answer_is_named() -> None:
    guard = configuration("c", [hook("d.example.com", "web", clientConfig={"caBundle": "UEVN"})])
    cluster = filled(guard, service("web"))
    error = WebhookDown('failed calling webhook "d.example.com": no endpoints')
    error.webhook = "d.example.com"
    cluster.refusals["ConfigMap/app/settings"] = [error] * 1000
    run = Run(cluster, [[SETTINGS]])
    assert "no endpoints; ValidatingWebhookConfiguration c calls Service app/web" in run.reason(SETTINGS)


def test_a_refusal_for_good_stops_the_waves_after_it() -> None:
    cluster = filled()
    cluster.refusals["ConfigMap/app/settings"] = [Denied("deletes are not allowed")]
    run = Run(cluster, [[SETTINGS], [WEB]])
    assert "Failed to delete ConfigMap app/settings: deletes are not allowed" in str(run.entries[key(SETTINGS)].error)
    assert run.outcome(WEB) is Outcome.NOT_TRIED


def test_who_may_not_write_any_more_stops_at_once() -> None:
    cluster = filled()
    cluster.refusals["ConfigMap/app/settings"] = [Fenced("run 7 holds the lease")]
    run = Run(cluster, [[SETTINGS], [WEB]])
    assert run.outcome(SETTINGS) is Outcome.FAILED
    assert run.outcome(WEB) is Outcome.NOT_TRIED


def test_a_conflict_does_not_prove_that_an_object_is_gone() -> None:
    cluster = filled()
    conflict = Conflict('admission webhook "w.example.com" denied the request: it is in use')
    cluster.refusals["ConfigMap/app/settings"] = [conflict] * 1000
    run = Run(cluster, [[SETTINGS], [WEB]])
    assert run.outcome(SETTINGS) is Outcome.FAILED
    assert "it is in use" in run.reason(SETTINGS)
    assert key(WEB) in cluster.objects
