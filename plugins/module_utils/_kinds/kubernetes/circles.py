# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Needs that go in a circle, opened where it hurts least. Pure."""

from __future__ import annotations

import typing as t

from .objects import Key

Edges = dict[Key, dict[Key, int]]
"""What each needs, with how much it matters."""


def opened(edges: Edges, tell: t.Callable[[str], None]) -> dict[Key, set[Key]]:
    """The needs without the weakest edge of each circle; the same ones at every run. tell: is told which."""
    found = {key: set(needs) for key, needs in edges.items()}
    while True:
        left = _unordered(found)
        if not left:
            return found
        circle = _circle(left)
        pairs = list(zip(circle, [*circle[1:], circle[0]], strict=True))
        key, need = min(pairs, key=lambda pair: (edges[pair[0]][pair[1]], pair))
        found[key].discard(need)
        told = " needs ".join(one.address if one.kind else one.name for one in [*circle, circle[0]])
        tell(f"{told}: {key.address} does not wait for {need.address}")


def _unordered(needs: t.Mapping[Key, set[Key]]) -> dict[Key, set[Key]]:
    """What no order exists for: the members of circles and all that needs them."""
    open_ = {key: len(found) for key, found in needs.items()}
    dependents: dict[Key, list[Key]] = {}
    for key, found in needs.items():
        for need in found:
            dependents.setdefault(need, []).append(key)
    ready = [key for key, count in open_.items() if not count]
    while ready:
        key = ready.pop()
        del open_[key]
        for other in dependents.get(key, ()):
            open_[other] -= 1
            if not open_[other]:
                ready.append(other)
    return {key: needs[key] & open_.keys() for key in open_}


def _circle(left: t.Mapping[Key, set[Key]]) -> list[Key]:
    """One circle: each needs its successor, the last the first."""
    path: list[Key] = []
    at: dict[Key, int] = {}
    key = min(left)
    while key not in at:
        at[key] = len(path)
        path.append(key)
        key = min(left[key])
    return path[at[key] :]
