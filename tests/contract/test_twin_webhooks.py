# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Streams beside Kubeflow's: each component makes its own certificates, and its webhooks have their say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract.cluster_of_streams import api_of, condition, running, without, without_bundle
from tests.contract.upstream_stream import Applier, Object, stream
from twin.kube_api import KubeApiError
from twin.processes import wait_until

pytestmark = pytest.mark.slow
STREAMS = ("external-secrets", "keda", "kube-prometheus-stack", "aws-load-balancer-controller", "kueue")
NAMESPACES = ("external-secrets", "keda", "monitoring", "kueue-system")
DEPLOYMENTS = "/apis/apps/v1/deployments"
API_SERVICES = "/apis/apiregistration.k8s.io/v1/apiservices"


@pytest.fixture(scope="module")
def applier(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Applier]:
    with running(tmp_path_factory.mktemp("twin")) as host:
        applier = Applier(api_of(host))
        applier.apply_all([_namespace(name) for name in NAMESPACES], seconds=60)
        # Kueue last: its webhooks are asked about every Deployment and Job.
        for name in STREAMS:
            applier.apply_all(stream(name), seconds=180)
        yield applier


def _namespace(name: str) -> Object:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def test_all_components_become_available_and_are_called_with_their_own_authority(applier: Applier) -> None:
    api = applier.api

    def missing() -> list[str]:
        # external-secrets' own definitions are not in its stream, and nothing waits for the mirror's blanked password.
        return [
            *without(api, DEPLOYMENTS, "Available"), *without_bundle(api), *without(api, API_SERVICES, "Available")
        ]  # fmt: skip

    wait_until(lambda: None if missing() else True, seconds=60, what="Deployments, caBundles and APIServices")
    services = api.request("GET", API_SERVICES)["items"]
    names = {thing["spec"]["group"] for thing in services if thing["spec"].get("service")}
    assert names == {"external.metrics.k8s.io", "visibility.kueue.x-k8s.io"}
    assert {condition(thing, "Available") for thing in services} == {"True"}


def of(api_version: str, kind: str, spec: Any, *, namespace: str = "default", name: str = "mine") -> Object:
    return {
        "apiVersion": api_version, "kind": kind, "metadata": {"name": name, "namespace": namespace}, "spec": spec,
    }  # fmt: skip


def rules(*groups: Object) -> Object:
    return of("monitoring.coreos.com/v1", "PrometheusRule", {"groups": list(groups)})


def queue(*, resource: str) -> Object:
    flavor = {"name": "default", "resources": [{"name": resource, "nominalQuota": "4"}]}
    group = {"coveredResources": ["cpu"], "flavors": [flavor]}
    thing = of("kueue.x-k8s.io/v1beta2", "ClusterQueue", {"namespaceSelector": {}, "resourceGroups": [group]})
    del thing["metadata"]["namespace"]
    return thing


def scaled(target: str, name: str = "mine", **spec: Any) -> Object:
    trigger = {"type": "cron", "metadata": {"timezone": "UTC", "start": "0 1 * * *", "end": "0 2 * * *",
                                            "desiredReplicas": "1"}}  # fmt: skip
    wish = {"scaleTargetRef": {"name": target}, "triggers": [trigger], **spec}
    return of("keda.sh/v1alpha1", "ScaledObject", wish, name=name)


@pytest.mark.parametrize(
    ("thing", "message"),
    [
        (
            rules({"name": "a", "rules": []}, {"name": "b", "rules": [{"record": "r", "expr": "sum(up"}]}),
            "could not parse expression: unclosed '('",
        ),
        (rules({"name": "a", "rules": [{"expr": "up"}]}), "one of 'record' or 'alert' must be set"),
        (queue(resource="memory"), "must match the name in coveredResources"),
        (scaled("a", idleReplicaCount=2, minReplicaCount=2), "IdleReplicaCount=2 must be less than MinReplicaCount=2"),
    ],
)
def test_what_is_wrong_is_refused_by_the_component(applier: Applier, thing: Object, message: str) -> None:
    with pytest.raises(KubeApiError) as refusal:
        applier.apply(thing)
    assert "denied the request" in str(refusal.value)
    assert message in str(refusal.value)


def test_a_workload_has_one_scaler(applier: Applier) -> None:
    applier.apply(scaled("a", name="first"))
    with pytest.raises(KubeApiError, match="already managed by the ScaledObject 'first'"):
        applier.apply(scaled("a", name="second"))


def test_a_job_with_a_queue_waits(applier: Applier) -> None:
    job = {
        "apiVersion": "batch/v1", "kind": "Job",
        "metadata": {"name": "queued", "namespace": "default", "labels": {"kueue.x-k8s.io/queue-name": "mine"}},
        "spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "x/y"}]}}},
    }  # fmt: skip
    assert applier.apply(job)["spec"]["suspend"] is True


def test_a_service_for_a_load_balancer_gets_the_controller_s_class(applier: Applier) -> None:
    service = of("v1", "Service", {"type": "LoadBalancer", "ports": [{"port": 80}]})
    assert applier.apply(service)["spec"]["loadBalancerClass"] == "service.k8s.aws/nlb"
