# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kubeflow Pipelines' webhooks for versions that are kept as Kubernetes objects.

Checked: that the pipeline of a version exists, that a version's specification stays. Set: the owner. Not checked: the
specification itself. The cache server changes no pod: without a cache every step runs.
"""

from __future__ import annotations

from twin.cluster.objects import Object
from twin.cluster.webhooks.fields import add, at, extend
from twin.cluster.webhooks.review import Patch, Refused, Review

_API = "/apis/pipelines.kubeflow.org/v2beta1"


def validate_version(review: Review) -> None:
    """Refuse what the API server of pipelines refuses."""
    if review.deletes:
        return
    if review.old is not None and at(review.old, "spec") != review.spec:
        raise Refused("Pipeline spec is immutable; only metadata changes (labels/annotations) are allowed", code=400)
    _pipeline(review)


def default_version(review: Review) -> Patch:
    """A version goes with its pipeline."""
    if review.operation != "CREATE":
        return ()
    pipeline = _pipeline(review)
    owner = {"apiVersion": pipeline["apiVersion"], "kind": "Pipeline", "name": pipeline["metadata"]["name"],
             "uid": pipeline["metadata"]["uid"]}  # fmt: skip
    wanted: list[Object] = extend(review.thing, ("metadata", "ownerReferences"), [owner])
    return wanted if at(review.thing, "metadata", "labels") else [add("/metadata/labels", {}), *wanted]


def _pipeline(review: Review) -> Object:
    name = review.spec.get("pipelineName", "")
    found = review.cluster.api.found(f"{_API}/namespaces/{review.namespace}/pipelines/{name}") if name else None
    if found is None:
        raise Refused(f'pipelines.pipelines.kubeflow.org "{name}" not found', code=404)
    return found
