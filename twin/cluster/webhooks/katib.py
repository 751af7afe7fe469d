# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Katib's webhooks for experiments.

Checked: objective, algorithm, parameters, numbers of trials, the trial template's presence, what may change later. Not
checked: algorithm settings, the trial's manifest, metrics collectors. Trials' pods are not changed.
"""

from __future__ import annotations

from collections.abc import Iterator

from twin.cluster.objects import Object
from twin.cluster.webhooks.fields import add, at, invalid, refuse, required
from twin.cluster.webhooks.review import Patch, Review

_DEFAULT_PARALLEL = 3


def default(review: Review) -> Patch:
    """Set the defaults of an experiment."""
    if review.deletes:
        return ()
    wanted = {"parallelTrialCount": _DEFAULT_PARALLEL, "resumePolicy": "Never"}
    return [add(f"/spec/{name}", value) for name, value in wanted.items() if review.spec.get(name) is None]


def validate(review: Review) -> None:
    """Refuse what the validator refuses."""
    if not review.deletes:
        refuse([*_wishes(review.spec), *_counts(review.spec), *_changes(review)])


def _wishes(spec: Object) -> Iterator[str]:
    objective = spec.get("objective")
    if not objective:
        yield required("spec.objective", "must be specified")
    else:
        if objective.get("type") not in ("minimize", "maximize"):
            yield invalid("spec.objective.type", objective.get("type", ""), "must be minimize or maximize")
        if not objective.get("objectiveMetricName"):
            yield required("spec.objective.objectiveMetricName", "must be specified")
    if not at(spec, "algorithm", "algorithmName"):
        yield required("spec.algorithm.algorithmName", "must be specified")
    if not spec.get("parameters") and not spec.get("nasConfig"):
        yield required("spec.parameters", "spec.parameters or spec.nasConfig must be specified")
    if not spec.get("trialTemplate"):
        yield required("spec.trialTemplate", "must be specified")


def _counts(spec: Object) -> Iterator[str]:
    parallel, most, failed = (spec.get(f"{n}TrialCount") for n in ("parallel", "max", "maxFailed"))
    if parallel is not None and parallel <= 0:
        yield invalid("spec.parallelTrialCount", parallel, "must be greater than 0")
    if most is not None and most <= 0:
        yield invalid("spec.maxTrialCount", most, "must be greater than 0")
    if failed is not None and failed < 0:
        yield invalid("spec.maxFailedTrialCount", failed, "should not be less than 0")
    if most and failed is not None and failed > most:
        yield invalid("spec.maxFailedTrialCount", failed, "should be less than or equal to spec.maxTrialCount")
    if most and parallel and parallel > most:
        yield invalid("spec.parallelTrialCount", parallel, "should be less than or equal to spec.maxTrialCount")


def _changes(review: Review) -> Iterator[str]:
    changeable = ("parallelTrialCount", "maxTrialCount", "maxFailedTrialCount")
    old = at(review.old, "spec")
    if old is None:
        return
    before, after = ({k: v for k, v in spec.items() if k not in changeable} for spec in (old, review.spec))
    if before != after:
        yield f"spec: Forbidden: only {', '.join('spec.' + name for name in changeable)} are editable"
