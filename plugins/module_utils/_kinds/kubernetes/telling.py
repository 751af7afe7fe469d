# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""What the steps of a run tell: when they begin and end, and of waits only what is news."""

from __future__ import annotations

import time
import typing as t

from ..._engine.progress import Line
from .waiting import Job

REPEAT = 5.0
"""Seconds after which something that is still waited for is told again."""
Tell = t.Callable[[Line], None]


class Teller:
    """Tells the events of jobs."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell

    def say(self, job: Job, event: str, text: str = "") -> None:
        """One event."""
        job.told = time.monotonic()
        entry = job.step.entry
        self._tell(Line(entry.address, entry.verb.value, event, text, round(job.told - job.since, 1)))

    def note(self, job: Job, reason: str) -> None:
        """What is waited for, when it is news or has not been told for long."""
        if (reason and reason != job.reason) or time.monotonic() > job.told + REPEAT:
            job.reason = reason
            self.say(job, "waiting", reason)

    def circle(self, text: str) -> None:
        """A need that was left out."""
        self._tell(Line("", "", "order", text))

    def not_tried(self, address: str, verb: str, reason: str) -> None:
        """What does not begin at all."""
        self._tell(Line(address, verb, "not_tried", reason))
