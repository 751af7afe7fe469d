# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Kind drs_rule."""

from __future__ import annotations

import typing as t

from ..._clients.vsphere import Port, Row
from ..._engine.errors import Invalid
from ..._engine.kind import Owner, Query, Seen, Watch, Wish
from ..._engine.options import Impact, names, setting
from .cluster_part import ClusterPart, Machines, Options, Spec, expanded, machines, own_name, reconfigured, split

_TYPES = {
    "affinity": "ClusterAffinityRuleSpec",
    "anti_affinity": "ClusterAntiAffinityRuleSpec",
    "vm_host": "ClusterVmHostRuleInfo",
}
_WORDS = {wsdl: word for word, wsdl in _TYPES.items()}
_GROUPS = {
    "vm_group": "vmGroupName",
    "affine_host_group": "affineHostGroupName",
    "anti_affine_host_group": "antiAffineHostGroupName",
}
_OF_MACHINES = ("vms", "vm_prefixes")
_OF_GROUPS = (*_GROUPS, "mandatory")
_FEWEST = 2
"""A rule about machines is about two at least: vCenter refuses any other."""


class DrsRule(ClusterPart):
    """A rule of DRS. Its name in vCenter begins with the estate's, which is what makes it ours."""

    name = "drs_rule"
    description = "A DRS rule of a cluster: machines together, apart, or on hosts. Unique by cluster and name."
    source = "vSphere ComputeResource.ReconfigureComputeResource_Task, ClusterRuleSpec"
    options = {
        "cluster": setting("Cluster that it belongs to.", ref="cluster", needed=True, immutable=True),
        "type": setting(
            "V(affinity) keeps machines on one host, V(anti_affinity) on different ones, V(vm_host) those of a group "
            "on, or away from, hosts of a group.",
            choices=tuple(_TYPES),
            needed=True,
            immutable=True,
        ),
        "enabled": setting("Whether it holds.", type="bool", impact=Impact.BRIEF),
        "mandatory": setting(
            "For V(vm_host): V(true) if it must hold, even when HA starts machines again, V(false) if it should.",
            type="bool",
            impact=Impact.BRIEF,
        ),
        "vms": names("All machines of V(affinity) and V(anti_affinity), by name.", impact=Impact.BRIEF),
        "vm_prefixes": names("Beginnings of names of more such machines, as their names are now.", compared=False),
        "vm_group": setting("For V(vm_host): the machines.", ref="drs_group", impact=Impact.BRIEF),
        "affine_host_group": setting(
            "For V(vm_host): hosts to run on. An empty text means none.", ref="drs_group", impact=Impact.BRIEF
        ),
        "anti_affine_host_group": setting(
            "For V(vm_host): hosts to keep away from. An empty text means none.", ref="drs_group", impact=Impact.BRIEF
        ),
    }
    delete_impact = Impact.BRIEF

    def check(self, options: Options) -> str:
        """See Kind."""
        of_hosts = options["type"] == "vm_host"
        wrong = [one for one in (_OF_MACHINES if of_hosts else _OF_GROUPS) if options.get(one) is not None]
        if wrong:
            return f"type {options['type']} takes no {', '.join(wrong)}"
        if of_hosts and not options.get("vm_group"):
            return "type vm_host needs vm_group"
        if of_hosts and bool(options.get("affine_host_group")) == bool(options.get("anti_affine_host_group")):
            return "type vm_host needs either affine_host_group or anti_affine_host_group"
        if not of_hosts and not any(options.get(one) for one in _OF_MACHINES):
            return f"type {options['type']} needs vms or vm_prefixes"
        return ""

    def normal(self, options: Options) -> Options:
        """Groups with their cluster's name: a rule uses those of its own cluster."""
        inside = {
            field: f"{options['cluster']}/{options[field]}"
            for field in _GROUPS
            if options.get(field) and "cluster" in options and "/" not in options[field]
        }
        return {**options, **inside}

    def meant(self, port: Port, query: Query) -> t.Sequence[Wish]:
        """Names in place of prefixes."""
        return expanded(port, query)

    def parts(self, port: Port, query: Query, cluster: Row) -> t.Iterable[Seen]:
        """Every rule of the cluster that is of a sort that we know."""
        rules = [row for row in cluster["configurationEx"].get("rule") or () if row["_type"] in _WORDS]
        called = machines(port, query).names if any(row.get("vm") for row in rules) else {}
        return [_seen(query.estate, cluster, row, called) for row in rules]

    def spec(self, port: Port, estate: str, name: str, options: Options, known: Machines) -> Spec:
        """See ClusterPart."""
        info = {"enabled": True, **_info(own_name(estate, name), options, known)}
        return {"rulesSpec": [{"operation": "add", "info": info}]}

    def update(self, port: Port, seen: Seen, options: Options, fields: t.Collection[str]) -> t.Iterator[Watch]:
        """The rule as it is, with what is declared."""
        cluster, name = split(seen.id)
        known = machines(port)
        info = {**_kept(seen.handle), **_info(name, {**options, "type": seen.state["type"]}, known)}
        for field, key in _GROUPS.items():
            if options.get(field) == "":
                info.pop(key, None)
        yield from reconfigured(
            port, cluster, {"rulesSpec": [{"operation": "edit", "info": info}]}, f"rule {name} is changed"
        )

    def delete(self, port: Port, seen: Seen) -> t.Iterator[Watch]:
        """By key: names of rules are not unique to vCenter."""
        cluster, name = split(seen.id)
        row = {"operation": "remove", "removeKey": seen.handle["key"]}
        yield from reconfigured(port, cluster, {"rulesSpec": [row]}, f"rule {name} is removed")


