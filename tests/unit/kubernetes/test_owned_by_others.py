# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fields that the cluster's own controllers write: they are not sent."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.unit.kubernetes.samples import Body, thing, workload
from tests.unit.kubernetes.test_normal import definition, normal, one

HOOKS = "admissionregistration.k8s.io/v1"
CERTIFICATE = base64.b64encode(b"-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n").decode()


def hook(**rest: Any) -> Body:
    """A webhook configuration with one webhook."""
    config = {"service": {"name": "w", "namespace": "n"}, **rest.pop("config", {})}
    webhook = {"name": "w.example.com", "rules": [{"operations": ["CREATE"]}], "clientConfig": config, **rest}
    return thing(HOOKS, "ValidatingWebhookConfiguration", "w", webhooks=[webhook])


@pytest.mark.parametrize(
    ("config", "annotations", "sent"),
    [
        ({}, {}, None),
        ({"caBundle": ""}, {}, None),
        ({"caBundle": "Cg=="}, {}, None),
        ({"caBundle": "redacted"}, {}, None),
        ({"caBundle": None}, {}, None),
        ({"caBundle": CERTIFICATE}, {}, CERTIFICATE),
        ({"caBundle": CERTIFICATE}, {"cert-manager.io/inject-ca-from": "n/c"}, None),
        ({"caBundle": {"$secret": "s"}}, {}, {"$secret": "s"}),
    ],
)
def test_certificates_that_others_inject(config: Body, annotations: Body, sent: Any) -> None:
    webhooks = hook(config=config)
    crd = definition()
    crd["spec"]["conversion"] = {"strategy": "Webhook", "webhook": {"clientConfig": config}}
    service = thing("apiregistration.k8s.io/v1", "APIService", "v1.x.io", spec={"group": "x.io", **config})
    for body in (webhooks, crd, service):
        body["metadata"]["annotations"] = annotations
    assert one(webhooks)["webhooks"][0]["clientConfig"].get("caBundle") == sent
    assert one(crd)["spec"]["conversion"]["webhook"]["clientConfig"].get("caBundle") == sent
    assert one(service)["spec"].get("caBundle") == sent


@pytest.mark.parametrize(
    ("webhook", "missing"),
    [
        ({"rules": []}, {"rules"}),
        ({"rules": None}, {"rules"}),
        ({}, set()),
        ({"name": "webhook.serving.knative.dev", "rules": None}, {"rules"}),
    ],
)
def test_what_controllers_fill_into_webhooks(webhook: Body, missing: set[str]) -> None:
    given = hook(**webhook)
    assert given["webhooks"][0].keys() - one(given)["webhooks"][0].keys() == missing


def test_rules_of_aggregated_roles_are_the_clusters() -> None:
    role = thing("rbac.authorization.k8s.io/v1", "ClusterRole", "a:b", rules=[{"verbs": ["get"]}])
    assert "rules" in one(role)
    assert "rules" not in one({**role, "aggregationRule": {"clusterRoleSelectors": []}})


@pytest.mark.parametrize(
    ("scaler", "scaled"),
    [
        (thing("autoscaling/v2", "HorizontalPodAutoscaler", "h", "app",
               spec={"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}}), True),
        (thing("autoscaling/v2", "HorizontalPodAutoscaler", "h", "other",
               spec={"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}}), False),
        (thing("keda.sh/v1alpha1", "ScaledObject", "s", "app", spec={"scaleTargetRef": {"name": "web"}}), True),
        (thing("keda.sh/v1alpha1", "ScaledObject", "s", "app",
               spec={"scaleTargetRef": {"kind": "StatefulSet", "name": "web"}}), False),
    ],
)  # fmt: skip
def test_replicas_are_the_autoscalers(scaler: Body, scaled: bool) -> None:
    wishes = normal([workload("web"), scaler, keda()])
    assert ("replicas" not in wishes[0].body["spec"]) is scaled


def keda() -> Body:
    """KEDA's CRD in its version."""
    crd = definition("ScaledObject", "keda.sh")
    crd["spec"]["versions"] = [{"name": "v1alpha1", "served": True}]
    return crd


def test_text_of_secrets_becomes_data() -> None:
    secret = thing(
        "v1", "Secret", "s", "n", data={"a": "b25l", "b": "eA=="}, stringData={"a": "two", "c": {"$secret": "x"}}
    )
    sent = one(secret)
    assert "stringData" not in sent
    assert sent["data"] == {"a": base64.b64encode(b"two").decode(), "b": "eA==", "c": {"$secret": "x"}}


def test_dates_that_templates_do_not_have_are_left_out() -> None:
    template = {"metadata": {"creationTimestamp": None, "labels": {"a": "b"}}, "spec": {}}
    job = thing("batch/v1", "CronJob", "j", "n", spec={"jobTemplate": {**template, "spec": {"template": template}}})
    claim = {"metadata": {"name": "d", "creationTimestamp": None}, "spec": {}, "status": {}}
    stateful = thing("apps/v1", "StatefulSet", "s", "n", spec={"template": template, "volumeClaimTemplates": [claim]})
    assert "creationTimestamp" not in repr([one(job), one(stateful)])
    assert one(stateful)["spec"]["volumeClaimTemplates"] == [{"metadata": {"name": "d"}, "spec": {}}]
