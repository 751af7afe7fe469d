# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""What the rules against vCenter look at, read in a handful of requests whatever the size of the inventory."""

from __future__ import annotations

import dataclasses
import typing as t

from . import documents
from .documents import Document

Row = t.Mapping[str, t.Any]
_PATHS = {
    "VirtualMachine": (
        "name",
        "config.template",
        "config.version",
        "config.firmware",
        "config.hardware.device",
        "snapshot",
    ),
    "Datastore": ("name", "summary.freeSpace", "summary.accessible", "host"),
    "Network": ("name", "host"),
    "ResourcePool": (
        "name",
        "owner",
        "config.memoryAllocation",
        "config.cpuAllocation",
        "runtime.memory",
        "runtime.cpu",
    ),
    "Folder": ("name",),
    "Datacenter": ("name",),
}
_CLUSTER = ("name", "host", "summary", "configuration.dasConfig")
_HOST = ("name", "hardware.memorySize", "summary.hardware.numCpuCores", "summary.hardware.cpuMhz")


class Port(t.Protocol):
    """What is used of a vCenter; see _clients.vsphere.Port."""

    content: t.Mapping[str, t.Any]

    def collect(self, kind: str, paths: t.Sequence[str]) -> t.Sequence[Row]:
        """Every object of a managed type."""

    def get(self, refs: t.Sequence[str], paths: t.Sequence[str]) -> t.Sequence[Row]:
        """These objects."""

    def call(self, ref: str, method: str, **arguments: t.Any) -> t.Any:
        """One request."""

    def rest(self, method: str, path: str, body: t.Any = None) -> t.Any:
        """One request of the Automation API."""


@dataclasses.dataclass(frozen=True)
class Facts:
    """Plain rows of one vCenter.

    paths: inventory path to reference. rows: reference to its row, of what a cluster's documents name. cluster: row of
    the compute cluster that a pool lies in. hosts: rows of its hosts. tags: reference to names of its tags. urns: all
    identifiers of tags that exist. missing: reference to privileges that the user lacks there. addresses: those that
    machines have, to the machine's name.
    """

    paths: t.Mapping[str, str]
    rows: t.Mapping[str, Row]
    cluster: t.Optional[Row] = None
    hosts: t.Sequence[Row] = ()
    tags: t.Mapping[str, t.Sequence[str]] = dataclasses.field(default_factory=dict)
    urns: t.Optional[t.Collection[str]] = None
    missing: t.Mapping[str, t.Sequence[str]] = dataclasses.field(default_factory=dict)
    addresses: t.Mapping[str, str] = dataclasses.field(default_factory=dict)

    def at(self, path: t.Any) -> t.Optional[Row]:
        """The row of an inventory path, or None."""
        ref = self.paths.get(str(path).rstrip("/"))
        return self.rows.get(ref) if ref else None


# What the controllers do to each sort of object; the vendor's roles hold more.
PRIVILEGES: t.Mapping[str, tuple[str, ...]] = {
    "Folder": (
        "VirtualMachine.Config.AddExistingDisk", "VirtualMachine.Config.AddNewDisk",
        "VirtualMachine.Config.AdvancedConfig", "VirtualMachine.Config.CPUCount", "VirtualMachine.Config.DiskExtend",
        "VirtualMachine.Config.EditDevice", "VirtualMachine.Config.Memory", "VirtualMachine.Config.RawDevice",
        "VirtualMachine.Config.Settings", "VirtualMachine.Interact.PowerOff", "VirtualMachine.Interact.PowerOn",
        "VirtualMachine.Inventory.CreateFromExisting", "VirtualMachine.Inventory.Delete",
        "VirtualMachine.Provisioning.DeployTemplate",
    ),
    "VirtualMachine": ("VirtualMachine.Provisioning.Clone", "VirtualMachine.Provisioning.DeployTemplate"),
    "Datastore": ("Datastore.AllocateSpace", "Datastore.Browse", "Datastore.FileManagement"),
    "Network": ("Network.Assign",),
    "ResourcePool": ("Resource.AssignVMToPool",),
}  # fmt: skip


