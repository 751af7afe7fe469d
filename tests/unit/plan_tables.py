# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plan tables: what an endpoint says and what is wished -> what the plan says. One runner for all endpoints.

A case: {name, wish: {name, ...options}, observed: see the endpoint's AnsweringPort, verb, fields (those that change;
for an update exactly these), impact, before: {field: value that the plan tells}} or error: a part of the message.
world: {kind: {name: see the endpoint's known}} are other objects that exist; declared: {kind: [name]} those that
will; secrets: {name: value}. A read that observed says nothing about fails the case.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import EstateError
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.kind import Kind, Query, Seen
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.plan import Entry, make_plan
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.secrets import Secrets
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.wishes import parse
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.world import World

ESTATE = "demo"
"""Whose the objects of tables are."""
KEYS = {"name", "wish", "observed", "verb", "fields", "impact", "error", "world", "declared", "before", "secrets"}


def table(path: Path) -> Any:
    """The content of a YAML table."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def cases(directory: Path) -> list[Any]:
    """The parameters (kind, case) of all tables of a directory."""
    return [
        pytest.param(path.stem, case, id=f"{path.stem}: {case['name']}")
        for path in sorted(directory.glob("*.yml"))
        for case in table(path)
    ]


@dataclass(frozen=True)
class Endpoint:
    """kinds: its registry. answering: makes of a case's `observed` a port with `writes`. known: a case's `world` as
    observed objects."""

    kinds: Mapping[str, Kind[Any]]
    answering: Callable[[Any], Any]
    known: Callable[[Any], Mapping[str, list[Seen]]]

    def check(self, kind: str, case: Mapping[str, Any]) -> None:
        """Plan the case and hold the plan against what it says; planning must not write."""
        assert set(case) <= KEYS, "the case has a key that nothing looks at"
        port = self.answering(case.get("observed", {}))
        if "error" in case:
            with pytest.raises(EstateError) as raised:
                self._planned(kind, case, port)
            assert case["error"] in str(raised.value)
        else:
            entry = self._planned(kind, case, port)
            fields = {change.field: change.before for change in entry.changes}
            assert entry.verb.value == case["verb"], fields
            if entry.verb.value == "update" or "fields" in case:
                assert sorted(fields) == sorted(case.get("fields", ()))
            assert entry.impact.label == case.get("impact", entry.impact.label)
            assert {field: fields.get(field) for field in case.get("before", {})} == case.get("before", {})
        assert port.writes == [], "planning wrote"

    def _planned(self, kind: str, case: Mapping[str, Any], port: Any) -> Entry:
        """The plan's entry for the wish of the case; raises what planning raises."""
        (wanted,) = parse([{"kind": kind, **case["wish"]}], self.kinds)
        world = World(self.kinds, Secrets(case.get("secrets", {})))
        for other, objects in self.known(case.get("world", {})).items():
            world.put(other, objects)
        query = Query(ESTATE, [wanted])
        (wanted,) = self.kinds[kind].meant(port, query)
        world.put(kind, self.kinds[kind].observe(port, query))
        declared: dict[str, list[str]] = {other: list(names) for other, names in case.get("declared", {}).items()}
        (entry,) = make_plan([wanted], world, self.kinds, declared).entries
        return entry
