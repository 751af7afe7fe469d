# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The layers of an inventory's site against a vCenter of the twin's, and what others have in that vCenter."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import urllib3

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.reconcile import Report
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate import layers_vsphere
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate.identity import Layer
from tests.contract.vsphere_center import HOST_PASSWORD, Center
from tests.unit.estate.inventories import read
from tests.unit.estate.onsite import site
from twin.vcenter import VcenterHost
from twin.vcenter_hosts import KnownHost
from twin.vcenter_racks import known, rack

Resource = dict[str, Any]
SECRETS = ("esxi_root_password", "vcenter_password")
# The pair needs an appliance, which nobody has deployed here; its groups and rules go with it.
OF_APPLIANCES = ("vcenter_ha", "drs_group", "drs_rule")
LAYERS: tuple[Layer, ...] = ("vsphere_cluster", "vsphere_hosts", "vcenter")
# What others would notice of ours, by type: never what counts use (a host's free memory).
NOTICED = {
    "VirtualMachine": [
        "name", "parent", "resourcePool", "runtime.host", "runtime.powerState", "runtime.bootTime", "config.hardware",
        "config.changeVersion", "config.cpuAllocation", "config.memoryAllocation", "customValue", "network",
    ],
    "ResourcePool": ["name", "parent", "owner", "config", "vm", "resourcePool", "customValue"],
    "Network": ["name", "parent", "host", "vm", "customValue"],
    "Datastore": ["name", "parent", "host", "vm", "summary.url", "customValue"],
    "HostSystem": ["name", "parent", "vm", "runtime.connectionState", "config.network.portgroup", "config.option"],
    "ClusterComputeResource": ["name", "parent", "host", "configurationEx", "customValue"],
    "Datacenter": ["name", "parent", "customValue"],
    "Folder": ["name", "parent", "customValue"],
}  # fmt: skip


class Site:
    """All layers of one inventory, and a vCenter in which its hosts stand in the racks."""

    def __init__(self, center: Center, name: str, racks: list[KnownHost]) -> None:
        self.center = center
        self.racks = racks
        self.control = center.started["control_url"]
        shape = site(name)
        self.layers = [
            [
                one
                for one in layers_vsphere.vsphere_resources(layer, shape, estate=name)
                if one["kind"] not in OF_APPLIANCES
            ]
            for layer in LAYERS
        ]
        self.everything = [entry for layer in self.layers for entry in layer]

    def make(self) -> list[Report]:
        """Each layer, in their order, as the roles' calls do."""
        return [self.center.reconcile(*layer) for layer in self.layers]

    def fault(self, kind: str, **other: Any) -> None:
        """Put one into force."""
        answer = urllib3.request("POST", f"{self.control}/faults", json={"id": kind, "kind": kind, **other})
        assert answer.status == 200, answer.data

    def heal(self) -> None:
        """Take all faults back."""
        urllib3.request("DELETE", f"{self.control}/faults")

    def calls(self) -> int:
        """How many requests the vCenter has answered so far."""
        return len(urllib3.request("GET", f"{self.control}/calls?since=0").json())


def neighbours(center: Center) -> dict[str, Any]:
    """Everything in the vCenter, with its tags, that carries no mark of ours: reference to what it is like."""
    found: dict[str, Any] = {}
    for kind, paths in NOTICED.items():
        found.update({row["ref"]: row for row in center.port.collect(kind, paths)})
    for sort in ("category", "tag"):
        for identifier in center.port.rest("GET", f"/api/cis/tagging/{sort}"):
            one = center.port.rest("GET", f"/api/cis/tagging/{sort}/{identifier}")
            found[identifier] = {key: value for key, value in one.items() if key != "used_by"}
    return found


@contextlib.contextmanager
def served_site(directory: Path, name: str) -> Iterator[Site]:
    """The site of an inventory of the repository, of which nothing is made yet."""
    host = VcenterHost(directory)
    try:
        stands = rack(read(name).variables, HOST_PASSWORD)
        racks = [known(each) for each in stands["hosts"]]
        center = Center(host.start("vcsa", hosts=racks, dhcp=stands["dhcp"]))
        center.secrets.update({secret: HOST_PASSWORD for secret in SECRETS})
        yield Site(center, name, racks)
        center.port.close()
    finally:
        host.stop_all()
