# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What turns away from data that is there waits for consent, once."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.guards import Consent
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.kind import Owner
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.options import Impact
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.plan import Entry, Outcome, Verb
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.objects import Key, Live, Manifest
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.replaces import REPLACES, held
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.steps import Step

OLD = Key("", "PersistentVolumeClaim", "kubeflow", "minio-pvc")
NEW = Key("apps", "Deployment", "kubeflow", "ml-pipeline")


def body(marked: bool) -> dict[str, Any]:
    """An object that says, or does not say, what it takes the place of."""
    return {"metadata": {"name": "x", "annotations": {REPLACES: OLD.address} if marked else {}}}


def step(verb: Verb, *, wished: bool = True, live: bool | None = None) -> Step:
    """A step; live: None where there is nothing yet, else whether that is marked."""
    there = None if live is None else Live(NEW, body(live), Owner.OURS)
    return Step(NEW, Entry(NEW.sort, NEW.place, verb), Manifest(NEW, "v1", body(wished)), there)


@pytest.mark.parametrize(
    ("one", "old_is_there", "addresses", "outcome", "impact"),
    [
        (step(Verb.CREATE), True, (), Outcome.WAITING, Impact.IRREVERSIBLE),
        (step(Verb.UPDATE, live=False), True, (), Outcome.WAITING, Impact.IRREVERSIBLE),
        (step(Verb.UPDATE, live=False), True, (NEW.address,), Outcome.PLANNED, Impact.IRREVERSIBLE),
        (step(Verb.CREATE), True, ("irreversible",), Outcome.PLANNED, Impact.IRREVERSIBLE),
        (step(Verb.UPDATE, live=True), True, (), Outcome.PLANNED, Impact.NONE),
        (step(Verb.CREATE), False, (), Outcome.PLANNED, Impact.NONE),
        (step(Verb.CREATE, wished=False), True, (), Outcome.PLANNED, Impact.NONE),
        (step(Verb.KEEP, live=False), True, (), Outcome.PLANNED, Impact.NONE),
    ],
)
def test_it_waits_only_where_data_is_left_behind(
    one: Step, old_is_there: bool, addresses: tuple[str, ...], outcome: Outcome, impact: Impact
) -> None:
    """Expected: waiting with the address of the data and the consent; never once it was done, nor without data."""
    live = {OLD: Live(OLD, body(False), Owner.OURS)} if old_is_there else {}
    entry = held(one, live, Consent(addresses=frozenset(addresses))).entry
    assert (entry.outcome, entry.impact) == (outcome, impact)
    if outcome is Outcome.WAITING:
        assert OLD.address in entry.reason
        assert f"kubeops_consent={NEW.address}" in entry.reason
