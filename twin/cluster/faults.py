# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults of a control plane as data, and those of them that whoever plays the inside of a cluster looks up.

The daemon writes them into `faults.json` of the control plane's directory; the process inside the cluster reads it
when it has a question. Nothing has to be told twice, and a process that starts late finds what is in force.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal, get_args

ClusterFaultKind = Literal[
    "throttle", "webhook-down", "certificates-slow", "crd-unestablished", "apiserver-restart", "namespace-stuck",
    "etcd-full",
]  # fmt: skip
"""throttle: the API server answers 429; webhook-down: nobody behind a Service answers; certificates-slow: cert-manager
takes longer; crd-unestablished: definitions are taken and never served; apiserver-restart: the API server ends and
comes back; namespace-stuck: something in a namespace does not go; etcd-full: writes are refused."""

_NAMED = {"webhook-down": "a Service (NAMESPACE/NAME)", "crd-unestablished": "definitions", "namespace-stuck": "one"}
_POLL = 0.1  # real seconds
_RESTART_SECONDS = 10.0  # of the twin's time, when the rule does not say


@dataclass(frozen=True)
class ClusterFault:
    """One rule. `cluster` is a glob over control planes, `name` one over what the kind speaks of.

    It heals by itself `seconds` of the twin's time after it struck first, or when it is cleared (0). `factor` is how
    many times as long certificates take.
    """

    id: str
    kind: ClusterFaultKind
    cluster: str = "*"
    name: str = ""
    seconds: float = 0.0
    factor: float = 10.0


def is_for_clusters(data: Mapping[str, Any]) -> bool:
    """Whether a rule speaks of control planes and not of AWS: `throttle` is known to both, the service tells."""
    kind = data.get("kind")
    return kind in get_args(ClusterFaultKind) and (kind != "throttle" or data.get("service") == "kubernetes")


def parse(data: Mapping[str, Any], *, default_id: str) -> ClusterFault:
    """A rule from JSON. Raises ValueError naming what is wrong with it."""
    given = {key: value for key, value in data.items() if (key, value) != ("service", "kubernetes") and value != {}}
    unknown = sorted(set(given) - set(ClusterFault.__dataclass_fields__))
    if unknown:
        raise ValueError(f"a fault of kind {data['kind']} has no {', '.join(unknown)}")
    rule = ClusterFault(**{"id": default_id, **given})
    if rule.kind in _NAMED and not rule.name:
        raise ValueError(f"{rule.kind} needs a name: {_NAMED[rule.kind]}, or a glob")
    if rule.kind not in _NAMED and rule.name:
        raise ValueError(f"{rule.kind} takes no name")
    if rule.seconds < 0:
        raise ValueError(f"seconds are not negative, not {rule.seconds}")
    if rule.factor <= 0:
        raise ValueError(f"a factor is above 0, not {rule.factor}")
    if rule.kind == "apiserver-restart" and not rule.seconds:
        return ClusterFault(**{**asdict(rule), "seconds": _RESTART_SECONDS})
    return rule


def faults_file(directory: Path) -> Path:
    """Where a control plane's faults are, in its directory."""
    return directory / "faults.json"


class FaultsInForce:
    """What the daemon has written for one cluster, as it is now. Safe to use from several threads."""

    def __init__(self, directory: Path) -> None:
        """`directory` is the control plane's own."""
        self._path = faults_file(directory)
        self._seen: tuple[int, int] | None = None
        self._faults: tuple[ClusterFault, ...] = ()

    def all(self) -> tuple[ClusterFault, ...]:
        """The rules in force; looks at the file's time only, unless it has changed."""
        try:
            about = self._path.stat()
        except FileNotFoundError:
            return ()
        if (about.st_mtime_ns, about.st_ino) != self._seen:
            self._faults = tuple(ClusterFault(**entry) for entry in json.loads(self._path.read_text()))
            self._seen = (about.st_mtime_ns, about.st_ino)
        return self._faults

    def is_down(self, namespace: str, service: str) -> bool:
        """Whether nobody shall answer at this Service."""
        name = f"{namespace}/{service}"
        return any(fault.kind == "webhook-down" and fnmatchcase(name, fault.name) for fault in self.all())

    def factors(self) -> dict[str, float]:
        """Delays that are stretched, as Delays.stretch takes them."""
        slow = [fault.factor for fault in self.all() if fault.kind == "certificates-slow"]
        return {delay: slow[0] for delay in ("certificate", "ca-injection") if slow}

    def follow(self, changed: Callable[[], None]) -> None:
        """Call `changed` in a thread of its own whenever the rules have changed, until the process ends."""
        threading.Thread(target=self._follow, args=(changed,), name="faults", daemon=True).start()

    def _follow(self, changed: Callable[[], None]) -> None:
        known: tuple[ClusterFault, ...] = ()
        while True:
            threading.Event().wait(_POLL)
            now = self.all()
            if now != known:
                known = now
                changed()
