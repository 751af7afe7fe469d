# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Calls made by other threads, answered in the caller's: what decides needs no locks."""

from __future__ import annotations

import concurrent.futures
import copy
import queue
import time
import types
import typing as t

from ..._engine.errors import EstateError

_Future = concurrent.futures.Future[t.Any]
Then = t.Callable[[t.Any], None]
Refused = t.Callable[[EstateError], None]


class Calls:
    """A pool for as long as it is entered. Leaving it by an exception starts nothing that waits in the queue."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self.open = 0
        """Calls without an answer yet."""
        self._answers: queue.SimpleQueue[tuple[_Future, Then, Refused]] = queue.SimpleQueue()

    def __enter__(self) -> t.Self:
        self._pool = concurrent.futures.ThreadPoolExecutor(self.workers)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _trace: types.TracebackType | None
    ) -> None:
        # Calls in flight cannot be recalled.
        self._pool.shutdown(cancel_futures=kind is not None)

    def submit(self, call: t.Callable[[], t.Any], then: Then, refused: Refused) -> None:
        """Have it called; its answer goes to then, and an EstateError to refused."""
        self.open += 1
        future = self._pool.submit(call)
        future.add_done_callback(lambda done: self._answers.put((done, then, refused)))

    def answer(self, due: float | None) -> None:
        """Hand on all answers that are there; without any wait for the first until that monotonic time."""
        if not self.open:
            if due is not None:
                # Nothing in flight: only time helps now.
                time.sleep(max(0.0, due - time.monotonic()))
            return
        try:
            self._hand_on(*self._answers.get(timeout=None if due is None else max(0.0, due - time.monotonic())))
            while True:
                self._hand_on(*self._answers.get_nowait())
        except queue.Empty:
            return

    def _hand_on(self, future: _Future, then: Then, refused: Refused) -> None:
        self.open -= 1
        try:
            answer = future.result()
        except EstateError as error:
            # One error object may be raised to several.
            refused(copy.copy(error))
        else:
            then(answer)
