# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kueue's webhooks.

Checked: a queue's flavors (not twice, in one order with the covered resources, limits only within a cohort), a
resource flavor's taints, a cohort that is its own parent, a job's queue that changes while it runs. Set: suspension of
jobs with a queue. Not played: queueing itself, so that such a job stays suspended; integrations besides Jobs.
"""

from __future__ import annotations

from collections.abc import Iterator

from twin.cluster.objects import Object, labels
from twin.cluster.webhooks.fields import add, at, invalid, refuse_invalid
from twin.cluster.webhooks.review import Patch, Review

_QUEUE = "kueue.x-k8s.io/queue-name"
_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")


def default_cluster_queue(review: Review) -> Patch:
    """Set what an empty field means. The finalizers that Kueue sets are left out: their controller is not played."""
    return () if review.spec.get("queueingStrategy") else [add("/spec/queueingStrategy", "BestEffortFIFO")]


def validate_cluster_queue(review: Review) -> None:
    """Refuse what Kueue refuses of a cluster queue."""
    if not review.deletes:
        refuse_invalid(review, "ClusterQueue.kueue.x-k8s.io", _cluster_queue(review.spec))


def _cluster_queue(spec: Object) -> Iterator[str]:
    seen: set[str] = set()
    in_cohort = bool(spec.get("cohortName") or spec.get("cohort"))
    for group_index, group in enumerate(spec.get("resourceGroups") or []):
        covered = group.get("coveredResources") or []
        for flavor_index, flavor in enumerate(group.get("flavors") or []):
            path = f"spec.resourceGroups[{group_index}].flavors[{flavor_index}]"
            if flavor["name"] in seen:
                yield f'{path}.name: Duplicate value: "{flavor["name"]}"'
            seen.add(flavor["name"])
            yield from _quotas(f"{path}.resources", flavor.get("resources") or [], covered, in_cohort=in_cohort)


def _quotas(path: str, quotas: list[Object], covered: list[str], *, in_cohort: bool) -> Iterator[str]:
    if len(quotas) != len(covered):
        yield f"{path}: Invalid value: must have the same number of resources as the coveredResources"
    for index, (quota, name) in enumerate(zip(quotas, covered, strict=False)):
        if quota["name"] != name:
            yield invalid(f"{path}[{index}].name", quota["name"], "must match the name in coveredResources")
        for limit in ("borrowingLimit", "lendingLimit"):
            if quota.get(limit) is not None and not in_cohort:
                yield invalid(f"{path}[{index}].{limit}", quota[limit], "must be nil when cohort is empty")


def validate_cohort(review: Review) -> None:
    """A cohort is not its own parent."""
    if not review.deletes and review.spec.get("parentName") == review.name:
        problem = invalid("spec.parentName", review.name, "a cohort cannot be its own parent")
        refuse_invalid(review, "Cohort.kueue.x-k8s.io", [problem])


def validate_flavor(review: Review) -> None:
    """Taints and tolerations of a flavor."""
    if review.deletes:
        return
    refuse_invalid(
        review, "ResourceFlavor.kueue.x-k8s.io",
        (
            f'spec.nodeTaints[{index}].effect: Unsupported value: "{taint.get("effect", "")}"'
            for index, taint in enumerate(review.spec.get("nodeTaints") or [])
            if taint.get("effect") not in _EFFECTS
        ),
    )  # fmt: skip


def default_job(review: Review) -> Patch:
    """A job with a queue waits until it is admitted."""
    if review.deletes or _QUEUE not in labels(review.thing) or review.spec.get("suspend"):
        return ()
    return [add("/spec/suspend", True)]


def validate_job(review: Review) -> None:
    """The queue of a job that runs stays."""
    if review.operation != "UPDATE" or review.old is None or at(review.old, "spec", "suspend"):
        return
    before, after = (labels(thing).get(_QUEUE) for thing in (review.old, review.thing))
    if before != after:
        problem = invalid(f"metadata.labels[{_QUEUE}]", after, "field is immutable")
        refuse_invalid(review, f"{review.kind}.batch", [problem])
