# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables plans_vsphere/<kind>.yml: what a vCenter says and what is wished -> what the plan says.

A case: {name, wish: {name, ...options}, observed: see AnsweringPort, verb, fields (those that change; for an update
exactly these), impact, before: {field: value that the plan tells}} or error: a part of the message. world: {kind:
{name: reference}} are other objects that exist; declared: {kind: [name]} those that will; secrets: {name: value}. A
read that observed says nothing about fails the case; a vCenter with the datacenter "site"
(Datacenter:datacenter-2) is there without a word.
"""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import EstateError
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.kind import Query
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.plan import Entry, make_plan
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.secrets import Secrets
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.world import World
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.vsphere.registry import KINDS
from tests.unit.kinds_support_vsphere import ESTATE, PLANS, AnsweringPort, Row, known, table, wish

KEYS = {"name", "wish", "observed", "verb", "fields", "impact", "error", "world", "declared", "before", "secrets"}
CASES = [
    pytest.param(path.stem, case, id=f"{path.stem}: {case['name']}")
    for path in sorted(PLANS.glob("*.yml"))
    for case in table(path)
]


def planned(kind: str, case: Row, port: AnsweringPort) -> Entry:
    """The plan's entry for the wish of the case; raises what planning raises."""
    wanted = wish({"kind": kind, **case["wish"]})
    world = World(KINDS, Secrets(case.get("secrets", {})))
    for other, objects in known(case.get("world", {})).items():
        world.put(other, objects)
    query = Query(ESTATE, [wanted])
    (wanted,) = KINDS[kind].meant(port, query)
    world.put(kind, KINDS[kind].observe(port, query))
    declared: dict[str, list[str]] = {other: list(names) for other, names in case.get("declared", {}).items()}
    (entry,) = make_plan([wanted], world, KINDS, declared).entries
    return entry


@pytest.mark.parametrize(("kind", "case"), CASES)
def test_plan(kind: str, case: dict[str, Any]) -> None:
    assert set(case) <= KEYS, "the case has a key that nothing looks at"
    port = AnsweringPort(case.get("observed", {}))
    if "error" in case:
        with pytest.raises(EstateError) as raised:
            planned(kind, case, port)
        assert case["error"] in str(raised.value)
    else:
        entry = planned(kind, case, port)
        fields = {change.field: change.before for change in entry.changes}
        assert entry.verb.value == case["verb"], fields
        if entry.verb.value == "update" or "fields" in case:
            assert sorted(fields) == sorted(case.get("fields", ()))
        assert entry.impact.label == case.get("impact", entry.impact.label)
        assert {field: fields.get(field) for field in case.get("before", {})} == case.get("before", {})
    assert port.writes == [], "planning wrote"
