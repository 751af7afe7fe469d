# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Evidence about clusters of EKS Anywhere: their conditions, their nodes, and on which hosts these run."""

from __future__ import annotations

import typing as t
from collections import Counter

from ..._clients.eksa import Port
from ..._engine.errors import EstateError
from ..._engine.evidence import Evidence, Expectation
from ..._engine.kind import Seen
from ..._engine.world import World
from . import life
from .documents import Row
from .vcenter_facts import Port as Vcenter

CONTROL_PLANE = "node-role.kubernetes.io/control-plane"
_PROVIDER = "vsphere://"
_VCENTER_PATHS = ("name", "config.uuid", "runtime.host", "runtime.powerState")


def gather(
    world: World, port: Port, expected: t.Sequence[Expectation], vcenter: t.Callable[[], Vcenter | None]
) -> list[Evidence]:
    """One answer for each expectation; an unmet one says what is missing. vcenter: asked only where it matters."""
    found = []
    for one in expected:
        name = str(one["cluster"])
        try:
            if one["milestone"] == "1.b.v":
                found.append(installed(one, world.get("eksa_cluster", name), _nodes(port, name)))
            elif one["milestone"] == "1.b.iii":
                found.append(_placed(one, port, vcenter()))
        except EstateError as error:
            check = "The cluster and what it runs on can be asked"
            found.append(Evidence(one["milestone"], False, check, None, (name,), reason=str(error)))
    return found


def _nodes(port: Port, cluster: str) -> t.Sequence[Row]:
    api = port.api(cluster)
    node = api.resources().find("", "Node") if api else None
    return api.listed(node) if api and node else []


def installed(expected: Expectation, seen: Seen | None, nodes: t.Sequence[Row]) -> Evidence:
    """1.b.v: every condition holds, and as many nodes are ready as the machines of its groups. Pure.

    expected: cluster, version, control_plane (number), workers (group to number).
    """
    name = str(expected["cluster"])
    check = "All conditions of the cluster hold, and its nodes are ready: as many as its groups have machines"
    if seen is None:
        return Evidence("1.b.v", False, check, None, (name,), reason="there is no such cluster")
    held = dict(seen.attributes.get("conditions") or {})
    control_plane = [one for one in nodes if _is_control_plane(one)]
    want = {"control_plane": int(expected["control_plane"]), "workers": sum((expected.get("workers") or {}).values())}
    have = {
        "control_plane": sum(map(_ready, control_plane)),
        "workers": sum(_ready(one) for one in nodes if not _is_control_plane(one)),
    }
    version = seen.attributes.get("kubernetes_version")
    lacking = [f"{kind} is {held.get(kind, 'not told')}" for kind in life.CONDITIONS if held.get(kind) != "True"]
    lacking += [f"{have[sort]} of {count} {sort} nodes are ready" for sort, count in want.items() if have[sort] < count]
    if expected.get("version") not in (None, version):
        lacking.append(f"it runs Kubernetes {version}, not {expected['version']}")
    value = {"conditions": held, "nodes": have, "expected": want, "version": version}
    ids = (seen.id, *sorted(str(one["metadata"]["name"]) for one in nodes))
    return Evidence("1.b.v", not lacking, check, value, ids, reason="; ".join(lacking))


def _is_control_plane(node: Row) -> bool:
    return CONTROL_PLANE in (node["metadata"].get("labels") or {})


def _ready(node: Row) -> bool:
    conditions = (node.get("status") or {}).get("conditions") or ()
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def _placed(expected: Expectation, port: Port, vcenter: Vcenter | None) -> Evidence:
    check = "Every host carries as many control-plane and worker nodes as it must"
    name = str(expected["cluster"])
    if vcenter is None:
        reason = "no vCenter was named, so nobody tells on which hosts the machines are"
        return Evidence("1.b.iii", False, check, None, (name,), reason=reason)
    machines = vcenter.collect("VirtualMachine", _VCENTER_PATHS)
    hosts = vcenter.collect("HostSystem", ("name",))
    return housed(expected, placement(_nodes(port, name), machines, hosts))


def placement(nodes: t.Sequence[Row], machines: t.Sequence[Row], hosts: t.Sequence[Row]) -> list[dict[str, t.Any]]:
    """Node by node: {node, role, machine, host}, host None of one whose machine is not found. Pure.

    nodes: of Kubernetes. machines: rows {ref, name, config.uuid, runtime.host}. hosts: rows {ref, name}.
    """
    named = {str(row["ref"]): str(row["name"]) for row in hosts}
    by_uuid = {str(row.get("config.uuid") or "").lower(): row for row in machines}
    by_name = {str(row.get("name")): row for row in machines}
    found = []
    for node in nodes:
        name = str(node["metadata"]["name"])
        provider = str((node.get("spec") or {}).get("providerID") or "")
        # A machine has the name of its node; without a cloud provider that is all there is to find it by.
        row = by_uuid.get(provider[len(_PROVIDER) :].lower()) if provider.startswith(_PROVIDER) else by_name.get(name)
        found.append(
            {
                "node": name,
                "role": "control_plane" if _is_control_plane(node) else "worker",
                "machine": str(row["ref"]) if row else None,
                "host": named.get(str(row.get("runtime.host"))) if row else None,
            }
        )
    return sorted(found, key=lambda line: (str(line["host"]), line["role"], line["node"]))


def housed(expected: Expectation, placed: t.Sequence[Row]) -> Evidence:
    """1.b.iii: each host has its nodes. Pure. expected: cluster, hosts (names), control_plane and workers (of each)."""
    check = "Every host carries as many control-plane and worker nodes as it must"
    counts = Counter((str(line["host"]), str(line["role"])) for line in placed)
    want = {"control_plane": int(expected["control_plane"]), "worker": int(expected["workers"])}
    table = [{"host": host, **{role: counts[host, role] for role in want}} for host in expected["hosts"]]
    lacking = [
        f"{line['host']} has {line[role]} of {count} {role} nodes"
        for line in table
        for role, count in want.items()
        if line[role] < count
    ]
    lost = [str(line["node"]) for line in placed if line["host"] is None]
    if lost:
        lacking.append(f"nobody knows where {', '.join(lost[:5])} run")
    ids = tuple(str(line["machine"]) for line in placed if line["machine"])
    return Evidence("1.b.iii", not lacking and bool(placed), check, table, ids, reason=_few(lacking, placed))


def _few(lacking: t.Sequence[str], placed: t.Sequence[Row]) -> str:
    if not placed:
        return "the cluster has no nodes"
    more = f"; and {len(lacking) - 8} more" if len(lacking) > 8 else ""
    return "; ".join(lacking[:8]) + more
