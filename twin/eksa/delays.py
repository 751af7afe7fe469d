# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long things of EKS Anywhere take, in seconds of the twin's time: one table for all of them.

Shorter than in the field by about five: twenty-seven control-plane machines come one after another, and a rehearsal of
the whole estate shall not wait an hour of the twin's time for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from twin.contract import Clock

Delay = Literal[
    "clone", "boot", "join", "drain", "destroy", "retry", "look", "node-lost", "cluster-gone",
    "bootstrap-cluster", "providers", "move", "components", "wait",
]  # fmt: skip

SECONDS: Mapping[Delay, float] = {
    "clone": 9,  # CloneVM_Task
    "boot": 7,  # power-on to an address by DHCP
    "join": 4,  # kubeadm (etcdadm) to a node that is Ready
    "drain": 3,
    "destroy": 4,  # power-off and Destroy_Task
    "retry": 20,  # a machine that could not be cloned is tried again
    "look": 30,  # how often vCenter is asked how the machines are
    "node-lost": 40,  # the node controller's patience with a kubelet that is silent
    "cluster-gone": 5,
    "bootstrap-cluster": 60,  # kind on the administrator's machine
    "providers": 45,  # clusterctl init
    "move": 20,  # clusterctl move
    "components": 30,
    "wait": 3600,  # the command line's patience with each of etcd, control plane and workers
}


class Delays:
    """The table in real seconds."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def real(self, what: Delay) -> float:
        """Real seconds that it takes."""
        return self._clock.scaled(SECONDS[what])
