# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""States that last: how a transition ends, and what the fault rules stay and fail make of it."""

from __future__ import annotations

from collections.abc import Callable

from twin.aws.call import Call
from twin.aws.schedule import Step
from twin.aws.world import World
from twin.contract import FaultKind

HELD_POLL_SECONDS = 5.0
STAY: tuple[FaultKind, ...] = ("stay",)


def transition(
    world: World, call: Call, seconds: float, done: Step, failed: Callable[[str], None] | None = None
) -> None:
    """End the state that ``call`` has begun, after ``seconds`` of the twin's time.

    :param done: ends it well; may ask to be called again (see Schedule).
    :param failed: ends it badly; gets the error code of a ``fail`` rule, or "".

    A ``stay`` rule with seconds lengthens the state; without, the state lasts until the rule is cleared, and forever
    if the rule has a count.
    """
    fault = call.fault
    if fault is None or fault.kind == "invisible":
        world.schedule.after(seconds, done)
    elif fault.kind == "fail" and failed is not None:
        code, fail = fault.code, failed
        world.schedule.after(seconds, lambda: fail(code))
    elif fault.kind == "stay" and fault.seconds:
        world.schedule.after(seconds + fault.seconds, done)
    elif fault.kind == "stay" and fault.count is None:
        world.schedule.after(seconds, _until_released(world, call, done))
    elif fault.kind != "stay":
        world.schedule.after(seconds, done)


def _until_released(world: World, call: Call, done: Step) -> Step:
    def step() -> float | None:
        held = world.config.faults.match(call.service, call.operation, call.params, STAY) is not None
        return HELD_POLL_SECONDS if held else done()

    return step
