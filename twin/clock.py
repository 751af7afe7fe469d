# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scaled time: one factor says how many of the twin's seconds pass in a real one."""

from __future__ import annotations

import time


class ScaledClock:
    """Satisfies contract.Clock with the time of this machine."""

    def __init__(self, scale: float) -> None:
        """`scale`: seconds of the twin in one real second, above 0. Raises ValueError."""
        if scale <= 0:
            raise ValueError(f"a scale is above 0, not {scale}")
        self.scale = scale
        # The wall clock may be set while a cluster is being created; its states must not jump with it.
        self._offset = time.time() - time.monotonic()

    def now(self) -> float:
        """Real seconds since the epoch, never going back."""
        return time.monotonic() + self._offset

    def scaled(self, seconds: float) -> float:
        """Real seconds that `seconds` of the twin's time take."""
        return seconds / self.scale


class ManualClock:
    """Satisfies contract.Clock for tests: time passes only when `advance` says so."""

    def __init__(self, scale: float = 1.0, now: float = 1_800_000_000.0) -> None:
        self.scale = scale
        self._now = now

    def now(self) -> float:
        """Real seconds since the epoch, as far as this clock is concerned."""
        return self._now

    def scaled(self, seconds: float) -> float:
        """Real seconds that `seconds` of the twin's time take."""
        return seconds / self.scale

    def advance(self, seconds: float) -> None:
        """Let `seconds` of the twin's time pass."""
        self._now += self.scaled(seconds)
