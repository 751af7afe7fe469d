# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All of Kubeflow 26.03 in a cluster of the twin: what it needs happens, and what it refuses is really refused."""

from __future__ import annotations

import base64
import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography import x509

from tests.contract.cluster_of_streams import (
    ADMISSION,
    NAME,
    api_of,
    condition,
    configurations,
    is_certificate,
    running,
    without,
    without_bundle,
)
from tests.contract.upstream_stream import Applier, Object, stream
from twin.host import LocalClusterHost
from twin.kube_api import KubeApi, KubeApiError
from twin.processes import recorded, wait_until

pytestmark = pytest.mark.slow
DEPLOYMENTS = "/apis/apps/v1/deployments"
CERTIFICATES = "/apis/cert-manager.io/v1/certificates"
FIRST = {"cert-manager", "istio-system", "kube-system"}
_INJECTOR = f"{ADMISSION}/mutatingwebhookconfigurations/istio-sidecar-injector"


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalClusterHost]:
    with running(tmp_path_factory.mktemp("twin"), volumes=4) as host:
        yield host


@pytest.fixture(scope="module")
def applier(host: LocalClusterHost) -> Applier:
    """The stream is applied: the mesh and cert-manager first, so that no ReplicaSet backs off from their absence."""
    applier = Applier(api_of(host))
    objects = stream("kubeflow-26.03")
    # Guarded kinds wait for their webhooks: only what the first components bring themselves goes first.
    early = [thing for thing in objects if _is_early(thing)]
    applier.apply_all(early, seconds=180)
    wait_until(lambda: _bundled(applier.api) or None, seconds=60, what="the sidecar injector's caBundle")
    applier.apply_all(objects, seconds=180)
    return applier


def _is_early(thing: Object) -> bool:
    kind, version = thing["kind"], thing["apiVersion"]
    if kind in ("Namespace", "CustomResourceDefinition", "MutatingWebhookConfiguration", "ClusterRole"):
        return True
    return thing["metadata"].get("namespace") in FIRST and version.split("/")[0] in ("v1", "apps")


def _bundled(api: KubeApi) -> bool:
    webhooks = api.request("GET", _INJECTOR)["webhooks"]
    return all(webhook["clientConfig"].get("caBundle") for webhook in webhooks)


def _none(found: list[str]) -> bool | None:
    return None if found else True


