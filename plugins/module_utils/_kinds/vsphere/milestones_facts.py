# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""What the checks of milestones look at in a vCenter: read once, at the same moment, for all of them."""

from __future__ import annotations

import dataclasses
import typing as t

from ..._clients.vsphere import Port, Row
from ..._engine.errors import EstateError, NotFound

_PATHS = {
    "HostSystem": ("name", "parent", "runtime.connectionState", "runtime.inMaintenanceMode"),
    "VirtualMachine": ("name", "runtime.host", "runtime.powerState", "resourcePool"),
    "ResourcePool": ("name", "owner", "parent", "config"),
    "ClusterComputeResource": ("name", "configurationEx"),
}
Judgement = tuple[t.Any, list[str], list[str]]
"""What was seen, what is missing (nothing: the milestone is met), and identifiers of all that was looked at."""


@dataclasses.dataclass(frozen=True)
class Facts:
    """Rows by type, as the port tells them.

    pair: {mode, state, health: VchaClusterRuntimeInfo} of vCenter HA, empty where it is not configured.
    """

    hosts: t.Sequence[Row]
    machines: t.Sequence[Row]
    pools: t.Sequence[Row]
    clusters: t.Sequence[Row]
    pair: Row = dataclasses.field(default_factory=dict)

    def host(self, ref: str) -> str:
        """A host's name; its reference where it is not known."""
        return next((str(row["name"]) for row in self.hosts if row["ref"] == ref), ref)

    def machine(self, name: str) -> Row | None:
        """The machine of that name, the one that runs if there are several."""
        found = [row for row in self.machines if row["name"] == name]
        return next((row for row in found if running(row)), next(iter(found), None))

    def runs_on(self, row: Row) -> str:
        """Name of the host where a machine is."""
        return self.host(row.get("runtime.host", "nowhere"))

    def cluster(self, name: str) -> Row:
        """The cluster of that name; raises NotFound."""
        for row in self.clusters:
            if row["name"] == name:
                return row
        raise NotFound(f"there is no cluster {name}")

    def inside(self, pool: str) -> set[str]:
        """A pool and all pools below it."""
        found = {pool}
        while True:
            more = {row["ref"] for row in self.pools if row.get("parent") in found} - found
            if not more:
                return found
            found |= more


def running(row: Row) -> bool:
    """Whether a machine is switched on."""
    return bool(row.get("runtime.powerState") == "poweredOn")


def read(port: Port, milestones: t.Collection[str]) -> Facts:
    """All facts, in one request for each type."""
    rows = {kind: list(port.collect(kind, list(paths))) for kind, paths in _PATHS.items()}
    return Facts(
        hosts=rows["HostSystem"],
        machines=rows["VirtualMachine"],
        pools=rows["ResourcePool"],
        clusters=rows["ClusterComputeResource"],
        pair=_pair(port) if "1.b.i" in milestones else {},
    )


def _pair(port: Port) -> Row:
    config = port.call(port.content["failoverClusterConfigurator"], "getVchaConfig")
    if config["state"] != "configured":
        return {"state": config["state"]}
    manager = port.content["failoverClusterManager"]
    try:
        health = port.call(manager, "GetVchaClusterHealth")["runtimeInfo"]
    except EstateError as error:
        return {"state": config["state"], "error": str(error)}
    return {"state": config["state"], "mode": port.call(manager, "getClusterMode"), "health": health}
