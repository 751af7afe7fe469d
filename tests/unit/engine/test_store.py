# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The store survives torn writes; the lease has one holder at a time."""

from __future__ import annotations

import concurrent.futures
import json
import threading
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine import errors, lease
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.progress import Line, Progress
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.store import DirectoryStore


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    """An empty one."""
    return DirectoryStore(str(tmp_path / "store"))


class Clock:
    """Seconds, by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_documents(store: DirectoryStore) -> None:
    assert store.read("plans/a.json") is None
    with pytest.raises(errors.NotFound, match="Make one"):
        store.require("plans/a.json", "Make one.")
    store.write("plans/a.json", {"b": [1]})
    assert store.require("plans/a.json", "") == {"b": [1]}
    assert Path(store.path("plans/a.json")).stat().st_mode & 0o077 == 0
    for name in ("../a", "/etc/passwd", ""):
        with pytest.raises(errors.Invalid, match="is no name"):
            store.read(name)


def test_a_write_that_fails_leaves_the_old_one(store: DirectoryStore) -> None:
    store.write("a.json", {"old": 1})
    circle: dict[str, Any] = {}
    circle["self"] = circle
    with pytest.raises(ValueError, match="Circular"):
        store.write("a.json", circle)
    assert store.read("a.json") == {"old": 1}
    assert [path.name for path in Path(store.path("a.json")).parent.iterdir()] == ["a.json"]


def test_a_document_that_is_no_json(store: DirectoryStore) -> None:
    Path(store.path("a.json")).write_text("{", encoding="utf-8")
    with pytest.raises(errors.Invalid, match="is no JSON"):
        store.read("a.json")


def test_swaps_do_not_get_lost(store: DirectoryStore) -> None:
    def add(_n: int) -> None:
        DirectoryStore(str(Path(store.path("n.json")).parent)).swap("n.json", lambda held: (held or 0) + 1)

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(40)))
    assert store.read("n.json") == 40


def test_torn_lines_cost_only_themselves(store: DirectoryStore) -> None:
    assert store.records("log.jsonl") == []
    store.append("log.jsonl", {"n": 1})
    with open(store.path("log.jsonl"), "ab") as file:
        file.write(b'{"n": 2, "te\xc3')
    store.append("log.jsonl", {"n": 3})
    with open(store.path("log.jsonl"), "a", encoding="utf-8") as file:
        file.write('{"n": 4')
    assert store.records("log.jsonl") == [{"n": 1}, {"n": 3}]


def test_one_holder_at_a_time(store: DirectoryStore) -> None:
    clock = Clock()
    first = lease.acquire(store, "a", "ann", 60, clock)
    clock.now += 50
    with pytest.raises(errors.Conflict) as raised:
        lease.acquire(store, "b", "eve", 60, clock)
    assert "run a of ann is at work on this estate since 1970-01-01T00:16:40Z (last sign of life 50 s ago)" in str(
        raised.value
    )
    assert "its lease can be taken over in 10 s" in str(raised.value)
    lease.renew(store, first, clock)
    clock.now += 59
    with pytest.raises(errors.Conflict):
        lease.acquire(store, "b", "eve", 60, clock)
    lease.check(store, first)
    clock.now += 1
    second = lease.acquire(store, "b", "eve", 60, clock)
    assert second.token > first.token
    lease.check(store, second)
    with pytest.raises(errors.Fenced, match="run a lost the lease to run b of eve"):
        lease.check(store, first)
    with pytest.raises(errors.Fenced, match="run a lost the lease to run b of eve"):
        lease.renew(store, first, clock)
    lease.release(store, first)
    lease.check(store, second)


def test_a_released_lease_is_free_and_tokens_only_grow(store: DirectoryStore) -> None:
    first = lease.acquire(store, "a", "ann", 60)
    lease.release(store, first)
    with pytest.raises(errors.Fenced, match=r"run a lost the lease\. This run stops here"):
        lease.check(store, first)
    second = lease.acquire(store, "b", "eve", 60)
    assert second.token == first.token + 1
    again = lease.acquire(store, "b", "eve", 60)
    with pytest.raises(errors.Fenced):
        lease.check(store, second)
    lease.check(store, again)


def test_the_heartbeat_ends_when_the_lease_is_lost(store: DirectoryStore) -> None:
    held = lease.acquire(store, "a", "ann", 0.03)
    before = threading.active_count()
    with lease.Heartbeat(store, held):
        store.swap(lease.DOCUMENT, lambda document: {**document, "run": "b", "token": held.token + 1})
        next(thread for thread in threading.enumerate() if thread.name == "lease").join(5)
        assert threading.active_count() == before
        with pytest.raises(errors.Fenced):
            lease.check(store, held)
    with pytest.raises(errors.Fenced), lease.Heartbeat(store, held):
        pass


def test_progress(tmp_path: Path) -> None:
    path = tmp_path / "progress.jsonl"
    Progress(None)(Line("net/a", "create", "started"))
    Progress(str(path), "network")(Line("net/a", "create", "waiting", "3 to go", 1.5))
    record = json.loads(path.read_text(encoding="utf-8"))
    assert record.pop("time") > 0
    assert record == {
        "step": "network",
        "address": "net/a",
        "verb": "create",
        "event": "waiting",
        "text": "3 to go",
        "since": 1.5,
    }


def test_errors_say_what_was_tried_and_what_helps() -> None:
    error = (
        errors.Denied("no permission.", remedy="Ask for it.").during("create", "net", "a").during("plan", "net", "b")
    )
    assert str(error) == "Failed to create net a: no permission. Ask for it."
    assert str(errors.Denied("no permission")) == "no permission"
