# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Kind cluster."""

from __future__ import annotations

import typing as t

from ..._clients.vsphere import Call, Port, Row
from ..._engine.errors import Conflict
from ..._engine.kind import Query, Seen, Watch
from ..._engine.options import Impact, setting
from . import cluster_spec
from .base import EntityKind, Options, done
from .cluster_options import DPM, DRS, HA, PROACTIVE_HA
from .places import Places, folders

_CONFIGURED = ("drs", "ha", "dpm", "proactive_ha", "vm_swap_placement")
_RATES = (("drs", "vmotion_rate"), ("dpm", "host_power_action_rate"))
# Rows hold the lists of what else is in a cluster's configuration too: only these properties are read.
_READ = ("drsConfig", "proactiveDrsConfig", "dasConfig", "dpmConfigInfo", "infraUpdateHaConfig", "vmSwapPlacement")


class Cluster(EntityKind):
    """A cluster of hosts with what it does by itself."""

    name = "cluster"
    description = (
        "A cluster of hosts: DRS, HA with its admission control, DPM, proactive HA and EVC. Hosts, groups, rules and"
        " pools are kinds of their own."
    )
    source = "vSphere Folder.CreateClusterEx, ReconfigureComputeResource_Task, ClusterEVCManager, Destroy_Task"
    options = {
        "datacenter": setting("Datacenter that it is in.", ref="datacenter", needed=True, immutable=True),
        "folder": setting(
            "Folder of hosts and clusters that it is in, without one the datacenter's own.",
            ref="folder",
            immutable=True,
        ),
        "drs": DRS,
        "ha": HA,
        "dpm": DPM,
        "proactive_ha": PROACTIVE_HA,
        "evc_mode": setting(
            "Baseline of CPUs, for example V(intel-skylake); V('') for none. Hosts must have it, and machines that use"
            " more of a CPU must be off.",
            impact=Impact.BRIEF,
        ),
        "vm_swap_placement": setting("Where machines swap to.", choices=("vmDirectory", "hostLocal")),
    }
    type = "ClusterComputeResource"
    paths = (*(f"configurationEx.{name}" for name in _READ), "summary")
    later = ("evc_mode",)

    def check(self, options: Options) -> str:
        """See Kind."""
        for field, rate in _RATES:
            value = (options.get(field) or {}).get(rate)
            if isinstance(value, int) and not 1 <= value <= 5:
                return f"{field}.{rate} is 1 to 5, not {value}"
        ha = options.get("ha") or {}
        shares = ("cpu_failover_percent", "memory_failover_percent", "auto_compute_percentages")
        told = [name for name in shares if ha.get(name) is not None]
        if ha.get("admission_control_policy") == "hosts" and told:
            return f"ha.{told[0]} belongs to the policy resources"
        if ha.get("auto_compute_percentages") and ha.get("cpu_failover_percent") is not None:
            return "ha.cpu_failover_percent is computed already (ha.auto_compute_percentages)"
        return ""

    def state(self, port: Port, query: Query, tree: Places, row: Row) -> Row:
        """See options."""
        parent = str(row.get("parent", ""))
        return {
            "datacenter": tree.datacenter(parent),
            "folder": None if tree.is_root(parent) else parent,
            "evc_mode": (row.get("summary") or {}).get("currentEVCModeKey", ""),
            **cluster_spec.state(_config(row)),
        }

    def attributes(self, row: Row) -> Row:
        """What it has in all, as vSphere counts."""
        summary = row.get("summary") or {}
        return {name: summary.get(name) for name in ("numHosts", "totalCpu", "totalMemory") if name in summary}

    def parents(self, port: Port, wishes: t.Mapping[str, Options]) -> t.Mapping[str, str]:
        """The folder that is named, or the datacenter's own."""
        first = folders(port, (wish["datacenter"] for wish in wishes.values() if not wish.get("folder")), "host")
        return {name: wish.get("folder") or first[wish["datacenter"]] for name, wish in wishes.items()}

    def making(self, port: Port, parent: str, name: str, options: Options) -> Call:
        """See EntityKind."""
        return Call(parent, "CreateClusterEx", {"name": name, "spec": cluster_spec.spec(options, _CONFIGURED, {})})

    def change(self, port: Port, seen: Seen, options: Options, fields: t.Collection[str]) -> t.Iterable[Watch]:
        """Everything but EVC in one task."""
        configured = frozenset(fields) & frozenset(_CONFIGURED)
        if configured:
            made = cluster_spec.spec(options, configured, _config(seen.handle))
            done(port, seen.id, "ReconfigureComputeResource_Task", spec=made, modify=True)
        if "evc_mode" in fields:
            manager = port.call(seen.id, "EvcManager")
            if options["evc_mode"]:
                done(port, manager, "ConfigureEvcMode_Task", evcModeKey=options["evc_mode"])
            else:
                done(port, manager, "DisableEvcMode_Task")
        return ()

    def remove(self, port: Port, seen: Seen) -> t.Iterable[Watch]:
        """Refused while hosts are in it: vSphere would remove them too."""
        hosts = [ref for row in port.get([seen.id], ["host"]) for ref in row.get("host") or ()]
        if hosts:
            names = sorted(str(row["name"]) for row in port.get(hosts, ["name"]))
            raise Conflict(f"hosts are in it: {', '.join(names)}", remedy="Remove them, or move them out, first.")
        return super().remove(port, seen)


def _config(row: Row) -> dict[str, t.Any]:
    found = {name: row.get(f"configurationEx.{name}") for name in _READ}
    return {name: value for name, value in found.items() if value is not None}
