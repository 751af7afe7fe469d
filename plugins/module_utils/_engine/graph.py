# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""The order of things: who needs whom, and what to do when that goes in a circle."""

from __future__ import annotations

import typing as t

from .errors import Invalid

Edges = t.Mapping[str, t.Collection[str]]


def order(edges: Edges) -> list[str]:
    """Addresses such that each comes after all that it needs; equal ones by name.

    edges: address to the addresses it needs; needs outside the graph are met already.
    """
    left = {node: {need for need in needs if need in edges and need != node} for node, needs in edges.items()}
    waiting: dict[str, list[str]] = {}
    for node, needs in left.items():
        for need in needs:
            waiting.setdefault(need, []).append(node)
    ready = sorted(node for node, needs in left.items() if not needs)
    done: list[str] = []
    while ready:
        done.extend(ready)
        freed = set()
        for node in ready:
            for other in waiting.get(node, ()):
                left[other].discard(node)
                if not left[other]:
                    freed.add(other)
        ready = sorted(freed)
    if len(done) < len(edges):
        circle = sorted(set(edges) - set(done))
        raise Invalid(f"these resources need each other in a circle: {', '.join(circle)}")
    return done
