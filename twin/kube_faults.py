# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults of control planes: kept in force on each cluster that a rule names, also on those that come later."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from typing import Any

import urllib3

from twin.cluster.faults import ClusterFault, faults_file, parse
from twin.contract import Clock, TwinError
from twin.control_plane import ControlPlane
from twin.kube_fault_means import MEANS
from twin.state import write_json

_log = logging.getLogger(__name__)
_TICK = 0.2  # real seconds
# Healed first, since the end of others needs an API server that takes writes.
_FIRST = ("apiserver-restart", "etcd-full")

type Planes = Callable[[], Mapping[str, ControlPlane]]
"""The control planes that have started, by name."""


@dataclass
class _Rule:
    fault: ClusterFault
    struck: dict[str, ControlPlane] = field(default_factory=dict)
    ends: float | None = None
    over: bool = False
    problem: str = ""


class KubeFaults:
    """The rules in force; safe to use from several threads. `start` it for rules that end, or clusters that come."""

    def __init__(self, planes: Planes, clock: Clock) -> None:
        self._planes = planes
        self._clock = clock
        self._rules: list[_Rule] = []
        self._lock = threading.RLock()
        self._added = 0
        self._ended = threading.Event()

    def start(self) -> None:
        """Look after the rules in a thread until `stop`."""
        threading.Thread(target=self._work, name="cluster faults", daemon=True).start()

    def stop(self) -> None:
        """Look after them no longer: the control planes are about to go."""
        self._ended.set()

    def add(self, data: Mapping[str, Any]) -> ClusterFault:
        """Put a rule in force, at once on the clusters that are there; the same id replaces. Raises ValueError."""
        with self._lock:
            self._added += 1
            fault = parse(data, default_id=f"cluster-fault-{self._added}")
            self.clear(fault.id)
            self._rules.append(_Rule(fault))
            self._settle()
            return fault

    def clear(self, rule_id: str | None = None) -> int:
        """Heal one rule's faults or all; says how many rules went."""
        with self._lock:
            chosen = [rule for rule in self._rules if rule_id in (None, rule.fault.id) and not rule.over]
            for rule in chosen:
                rule.over = True
            self._settle()
            return len(chosen)

    def describe(self) -> list[dict[str, Any]]:
        """The rules with the clusters that each holds in now, and why it does not hold (or go) where it should."""
        with self._lock:
            return [
                {**asdict(rule.fault), "in_force": sorted(rule.struck), "problem": rule.problem}
                for rule in self._rules
            ]  # fmt: skip

    def _work(self) -> None:
        while not self._ended.wait(_TICK):
            with self._lock:
                if self._rules:
                    self._settle()

    def _settle(self) -> None:
        planes = self._planes()
        now = self._clock.now()
        for rule in self._rules:
            rule.over = rule.over or (rule.ends is not None and rule.ends <= now)
            # A cluster that was made anew under the same name has none of it.
            rule.struck = {name: plane for name, plane in rule.struck.items() if planes.get(name) is plane}
        self._write(planes)
        for rule in sorted(self._rules, key=lambda rule: rule.fault.kind not in _FIRST):
            for name, plane in planes.items():
                self._bring(rule, name, plane)
        self._rules = [rule for rule in self._rules if rule.struck or not rule.over]

    def _bring(self, rule: _Rule, name: str, plane: ControlPlane) -> None:
        means = MEANS[rule.fault.kind]
        try:
            if rule.over and name in rule.struck:
                means.end(plane, rule.fault)
                del rule.struck[name]
            elif name in rule.struck:
                means.keep(plane, rule.fault)
            elif not rule.over and fnmatchcase(name, rule.fault.cluster):
                means.begin(plane, rule.fault)
                rule.struck[name] = plane
                if rule.fault.seconds and rule.ends is None:
                    rule.ends = self._clock.now() + self._clock.scaled(rule.fault.seconds)
            rule.problem = ""
        except (TwinError, urllib3.exceptions.HTTPError, OSError) as error:
            problem = f"{name}: {error}"
            if problem != rule.problem:
                _log.warning("fault %s, to be tried again: %s", rule.fault.id, problem)
            rule.problem = problem

    def _write(self, planes: Mapping[str, ControlPlane]) -> None:
        """Tell the processes inside the clusters; an unchanged file is left alone, since its time says that."""
        for name, plane in planes.items():
            mine = [
                asdict(rule.fault)
                for rule in self._rules
                if not rule.over and fnmatchcase(name, rule.fault.cluster)
            ]  # fmt: skip
            path = faults_file(plane.directory)
            known = json.loads(path.read_text()) if path.exists() else []
            if known != mine:
                write_json(path, mine)
