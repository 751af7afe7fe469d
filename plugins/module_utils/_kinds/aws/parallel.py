# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Reads that AWS only offers object by object, side by side."""

from __future__ import annotations

import concurrent.futures
import typing as t

from ..._engine.errors import NotFound

# Enough to hide a round trip, few enough not to be throttled by IAM's and EKS' control planes.
_SIDE_BY_SIDE = 8
Item = t.TypeVar("Item")
Answer = t.TypeVar("Answer")


def each(read: t.Callable[[Item], Answer], items: t.Iterable[Item]) -> list[Answer]:
    """read(item) for all items at the same time, answers in their order."""
    todo = list(items)
    if len(todo) < 2:
        return [read(item) for item in todo]
    with concurrent.futures.ThreadPoolExecutor(min(_SIDE_BY_SIDE, len(todo))) as pool:
        return list(pool.map(read, todo))


def existing(read: t.Callable[[Item], Answer], items: t.Iterable[Item]) -> list[Answer]:
    """As each(), without those that are not there."""

    def or_nothing(item: Item) -> tuple[Answer] | None:
        try:
            return (read(item),)
        except NotFound:
            return None

    return [found[0] for found in each(or_nothing, items) if found]
