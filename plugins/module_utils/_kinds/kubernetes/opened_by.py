# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Data that opens with a password only: the Secret stays where the data stays, and is not changed under it. Pure.

A database takes its first password from a Secret and keeps it: another Secret later only locks everybody out.
"""

from __future__ import annotations

import typing as t

from ..._engine.guards import Consent
from ..._engine.options import Impact
from ..._engine.plan import Outcome, Verb
from .inventory import BEGUN
from .objects import Body, Key, Live, Manifest, parse_address
from .steps import Observed, Step

OPENED_BY = "kubeops.io/opened-by"
"""Annotation of a claim: address of the Secret that opens what it holds, as Secret/kubeflow/mysql-secret."""


def keys_of(lives: t.Iterable[Live]) -> set[Key]:
    """The Secrets that open what these hold."""
    return {parse_address(told) for live in lives if (told := _told(live.body))}


def locks_of(wishes: t.Iterable[Manifest], observed: Observed) -> dict[Key, Key]:
    """Secret to the claim of the wishes that it opens, of those claims that are there to stay."""
    found = {}
    for wish in wishes:
        told, live = _told(wish.body), observed.live.get(wish.key)
        if told and live is not None and not live.deleting:
            found[parse_address(told)] = wish.key
    return found


def locked(step: Step, locks: t.Mapping[Key, Key], observed: Observed, consent: Consent) -> Step:
    """The step, waiting if it would give another password than data that is there knows, and nobody agreed."""
    claim = locks.get(step.key)
    if claim is None or not _changes(step, observed):
        return step
    entry = step.entry
    entry.impact = Impact.DISRUPTIVE
    if not {entry.address, entry.impact.label} & consent.addresses:
        entry.outcome = Outcome.WAITING
        entry.reason = (
            f"what {claim.address} holds opens with the password that was first in this Secret, and with no other: put "
            f"that back, or give the data the new one and then say kubeops_consent={entry.address}"
        )
    return step


def _changes(step: Step, observed: Observed) -> bool:
    if step.entry.verb is Verb.UPDATE:
        return any(one.field.partition(".")[0] == "data" for one in step.entry.changes)
    # Of a run that ended before it wrote the Secret nothing can have used it yet.
    record = observed.records.get(step.key)
    return step.entry.verb is Verb.CREATE and not (record is not None and record.digest == BEGUN)


def _told(body: Body) -> str:
    return str((body["metadata"].get("annotations") or {}).get(OPENED_BY) or "")
