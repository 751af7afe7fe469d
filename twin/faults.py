# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults as data: which call is hit is decided by rules, a count and a seeded number, never by the wall clock."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import Any, get_args

from twin.contract import Fault, FaultKind


def applies(rule: Fault, service: str, operation: str, params: Mapping[str, Any]) -> bool:
    """Whether the rule speaks of this call, whatever its rate and count."""
    return (
        fnmatchcase(service, rule.service)
        and fnmatchcase(operation, rule.operation)
        and all(_holds(params.get(name), glob) for name, glob in rule.params.items())
    )


def _holds(value: object, glob: str) -> bool:
    if isinstance(value, list | tuple | set):
        return any(_holds(item, glob) for item in value)
    return value is not None and fnmatchcase(str(value), glob)


def draw(seed: int, rule_id: str, nth: int) -> float:
    """A number in [0, 1) that depends only on the seed, the rule and how many calls it has seen before."""
    digest = hashlib.sha256(f"{seed}/{rule_id}/{nth}".encode()).digest()
    return int.from_bytes(digest[:7]) / 2**56


def parse(data: Mapping[str, Any], *, default_id: str) -> Fault:
    """A rule from JSON. Raises ValueError naming what is wrong with it."""
    unknown = sorted(set(data) - set(Fault.__dataclass_fields__))
    if unknown:
        raise ValueError(f"a fault has no {', '.join(unknown)}; it has {', '.join(Fault.__dataclass_fields__)}")
    rule = Fault(**{"id": default_id, "kind": "", **data})
    if rule.kind not in get_args(FaultKind):
        raise ValueError(f"kind is one of {', '.join(get_args(FaultKind))}, not {rule.kind!r}")
    if not 0 < rule.rate <= 1:
        raise ValueError(f"rate is above 0 and at most 1, not {rule.rate}")
    if rule.count is not None and rule.count < 1:
        raise ValueError(f"count is at least 1, not {rule.count}")
    if rule.seconds < 0:
        raise ValueError(f"seconds are not negative, not {rule.seconds}")
    return rule


@dataclass
class _Entry:
    rule: Fault
    seen: int = 0
    hits: int = 0


class FaultRules:
    """Satisfies contract.Faults; safe to use from several threads."""

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}
        self._lock = threading.Lock()
        self._added = 0

    def add(self, data: Mapping[str, Any]) -> Fault:
        """Put a rule in force; the same id replaces. Raises ValueError."""
        with self._lock:
            self._added += 1
            rule = parse(data, default_id=f"fault-{self._added}")
            self._entries[rule.id] = _Entry(rule)
            return rule

    def clear(self, rule_id: str | None = None) -> int:
        """Drop one rule or all of them; says how many went."""
        with self._lock:
            gone = [key for key in self._entries if rule_id in (None, key)]
            for key in gone:
                del self._entries[key]
            return len(gone)

    def describe(self) -> list[dict[str, Any]]:
        """The rules with how often each has hit."""
        with self._lock:
            return [{**asdict(entry.rule), "hits": entry.hits} for entry in self._entries.values()]

    def match(
        self, service: str, operation: str, params: Mapping[str, Any], kinds: Collection[FaultKind] | None = None
    ) -> Fault | None:
        """The first rule (of these kinds) that hits this call; the hit counts."""
        with self._lock:
            for entry in self._entries.values():
                if (kinds is None or entry.rule.kind in kinds) and self._hits(entry, service, operation, params):
                    entry.hits += 1
                    return entry.rule
        return None

    @staticmethod
    def _hits(entry: _Entry, service: str, operation: str, params: Mapping[str, Any]) -> bool:
        rule = entry.rule
        if not applies(rule, service, operation, params) or (rule.count is not None and entry.hits >= rule.count):
            return False
        entry.seen += 1
        return draw(rule.seed, rule.id, entry.seen) < rule.rate
