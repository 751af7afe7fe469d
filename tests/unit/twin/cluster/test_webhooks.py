# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the backends refuse and change, for those of them that look at nothing but the object."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, cast

import pytest

from twin.cluster.cluster import Cluster
from twin.cluster.objects import Object
from twin.cluster.webhooks import (
    certificates,
    conversion,
    external_secrets,
    istio,
    katib,
    knative,
    kserve,
    kueue,
    load_balancer_controller,
    opentelemetry,
    prometheus,
    training,
)
from twin.cluster.webhooks.review import Patch, Refused, Review, response

type Operation = Literal["CREATE", "UPDATE", "DELETE", "CONNECT"]


def review(
    kind: str, spec: Any, *, name: str = "mine", old: Object | None = None, operation: Operation = "CREATE", **more: Any
) -> Review:
    """Of an object that its backend judges without asking the cluster."""
    thing = {"kind": kind, "metadata": {"name": name}, "spec": spec, **more}
    return Review(cast(Cluster, None), "/", operation, "team", thing, old, "system")


ISSUER = {"name": "i"}
NAMES = {"secretName": "s", "issuerRef": ISSUER, "dnsNames": ["a"]}
OBJECTIVE = {"type": "minimize", "objectiveMetricName": "loss"}
EXPERIMENT = {
    "objective": OBJECTIVE,
    "algorithm": {"algorithmName": "random"},
    "parameters": [{}],
    "trialTemplate": {"a": 1},
}
ROUTE = {"route": [{"destination": {"host": "a"}}]}


