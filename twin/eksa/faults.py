# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Failures on demand, as data: what goes wrong around a cluster's machines."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import Any, Literal, get_args

from twin.contract import Clock

EksaFaultKind = Literal["dhcp-empty", "nodes-cannot-reach-vcenter", "datastore-full"]
"""dhcp-empty: no address for new machines; nodes-cannot-reach-vcenter: nodes are never given their provider's id;
datastore-full: machines cannot be cloned. Lost hosts and missing tags are faults of the vCenter."""


@dataclass(frozen=True)
class EksaFault:
    """One rule. `cluster` and `name` (a network; for datastore-full a datastore) are globs; 0 seconds do not end."""

    id: str
    kind: EksaFaultKind
    cluster: str = "*"
    name: str = "*"
    seconds: float = 0.0


def is_for_machines(data: Mapping[str, Any]) -> bool:
    """Whether a rule speaks of EKS Anywhere's machines."""
    return data.get("kind") in get_args(EksaFaultKind)


class EksaFaults:
    """The rules in force; safe to use from several threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rules: dict[str, tuple[EksaFault, float | None]] = {}
        self._added = 0
        self._lock = threading.Lock()

    def add(self, data: Mapping[str, Any]) -> EksaFault:
        """Put a rule in force; the same id replaces. Raises ValueError."""
        given = {key: value for key, value in data.items() if value != {}}
        unknown = sorted(set(given) - set(EksaFault.__dataclass_fields__))
        if unknown:
            raise ValueError(f"a fault of kind {data['kind']} has no {', '.join(unknown)}")
        with self._lock:
            self._added += 1
            fault = EksaFault(**{"id": f"machine-fault-{self._added}", **given})
            ends = self._clock.now() + self._clock.scaled(fault.seconds) if fault.seconds else None
            self._rules[fault.id] = (fault, ends)
            return fault

    def clear(self, rule_id: str | None = None) -> int:
        """End one rule or all; says how many."""
        with self._lock:
            gone = [name for name in self._rules if rule_id in (None, name)]
            for name in gone:
                del self._rules[name]
            return len(gone)

    def describe(self) -> list[dict[str, Any]]:
        """The rules in force."""
        return [asdict(fault) for fault in self._in_force()]

    def holds(self, kind: EksaFaultKind, cluster: str, name: str) -> bool:
        """Whether such a fault holds now for a cluster and what it names (by path or last part)."""
        return any(
            fault.kind == kind and fnmatchcase(cluster, fault.cluster)
            and (fnmatchcase(name, fault.name) or fnmatchcase(name.rpartition("/")[2], fault.name))
            for fault in self._in_force()
        )  # fmt: skip

    def _in_force(self) -> list[EksaFault]:
        now = self._clock.now()
        with self._lock:
            self._rules = {n: (f, ends) for n, (f, ends) in self._rules.items() if ends is None or ends > now}
            return [fault for fault, _ends in self._rules.values()]
