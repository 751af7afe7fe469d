# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Free ports for programs that must be told theirs before they listen."""

from __future__ import annotations

import random
import socket
import threading

# Below the kernel's ephemeral range, where an outgoing connection could take a port between choice and use.
_RANGE = range(20000, 32768)
_given: set[int] = set()
_lock = threading.Lock()


def free_ports(count: int) -> list[int]:
    """Ports on 127.0.0.1 that nobody listens on and that this process has not given out before."""
    found: list[int] = []
    with _lock:
        # Random, so that twins which start at the same moment do not all choose the lowest ones.
        for port in random.SystemRandom().sample(_RANGE, len(_RANGE)):
            if len(found) == count:
                break
            if port not in _given and _is_free(port):
                _given.add(port)
                found.append(port)
    if len(found) < count:
        raise OSError(f"no {count} free ports between {_RANGE.start} and {_RANGE.stop - 1} on 127.0.0.1")
    return found


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
