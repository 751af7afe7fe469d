# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys come back when they are due, each once."""

from __future__ import annotations

import threading
import time

from twin.cluster.work_queue import WorkQueue


def test_what_is_due_comes_in_order_and_once() -> None:
    queue: WorkQueue[str] = WorkQueue()
    queue.add("later", 0.02)
    queue.add("first")
    queue.add("second")
    queue.add("first", 60)
    assert [queue.take() for _ in range(3)] == ["first", "second", "later"]


def test_an_earlier_time_replaces_a_later_one() -> None:
    queue: WorkQueue[str] = WorkQueue()
    queue.add("key", 60)
    queue.add("key")
    assert queue.take() == "key"
    queue.add("other", 0.01)
    assert queue.take() == "other"


def test_a_worker_that_waits_is_woken() -> None:
    queue: WorkQueue[str] = WorkQueue()
    queue.add("far", 60)
    taken: list[str] = []
    worker = threading.Thread(target=lambda: taken.append(queue.take()), daemon=True)
    worker.start()
    began = time.monotonic()
    queue.add("near")
    worker.join(5)
    assert taken == ["near"]
    assert time.monotonic() - began < 5
