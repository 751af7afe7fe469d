# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a webhook guards, who answers for it, and which ones can stop a whole cluster."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes import webhooks
from tests.unit.kubernetes.samples import configuration, hook, key, manifest, mirrored, namespace, service, workload

INJECTED = {"matchExpressions": [{"key": "istio-injection", "operator": "In", "values": ["enabled"]}]}
NOT_SYSTEM = {"matchExpressions": [{"key": webhooks.NAMESPACE_NAME, "operator": "NotIn", "values": ["kube-system"]}]}
MESH = {"istio-injection": "enabled"}


def one(*rules: tuple[str, str], mutating: bool = False, **rest: Any) -> webhooks.Webhook:
    return webhooks.parse(configuration("c", [hook("h", "svc", *rules, **rest)], mutating=mutating))[0]


@pytest.mark.parametrize(
    ("rules", "rest", "body", "labels", "guarded"),
    [
        ([("", "pods")], {"namespaceSelector": INJECTED}, workload("web"), MESH, True),
        ([("", "pods")], {"namespaceSelector": INJECTED}, workload("web"), {}, False),
        ([("", "pods")], {"objectSelector": {"matchLabels": {"app": "web"}}}, workload("web"), {}, True),
        ([("", "pods")], {"objectSelector": {"matchLabels": {"app": "other"}}}, workload("web"), {}, False),
        ([("", "pods")], {}, service("web"), {}, False),
        ([("apps", "deployments")], {}, workload("web"), {}, True),
        ([("apps", "deployments/scale")], {}, workload("web"), {}, False),
        ([("*", "*")], {}, service("web"), {}, True),
        ([("", "namespaces")], {"namespaceSelector": INJECTED}, namespace("mesh", **MESH), {}, True),
        ([("", "namespaces")], {"namespaceSelector": INJECTED}, namespace("plain"), MESH, False),
    ],
)
def test_it_guards_what_rules_and_selectors_say(
    rules: list[tuple[str, str]], rest: dict[str, Any], body: dict[str, Any], labels: dict[str, str], guarded: bool
) -> None:
    assert webhooks.guards(one(*rules, **rest), manifest(body), labels) is guarded


def test_a_cron_job_s_pods_are_guarded_too() -> None:
    template = workload("tick")["spec"]["template"]
    job = {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": "tick", "namespace": "app"},
        "spec": {"jobTemplate": {"spec": {"template": template}}},
    }
    assert webhooks.guards_pods(one(("", "pods")), manifest(job), {})


@pytest.mark.parametrize(
    ("webhook", "wide"),
    [
        (one(("", "pods"), namespaceSelector=NOT_SYSTEM), True),
        (one(("networking.k8s.io", "ingresses")), True),
        (one(("*", "*")), True),
        (one(("", "pods"), failurePolicy="Ignore"), False),
        (one(("", "pods"), namespaceSelector=INJECTED), False),
        (one(("", "pods"), objectSelector={"matchLabels": {"queue": "x"}}), False),
        (one(("example.com", "things")), False),
        (one(("kueue.x-k8s.io", "workloads")), False),
    ],
)
def test_wide_is_what_stops_kubernetes_own_kinds_nearly_everywhere(webhook: webhooks.Webhook, wide: bool) -> None:
    assert webhooks.wide(webhook) is wide


def test_its_backend_is_the_workload_behind_its_service() -> None:
    bodies = [workload("web"), workload("web", "elsewhere"), workload("db"), service("svc", app="web")]
    assert webhooks.backend(one(("", "pods")), [manifest(body) for body in bodies]) == {key(bodies[0])}


def test_who_writes_the_authority() -> None:
    by_itself = webhooks.parse(configuration("c", [hook("h", "svc")]))[0]
    given = webhooks.parse(configuration("c", [hook("h", "svc", clientConfig={"caBundle": "UEVN"})]))[0]
    injected = webhooks.parse(configuration("c", [hook("h", "svc")], annotations={webhooks.INJECTED[0]: "app/cert"}))[0]
    assert [hook.self_managed for hook in (by_itself, given, injected)] == [True, False, False]
    assert injected.certificate == "app/cert"


@pytest.mark.slow
def test_the_mirror_s_wide_webhooks_are_those_of_kueue_and_the_load_balancer_controller() -> None:
    names = ("kubeflow-26.03", "kueue", "aws-load-balancer-controller", "istiod-1.29", "keda", "external-secrets")
    wide = {
        hook.name
        for name in names
        for one in mirrored(name)
        if one.key.kind in webhooks.CONFIGURATIONS
        for hook in webhooks.parse(one.body)
        if webhooks.wide(hook)
    }
    kueue = {f"{sort}{kind}.kb.io" for sort in "mv" for kind in ("pod", "job", "deployment", "statefulset")}
    expected = kueue | {"mservice.elbv2.k8s.aws", "vingress.elbv2.k8s.aws"}
    # Without the mirror there is nothing to be wide.
    assert wide in (expected, set())
