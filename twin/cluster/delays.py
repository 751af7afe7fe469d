# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long things inside a cluster take, in seconds of the twin's time: one table for all of them."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from typing import Literal

Delay = Literal[
    "certificate", "ca-injection", "own-certificate", "pod-start", "job", "volume", "volume-deletion",
    "load-balancer", "load-balancer-deletion", "profile",
]  # fmt: skip

SECONDS: Mapping[Delay, float] = {
    "certificate": 5,  # cert-manager: from a Certificate to its Secret
    "ca-injection": 5,  # cainjector: from an authority to the caBundle
    "own-certificate": 10,  # a component that makes its own: from its Deployment being available to the caBundle
    "pod-start": 10,  # images pulled, containers started, readiness probe passed
    "job": 5,  # from a Job's pod running to its end
    "volume": 15,  # EBS: CreateVolume to available
    "volume-deletion": 10,
    "load-balancer": 60,
    "load-balancer-deletion": 30,
    "profile": 2,
}


class Delays:
    """The table in real seconds; faults may stretch entries of it."""

    def __init__(self, scale: float) -> None:
        """`scale`: seconds of the twin in a real one."""
        self._scale = scale
        self._factors: Mapping[str, float] = {}

    def stretch(self, factors: Mapping[str, float]) -> None:
        """Names of delays as globs, and how many times as long they take from now on; {} undoes it."""
        self._factors = dict(factors)

    def real(self, what: Delay) -> float:
        """Real seconds that it takes now."""
        seconds = SECONDS[what] / self._scale
        for pattern, factor in self._factors.items():
            if fnmatch.fnmatchcase(what, pattern):
                seconds *= factor
        return seconds
