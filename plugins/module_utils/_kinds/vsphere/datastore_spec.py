# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Datastores between our options and vSphere's words. Pure."""

from __future__ import annotations

import typing as t

Row = t.Mapping[str, t.Any]
ACCESS = {"read_write": "readWrite", "read_only": "readOnly"}
_GIB = 1 << 30
# Parts of the wished size.
_NEAR = 50
NAS = {"nfs": "NFS", "nfs41": "NFS41"}
# What ESXi and vCenter keep on every datastore, whoever uses it.
_OF_THE_SYSTEM = (".sf", ".dvsData", ".iormstats", ".naa.", ".vSphere-HA", ".sdd", ".vmfs", ".hostCache")


def state(row: Row) -> dict[str, t.Any]:
    """Options of a datastore as the property collector tells of it, without what its place says."""
    info = row.get("info") or {}
    mounts = mounted(row)
    found: dict[str, t.Any] = {"type": sort(row), "hosts": sorted(mounts)}
    if info.get("vmfs"):
        extents = info["vmfs"].get("extent") or ()
        return {**found, "device": extents[0]["diskName"] if extents else ""}
    nas = info.get("nas") or {}
    servers = list(nas.get("remoteHostNames") or ()) or [nas.get("remoteHost", "")]
    modes = {mount["accessMode"] for mount in mounts.values()}
    words = {word: option for option, word in ACCESS.items()}
    return {
        **found,
        "servers": servers,
        "path": nas.get("remotePath", ""),
        "access_mode": words.get(modes.pop(), "") if len(modes) == 1 else None,
        "security_type": nas.get("securityType"),
    }


def sort(row: Row) -> str:
    """The type in our words."""
    return str(row.get("summary.type") or "").lower()


def size(row: Row, wished: int | None) -> int | None:
    """Its size in GiB; the wished one where that is near enough: a file system takes some of its disk."""
    told = row.get("summary.capacity")
    if told is None:
        return None
    actual = -(-int(told) // _GIB)
    return wished if wished is not None and abs(actual - wished) * _NEAR <= wished else actual


def mounted(row: Row) -> dict[str, Row]:
    """Hosts that use it, with how they do."""
    mounts = {one["key"]: one["mountInfo"] for one in row.get("host") or ()}
    return {host: info for host, info in mounts.items() if info.get("mounted") is not False}


def unmounted(row: Row) -> list[str]:
    """Hosts that see the volume and do not mount it."""
    return sorted(one["key"] for one in row.get("host") or () if one["mountInfo"].get("mounted") is False)


def place(options: Row) -> tuple[str, ...]:
    """Where its data lies: two of the same place are one datastore."""
    if options.get("type") == "vmfs":
        return ("vmfs", str(options.get("device")))
    return ("nas", str(options.get("path")), *sorted(options.get("servers") or ()))


def mount_spec(name: str, options: Row) -> dict[str, t.Any]:
    """HostNasVolumeSpec."""
    servers = list(options["servers"])
    found = {
        "remoteHost": servers[0],
        "remotePath": options["path"],
        "localPath": name,
        "accessMode": ACCESS[options.get("access_mode") or "read_write"],
        "type": NAS[options["type"]],
    }
    if options["type"] == "nfs41":
        found["remoteHostNames"] = servers
    if options.get("security_type"):
        found["securityType"] = options["security_type"]
    return found


def create_spec(name: str, offered: t.Sequence[Row]) -> dict[str, t.Any] | None:
    """VmfsDatastoreCreateSpec that takes the whole device, from what the host offers; None if it does not."""
    specs = [
        one["spec"] for one in offered if one["spec"].get("_type", "VmfsDatastoreCreateSpec").endswith("CreateSpec")
    ]
    if not specs:
        return None
    return {**specs[0], "vmfs": {**specs[0]["vmfs"], "volumeName": name}}


def foreign(files: t.Iterable[Row]) -> list[str]:
    """Names of top-level entries that somebody put there."""
    names = [str(one["path"]) for one in files]
    return sorted(name for name in names if not (name.startswith(".") and any(sign in name for sign in _OF_THE_SYSTEM)))


def wrong(options: Row) -> str:
    """What does not go together, or ''."""
    vmfs = options.get("type") == "vmfs"
    own: tuple[str, ...] = ("device",) if vmfs else ("servers", "path")
    others: tuple[str, ...] = ("servers", "path", "access_mode", "security_type") if vmfs else ("device",)
    missing = [name for name in own if not options.get(name)]
    strange = [name for name in others if options.get(name) is not None]
    if options.get("type") is None:
        return ""
    if missing:
        return f"type {options['type']} needs {', '.join(missing)}"
    if strange:
        return f"type {options['type']} knows no {', '.join(strange)}"
    if options["type"] == "nfs" and len(options["servers"]) > 1:
        return "servers: NFS 3 has one server; several are for type nfs41"
    if options["type"] == "nfs" and options.get("security_type") not in (None, "AUTH_SYS"):
        return "security_type: Kerberos is for type nfs41"
    if options.get("hosts") == []:
        return "hosts: it needs one at least, or is no datastore"
    return ""
