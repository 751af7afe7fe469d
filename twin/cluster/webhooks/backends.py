# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Service answers which path how."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from twin.cluster.cluster import Cluster
from twin.cluster.endpoints import Endpoint
from twin.cluster.objects import Object
from twin.cluster.webhooks import (
    certificates,
    external_secrets,
    istio,
    istio_injection,
    katib,
    keda,
    knative,
    kserve,
    kueue,
    load_balancer_controller,
    opentelemetry,
    pipelines,
    pod_defaults,
    prometheus,
    training,
)
from twin.cluster.webhooks.review import Patch, Refused, Review, parse, response

_log = logging.getLogger(__name__)
type Answer = Callable[[Review], Patch | None]
"""Raises Refused; a mutating webhook returns what it changes."""


def allow(_review: Review) -> None:
    """Known, and without a say here: the component's file tells what is not played."""


class Backend(NamedTuple):
    """`service` and `path` are globs."""

    service: str
    path: str
    answer: Answer


_KSERVE = "kserve-webhook-server-service"
_LOAD_BALANCERS = "aws-load-balancer-webhook-service"
_KUEUE = "kueue-webhook-service"
_TRAINER = "kubeflow-trainer-controller-manager"
BACKENDS: Sequence[Backend] = (
    Backend("cert-manager-webhook", "/validate", certificates.validate),
    Backend("cert-manager-webhook", "/mutate", allow),
    Backend("istiod*", "/inject*", istio_injection.inject),
    Backend("istiod*", "/validate", istio.validate),
    Backend(_KSERVE, "/validate-serving-kserve-io-*-inferenceservice", kserve.validate_inference_service),
    Backend(_KSERVE, "/validate-serving-kserve-io-*-clusterservingruntime", kserve.validate_cluster_runtime),
    Backend(_KSERVE, "/validate-serving-kserve-io-*-servingruntime", kserve.validate_runtime),
    Backend(_KSERVE, "/validate-serving-kserve-io-*-trainedmodel", kserve.validate_trained_model),
    Backend(_KSERVE, "/validate-serving-kserve-io-*-inferencegraph", kserve.validate_graph),
    Backend(_KSERVE, "/validate-serving-kserve-io-*-localmodelcache", kserve.validate_model_cache),
    Backend(_KSERVE, "/mutate-*", allow),
    Backend("webhook", "/resource-validation", knative.validate),
    Backend("webhook", "/defaulting", allow),
    Backend("*webhook", "/config-validation", knative.validate_config),
    Backend("net-istio-webhook", "/defaulting", allow),
    Backend("katib-controller", "/mutate-experiment", katib.default),
    Backend("katib-controller", "/validate-experiment", katib.validate),
    Backend("katib-controller", "/mutate-pod", allow),
    Backend(_TRAINER, "/validate-trainer-kubeflow-org-*-trainjob", training.validate_train_job),
    Backend(_TRAINER, "/validate-trainer-kubeflow-org-*trainingruntime", training.validate_runtime),
    Backend("jobset-webhook-service", "/validate-jobset-x-k8s-io-*-jobset", training.validate_job_set),
    Backend(_TRAINER, "/mutate-trainer-kubeflow-org-*", allow),
    Backend("jobset-webhook-service", "*", allow),
    Backend("spark-operator-webhook-svc", "/validate-sparkoperator-*", training.validate_spark),
    Backend("spark-operator-webhook-svc", "/mutate-*", allow),
    Backend("*", "/apply-poddefault", pod_defaults.apply),
    Backend("cache-server", "/mutate", allow),
    Backend("ml-pipeline", "/webhooks/validate-pipelineversion", pipelines.validate_version),
    Backend("ml-pipeline", "/webhooks/mutate-pipelineversion", pipelines.default_version),
    Backend(_KUEUE, "/mutate-kueue-x-k8s-io-*-clusterqueue", kueue.default_cluster_queue),
    Backend(_KUEUE, "/validate-kueue-x-k8s-io-*-clusterqueue", kueue.validate_cluster_queue),
    Backend(_KUEUE, "/validate-kueue-x-k8s-io-*-cohort", kueue.validate_cohort),
    Backend(_KUEUE, "/validate-kueue-x-k8s-io-*-resourceflavor", kueue.validate_flavor),
    Backend(_KUEUE, "/mutate-batch-v1-job", kueue.default_job),
    Backend(_KUEUE, "/validate-batch-v1-job", kueue.validate_job),
    Backend(_KUEUE, "*", allow),
    Backend("*-operator", "/admission-prometheusrules/validate", prometheus.validate_rules),
    Backend("*-operator", "/admission-prometheusrules/mutate", allow),
    Backend("*-operator", "/admission-alertmanagerconfigs/validate", prometheus.validate_alertmanager_config),
    Backend("external-secrets-webhook", "*secretstore", external_secrets.validate_store),
    Backend("external-secrets-webhook", "*externalsecret", external_secrets.validate_external_secret),
    Backend("keda-admission-webhooks", "*-scaledobject", keda.validate_scaled_object),
    Backend("keda-admission-webhooks", "*triggerauthentication", keda.validate_authentication),
    Backend(_LOAD_BALANCERS, "/mutate-v1-service", load_balancer_controller.default_service),
    Backend(_LOAD_BALANCERS, "/validate-networking-v1-ingress", load_balancer_controller.validate_ingress),
    Backend(_LOAD_BALANCERS, "/validate-elbv2-*-targetgroupbinding", load_balancer_controller.validate_binding),
    Backend(_LOAD_BALANCERS, "/mutate-*", allow),
    Backend("opentelemetry-operator-webhook*", "/mutate-*-opentelemetrycollector", opentelemetry.default_collector),
    Backend("opentelemetry-operator-webhook*", "/validate-*-opentelemetrycollector", opentelemetry.validate_collector),
    Backend("opentelemetry-operator-webhook*", "/mutate-v1-pod", allow),
)
_unknown: set[tuple[str, str]] = set()
_lock = threading.Lock()


def answer_review(cluster: Cluster, where: Endpoint, path: str, review: Object) -> Object:
    """The AdmissionReview that the backend answers; what nobody plays is allowed, and said once in the log."""
    found = next((b for b in BACKENDS if fnmatchcase(where.service, b.service) and fnmatchcase(path, b.path)), None)
    if found is None:
        _say_unknown(where.service, path)
        return response(review)
    try:
        return response(review, found.answer(parse(cluster, where.namespace, path, review)) or ())
    except Refused as refusal:
        return response(review, refusal=refusal)


def _say_unknown(service: str, path: str) -> None:
    with _lock:
        if (service, path) in _unknown:
            return
        _unknown.add((service, path))
    _log.info("nobody plays %s of %s: it allows everything", path, service)
