# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Webhooks of Trainer, JobSet, Spark and the older training operator.

Checked: that a train job's runtime exists, that a runtime's steps have one replica, names, policies that name jobs
which exist, node selectors given twice. Not checked: everything else. Pods are not changed.
"""

from __future__ import annotations

from collections.abc import Iterator

from twin.cluster.objects import Object
from twin.cluster.webhooks.fields import at, invalid, is_dns_label, refuse
from twin.cluster.webhooks.review import Refused, Review

_TRAINER = "/apis/trainer.kubeflow.org/v1alpha1"
_GROUP = "trainer.kubeflow.org"


def validate_train_job(review: Review) -> None:
    """Its runtime must be there before it."""
    if review.deletes:
        return
    reference = review.spec.get("runtimeRef") or {}
    name, kind = reference.get("name", ""), reference.get("kind", "ClusterTrainingRuntime")
    if kind == "TrainingRuntime":
        path, field = f"{_TRAINER}/namespaces/{review.namespace}/trainingruntimes/{name}", "spec.runtimeRef"
    else:
        path, field = f"{_TRAINER}/clustertrainingruntimes/{name}", "spec.RuntimeRef"
    if review.cluster.api.found(path) is None:
        word = kind[:1].lower() + kind[1:]
        why = f'{kind}.{_GROUP} "{name}" not found: specified {word} must be created before the TrainJob is created'
        raise Refused(invalid(field, reference, why))
    if not is_dns_label(review.name):
        raise Refused(invalid("metadata.name", review.name, "a lowercase RFC 1035 label is required"))


def validate_runtime(review: Review) -> None:
    """Every replicated job of a runtime has one replica."""
    if review.deletes:
        return
    jobs = at(review.spec, "template", "spec", "replicatedJobs") or []
    refuse(
        invalid(f"spec.template.spec.replicatedJobs[{index}].replicas", job["replicas"], "must be 1")
        for index, job in enumerate(jobs)
        if job.get("replicas", 1) != 1
    )


def validate_job_set(review: Review) -> None:
    """Names that fit, policies that name jobs of the set."""
    if not review.deletes:
        refuse(_job_set(review))


def _job_set(review: Review) -> Iterator[str]:
    jobs: list[Object] = review.spec.get("replicatedJobs") or []
    names = [job["name"] for job in jobs]
    for job in jobs:
        longest = f"{review.name}-{job['name']}-{job.get('replicas', 1) - 1}"
        if len(longest) > 63:
            yield f"job name {longest} is too long: must be no more than 63 characters"
    targets = at(review.spec, "successPolicy", "targetReplicatedJobs") or []
    for rule in at(review.spec, "failurePolicy", "rules") or []:
        targets = [*targets, *(rule.get("targetReplicatedJobs") or [])]
    for name in targets:
        if name not in names:
            yield f"invalid replicatedJob name '{name}' does not appear in .spec.ReplicatedJobs"


def validate_spark(review: Review) -> None:
    """A Spark application."""
    if review.deletes:
        return
    spec: Object = at(review.spec, "template") or review.spec
    if not is_dns_label(review.name):
        raise Refused(f'invalid SparkApplication name "{review.name}": a lowercase RFC 1035 label is required')
    for role in ("driver", "executor"):
        if spec.get("nodeSelector") and at(spec, role, "nodeSelector"):
            raise Refused(f"both spec.nodeSelector and spec.{role}.nodeSelector are specified")
