# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kubeflow's webhooks, each with its backend dead in turn: what they guard is applied, or refused with who is missing.

Dead means what it mostly means in the field: somebody scaled the Deployment to nothing.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.guards import Consent
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.script import Timing
from tests.contract import cluster_of_streams
from tests.contract.kube_sets import TIMING, Body, Cluster, config_map, namespace, verbs
from tests.contract.upstream_stream import stream
from twin.kube_api import KubeApi
from twin.processes import wait_until

pytestmark = pytest.mark.slow
SPACE = "guarded"
SHORT = Timing(poll_interval=0.1, settle_timeout=1, wait_timeout=2)
DEADLINE = 30.0
"""Real seconds for what is to end after SHORT's two: the machine may be busy."""
# What makes every one of the webhooks that select by namespace look at this one.
LABELS = {"istio-injection": "enabled", "app.kubernetes.io/part-of": "kubeflow-profile"}
RUNTIME_TEMPLATE = {
    "spec": {
        "replicatedJobs": [
            {
                "name": "node",
                "template": {
                    "metadata": {"labels": {"trainer.kubeflow.org/trainjob-ancestor-step": "trainer"}},
                    "spec": {
                        "template": {
                            "spec": {
                                "restartPolicy": "Never",
                                "containers": [{"name": "node", "image": "example.com/a:1"}],
                            }
                        }
                    },
                },
            }
        ]
    }
}


def pod(**labels: str) -> Body:
    """A pod without a sidecar unless the mesh gives it one."""
    spec = {"containers": [{"name": "app", "image": "example.com/app:1"}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"labels": labels}, "spec": spec}


def of(api_version: str, kind: str, **spec: Any) -> Body:
    """An object of a custom kind."""
    return {"apiVersion": api_version, "kind": kind, "metadata": {}, "spec": spec}


def configuration(component: str) -> Body:
    """A ConfigMap that Knative reads its configuration from."""
    body = config_map("knative-serving", "")
    body["metadata"]["labels"] = {
        "app.kubernetes.io/name": "knative-serving", "app.kubernetes.io/component": component
    }  # fmt: skip
    return body


@dataclass(frozen=True)
class Backend:
    """A Service that webhooks call, and the smallest object that one of them is asked about.

    webhook: its name, or the end of it. ignored: it says itself that it may be away.
    """

    place: str
    deployment: str
    webhook: str
    guarded: Body = field(hash=False)
    ignored: bool = False

    def objects(self, name: str) -> list[Body]:
        """The guarded object under a name, in its namespace."""
        space = self.guarded["metadata"].get("namespace", SPACE)
        metadata = {**self.guarded["metadata"], "name": name, "namespace": space}
        return [{**self.guarded, "metadata": metadata}]

    @property
    def scale(self) -> str:
        """Path of the Deployment's scale."""
        space = self.place.partition("/")[0]
        return f"/apis/apps/v1/namespaces/{space}/deployments/{self.deployment}/scale"


CERT_MANAGER = Backend(
    "cert-manager/cert-manager-webhook", "cert-manager-webhook", "webhook.cert-manager.io",
    of("cert-manager.io/v1", "Issuer", selfSigned={}),
)  # fmt: skip
ISTIO = Backend("istio-system/istiod", "istiod", "namespace.sidecar-injector.istio.io", pod())
CACHE = Backend(
    "kubeflow/cache-server", "cache-server", "cache-server.kubeflow.svc",
    pod(**{"pipelines.kubeflow.org/cache_enabled": "true"}), ignored=True,
)  # fmt: skip
REST = (
    Backend(
        "kubeflow/admission-webhook-service", "admission-webhook-deployment",
        "admission-webhook-deployment.kubeflow.org", pod(),
    ),
    Backend(
        "kubeflow/katib-controller", "katib-controller", "defaulter.experiment.katib.kubeflow.org",
        of(
            "kubeflow.org/v1beta1", "Experiment",
            objective={"type": "maximize", "objectiveMetricName": "accuracy"},
            algorithm={"algorithmName": "random"},
            parameters=[{"name": "lr", "parameterType": "double", "feasibleSpace": {"min": "0.1", "max": "0.2"}}],
            trialTemplate={
                "primaryContainerName": "trial",
                "trialSpec": {
                    "apiVersion": "batch/v1",
                    "kind": "Job",
                    "spec": {"template": pod()},
                },
            },
        ),
    ),
    Backend(
        "kubeflow/kserve-webhook-server-service", "kserve-controller-manager",
        "servingruntime.kserve-webhook-server.validator",
        of("serving.kserve.io/v1alpha1", "ServingRuntime", containers=[{"name": "app", "image": "example.com/a:1"}]),
    ),
    Backend(
        "kubeflow/llmisvc-webhook-server-service", "llmisvc-controller-manager",
        "llminferenceservice.kserve-webhook-server.validator",
        of("serving.kserve.io/v1alpha1", "LLMInferenceService", model={"uri": "hf://example/model"}),
    ),
    Backend(
        "kubeflow/pvcviewer-webhook-service", "pvcviewer-controller-manager", "mpvcviewer.kb.io",
        of("kubeflow.org/v1alpha1", "PVCViewer", pvc="data"),
    ),
    Backend(
        "kubeflow/spark-operator-webhook-svc", "spark-operator-webhook", "mutate--v1-pod.sparkoperator.k8s.io",
        pod(**{"sparkoperator.k8s.io/launched-by-spark-operator": "true"}),
    ),
    Backend(
        "kubeflow-system/jobset-webhook-service", "jobset-controller-manager", "mjobset.kb.io",
        of("jobset.x-k8s.io/v1alpha2", "JobSet", replicatedJobs=[]),
    ),
    Backend(
        "kubeflow-system/kubeflow-trainer-controller-manager", "kubeflow-trainer-controller-manager",
        "validator.trainingruntime.trainer.kubeflow.org",
        of("trainer.kubeflow.org/v1alpha1", "TrainingRuntime", template=RUNTIME_TEMPLATE),
    ),
    Backend("knative-serving/webhook", "webhook", "config.webhook.serving.knative.dev", configuration("controller")),
    Backend(
        "knative-serving/net-istio-webhook", "net-istio-webhook",
        "config.webhook.istio.networking.internal.knative.dev", configuration("net-istio"),
    ),
)  # fmt: skip
BACKENDS = (CERT_MANAGER, ISTIO, CACHE, *(pytest.param(one, marks=pytest.mark.long) for one in REST))


