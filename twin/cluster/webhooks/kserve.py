# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""KServe's webhooks.

Checked: names, one implementation per component, replicas; model formats with equal priority among runtimes that
select themselves; root and weights of graphs; models in use. Not checked: storage URIs, autoscaling annotations,
collocation, LLM inference services. Pods are not changed (no storage initializer).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations

from twin.cluster.objects import Object
from twin.cluster.webhooks.fields import at
from twin.cluster.webhooks.review import Refused, Review

_NAME = "^[a-z]([-a-z0-9]*[a-z0-9])?$"
_API = "/apis/serving.kserve.io"
# Fields of a predictor that are one implementation each.
_IMPLEMENTATIONS = ("sklearn", "xgboost", "tensorflow", "pytorch", "triton", "onnx", "huggingface", "pmml", "lightgbm",
                    "paddle", "model")  # fmt: skip


def validate_inference_service(review: Review) -> None:
    """Refuse what the validator refuses, in its words."""
    if review.deletes:
        return
    _check_name("InferenceService", review.name)
    for component in ("predictor", "transformer", "explainer"):
        part = review.spec.get(component)
        if part is None:
            continue
        if component == "predictor":
            _check_predictor(part)
        least, most = part.get("minReplicas"), part.get("maxReplicas") or 0
        if least is not None and least < 0:
            raise Refused("MinReplicas cannot be less than 0")
        if most < 0:
            raise Refused("MaxReplicas cannot be less than 0")
        if most and (least or 0) > most:
            raise Refused("MinReplicas cannot be greater than MaxReplicas")


def _check_predictor(part: Object) -> None:
    found = [name for name in _IMPLEMENTATIONS if part.get(name)]
    custom = [c for c in part.get("containers") or [] if c.get("name") == "kserve-container"]
    if len(found) + bool(custom or part.get("containers")) != 1 and not part.get("workerSpec"):
        raise Refused(
            f"exactly one of [{', '.join([*_IMPLEMENTATIONS, 'containers'])}] must be specified in PredictorSpec"
        )
    if found == ["model"] and not at(part, "model", "modelFormat", "name"):
        raise Refused("the model format of the predictor has no name")


def validate_cluster_runtime(review: Review) -> None:
    """A runtime without namespace."""
    _validate_runtime(review, f"{_API}/v1alpha1/clusterservingruntimes", "the clusterservingruntimes {} and {}")


def validate_runtime(review: Review) -> None:
    """A runtime in a namespace."""
    path = f"{_API}/v1alpha1/namespaces/{review.namespace}/servingruntimes"
    _validate_runtime(review, path, f"the servingruntimes {{}} and {{}} in namespace {review.namespace}")


def _validate_runtime(review: Review, path: str, where: str) -> None:
    if review.deletes or review.spec.get("disabled"):
        return
    for one, other in combinations(_selecting(review.spec), 2):
        if one["name"] == other["name"] and one.get("priority") != other.get("priority"):
            raise Refused(
                f"different priorities assigned for the model format {one['name']} under the same supportedModelFormats"
            )
    others, _version = review.cluster.api.list(path)
    for other in others:
        if other["metadata"]["name"] == review.name or at(other, "spec", "disabled"):
            continue
        for format_name in _clashes(review.spec, other["spec"]):
            places = where.format(other["metadata"]["name"], review.name)
            raise Refused(f"same priority assigned for the model format {format_name} in {places}")


def _selecting(spec: Object) -> list[Object]:
    return [known for known in spec.get("supportedModelFormats") or [] if known.get("autoSelect")]


def _clashes(spec: Object, other: Object) -> Iterator[str]:
    protocols, others = ({*(s.get("protocolVersions") or [])} for s in (spec, other))
    if bool(spec.get("multiModel")) != bool(other.get("multiModel")) or (
        protocols and others and not protocols & others
    ):
        return
    for one in _selecting(spec):
        for two in _selecting(other):
            same = all(one.get(key) == two.get(key) for key in ("name", "version", "priority"))
            if same and one.get("priority") is not None:
                yield one["name"]


def validate_trained_model(review: Review) -> None:
    """A model of a multi-model server."""
    if not review.deletes:
        _check_name("TrainedModel", review.name)


def validate_graph(review: Review) -> None:
    """A graph of inference services."""
    if review.deletes:
        return
    _check_name("InferenceGraph", review.name)
    nodes: Object = review.spec.get("nodes") or {}
    if "root" not in nodes:
        raise Refused("root node not found, InferenceGraph needs a node with name 'root' as the root node")
    for name, node in nodes.items():
        weights = [step.get("weight") for step in node.get("steps") or []]
        if node.get("routerType") == "Splitter" and sum(weight or 0 for weight in weights) != 100:
            raise Refused(
                f"InferenceGraph[{review.name}] Node[{name}] splitter node: the sum of traffic weights for all routing "
                "targets should be 100"
            )


def validate_model_cache(review: Review) -> None:
    """A cached model cannot go while it is used."""
    if not review.deletes:
        return
    services, _version = review.cluster.api.list(f"{_API}/v1beta1/inferenceservices")
    for service in services:
        used = (service["metadata"].get("labels") or {}).get("internal.serving.kserve.io/localmodel")
        if used == review.name:
            raise Refused(
                f"LocalModelCache {review.name} is being used by InferenceService {service['metadata']['name']}"
            )


def _check_name(kind: str, name: str) -> None:
    if not re.match(_NAME, name):
        raise Refused(
            f'the {kind} "{name}" is invalid: a {kind} name must consist of lower case alphanumeric characters or '
            '\'-\', and must start with alphabetical character. (e.g. "my-name" or "abc-123", regex used for '
            f"validation is '{_NAME}')"
        )
