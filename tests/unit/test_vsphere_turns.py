# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a host may reboot: one after the other beside machines, together where there are none."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.kind import Status
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.vsphere.host_passthrough import turn
from tests.unit.vendor_port import VendorPort

WAITS = [{"passthruEnabled": True, "passthruActive": False}]


def host(number: int, cluster: str = "domain-c1", **more: Any) -> dict[str, Any]:
    """One that has nothing to wait for and no machine."""
    return {
        "ref": f"HostSystem:host-{number}",
        "name": f"esx-{number}",
        "parent": f"ClusterComputeResource:{cluster}",
        "vm": [],
        "runtime.connectionState": "connected",
        "runtime.inMaintenanceMode": False,
        "config.pciPassthruInfo": [],
        **more,
    }


WAITING = {"config.pciPassthruInfo": WAITS}
WITH_MACHINE = {"vm": ["VirtualMachine:vm-1"]}
SECOND = host(2, **WAITING)


@pytest.mark.parametrize(
    ("others", "answer"),
    [
        ([host(1, **WAITING)], (Status.READY, "")),
        ([host(1, **{"runtime.inMaintenanceMode": True})], (Status.READY, "")),
        ([host(1, **WITH_MACHINE)], (Status.READY, "")),
        ([host(1, **WAITING, **WITH_MACHINE)], (Status.PENDING, "esx-1 comes first")),
        ([host(3, **WAITING, **WITH_MACHINE)], (Status.READY, "")),
        ([host(1, **WITH_MACHINE), host(3, **{"runtime.inMaintenanceMode": True})], (Status.PENDING, "esx-3 is away")),
        ([host(1, **WITH_MACHINE), host(3, **{"runtime.connectionState": "notResponding"})],
         (Status.PENDING, "esx-3 is away")),
        ([host(1, "domain-c2", **WAITING, **WITH_MACHINE)], (Status.READY, "")),
    ],
    ids=["no-machines", "no-machines-and-one-away", "nobody-waits", "one-before", "one-behind", "one-away",
         "one-silent", "another-cluster"],
)  # fmt: skip
def test_a_turn(others: list[dict[str, Any]], answer: tuple[Status, str]) -> None:
    port = VendorPort({"HostSystem": [SECOND, *others]})
    assert turn(port, SECOND["ref"]) == answer


def test_a_host_s_own_machine_counts_too() -> None:
    port = VendorPort({"HostSystem": [{**SECOND, **WITH_MACHINE}, host(1, **WAITING)]})
    assert turn(port, SECOND["ref"]) == (Status.PENDING, "esx-1 comes first")
