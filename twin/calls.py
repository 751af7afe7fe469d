# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The log of all API calls that the twin answered, and what can be counted from it."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TextIO

from twin.audit import KubeCall

KUBERNETES = "kubernetes"
"""The endpoint of calls to control planes; their `service` is the cluster."""

VSPHERE = "vsphere"
"""The endpoint of calls to vCenters; their `service` is the managed type, or "rest"."""

_READING = (
    "Describe", "List", "Get", "BatchGet", "Head", "Lookup", "Search", "Simulate", "Decode", "Validate", "AssumeRole",
)  # fmt: skip


def is_write(operation: str) -> bool:
    """Whether an AWS operation of this name may change something."""
    return not operation.startswith(_READING)


@dataclass(frozen=True, slots=True)
class VsphereCall:
    """One call that a vCenter answered; `error` is the name of the fault, empty for success."""

    service: str
    operation: str
    principal: str
    write: bool
    unsupported: bool
    error: str


@dataclass(frozen=True, slots=True)
class Call:
    """One answered call; `error` is the code that was answered, empty for success; `at` real seconds (epoch)."""

    sequence: int
    at: float
    endpoint: str
    service: str
    operation: str
    principal: str
    write: bool
    unsupported: bool
    error: str


class CallLog:
    """Satisfies contract.Calls; keeps every call in memory and as a line of JSON in `path`."""

    def __init__(
        self,
        path: Path | None = None,
        now: Callable[[], float] = time.time,
        reported: Callable[[], Iterable[KubeCall]] = tuple,
        vsphere: Callable[[], Iterable[VsphereCall]] = tuple,
    ) -> None:
        """`reported` gives what the API servers have answered since it was asked last, and `vsphere` what the vCenters
        have; they keep their own logs."""
        self._calls: list[Call] = []
        self._first = 1
        self._lock = threading.Lock()
        self._now = now
        self._reported = reported
        self._vsphere = vsphere
        self._file: TextIO | None = path.open("a", buffering=1) if path else None

    def record(
        self,
        service: str,
        operation: str,
        principal: str,
        *,
        unsupported: bool = False,
        write: bool | None = None,
        error: str = "",
        endpoint: str = "aws",
    ) -> None:
        """Count one call. `write` None is judged by the operation's name."""
        writes = is_write(operation) if write is None else write
        with self._lock:
            number = self._first + len(self._calls)
            call = Call(number, self._now(), endpoint, service, operation, principal, writes, unsupported, error)
            self._calls.append(call)
            if self._file:
                self._file.write(json.dumps(asdict(call)) + "\n")

    def mark(self) -> int:
        """The number of the newest call: `count(since=mark)` looks at what comes after it."""
        with self._lock:
            self._take_reported()
            return self._first + len(self._calls) - 1

    def reset(self) -> None:
        """Forget the calls; numbers go on, so that old marks stay meaningful."""
        with self._lock:
            self._take_reported()
            self._first += len(self._calls)
            self._calls.clear()

    def count(self, since: int = 0) -> dict[str, Any]:
        """`{"mark", "unsupported": [...], "<endpoint>": {"total", "writes", "by_operation", "errors"}}` after a mark.

        An operation is written `ec2.DescribeVpcs`, `<cluster>.patch configmaps`; "aws" is there even without a call.
        "kubernetes" has the same for each of its "clusters".
        """
        with self._lock:
            self._take_reported()
            calls = self._calls[max(0, since - self._first + 1) :]
            mark = self._first + len(self._calls) - 1
        answer: dict[str, Any] = {"mark": mark, "unsupported": _unsupported(calls)}
        for endpoint in sorted({"aws", *(call.endpoint for call in calls)}):
            answer[endpoint] = _summary([call for call in calls if call.endpoint == endpoint])
        if KUBERNETES in answer:
            answer[KUBERNETES]["clusters"] = _clusters([call for call in calls if call.endpoint == KUBERNETES])
        return answer

    def _take_reported(self) -> None:
        for call in self._reported():
            number, what = self._first + len(self._calls), (call.cluster, call.operation, call.principal)
            self._calls.append(Call(number, self._now(), KUBERNETES, *what, call.write, False, call.error))
        for each in self._vsphere():
            number, named = self._first + len(self._calls), (each.service, each.operation, each.principal)
            flags = (each.write, each.unsupported, each.error)
            self._calls.append(Call(number, self._now(), VSPHERE, *named, *flags))


def _clusters(calls: list[Call]) -> dict[str, Any]:
    names = sorted({call.service for call in calls})
    return {name: _summary([call for call in calls if call.service == name], prefix=False) for name in names}


def _summary(calls: list[Call], *, prefix: bool = True) -> dict[str, Any]:
    operations = Counter(f"{call.service}.{call.operation}" if prefix else call.operation for call in calls)
    return {
        "total": len(calls),
        "writes": sum(call.write for call in calls),
        "by_operation": dict(sorted(operations.items())),
        "errors": dict(sorted(Counter(call.error for call in calls if call.error).items())),
    }


def _unsupported(calls: list[Call]) -> list[dict[str, Any]]:
    seen = Counter((call.endpoint, call.service, call.operation) for call in calls if call.unsupported)
    return [{"endpoint": e, "service": s, "operation": o, "count": n} for (e, s, o), n in sorted(seen.items())]