@pytest.mark.parametrize(
    ("backend", "asked", "message"),
    [
        (certificates.validate, review("Certificate", {**NAMES, "dnsNames": []}), "at least one of commonName"),
        (certificates.validate, review("Certificate", {**NAMES, "secretName": ""}), "spec.secretName: Required value"),
        (certificates.validate, review("Certificate", {**NAMES, "issuerRef": {}}), "spec.issuerRef.name: Required"),
        (certificates.validate, review("Certificate", {**NAMES, "duration": "30m"}), "must be greater than 1h0m0s"),
        (certificates.validate, review("Certificate", {**NAMES, "commonName": "x" * 65}), "Too long"),
        (certificates.validate, review("Issuer", {}), "at least one issuer must be configured"),
        (certificates.validate, review("Issuer", {"ca": {"secretName": "s"}, "selfSigned": {}}), "more than one"),
        (istio.validate, review("VirtualService", {"gateways": ["g"], "http": [ROUTE]}), "must have no gateways"),
        (istio.validate, review("VirtualService", {"hosts": ["h"], "http": [{}]}), "HTTP route, redirect or direct"),
        (istio.validate, review("Gateway", {}), "gateway must have at least one server"),
        (istio.validate, review("DestinationRule", {"subsets": [{"name": "a"}, {"name": "a"}]}), "2 errors occurred"),
        (istio.validate, review("AuthorizationPolicy", {"action": "CUSTOM"}), "`provider.name` must not be empty"),
        (kserve.validate_inference_service, review("InferenceService", {}, name="1a"), "must start with alphabetical"),
        (
            kserve.validate_inference_service, review("InferenceService", {"predictor": {}}),
            "exactly one of [sklearn",
        ),
        (kserve.validate_graph, review("InferenceGraph", {"nodes": {"a": {}}}), "root node not found"),
        (
            kserve.validate_graph,
            review("InferenceGraph", {"nodes": {"root": {"routerType": "Splitter", "steps": [{"weight": 99}]}}}),
            "should be 100",
        ),
        (knative.validate, review("Service", {"template": {"spec": {}}}), "missing field(s): spec.template"),
        (knative.validate, review("Route", {"traffic": [{"percent": 90}]}), "Traffic targets sum to 90, want 100"),
        (knative.validate, review("Certificate", {}), "missing field(s): spec.dnsNames, spec.secretName"),
        (katib.validate, review("Experiment", {**EXPERIMENT, "objective": None}), "spec.objective: Required value"),
        (
            katib.validate, review("Experiment", {**EXPERIMENT, "parallelTrialCount": 3, "maxTrialCount": 2}),
            "should be less than or equal to spec.maxTrialCount",
        ),
        (
            katib.validate,
            review("Experiment", {**EXPERIMENT, "parameters": [{"name": "a"}]}, old={"spec": EXPERIMENT}),
            "are editable",
        ),
        (
            training.validate_job_set,
            review("JobSet", {"replicatedJobs": [{"name": "a"}], "successPolicy": {"targetReplicatedJobs": ["b"]}}),
            "invalid replicatedJob name 'b'",
        ),
        (
            training.validate_runtime,
            review("TrainingRuntime", {"template": {"spec": {"replicatedJobs": [{"name": "a", "replicas": 2}]}}}),
            "spec.template.spec.replicatedJobs[0].replicas: Invalid value: 2",
        ),
        (training.validate_spark, review("SparkApplication", {}, name="A"), 'invalid SparkApplication name "A"'),
        (
            kueue.validate_cluster_queue,
            review("ClusterQueue", {"resourceGroups": [
                {"coveredResources": ["cpu"], "flavors": [
                    {"name": "a", "resources": [{"name": "cpu", "borrowingLimit": 1}]}, {"name": "a", "resources": []}
                ]}
            ]}),
            "must be nil when cohort is empty",
        ),
        (kueue.validate_cohort, review("Cohort", {"parentName": "mine"}), "cannot be its own parent"),
        (
            prometheus.validate_rules,
            review("PrometheusRule", {"groups": [{"name": "a"}, {"name": "a"}]}),
            'groupname: "a" is repeated in the same file',
        ),
        (
            prometheus.validate_alertmanager_config,
            review("AlertmanagerConfig", {"route": {"receiver": "a"}, "receivers": [{"name": "b"}]}),
            'receiver "a" not found',
        ),
        (external_secrets.validate_store, review("SecretStore", {"provider": {"aws": {}, "vault": {}}}), "found 2"),
        (external_secrets.validate_external_secret, review("ExternalSecret", {}), "either data or dataFrom"),
        (load_balancer_controller.validate_binding, review("TargetGroupBinding", {}), "either TargetGroupARN"),
        (
            opentelemetry.validate_collector, review("Collector", {"mode": "sidecar", "affinity": {"a": 1}}),
            "does not support the attribute 'affinity'",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused(backend: Callable[[Review], None], asked: Review, message: str) -> None:
    with pytest.raises(Refused) as refusal:
        backend(asked)
    assert message in str(refusal.value)


@pytest.mark.parametrize(
    ("backend", "asked"),
    [
        (certificates.validate, review("Certificate", NAMES)),
        (certificates.validate, review("Certificate", {}, operation="DELETE")),
        (istio.validate, review("VirtualService", {"hosts": ["h"], "http": [ROUTE]})),
        (istio.validate, review("Sidecar", {})),
        (kserve.validate_inference_service, review("InferenceService", {"predictor": {"onnx": {"storageUri": "a"}}})),
        (katib.validate, review("Experiment", {**EXPERIMENT, "maxTrialCount": 3}, old={"spec": EXPERIMENT})),
        (knative.validate, review("Service", {"template": {"spec": {"containers": [{"image": "a"}]}}})),
        (prometheus.validate_rules, review("PrometheusRule", {"groups": [
            {"name": "a", "rules": [{"alert": "A", "expr": 'sum(rate(up{job=~"a(b"}[5m])) by (x) > 0'}]}
        ]})),
    ],
)  # fmt: skip
def test_what_is_right_is_allowed(backend: Callable[[Review], None], asked: Review) -> None:
    backend(asked)


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("up", ""), ('a{b="}"}', ""), ("sum(up", "unclosed '('"), ("up)", "unexpected ')'"), ("a{b]", "unexpected ']'"),
        ('a{b="c}', "unterminated quoted string"), (r'a{b="\""}', ""), ("a{b=`\\`}", ""),
    ],
)  # fmt: skip
def test_brackets_and_quotes_of_expressions_match(expression: str, problem: str) -> None:
    assert prometheus.expression_problem(expression) == problem


@pytest.mark.parametrize(
    ("backend", "asked", "operations"),
    [
        (
            katib.default, review("Experiment", {"resumePolicy": "LongRunning"}),
            [{"op": "add", "path": "/spec/parallelTrialCount", "value": 3}],
        ),
        (
            load_balancer_controller.default_service, review("Service", {"type": "LoadBalancer"}),
            [{"op": "add", "path": "/spec/loadBalancerClass", "value": "service.k8s.aws/nlb"}],
        ),
        (load_balancer_controller.default_service, review("Service", {"type": "ClusterIP"}), []),
        (kueue.default_job, review("Job", {}), []),
    ],
)  # fmt: skip
def test_what_is_left_open_is_set(backend: Callable[[Review], Patch], asked: Review, operations: list[Object]) -> None:
    assert list(backend(asked)) == operations


def test_an_edited_example_of_a_config_map_is_refused() -> None:
    example = "\n  a: 1\n"
    marked = {"knative.dev/example-checksum": knative.checksum("a: 1")}

    def config(text: str) -> Review:
        thing = {
            "kind": "ConfigMap",
            "metadata": {"name": "config-x", "annotations": marked},
            "data": {"_example": text},
        }
        return Review(cast(Cluster, None), "/", "UPDATE", "team", thing, None, "system")

    knative.validate_config(config(example))
    with pytest.raises(Refused, match="the update modified a key in"):
        knative.validate_config(config("a: 2"))


def test_an_answer_carries_the_question_s_uid() -> None:
    asked = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {"uid": "7"}}
    assert response(asked)["response"] == {"uid": "7", "allowed": True}
    refused = response(asked, refusal=Refused("no", code=422))["response"]
    assert refused == {"uid": "7", "allowed": False, "status": {"code": 422, "message": "no", "reason": "Forbidden"}}


def test_conversion_gives_the_version_that_was_asked_for() -> None:
    request = {"uid": "1", "desiredAPIVersion": "a/v2", "objects": [{"apiVersion": "a/v1", "kind": "A"}]}
    answer = conversion.answer({"apiVersion": "x", "kind": "ConversionReview", "request": request})
    assert answer["response"]["convertedObjects"] == [{"apiVersion": "a/v2", "kind": "A"}]
