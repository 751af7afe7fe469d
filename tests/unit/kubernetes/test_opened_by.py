# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A password that data knows is neither changed under it nor taken away from it."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.guards import Consent
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.plan import Outcome, Verb
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.inventory import BEGUN
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.opened_by import OPENED_BY, keys_of
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.steps import Record
from tests.unit.kubernetes.planning import World, claim
from tests.unit.kubernetes.samples import thing

SECRET = "Secret/n/database"


def secret(value: str) -> dict[str, Any]:
    """The Secret with that password."""
    return thing("v1", "Secret", "database", "n", data={"password": value})


def data() -> dict[str, Any]:
    """The claim of the database."""
    body = claim("1Gi")
    return {**body, "metadata": {**body["metadata"], "annotations": {OPENED_BY: SECRET}}}


def test_a_password_is_not_changed_under_data_unless_somebody_says_so() -> None:
    world = World(secret("b25l"), data())
    assert world.step().entry.verb is Verb.KEEP
    world.wish(secret("dHdv"), data())
    world.answer()
    step = world.step()
    assert (step.entry.verb, step.entry.outcome) == (Verb.UPDATE, Outcome.WAITING)
    assert "what PersistentVolumeClaim/n/d holds opens with" in step.entry.reason
    assert f"kubeops_consent={SECRET}" in step.entry.reason
    agreed = world.step(consent=Consent(addresses=frozenset({SECRET})))
    assert agreed.entry.outcome is Outcome.PLANNED
    world.live.pop(world.wishes[1].key)
    assert world.steps()[0].entry.outcome is Outcome.PLANNED, "nothing there knows the old one"


@pytest.mark.parametrize(
    ("record", "outcome"),
    [(None, Outcome.WAITING), (Record("v1", "d"), Outcome.WAITING), (Record("v1", BEGUN), Outcome.PLANNED)],
)
def test_data_without_its_password_does_not_get_another(record: Record | None, outcome: Outcome) -> None:
    world = World(secret("b25l"), data())
    del world.live[world.key], world.records[world.key]
    if record:
        world.records[world.key] = record
    assert (world.step().entry.verb, world.step().entry.outcome) == (Verb.CREATE, outcome)


def test_what_is_kept_keeps_its_password() -> None:
    world = World(data(), secret("b25l"))
    assert keys_of([world.live[world.key]]) == {world.wishes[1].key}
