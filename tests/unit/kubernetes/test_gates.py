# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When objects are ready, kind by kind, and what they say while they are not."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.kind import Owner, Status
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes import gates
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.objects import Live
from tests.unit.kubernetes.samples import configuration, hook, key, manifest, thing, workload

R, P, F = Status.READY, Status.PENDING, Status.FAILED
NEW = {"generation": 2}


def condition(name: str, status: str, reason: str = "", message: str = "", **rest: Any) -> dict[str, Any]:
    return {"type": name, "status": status, "reason": reason, "message": message, **rest}


def deployment(*conditions: dict[str, Any], **status: Any) -> dict[str, Any]:
    body = workload("web")
    body["metadata"]["generation"] = 2
    return {**body, "status": {"observedGeneration": 2, "conditions": list(conditions), **status}}


def pods(kind: str, **status: Any) -> dict[str, Any]:
    body = workload("web", kind=kind)
    body["metadata"]["generation"] = 2
    return {**body, "status": {"observedGeneration": 2, **status}}


ALL = {"replicas": 1, "updatedReplicas": 1, "availableReplicas": 1}
BALANCED = {"loadBalancer": {"ingress": [{"hostname": "x"}]}}
CRD = ("apiextensions.k8s.io/v1", "CustomResourceDefinition", "c")
CERTIFICATE = ("cert-manager.io/v1", "Certificate", "c", "app")
CUSTOM = ("example.com/v1", "Shop", "c", "app")
CA = {"caBundle": "UEVN"}

TABLE = [
    (thing("v1", "ConfigMap", "c", "app"), R, ""),
    (thing("rbac.authorization.k8s.io/v1", "Role", "r", "app"), R, ""),
    (thing("v1", "Namespace", "n", status={"phase": "Active"}), R, ""),
    (thing("v1", "Namespace", "n", status={"phase": "Terminating"}), P, "Terminating"),
    (deployment(**ALL), R, ""),
    (deployment(), P, "0 of 1 replicas available"),
    (deployment(observedGeneration=1, **ALL), P, "has not seen it yet"),
    (deployment(**{**ALL, "replicas": 2}), P, "1 of 1"),
    (deployment(**{**ALL, "updatedReplicas": 0}), P, "0 of 1"),
    (deployment(condition("Progressing", "False", "ProgressDeadlineExceeded")), F, "no progress for 600 s"),
    (deployment(condition("ReplicaFailure", "True", "FailedCreate", "exceeded quota")), P, "exceeded quota"),
    (pods("StatefulSet", updatedReplicas=1, readyReplicas=1), R, ""),
    (pods("StatefulSet", readyReplicas=1), P, "0 of 1 replicas ready"),
    (pods("DaemonSet", desiredNumberScheduled=0), R, ""),
    (pods("DaemonSet", desiredNumberScheduled=3, updatedNumberScheduled=3, numberAvailable=2), P, "2 of 3"),
    (thing("batch/v1", "Job", "j", "app", status={"conditions": [condition("Complete", "True")]}), R, ""),
    (thing("batch/v1", "Job", "j", "app", spec={"suspend": True}), R, ""),
    (thing("batch/v1", "Job", "j", "app", status={"active": 1}), P, "0 pods succeeded"),
    (
        thing("batch/v1", "Job", "j", "app", status={"conditions": [condition("Failed", "True", "BackoffLimit")]}),
        F,
        "BackoffLimit",
    ),
    (thing("v1", "PersistentVolumeClaim", "p", "app", status={"phase": "Bound"}), R, ""),
    (thing("v1", "PersistentVolumeClaim", "p", "app", status={"phase": "Pending"}), P, "Pending"),
    (thing("v1", "PersistentVolumeClaim", "p", "app", status={"phase": "Lost"}), F, "lost"),
    (thing("v1", "Service", "s", "app", spec={"type": "ClusterIP"}), R, ""),
    (thing("v1", "ResourceQuota", "q", "app", spec={"hard": {"pods": "1"}}), P, "nothing is counted yet"),
    (thing("v1", "ResourceQuota", "q", "app", spec={"hard": {"pods": "1"}}, status={"hard": {"pods": "1"}}), R, ""),
    (thing("v1", "Service", "s", "app", spec={"type": "LoadBalancer"}), P, "no load balancer address"),
    (thing("v1", "Service", "s", "app", spec={"type": "LoadBalancer"}, status=BALANCED), R, ""),
    (thing(*CRD), P, "not established"),
    (thing(*CRD, status={"conditions": [condition("Established", "True")]}), R, ""),
    (
        thing(*CRD, status={"conditions": [condition("NamesAccepted", "False", "PluralConflict", "taken")]}),
        F,
        "PluralConflict: taken",
    ),
    (
        thing(
            "apiregistration.k8s.io/v1",
            "APIService",
            "a",
            status={"conditions": [condition("Available", "False", "MissingEndpoints")]},
        ),
        P,
        "MissingEndpoints",
    ),
    (configuration("c", [hook("h", "svc")]), P, "no caBundle yet for h"),
    (configuration("c", [hook("h", "svc", clientConfig=CA)]), R, ""),
    (configuration("c", [hook("h", "svc", failurePolicy="Ignore")]), R, ""),
    (configuration("c", [{"name": "h", "clientConfig": {"url": "https://x"}}]), R, ""),
    (thing(*CERTIFICATE), P, "not issued yet"),
    (thing(*CERTIFICATE, status={"conditions": [condition("Ready", "True", observedGeneration=1)]}), R, ""),
    (thing(*CERTIFICATE, status={"conditions": [condition("Ready", "False", "Missing", "no issuer")]}), P, "no issuer"),
    (thing(*CUSTOM), R, ""),
    (thing(*CUSTOM, status={"conditions": [condition("Ready", "Unknown")]}), P, "Ready is Unknown"),
    (thing(*CUSTOM, status={"conditions": [condition("Ready", "False", "Bad", "no node")]}), P, "Bad: no node"),
    (thing(*CUSTOM, metadata=NEW, status={"conditions": [condition("Ready", "True", observedGeneration=1)]}), P, "new"),
    (thing(*CUSTOM, metadata=NEW, status={"observedGeneration": 2, "conditions": [condition("Ready", "True")]}), R, ""),
    (
        thing("v1", "ConfigMap", "c", "app", metadata={"deletionTimestamp": "now", "finalizers": ["x/y"]}),
        Status.DELETING,
        "x/y",
    ),
]


@pytest.mark.parametrize(("body", "status", "told"), TABLE)
def test_state(body: dict[str, Any], status: Status, told: str) -> None:
    found, reason = gates.state(body, body)
    assert found is status
    assert told in reason


def test_ready_is_the_short_form() -> None:
    body = deployment()
    live = Live(key(body), body, Owner.OURS)
    assert gates.ready(live, manifest(body)) == (False, "0 of 1 replicas available")


def test_only_some_kinds_have_something_to_wait_for() -> None:
    assert gates.waits("apps", "Deployment")
    assert gates.waits("example.com", "Shop")
    assert not gates.waits("", "ConfigMap")
    assert not gates.waits("rbac.authorization.k8s.io", "Role")
