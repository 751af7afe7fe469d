# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A step of a run: the approved plan from the store, the log of what was begun, the lease before each write."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine import lease
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import Fenced
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.runs import Run
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.saved import step_document
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.store import DirectoryStore
from tests.unit.engine.cloud import Cloud, Killed, Life
from tests.unit.engine.estates import assert_holds
from tests.unit.engine.toy import done, run

ESTATE: list[dict[str, Any]] = [
    {"kind": "net", "name": "alpha", "cidr": "alpha"},
    {"kind": "part", "name": "p", "net": "alpha"},
    {
        "kind": "table",
        "name": "t",
        "net": "alpha",
        "parts": ["p"],
        "routes": [{"to": "0", "via": "part/p", "metric": 1}],
    },
]


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    """An empty one."""
    return DirectoryStore(str(tmp_path))


@pytest.mark.parametrize("death", range(1, 12))
def test_a_plan_of_the_store_survives_a_kill(store: DirectoryStore, tmp_path: Path, death: int) -> None:
    cloud = Cloud({"table": Life(creating=1)})
    foreseen = done(cloud, ESTATE, dry_run=True)
    store.write("plans/p1.json", {"steps": {"network": step_document(foreseen.plan)}})
    context = {"store": str(tmp_path), "id": "r1", "plan": "p1"}
    cloud.crash_at = len(cloud.calls) + death
    first = Run(context, "network")
    with pytest.raises(Killed):
        run(cloud, ESTATE, approved=first.approved(), started=first.started(), tell=first.teller())
    cloud.revive()
    second = Run({**context, "id": "r2"}, "network")
    report = done(cloud, ESTATE, approved=second.approved(), started=second.started(), tell=second.teller())
    assert_holds(cloud, ESTATE)
    second.record(report, {"changed": report.changed})
    left = store.read("runs/r2/steps/network.json")
    assert {entry["outcome"] for entry in left["entries"]} <= {"done"}


def test_each_write_asks_for_the_lease(store: DirectoryStore, tmp_path: Path) -> None:
    held = lease.acquire(store, "r1", "ann", 60)
    context = {"store": str(tmp_path), "id": "r1", "owner": "ann", "token": held.token, "ttl": 60}
    step = Run(context, "network")
    cloud = Cloud()
    cloud.guard = step.guard
    with step.heartbeat():
        done(cloud, ESTATE[:1])
    lease.release(store, held)
    lease.acquire(store, "r2", "eve", 60)
    assert isinstance(run(cloud, ESTATE, tell=step.teller()).error, Fenced)
    assert cloud.writes == ["create net/alpha"]
    lines = [
        json.loads(line) for line in (tmp_path / "runs/r1/progress.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    assert [(line["address"], line["event"]) for line in lines][:1] == [("part/p", "started")]
    assert lines[-1]["event"] == "not_tried"


def test_what_an_earlier_step_plans_to_make_is_to_come(tmp_path: Path) -> None:
    """Cause: a plan, then the run itself. Expected: planned creations are to come, nothing else is."""
    context = {"store": str(tmp_path), "id": "r1"}
    cloud = Cloud()
    first, later = Run(context, "network"), Run(context, "later")
    assert not later.to_come(["part"], "p")
    first.record(run(cloud, ESTATE, dry_run=True), {})
    assert later.to_come(["net", "part"], "p")
    assert not later.to_come(["net"], "p")
    first.record(done(cloud, ESTATE), {})
    assert not later.to_come(["part"], "p")


def test_without_a_run_nothing_is_kept() -> None:
    step = Run({}, "network")
    step.guard()
    with step.heartbeat():
        done(Cloud(), ESTATE, tell=step.teller())
    assert (step.id, step.approved(), step.started(), step.declared("", {})) == ("", None, set(), {})
