# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where DRS puts a new machine: on the host with the fewest, so that machines spread."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple


class Host(NamedTuple):
    """A host that may take it, with the load that it has (any unit, the same for all)."""

    name: str
    load: float


def place(hosts: Sequence[Host], machine: str) -> str | None:
    """The host for a machine of this name, None without hosts. Equals are told apart by name, differently for each."""
    if not hosts:
        return None
    return min(hosts, key=lambda host: (host.load, _shuffled(machine, host.name))).name


def _shuffled(machine: str, host: str) -> str:
    return hashlib.sha256(f"{machine}/{host}".encode()).hexdigest()
