# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scaled time."""

from __future__ import annotations

import pytest

from twin.clock import ManualClock, ScaledClock


@pytest.mark.parametrize(("scale", "real"), [(60, 10), (1, 600), (0.5, 1200)])
def test_a_span_takes_its_share_of_real_time(scale: float, real: float) -> None:
    assert ScaledClock(scale).scaled(600) == real


def test_it_does_not_go_back() -> None:
    clock = ScaledClock(60)
    times = [clock.now() for _ in range(100)]
    assert times == sorted(times)


@pytest.mark.parametrize("scale", [0, -1])
def test_a_scale_is_positive(scale: float) -> None:
    with pytest.raises(ValueError, match="a scale is above 0"):
        ScaledClock(scale)


def test_a_manual_clock_reaches_a_due_time_when_told() -> None:
    clock = ManualClock(scale=60)
    due = clock.now() + clock.scaled(600)
    clock.advance(599)
    assert clock.now() < due
    clock.advance(1)
    assert clock.now() == pytest.approx(due)
