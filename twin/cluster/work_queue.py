# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys that are to be looked at, each at its time, and never twice at once."""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Hashable


class WorkQueue[K: Hashable]:
    """For one worker thread; anybody may add."""

    def __init__(self) -> None:
        self._due: dict[K, float] = {}
        self._heap: list[tuple[float, int, K]] = []
        self._count = 0
        self._changed = threading.Condition()

    def add(self, key: K, after: float = 0.0) -> None:
        """Look at `key` in `after` real seconds at the latest; what is due earlier stays so."""
        due = time.monotonic() + after
        with self._changed:
            if key in self._due and self._due[key] <= due:
                return
            self._due[key] = due
            self._count += 1
            heapq.heappush(self._heap, (due, self._count, key))
            self._changed.notify()

    def take(self) -> K:
        """The next key, when it is due; waits for it."""
        with self._changed:
            while True:
                self._drop_outdated()
                wait = self._heap[0][0] - time.monotonic() if self._heap else None
                if wait is not None and wait <= 0:
                    key = heapq.heappop(self._heap)[2]
                    del self._due[key]
                    return key
                self._changed.wait(wait)

    def _drop_outdated(self) -> None:
        while self._heap and self._due.get(self._heap[0][2]) != self._heap[0][0]:
            heapq.heappop(self._heap)
