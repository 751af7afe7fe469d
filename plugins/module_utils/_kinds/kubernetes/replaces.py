# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Objects that take the place of others without their data: done by consent only, since nobody can do it back. Pure."""

from __future__ import annotations

import typing as t

from ..._engine.guards import Consent
from ..._engine.options import Impact
from ..._engine.plan import Outcome, Verb
from .objects import Key, Live, parse_address
from .steps import Step

REPLACES = "kubeops.io/replaces"
"""Annotation of an object: address of what holds the data until now, as PersistentVolumeClaim/kubeflow/minio-pvc."""


def held(step: Step, live: t.Mapping[Key, Live], consent: Consent) -> Step:
    """The step, waiting if it turns away from data that is there and nobody agreed. Once done it is never asked again.

    live: what the cluster holds, as far as the set goes.
    """
    replaced = _annotation(step.manifest.body if step.manifest else {})
    if not replaced or parse_address(replaced) not in live or step.entry.verb not in (Verb.CREATE, Verb.UPDATE):
        return step
    if step.live is not None and _annotation(step.live.body) == replaced:
        return step
    entry = step.entry
    entry.impact = Impact.IRREVERSIBLE
    if not {entry.address, entry.impact.label} & consent.addresses:
        entry.outcome = Outcome.WAITING
        entry.reason = (
            f"it takes the place of {replaced}, and what that holds is not moved: save it first if it is of use; "
            f"to go on, say kubeops_consent={entry.address}, or kubeops_consent=irreversible for all of them"
        )
    return step


def _annotation(body: t.Mapping[str, t.Any]) -> str:
    return str(((body.get("metadata") or {}).get("annotations") or {}).get(REPLACES) or "")
