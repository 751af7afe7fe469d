# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Which object may start next: those whose needs are met, the ones with the longest way behind them first. Pure."""

from __future__ import annotations

import collections
import heapq
import typing as t

from .gates import waits
from .objects import Key
from .order import EVERYTHING_ELSE, is_barrier

# What is waited for weighs more than what is there as soon as it is written.
_WAIT, _WRITE = 20, 1


class Schedule:
    """The state of one run. needs: as from order.needs, without circles."""

    def __init__(self, needs: t.Mapping[Key, t.Collection[Key]]) -> None:
        self._open = {key: len(found) for key, found in needs.items()}
        self._dependents: dict[Key, list[Key]] = {}
        for key, found in needs.items():
            for need in found:
                self._dependents.setdefault(need, []).append(key)
        self._ended: set[Key] = set()
        self._ready: list[tuple[int, Key]] = []
        self._rank = self._ranks(needs)
        self._release([key for key, count in self._open.items() if not count])

    def next(self) -> Key | None:
        """An object that may start now, taken from the schedule; None when all that are left need others."""
        while self._ready:
            key = heapq.heappop(self._ready)[1]
            if key not in self._ended:
                return key
        return None

    def __bool__(self) -> bool:
        """Whether something may start now."""
        while self._ready and self._ready[0][1] in self._ended:
            heapq.heappop(self._ready)
        return bool(self._ready)

    def needed(self, key: Key) -> bool:
        """Whether anything waits for it to be ready."""
        return key not in self._ended and any(one not in self._ended for one in self._dependents.get(key, ()))

    def met(self, key: Key) -> None:
        """It is as its dependents need it; told twice it counts once."""
        if key not in self._ended:
            self._ended.add(key)
            self._release(self._counted(self._dependents.get(key, ())))

    def stopped(self, key: Key) -> list[Key]:
        """It never will be: the objects that therefore are not to be tried, nearest first."""
        if key in self._ended:
            return []
        self._ended.add(key)
        dropped: list[Key] = []
        left = collections.deque([key])
        while left:
            for dependent in self._dependents.get(left.popleft(), ()):
                if dependent == EVERYTHING_ELSE:
                    self._release(self._counted([dependent]))
                elif dependent not in self._ended:
                    self._ended.add(dependent)
                    left.append(dependent)
                    if not is_barrier(dependent):
                        dropped.append(dependent)
        return dropped

    def _counted(self, dependents: t.Iterable[Key]) -> list[Key]:
        free = []
        for key in dependents:
            self._open[key] -= 1
            if not self._open[key]:
                free.append(key)
        return free

    def _release(self, free: list[Key]) -> None:
        for key in free:
            if is_barrier(key):
                self.met(key)
            else:
                heapq.heappush(self._ready, (-self._rank[key], key))

    def _ranks(self, needs: t.Mapping[Key, t.Collection[Key]]) -> dict[Key, int]:
        """How much hangs on each: the weight of the longest chain that it begins."""
        left = {key: len(self._dependents.get(key, ())) for key in needs}
        ranks = dict.fromkeys(needs, 0)
        ends = [key for key, count in left.items() if not count]
        for key in ends:
            ranks[key] += _WAIT if waits(key.group, key.kind) else _WRITE
            for need in needs[key]:
                ranks[need] = max(ranks[need], ranks[key])
                left[need] -= 1
                if not left[need]:
                    ends.append(need)
        return ranks
