# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Many calls at once: all are submitted, then all are waited for, a window at a time."""

from __future__ import annotations

import collections
import concurrent.futures
import time
import typing as t

from .._engine.errors import EstateError, TimedOut, Unavailable
from .._engine.kind import Status
from .vsphere_session import CONNECTIONS

Row = t.Mapping[str, t.Any]
PATHS = ("info.state", "info.error", "info.result", "info.progress", "info.description", "info.descriptionId")
# How many tasks a vCenter is given at a time; it works on some of them at once and queues the rest.
WINDOW = 16
_FIRST, _LONGEST = 0.02, 1.0
_PATIENCE = 3600.0
_STATES = {"success": Status.READY, "error": Status.FAILED}

Submit = t.Callable[[int], t.Any]
"""Place of a call: answers its result, of a task its reference."""
Look = t.Callable[[t.Sequence[str]], t.Sequence[Row]]
"""References of tasks: answers their rows, without those that are gone."""
Failed = t.Callable[[Row], EstateError]


def status_of(row: Row) -> Status:
    """Where a task is."""
    return _STATES.get(str(row.get("info.state")), Status.PENDING)


def progress_of(row: Row) -> str:
    """What is to be told about a task that runs."""
    percent = row.get("info.progress")
    return str(row.get("info.state", "")) + (f", {percent} %" if percent is not None else "")


def run_all(count: int, submit: Submit, is_task: t.Callable[[int], bool], look: Look, failed: Failed) -> list[t.Any]:
    """For each of count calls its result, or the EstateError that it ended with."""
    results: list[t.Any] = [None] * count
    todo = collections.deque(range(count))
    running: dict[str, int] = {}
    pause, until = _FIRST, time.monotonic() + _PATIENCE

    def tried(place: int) -> t.Any:
        try:
            return submit(place)
        except EstateError as error:
            return error

    with concurrent.futures.ThreadPoolExecutor(CONNECTIONS) as pool:
        while todo or running:
            batch = [todo.popleft() for _turn in range(min(len(todo), WINDOW - len(running)))]
            for place, answer in zip(batch, pool.map(tried, batch), strict=True):
                if is_task(place) and isinstance(answer, str):
                    running[answer] = place
                else:
                    results[place] = answer
            ended = _ended(running, look, failed) if running else {}
            for ref, answer in ended.items():
                results[running.pop(ref)] = answer
            if running and time.monotonic() > until:
                _give_up(running, results)
            pause = _FIRST if ended or batch else min(_LONGEST, pause * 1.5)
            if running:
                time.sleep(pause)
    return results


def _ended(running: t.Mapping[str, int], look: Look, failed: Failed) -> dict[str, t.Any]:
    try:
        rows = {str(row["ref"]): row for row in look(list(running))}
    except Unavailable:
        # Only the look failed: the tasks go on meanwhile.
        return {}
    ended: dict[str, t.Any] = {}
    for ref in running:
        row = rows.get(ref)
        if row is None:
            ended[ref] = Unavailable(f"vCenter no longer knows what became of {ref}", remedy="Run again.")
        elif status_of(row) is Status.READY:
            ended[ref] = row.get("info.result")
        elif status_of(row) is Status.FAILED:
            ended[ref] = failed(row)
    return ended


def _give_up(running: dict[str, int], results: list[t.Any]) -> None:
    for ref, place in running.items():
        results[place] = TimedOut(
            f"{ref} has not ended after {_PATIENCE:.0f} s", remedy="The next run goes on with it."
        )
    running.clear()
