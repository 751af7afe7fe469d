# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Evidence for all milestones that a Kubernetes cluster knows about."""

from __future__ import annotations

import typing as t

from ..._engine.errors import EstateError, Invalid
from ..._engine.evidence import Evidence, Expectation
from . import milestones_cluster, milestones_kubeflow
from .reads import Port, Reads

Judgement = tuple[t.Any, t.Sequence[str], t.Sequence[str]]
"""What was seen, the objects looked at, and what is missing."""
Check = t.Callable[[Reads, Expectation], Judgement]

# Milestone to a sentence about an expectation, and the function that judges it.
CHECKS: t.Mapping[str, tuple[str, Check]] = {
    **milestones_cluster.CHECKS,
    **milestones_kubeflow.CHECKS,
}


def gather(port: Port | None, expected: t.Sequence[Expectation]) -> list[Evidence]:
    """One answer for each expectation; an unmet one says what is missing. Nothing is written.

    port: None where nothing is expected. expected: {milestone, ...} with what the milestone's check asks for.
    """
    if port is None:
        return []
    reads = Reads(port)
    return [_answer(reads, one) for one in expected]


def _answer(reads: Reads, one: Expectation) -> Evidence:
    milestone = str(one["milestone"])
    if milestone not in CHECKS:
        raise Invalid(f"milestone {milestone} has no check in a cluster", remedy=f"There are {', '.join(CHECKS)}.")
    sentence, check = CHECKS[milestone]
    try:
        value, ids, missing = check(reads, one)
    except EstateError as error:
        value, ids, missing = None, (), [str(error)]
    return Evidence(milestone, not missing, sentence.format(**one), value, tuple(ids), "; ".join(missing))
