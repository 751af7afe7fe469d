# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Kind drs_group."""

from __future__ import annotations

import typing as t

from ..._clients.vsphere import Port, Row
from ..._engine.kind import Owner, Query, Seen, Watch, Wish
from ..._engine.options import Impact, names, setting
from .cluster_part import ClusterPart, Machines, Options, Spec, expanded, machines, own_name, reconfigured, split

_MEMBERS = {"ClusterVmGroup": ("vms", "vm"), "ClusterHostGroup": ("hosts", "host")}


class DrsGroup(ClusterPart):
    """A group for rules. Its name in vCenter begins with the estate's, which is what makes it ours."""

    name = "drs_group"
    description = "A group of virtual machines or of hosts of a cluster, for DRS rules. Unique by cluster and name."
    source = "vSphere ComputeResource.ReconfigureComputeResource_Task, ClusterGroupSpec"
    options = {
        "cluster": setting("Cluster that it belongs to.", ref="cluster", needed=True, immutable=True),
        "hosts": names("All hosts of a host group.", ref="esxi_host", impact=Impact.BRIEF),
        "vms": names("All virtual machines of a machine group, by name.", impact=Impact.BRIEF),
        "vm_prefixes": names(
            "Beginnings of names: each machine of the cluster that has one is in the group too, as its name is now.",
            compared=False,
        ),
    }
    after = ("vcenter_ha",)
    delete_impact = Impact.BRIEF

    def check(self, options: Options) -> str:
        """See Kind."""
        of_machines = options.get("vms") is not None or options.get("vm_prefixes") is not None
        if of_machines == (options.get("hosts") is not None):
            return "it needs either hosts, or vms or vm_prefixes"
        return ""

    def refusal(self, field: str, before: t.Any, after: t.Any) -> str:
        """A group stays of the sort that it is."""
        if before is not None:
            return ""
        there = "machines" if field == "hosts" else "hosts"
        return f"it is a group of {there} and stays one: make another under a new name"

    def meant(self, port: Port, query: Query) -> t.Sequence[Wish]:
        """Names in place of prefixes."""
        return expanded(port, query)

    def parts(self, port: Port, query: Query, cluster: Row) -> t.Iterable[Seen]:
        """Every group of the cluster."""
        groups = [row for row in cluster["configurationEx"].get("group") or () if row["_type"] in _MEMBERS]
        called = machines(port, query).names if any(row["_type"] == "ClusterVmGroup" for row in groups) else {}
        return [_seen(query.estate, cluster, row, called) for row in groups]

    def spec(self, port: Port, estate: str, name: str, options: Options, known: Machines) -> Spec:
        """See ClusterPart."""
        return {"groupSpec": [{"operation": "add", "info": _info(own_name(estate, name), options, known)}]}

    def update(self, port: Port, seen: Seen, options: Options, fields: t.Collection[str]) -> t.Iterator[Watch]:
        """All members anew: vCenter knows no other way."""
        cluster, name = split(seen.id)
        row = {"operation": "edit", "info": _info(name, options, machines(port))}
        yield from reconfigured(port, cluster, {"groupSpec": [row]}, f"group {name} is changed")

    def delete(self, port: Port, seen: Seen) -> t.Iterator[Watch]:
        """Rules that use it are gone by then."""
        cluster, name = split(seen.id)
        row = {"operation": "remove", "removeKey": name}
        yield from reconfigured(port, cluster, {"groupSpec": [row]}, f"group {name} is removed")


def _info(name: str, options: Options, known: Machines) -> dict[str, t.Any]:
    if options.get("hosts") is not None:
        return {"_type": "ClusterHostGroup", "name": name, "host": list(options["hosts"])}
    members = known.refs(options["cluster"], options.get("vms") or ())
    return {"_type": "ClusterVmGroup", "name": name, "vm": members}


def _seen(estate: str, cluster: Row, row: Row, called: t.Mapping[str, str]) -> Seen:
    field, key = _MEMBERS[row["_type"]]
    ours = row["name"].startswith(f"{estate}-")
    short = row["name"].removeprefix(f"{estate}-") if ours else row["name"]
    return Seen(
        name=f"{cluster['name']}/{short}",
        id=f"{cluster['ref']}/{row['name']}",
        state={"cluster": cluster["ref"], field: sorted(called.get(ref, ref) for ref in row.get(key) or ())},
        owner=Owner.OURS if ours else Owner.FOREIGN,
    )