def test_all_of_kubeflow_becomes_available(applier: Applier) -> None:
    api = applier.api

    def unavailable() -> list[str]:
        return [*without(api, DEPLOYMENTS, "Available"), *without(api, CERTIFICATES, "Ready"), *without_bundle(api)]

    wait_until(lambda: _none(unavailable()), seconds=60, what="Deployments, certificates and caBundles")
    assert len(api.request("GET", DEPLOYMENTS)["items"]) == 49
    assert len(configurations(api)) == 28
    # A conversion webhook is called with its authority as well.
    definition = api.request("GET", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/pvcviewers.kubeflow.org")
    assert is_certificate(definition["spec"]["conversion"]["webhook"]["clientConfig"].get("caBundle", ""))
    claims = api.request("GET", "/api/v1/persistentvolumeclaims")["items"]
    assert {claim["status"]["phase"] for claim in claims} == {"Bound"}


def certificate(name: str = "mine", **spec: Any) -> Object:
    return {
        "apiVersion": "cert-manager.io/v1", "kind": "Certificate",
        "metadata": {"name": name, "namespace": "kubeflow"},
        "spec": {"secretName": "mine", "issuerRef": {"name": "selfsigned-issuer", "kind": "Issuer"}, **spec},
    }  # fmt: skip


def virtual_service(**spec: Any) -> Object:
    return {
        "apiVersion": "networking.istio.io/v1", "kind": "VirtualService",
        "metadata": {"name": "mine", "namespace": "kubeflow", "labels": {"istio.io/rev": "default"}},
        "spec": spec,
    }  # fmt: skip


def inference_service(**predictor: Any) -> Object:
    return {
        "apiVersion": "serving.kserve.io/v1beta1", "kind": "InferenceService",
        "metadata": {"name": "mine", "namespace": "kubeflow"}, "spec": {"predictor": predictor},
    }  # fmt: skip


def train_job(runtime: str) -> Object:
    return {
        "apiVersion": "trainer.kubeflow.org/v1alpha1", "kind": "TrainJob",
        "metadata": {"name": "mine", "namespace": "kubeflow"}, "spec": {"runtimeRef": {"name": runtime}},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("thing", "webhook", "message"),
    [
        (certificate(), "webhook.cert-manager.io", "at least one of commonName"),
        (
            certificate(dnsNames=["a.example"], duration="2h", renewBefore="3h"),
            "webhook.cert-manager.io", "certificate duration 2h must be greater than renewBefore 3h",
        ),
        (virtual_service(hosts=["a.example"]), "rev.validation.istio.io", "http, tcp or tls must be provided"),
        (
            inference_service(minReplicas=3, maxReplicas=1, model={"modelFormat": {"name": "sklearn"}}),
            "inferenceservice.kserve-webhook-server.validator", "MinReplicas cannot be greater than MaxReplicas",
        ),
        (train_job("nothing"), "validator.trainjob.trainer.kubeflow.org", '"nothing" not found: specified'),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_by_the_component(applier: Applier, thing: Object, webhook: str, message: str) -> None:
    with pytest.raises(KubeApiError) as refusal:
        applier.apply(thing)
    assert f'admission webhook "{webhook}" denied the request' in str(refusal.value)
    assert message in str(refusal.value)


@pytest.mark.parametrize(
    "thing",
    [
        certificate(dnsNames=["a.example"]),
        virtual_service(hosts=["a.example"], http=[{"route": [{"destination": {"host": "a"}}]}]),
        inference_service(model={"modelFormat": {"name": "sklearn"}, "storageUri": "pvc://a/b"}),
        train_job("torch-distributed"),
    ],
)
def test_what_is_right_is_taken(applier: Applier, thing: Object) -> None:
    applier.apply(thing)
    applier.api.delete(applier.path(thing))


def test_pods_of_the_mesh_get_a_sidecar(applier: Applier) -> None:
    which = "labelSelector=app=centraldashboard"
    pods = applier.api.request("GET", f"/api/v1/namespaces/kubeflow/pods?{which}")
    sidecars = [
        container for pod in pods["items"] for container in pod["spec"].get("initContainers", [])
        if container["name"] == "istio-proxy"
    ]  # fmt: skip
    # The hub and the tag are those of the injector's own ConfigMap.
    assert [container["image"] for container in sidecars] == ["gcr.io/istio-release/proxyv2:1.29.0"]


def test_certificates_follow_their_spec_and_are_signed_by_their_issuer(applier: Applier) -> None:
    api, where = applier.api, "/api/v1/namespaces/kubeflow/secrets"

    def named(thing: Object, issuer: str, **spec: Any) -> Object:
        name = thing["metadata"]["name"]
        return {**thing, "spec": {**thing["spec"], "secretName": name, "issuerRef": {"name": issuer}, **spec}}

    def issued(name: str, dns_name: str) -> x509.Certificate | None:
        try:
            secret = api.request("GET", f"{where}/{name}")
        except KubeApiError:
            return None
        found = x509.load_pem_x509_certificate(base64.b64decode(secret["data"]["tls.crt"]))
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        return found if dns_name in names.get_values_for_type(x509.DNSName) else None

    root = certificate("root")
    issuer = {
        "apiVersion": "cert-manager.io/v1", "kind": "Issuer", "metadata": {"name": "root", "namespace": "kubeflow"},
        "spec": {"ca": {"secretName": "root"}},
    }  # fmt: skip
    leaf = certificate("leaf")
    applier.apply(issuer)
    applier.apply(named(leaf, "root", dnsNames=["one.example"]))
    applier.apply(named(root, "selfsigned-issuer", dnsNames=["root.example"], isCA=True))
    authority = wait_until(lambda: issued("root", "root.example"), seconds=20, what="the authority")
    wait_until(lambda: issued("leaf", "one.example"), seconds=20, what="the certificate").verify_directly_issued_by(
        authority
    )
    applier.apply(named(leaf, "root", dnsNames=["two.example"]))
    wait_until(lambda: issued("leaf", "two.example"), seconds=20, what="the changed certificate")
    wait_until(lambda: None if without(api, CERTIFICATES, "Ready") else True, seconds=20, what="the certificates")


def test_a_backend_that_is_gone_is_missed_and_comes_back(applier: Applier) -> None:
    path = "/apis/apps/v1/namespaces/kubeflow/deployments/kserve-controller-manager"
    scale = {"spec": {"replicas": 0}}
    applier.api.request("PATCH", path, scale, content_type="application/merge-patch+json")
    good = inference_service(model={"modelFormat": {"name": "sklearn"}, "storageUri": "pvc://a/b"})

    def answer() -> str:
        try:
            applier.apply(good)
        except KubeApiError as error:
            return str(error)
        return ""

    wanted = 'no endpoints available for service "kserve-webhook-server-service"'
    wait_until(lambda: wanted in answer() or None, seconds=20, what=wanted)
    applier.api.request("PATCH", path, {"spec": {"replicas": 1}}, content_type="application/merge-patch+json")
    wait_until(lambda: answer() == "" or None, seconds=20, what="the backend's return")
    applier.api.delete(applier.path(good))


def test_a_certificate_of_another_authority_is_refused_by_the_api_server(applier: Applier) -> None:
    api = applier.api
    kserve = api.request("GET", f"{ADMISSION}/validatingwebhookconfigurations/inferencegraph.serving.kserve.io")
    foreign = api.request("GET", f"{ADMISSION}/validatingwebhookconfigurations/cert-manager-webhook")
    bundle = foreign["webhooks"][0]["clientConfig"]["caBundle"]
    webhook = kserve["webhooks"][0]
    wrong = {
        "apiVersion": kserve["apiVersion"], "kind": kserve["kind"], "metadata": {"name": "wrong.example.org"},
        "webhooks": [
            {**webhook, "name": "wrong.example.org", "clientConfig": {**webhook["clientConfig"], "caBundle": bundle}}
        ],
    }  # fmt: skip
    graph = {
        "apiVersion": "serving.kserve.io/v1alpha1", "kind": "InferenceGraph",
        "metadata": {"name": "mine", "namespace": "kubeflow"},
        "spec": {"nodes": {"root": {"routerType": "Sequence", "steps": [{"serviceName": "a"}]}}},
    }  # fmt: skip
    applier.apply(wrong)

    def answer() -> str:
        try:
            applier.apply(graph)
        except KubeApiError as error:
            return str(error)
        return ""

    # The API server learns of a new configuration moments after it took it.
    wanted = "x509: certificate signed by unknown authority"
    wait_until(lambda: wanted in answer() or None, seconds=10, what=wanted)
    applier.api.delete(applier.path(wrong))


def test_an_aggregated_api_is_there_with_its_backend_and_gone_without(applier: Applier) -> None:
    api = applier.api
    for thing in stream("metrics-server"):
        applier.apply(thing)
    path = "/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.metrics.k8s.io"

    def available() -> str:
        return condition(api.request("GET", path), "Available")

    wait_until(lambda: available() == "True" or None, seconds=30, what="metrics.k8s.io")
    assert api.request("GET", "/apis/metrics.k8s.io/v1beta1/nodes")["items"] == []
    api.delete("/apis/apps/v1/namespaces/kube-system/deployments/metrics-server")
    wait_until(lambda: available() == "False" or None, seconds=30, what="the end of metrics.k8s.io")
    api.delete(path)


def test_a_pod_waits_for_the_secret_that_it_mounts(applier: Applier) -> None:
    """In `default`, where no webhook has a say."""
    api, path = applier.api, "/api/v1/namespaces/default"
    volume = {"name": "v", "secret": {"secretName": "late"}}
    pod = {
        "metadata": {"name": "waits"},
        "spec": {"containers": [{"name": "c", "image": "example.org/none"}], "volumes": [volume]},
    }
    api.request("POST", f"{path}/pods", pod)

    def told() -> str:
        conditions = api.request("GET", f"{path}/pods/waits")["status"].get("conditions", [])
        return next((c.get("message", "") for c in conditions if c["type"] == "PodReadyToStartContainers"), "")

    wait_until(lambda: told() == 'secret "late" not found' or None, seconds=10, what="why the pod waits")
    assert condition(api.request("GET", f"{path}/pods/waits"), "Ready") != "True"
    api.request("POST", f"{path}/secrets", {"metadata": {"name": "late"}})
    wait_until(
        lambda: condition(api.request("GET", f"{path}/pods/waits"), "Ready") == "True" or None,
        seconds=10, what="the pod",
    )  # fmt: skip


def test_the_process_that_plays_the_cluster_is_missed_when_it_dies(host: LocalClusterHost) -> None:
    """Last in this file: nothing works afterwards."""
    pid = recorded(host.admin_kubeconfig(NAME).parent / "cluster.pid")
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: host.describe()[NAME]["state"] == "failed" or None, seconds=5, what="the news")
    assert f"cluster of {NAME} ended" in str(host.describe()[NAME]["why"])
