# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens later: state transitions, run under the account's lock when their time has come."""

from __future__ import annotations

import heapq
import itertools
import logging
from collections.abc import Callable

from twin.contract import Clock

LOG = logging.getLogger(__name__)
Step = Callable[[], float | None]


class Schedule:
    """Due steps by time. A step returns None when it is done, else the scaled seconds after which to try again."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._order = itertools.count()
        self._due: list[tuple[float, int, Step]] = []

    def after(self, seconds: float, step: Step) -> None:
        """Run ``step`` when ``seconds`` of the estate's time (before scaling) have gone by."""
        due = self._clock.now() + self._clock.scaled(seconds)
        heapq.heappush(self._due, (due, next(self._order), step))

    def run_due(self) -> None:
        """Run all steps whose time has come."""
        now = self._clock.now()
        while self._due and self._due[0][0] <= now:
            step = heapq.heappop(self._due)[2]
            try:
                again = step()
            except Exception:
                # Whoever calls next runs the step; its failure is not theirs, and the other steps must go on.
                LOG.exception("a state could not end")
                continue
            if again is not None:
                self.after(again, step)