def gather(port: Port, listed: t.Sequence[Document], *, user: str = "") -> Facts:
    """Everything about what these documents name. user: whose privileges are looked at, nobody's without one."""
    entities = port.collect("ManagedEntity", ("name", "parent"))
    paths = _inventory(entities)
    named = {path: paths[path] for path in _named(listed) if path in paths}
    rows: dict[str, Row] = {}
    for kind, wanted in _PATHS.items():
        refs = sorted({ref for ref in named.values() if _sort(ref) == kind})
        rows.update({row["ref"]: row for row in (port.get(refs, wanted) if refs else ())})
    owners = sorted({str(row["owner"]) for row in rows.values() if row.get("owner")})
    cluster = next(iter(port.get(owners[:1], _CLUSTER)), None) if owners else None
    hosts = port.get(list(cluster.get("host") or ()), _HOST) if cluster and cluster.get("host") else ()
    machines = [ref for ref in named.values() if _sort(ref) == "VirtualMachine"]
    return Facts(
        paths=named,
        rows=rows,
        cluster=cluster,
        hosts=hosts,
        tags=_tags(port, machines),
        urns=_urns(port, listed),
        missing=_missing(port, sorted(set(named.values())), user) if user else {},
        addresses=_addresses(port),
    )


def _sort(ref: str) -> str:
    """The managed type, with its subtypes as what they are a sort of."""
    kind = ref.partition(":")[0]
    return {"DistributedVirtualPortgroup": "Network", "OpaqueNetwork": "Network", "VirtualApp": "ResourcePool"}.get(
        kind, kind
    )


def _named(listed: t.Sequence[Document]) -> set[str]:
    found: set[t.Any] = set()
    for one in listed:
        spec = documents.spec_of(one)
        if one.get("kind") == documents.MACHINE:
            found |= {spec.get(field) for field in ("datastore", "folder", "resourcePool", "template")}
            found |= set(spec.get("networks") or ())
        elif one.get("kind") == documents.DATACENTER:
            found |= {spec.get("network"), f"/{spec.get('datacenter')}"}
            found |= {
                domain.get(field) for domain in spec.get("failureDomains") or () for field in ("datastore", "network")
            }
    return {str(path) for path in found if path}


def _inventory(entities: t.Sequence[Row]) -> dict[str, str]:
    """Inventory path to reference, as govc writes paths: without the root folder."""
    parents = {str(row["ref"]): (str(row.get("name") or ""), row.get("parent")) for row in entities}
    found: dict[str, str] = {}
    for ref in parents:
        names: list[str] = []
        here: t.Any = ref
        while here in parents:
            name, here = parents[here]
            names.append(name)
        found["/" + "/".join(reversed(names))] = ref
    return found


def _tags(port: Port, refs: t.Sequence[str]) -> dict[str, list[str]]:
    if not refs:
        return {}
    body = {"object_ids": [{"type": ref.partition(":")[0], "id": ref.partition(":")[2]} for ref in refs]}
    answer = port.rest("POST", "/api/cis/tagging/tag-association?action=list-attached-tags-on-objects", body) or ()
    names: dict[str, str] = {}
    found: dict[str, list[str]] = {}
    for one in answer:
        for tag in one.get("tag_ids") or ():
            if tag not in names:
                names[tag] = str(port.rest("GET", f"/api/cis/tagging/tag/{tag}")["name"])
            found.setdefault(f"{one['object_id']['type']}:{one['object_id']['id']}", []).append(names[tag])
    return found


def _urns(port: Port, listed: t.Sequence[Document]) -> t.Optional[set[str]]:
    """All tags, but only where documents name some."""
    named = any(documents.spec_of(one).get("tags") for one in listed)
    return set(port.rest("GET", "/api/cis/tagging/tag") or ()) if named else None


def _missing(port: Port, refs: t.Sequence[str], user: str) -> dict[str, list[str]]:
    manager = str(port.content["authorizationManager"])
    answer = port.call(manager, "FetchUserPrivilegeOnEntities", entities=list(refs), userName=user) or ()
    found = {}
    for one in answer:
        lacking = set(PRIVILEGES.get(_sort(str(one["entity"])), ())) - set(one.get("privileges") or ())
        if lacking:
            found[str(one["entity"])] = sorted(lacking)
    return found


def _addresses(port: Port) -> dict[str, str]:
    rows = port.collect("VirtualMachine", ("name", "guest.ipAddress"))
    return {str(row["guest.ipAddress"]): str(row["name"]) for row in rows if row.get("guest.ipAddress")}
