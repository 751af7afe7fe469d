# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults of vCenters and of what stands behind them: rules that each vCenter keeps itself."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import Any, Literal, get_args

import urllib3

VsphereFaultKind = Literal[
    "throttle", "latency", "error", "deny", "session-expired", "host-lost", "site-lost", "dhcp-empty", "datastore-full",
    "passive-down", "witness-down",
]  # fmt: skip
"""throttle, latency, error, deny and session-expired: calls; host-lost and site-lost: hosts by name or site answer no
more; dhcp-empty: no addresses are given; datastore-full: datastores by name have no room; passive-down and
witness-down: that node of vCenter HA."""

_SHARED = ("throttle", "latency", "error", "deny")


@dataclass(frozen=True)
class VsphereFault:
    """One rule. `cluster` is a glob over vCenters, `operation` one over methods ("AddHost_Task", "POST /api/*").

    `name` is a glob over what the kind speaks of: an object's id, a host, a site, a datastore. `code` is the fault that
    "error" answers with, by the vendor's name.
    """

    id: str
    kind: VsphereFaultKind
    cluster: str = "*"
    operation: str = "*"
    name: str = "*"
    code: str = ""
    rate: float = 1.0
    count: int = 0
    seconds: float = 0.0
    seed: int = 0


def is_for_vcenters(data: Mapping[str, Any]) -> bool:
    """Whether a rule speaks of vCenters: of kinds that others have too the service tells."""
    kind = data.get("kind")
    return kind in get_args(VsphereFaultKind) and (kind not in _SHARED or data.get("service") == "vsphere")


def parse(data: Mapping[str, Any], *, default_id: str) -> VsphereFault:
    """A rule from JSON. Raises ValueError naming what is wrong with it."""
    given = {key: value for key, value in data.items() if (key, value) != ("service", "vsphere") and value != {}}
    unknown = sorted(set(given) - set(VsphereFault.__dataclass_fields__))
    if unknown:
        raise ValueError(f"a fault of a vCenter has no {', '.join(unknown)}")
    fault = VsphereFault(**{"id": default_id, **given})
    if not 0 < fault.rate <= 1:
        raise ValueError(f"rate is above 0 and at most 1, not {fault.rate}")
    if fault.kind in ("host-lost", "site-lost") and "name" not in given:
        raise ValueError(f"{fault.kind} needs a name")
    return fault


class VsphereFaults:
    """The rules in force, at the vCenters that run; safe to use from several threads."""

    def __init__(self, control_urls: Callable[[], Mapping[str, str]] = dict) -> None:
        """`control_urls`: where each running vCenter is steered."""
        self._urls = control_urls
        self._rules: dict[str, VsphereFault] = {}
        self._lock = threading.Lock()
        self._added = 0

    def add(self, data: Mapping[str, Any]) -> VsphereFault:
        """Put a rule in force; the same id replaces. Raises ValueError."""
        with self._lock:
            self._added += 1
            fault = parse(data, default_id=f"vsphere-fault-{self._added}")
            for url in self._of(fault):
                _tell("POST", url, {key: value for key, value in asdict(fault).items() if key != "cluster"})
            self._rules[fault.id] = fault
            return fault

    def clear(self, rule_id: str | None = None) -> int:
        """Drop one rule or all of them; says how many went."""
        with self._lock:
            gone = [fault for key, fault in self._rules.items() if rule_id in (None, key)]
            for fault in gone:
                for url in self._of(fault):
                    _tell("DELETE", f"{url}?id={fault.id}")
                del self._rules[fault.id]
            return len(gone)

    def describe(self) -> list[dict[str, Any]]:
        """The rules with how often each has hit, over all vCenters."""
        with self._lock:
            return [{**asdict(fault), "hits": self._hits(fault)} for fault in self._rules.values()]

    def _of(self, fault: VsphereFault) -> list[str]:
        return [f"{url}/faults" for name, url in self._urls().items() if fnmatchcase(name, fault.cluster)]

    def _hits(self, fault: VsphereFault) -> int:
        shown = [rule for url in self._of(fault) for rule in _tell("GET", url)]
        return sum(int(rule["hits"]) for rule in shown if rule["id"] == fault.id)


def _tell(method: str, url: str, body: object = None) -> Any:
    answer = urllib3.request(method, url, json=body, timeout=5.0, retries=False)
    content = answer.json()
    if answer.status != 200:
        raise ValueError(content["error"])
    return content