@pytest.fixture(scope="module")
def kubeflow() -> list[Body]:
    """All of it, as upstream makes it."""
    return stream("kubeflow-26.03")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory, kubeflow: list[Body]) -> Iterator[Cluster]:
    """A cluster with all of Kubeflow in it, and a namespace that its webhooks are asked about."""
    with cluster_of_streams.running(tmp_path_factory.mktemp("webhooks"), volumes=12) as host:
        there = Cluster(host.planes()[cluster_of_streams.NAME])
        there.well("kubeflow", kubeflow)
        there.well("space", [namespace(SPACE, **LABELS)])
        yield there


def scaled(cluster: Cluster, backend: Backend, replicas: int) -> None:
    """Somebody scales the backend, and the cluster has followed: nothing answers then, or something does."""
    change = {"spec": {"replicas": replicas}}
    cluster.others.request("PATCH", backend.scale, change, content_type="application/merge-patch+json")
    wait_until(
        lambda: answers(cluster.others, backend.place) == (replicas > 0) or None,
        seconds=60, interval=0.05, what=f"{backend.place} to have {replicas} endpoints",
    )  # fmt: skip


def answers(api: KubeApi, place: str) -> bool:
    """Whether a Service has an endpoint that is ready."""
    space, _slash, name = place.partition("/")
    labels = f"labelSelector=kubernetes.io/service-name={name}"
    slices = api.request("GET", f"/apis/discovery.k8s.io/v1/namespaces/{space}/endpointslices?{labels}")["items"]
    endpoints = [one for piece in slices for one in piece.get("endpoints") or ()]
    return any((one.get("conditions") or {}).get("ready") for one in endpoints)


def all_services(kubeflow: list[Body]) -> set[str]:
    """Places of the Services that webhooks call."""
    hooks = [hook for body in kubeflow if body["kind"].endswith("WebhookConfiguration") for hook in body["webhooks"]]
    services = [hook["clientConfig"]["service"] for hook in hooks]
    return {f"{service['namespace']}/{service['name']}" for service in services}


def test_every_backend_has_its_turn(kubeflow: list[Body]) -> None:
    assert {one.place for one in (CERT_MANAGER, ISTIO, CACHE, *REST)} == all_services(kubeflow)


@pytest.mark.parametrize("backend", BACKENDS, ids=lambda one: one.place.replace("/", "-"))
def test_a_dead_backend_is_done_without_or_named(cluster: Cluster, backend: Backend) -> None:
    """Cause: a webhook's Deployment has no pods. Expected: what it guards is applied if the webhook may be away, else
    an error within the deadline that names webhook, configuration, Service and Deployment; healed, the next converges.
    """
    name = f"set-{backend.deployment}"
    cluster.well(name, backend.objects("alive"), wait=False)
    scaled(cluster, backend, 0)
    bodies = [*backend.objects("alive"), *backend.objects(f"{backend.deployment}-new")]
    began = time.monotonic()
    dead = cluster.install(name, bodies, timing=SHORT, wait=False)
    assert time.monotonic() - began < DEADLINE
    if backend.ignored:
        assert dead.error is None, str(dead.error)
    else:
        told = str(dead.error)
        assert f'failed calling webhook "{backend.webhook}' in told
        assert f"calls Service {backend.place}" in told
        assert f"Deployment {backend.place.partition('/')[0]}/{backend.deployment}" in told
        assert "is scaled to nothing" in told
    scaled(cluster, backend, 1)
    healed = cluster.well(name, bodies, wait=False)
    assert set(verbs(healed).values()) == (set() if backend.ignored else {"create"})
    assert verbs(cluster.well(name, bodies, wait=False)) == {}
    gone = cluster.remove(name, consent=Consent(teardown=True))
    assert gone.error is None, str(gone.error)


def test_a_backend_of_ours_comes_back_before_what_it_guards(cluster: Cluster, kubeflow: list[Body]) -> None:
    """Cause: the same, and the next run is of the set that the backend and an object it guards belong to. Expected:
    the run scales it up, waits for it, and changes the object: no error, no consent."""
    scaled(cluster, CERT_MANAGER, 0)
    issuer = next(body for body in kubeflow if body["kind"] == "ClusterIssuer")
    changed = {**issuer, "metadata": {**issuer["metadata"], "labels": {"changed": "yes"}}}
    bodies = [changed if body is issuer else body for body in kubeflow]
    healed = cluster.well("kubeflow", bodies, timing=TIMING)
    # Other Deployments that were scaled by hand before, and back, become ours again too.
    assert set(verbs(healed)) >= {
        "Deployment.apps/cert-manager/cert-manager-webhook",
        f"ClusterIssuer.cert-manager.io/{issuer['metadata']['name']}",
    }
    assert answers(cluster.others, CERT_MANAGER.place)
    assert verbs(cluster.well("kubeflow", bodies)) == {}
