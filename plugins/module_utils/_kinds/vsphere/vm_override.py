# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Kind vm_override."""

from __future__ import annotations

import typing as t

from ..._clients.vsphere import Port, Row
from ..._engine.kind import Owner, Query, Seen, Watch
from ..._engine.options import Impact, setting
from . import notes
from .cluster_part import ClusterPart, Machines, Options, Spec, machines, reconfigured

NOTE = "kubeops.io/override"
"""On the machine: whose its override is."""
_BEHAVIORS = {"manual": "manual", "partially_automated": "partiallyAutomated", "fully_automated": "fullyAutomated"}
_WORDS = {wsdl: word for word, wsdl in _BEHAVIORS.items()}
_DRS = ("drs_enabled", "drs_behavior")
_HA = {
    "restart_priority": "restartPriority",
    "restart_priority_timeout": "restartPriorityTimeout",
    "isolation_response": "isolationResponse",
}


class VmOverride(ClusterPart):
    """What DRS and HA do differently for one machine. The machine carries a note that says whose that is."""

    name = "vm_override"
    description = "DRS and HA settings of one virtual machine, named by it. Unique by cluster and machine."
    source = "vSphere ComputeResource.ReconfigureComputeResource_Task, ClusterDrsVmConfigSpec, ClusterDasVmConfigSpec"
    options = {
        "cluster": setting("Cluster of the machine.", ref="cluster", needed=True, immutable=True),
        "drs_enabled": setting("Whether DRS may move it at all.", type="bool", impact=Impact.BRIEF),
        "drs_behavior": setting("What DRS does with it by itself.", choices=tuple(_BEHAVIORS), impact=Impact.BRIEF),
        "restart_priority": setting(
            "When HA starts it again.",
            choices=("disabled", "lowest", "low", "medium", "high", "highest", "clusterRestartPriority"),
            impact=Impact.BRIEF,
        ),
        "restart_priority_timeout": setting(
            "Seconds that HA waits for it before it goes on, V(-1) for the cluster's own.", type="int"
        ),
        "isolation_response": setting(
            "What happens on a host that is cut off.",
            choices=("none", "powerOff", "shutdown", "clusterIsolationResponse"),
            impact=Impact.BRIEF,
        ),
    }
    delete_impact = Impact.BRIEF

    def check(self, options: Options) -> str:
        """See Kind."""
        if all(options.get(field) is None for field in (*_DRS, *_HA)):
            return f"it needs one of {', '.join((*_DRS, *_HA))}"
        return ""

    def claimed(self, query: Query, referred: t.Collection[str]) -> t.Collection[str]:
        """A machine has one override: one of others is in the way of a wish."""
        return {wish.name for wish in query.wishes}

    def parts(self, port: Port, query: Query, cluster: Row) -> t.Iterable[Seen]:
        """Machines with an override, and those whose note says that one of ours was about to be."""
        config = cluster["configurationEx"]
        drs = {row["key"]: row for row in config.get("drsVmConfig") or ()}
        das = {row["key"]: row for row in config.get("dasVmConfig") or ()}
        known, noted = machines(port, query), _noted(port, query)
        there = drs.keys() | das.keys() | known.of(cluster["ref"]) & noted.keys()
        return [
            Seen(
                name=f"{cluster['name']}/{known.names.get(ref, ref)}",
                id=f"{cluster['ref']}/{ref}",
                state={"cluster": cluster["ref"], **_state(drs.get(ref), das.get(ref))},
                owner=Owner.OURS if noted.get(ref) == query.estate else Owner.FOREIGN,
                handle={"drs": drs.get(ref), "das": das.get(ref)},
            )
            for ref in sorted(there)
        ]

    def identifier(self, estate: str, cluster: str, name: str, known: Machines) -> str:
        """The cluster and the machine."""
        return f"{cluster}/{known.ref(cluster, _machine(name))}"

    def spec(self, port: Port, estate: str, name: str, options: Options, known: Machines) -> Spec:
        """The note first: an override without one is somebody else's."""
        ref = known.ref(options["cluster"], _machine(name))
        notes.write(port, ref, NOTE, estate)
        return _specs(ref, options, None, None)

    def update(self, port: Port, seen: Seen, options: Options, fields: t.Collection[str]) -> t.Iterator[Watch]:
        """What is declared, over what is there."""
        cluster, _slash, ref = seen.id.partition("/")
        spec = _specs(ref, options, seen.handle["drs"], seen.handle["das"])
        yield from reconfigured(port, cluster, spec, f"the override of {seen.name} is changed")

    def delete(self, port: Port, seen: Seen) -> t.Iterator[Watch]:
        """The note goes last."""
        cluster, _slash, ref = seen.id.partition("/")
        spec = {
            key: [{"operation": "remove", "removeKey": {"_type": "ManagedObjectReference", "value": ref}}]
            for key, side in (("drsVmConfigSpec", "drs"), ("dasVmConfigSpec", "das"))
            if seen.handle[side]
        }
        if spec:
            yield from reconfigured(port, cluster, spec, f"the override of {seen.name} is removed")
        notes.write(port, ref, NOTE, "")


def _machine(name: str) -> str:
    return name.partition("/")[2]


def _noted(port: Port, query: Query) -> dict[str, str]:
    """Machine to the estate of its override; no machine is asked where nobody ever wrote such a note."""
    key = notes.keys(port, query).get(NOTE)
    if key is None:
        return {}
    rows = port.collect("VirtualMachine", ["customValue"])
    found = {row["ref"]: notes.text(row, key) for row in rows}
    return {ref: estate for ref, estate in found.items() if estate}


def _state(drs: Row | None, das: Row | None) -> dict[str, t.Any]:
    state: dict[str, t.Any] = {}
    if drs:
        # vCenter leaves out what it is by default.
        state["drs_enabled"] = bool(drs.get("enabled", True))
        state["drs_behavior"] = _WORDS.get(drs.get("behavior", ""))
    settings = (das or {}).get("dasSettings") or {}
    state.update({field: settings.get(key) for field, key in _HA.items()})
    return state


def _specs(ref: str, options: Options, drs: Row | None, das: Row | None) -> Spec:
    spec: Spec = {}
    behavior = _BEHAVIORS.get(options.get("drs_behavior") or "")
    wished = {"enabled": options.get("drs_enabled"), "behavior": behavior}
    if any(value is not None for value in wished.values()):
        kept = {key: drs.get(key) for key in wished} if drs else {}
        spec["drsVmConfigSpec"] = [_row("ClusterDrsVmConfigInfo", ref, drs, {**kept, **_given(wished)})]
    wished = {key: options.get(field) for field, key in _HA.items()}
    if any(value is not None for value in wished.values()):
        settings = {**((das or {}).get("dasSettings") or {}), **_given(wished)}
        spec["dasVmConfigSpec"] = [_row("ClusterDasVmConfigInfo", ref, das, {"dasSettings": settings})]
    return spec


def _row(wsdl: str, ref: str, before: Row | None, values: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    return {"operation": "edit" if before else "add", "info": {"_type": wsdl, "key": ref, **_given(values)}}


def _given(values: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    return {key: value for key, value in values.items() if value is not None}