def _kept(row: Row) -> dict[str, t.Any]:
    """What an edit repeats: the key by which vCenter finds the rule, and what may be left undeclared."""
    kept = ("key", "ruleUuid", "enabled", "mandatory", "vm", *_GROUPS.values())
    return {key: row[key] for key in kept if row.get(key) is not None}


def _info(name: str, options: Options, known: Machines) -> dict[str, t.Any]:
    info: dict[str, t.Any] = {"_type": _TYPES[options["type"]], "name": name}
    info.update({key: options[key] for key in ("enabled", "mandatory") if options.get(key) is not None})
    # A group's identifier is its cluster and its name in vCenter.
    info.update({key: split(options[field])[1] for field, key in _GROUPS.items() if options.get(field)})
    if options.get("vms") is not None:
        info["vm"] = known.refs(options["cluster"], options["vms"])
        if len(info["vm"]) < _FEWEST:
            told = ", ".join(options["vms"]) or "no machine"
            raise Invalid(
                f"it needs {_FEWEST} machines and is about {told}",
                remedy="Make it once there are more, or use vm_host with a group, which may be empty.",
            )
    return info


def _seen(estate: str, cluster: Row, row: Row, called: t.Mapping[str, str]) -> Seen:
    ours = str(row.get("name", "")).startswith(f"{estate}-")
    name = str(row.get("name") or row.get("key"))
    state: dict[str, t.Any] = {
        "cluster": cluster["ref"],
        "type": _WORDS[row["_type"]],
        "enabled": bool(row.get("enabled")),
    }
    if state["type"] == "vm_host":
        state["mandatory"] = bool(row.get("mandatory"))
        state.update({field: _group(cluster, row.get(key)) for field, key in _GROUPS.items()})
    else:
        state["vms"] = sorted(called.get(ref, ref) for ref in row.get("vm") or ())
    return Seen(
        name=f"{cluster['name']}/{name.removeprefix(f'{estate}-') if ours else name}",
        id=f"{cluster['ref']}/{name}",
        state=state,
        owner=Owner.OURS if ours else Owner.FOREIGN,
        attributes={"in_compliance": row.get("inCompliance")},
        handle=row,
    )


def _group(cluster: Row, name: str | None) -> str | None:
    return f"{cluster['ref']}/{name}" if name else None
