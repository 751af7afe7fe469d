# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Hosts that begin or cease to mount a datastore, and the end of one that nobody uses."""

from __future__ import annotations

import typing as t

from ..._clients.vsphere import Call, Port
from ..._engine.errors import Conflict
from . import datastore_mounts as mounts
from . import datastore_spec as spec
from .base import all_done, done

Row = t.Mapping[str, t.Any]
PATHS = ("name", "info", "summary.type", "host", "vm", "browser")


def bring(port: Port, ref: str, options: Row) -> None:
    """Have exactly the wished hosts mount it: new ones before others go."""
    row = current(port, ref)
    there = spec.mounted(row)
    coming = [host for host in options["hosts"] if host not in there]
    going = sorted(set(there) - set(options["hosts"]))
    hosts = mounts.systems(port, [*coming, *going])
    if spec.sort(row) == "vmfs":
        _join_volume(port, row, [hosts[host] for host in coming])
        all_done(port, [_unmount(hosts[host], row) for host in going])
    else:
        refused = mounts.mount_shares(port, {row["name"]: options}, {row["name"]: coming}, hosts)
        for error in refused.values():
            raise error
        all_done(port, [_remove(hosts[host], ref) for host in going])


def current(port: Port, ref: str) -> Row:
    """The datastore as it is now, empty if it is gone."""
    return next(iter(port.get([ref], PATHS)), {})


def _join_volume(port: Port, row: Row, hosts: t.Sequence[Row]) -> None:
    if not hosts:
        return
    known = set(spec.unmounted(row))
    uuid = row["info"]["vmfs"]["uuid"]
    again = [host for host in hosts if host["ref"] in known]
    all_done(port, [_storage(host, "MountVmfsVolume", vmfsUuid=uuid) for host in again])
    blind = [host for host in hosts if host["ref"] not in known]
    # Another datastore's entry may have had the host look meanwhile: its look was for all.
    for method in ("RescanVmfs", "RescanAllHba", "RescanVmfs"):
        seeing = spec.mounted(current(port, row["ref"])) if blind else {}
        blind = [host for host in blind if host["ref"] not in seeing]
        all_done(port, [_storage(host, method) for host in blind])


def _storage(host: Row, method: str, **arguments: t.Any) -> Call:
    return Call(host["configManager.storageSystem"], method, arguments)


def _unmount(host: Row, row: Row) -> Call:
    return _storage(host, "UnmountVmfsVolume", vmfsUuid=row["info"]["vmfs"]["uuid"])


def _remove(host: Row, ref: str) -> Call:
    return Call(host["configManager.datastoreSystem"], "RemoveDatastore", {"datastore": ref})


def end(port: Port, ref: str) -> None:
    """Unmount it everywhere and remove it, if nothing of anybody's is in it."""
    row = current(port, ref)
    if not row:
        return
    _refuse_content(port, row)
    there, beside = sorted(spec.mounted(row)), spec.unmounted(row)
    hosts = mounts.systems(port, [*there, *beside])
    if spec.sort(row) != "vmfs":
        all_done(port, [_remove(hosts[host], ref) for host in there])
        return
    # One host has to see it to the end. Unmounting asks every other one first whether it uses the volume.
    last, others = (there or beside)[0], there[1:]
    if not there:
        all_done(port, [_storage(hosts[last], "MountVmfsVolume", vmfsUuid=row["info"]["vmfs"]["uuid"])])
    all_done(port, [_unmount(hosts[host], row) for host in others])
    all_done(port, [_remove(hosts[last], ref)])
    mounts.rescan(port, [hosts[host] for host in sorted({*others, *beside} - {last})])


def _refuse_content(port: Port, row: Row) -> None:
    machines = row.get("vm") or ()
    if machines:
        names = sorted(one["name"] for one in port.get(list(machines), ["name"]))
        raise Conflict(
            f"virtual machines or templates are on it: {', '.join(names)}",
            remedy="Move or delete them first; nothing of theirs is touched.",
        )
    path = f"[{row['name']}]"
    answer = done(port, row["browser"], "SearchDatastore_Task", datastorePath=path)
    left = spec.foreign((answer or {}).get("file") or ())
    if left:
        raise Conflict(
            f"files are on it that we did not put there: {', '.join(left[:5])}{' ...' if len(left) > 5 else ''}",
            remedy="Move or delete them first; nothing of theirs is touched.",
        )
