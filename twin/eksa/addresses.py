# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DHCP of the nodes' network: addresses around the endpoint of the control plane, all that is known of it."""

from __future__ import annotations

import ipaddress

_PREFIX = 22
_FIRST = 16  # what a network's owner keeps for routers and endpoints


class Leases:
    """The addresses of one cluster's machines."""

    def __init__(self, endpoint: str) -> None:
        """`endpoint` is the address of the control plane; no machine gets it. Raises ValueError."""
        network = ipaddress.ip_network(f"{endpoint}/{_PREFIX}", strict=False)
        self._free = [
            str(network[index]) for index in range(_FIRST, network.num_addresses - 1) if str(network[index]) != endpoint
        ]
        self._given: dict[str, str] = {}

    def lease(self, machine: str) -> str:
        """The machine's address, the same one as before."""
        if machine not in self._given:
            self._given[machine] = self._free.pop(0)
        return self._given[machine]

    def release(self, machine: str) -> None:
        """The machine is gone."""
        if machine in self._given:
            self._free.append(self._given.pop(machine))
