# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Many datastores on many hosts in few rounds of calls: made once each, then mounted everywhere at once."""

from __future__ import annotations

import typing as t

from ..._clients.vsphere import Call, Port
from ..._engine.errors import Conflict, EstateError, NotFound
from . import datastore_spec as spec
from .base import all_done

Row = t.Mapping[str, t.Any]
Wishes = t.Mapping[str, Row]
Made = dict[str, t.Union[str, EstateError]]
_SYSTEMS = ("name", "configManager.datastoreSystem", "configManager.storageSystem")


def systems(port: Port, hosts: t.Collection[str]) -> dict[str, Row]:
    """Hosts with their storage services; raises NotFound for one that is gone."""
    found = {row["ref"]: row for row in port.get(sorted(hosts), _SYSTEMS)}
    gone = sorted(set(hosts) - set(found))
    if gone:
        raise NotFound(f"hosts are gone: {', '.join(gone)}")
    return found


def make(port: Port, wishes: Wishes) -> Made:
    """References of the new datastores, by name, or why there is none. Each is made by one of its hosts."""
    makers = _makers(wishes)
    hosts = systems(port, set(makers.values()))
    by = {name: hosts[host] for name, host in makers.items()}
    volumes = {name: wish for name, wish in wishes.items() if wish["type"] == "vmfs"}
    shares = {name: wish for name, wish in wishes.items() if name not in volumes}
    # A share by one host first: vCenter knows it by the datastore that it has of it, and two hosts at once make two.
    calls = [_mounting(by[name], name, wish) for name, wish in shares.items()]
    return {**_make_volumes(port, volumes, by), **dict(zip(shares, port.run(calls), strict=True))}


def _makers(wishes: Wishes) -> dict[str, str]:
    """The host that makes each datastore: neighbours take turns, so that none does all of the work."""
    return {name: wish["hosts"][turn % len(wish["hosts"])] for turn, (name, wish) in enumerate(wishes.items())}


def spread(port: Port, refs: t.Mapping[str, str], wishes: Wishes) -> dict[str, EstateError]:
    """Have all wished hosts mount new datastores, name to reference: shares one by one, volumes by one look of each
    host. Answers the first refusal for each."""
    there = {row["ref"]: set(spec.mounted(row)) for row in port.get(list(refs.values()), ["host"])}
    missing = {
        name: [host for host in wishes[name]["hosts"] if host not in there.get(ref, ())] for name, ref in refs.items()
    }
    hosts = systems(port, {host for listed in missing.values() for host in listed})
    shares = {name: listed for name, listed in missing.items() if wishes[name]["type"] != "vmfs"}
    refused = mount_shares(port, wishes, shares, hosts)
    blind = sorted({host for name, listed in missing.items() if name not in shares for host in listed})
    for host, answer in zip(blind, port.run(_looks(hosts[host] for host in blind)), strict=True):
        if isinstance(answer, EstateError):
            refused.update({name: answer for name, listed in missing.items() if name not in shares and host in listed})
    return refused


def _make_volumes(port: Port, wishes: Wishes, by: t.Mapping[str, Row]) -> Made:
    asked = [
        Call(by[name]["configManager.datastoreSystem"], "QueryVmfsDatastoreCreateOptions", _device(wish))
        for name, wish in wishes.items()
    ]
    made: Made = {}
    calls: dict[str, Call] = {}
    for name, offered, call in zip(wishes, port.run(asked), asked, strict=True):
        if isinstance(offered, EstateError):
            made[name] = offered
            continue
        wanted = spec.create_spec(name, offered or ())
        if wanted is None:
            made[name] = Conflict(
                f"{wishes[name]['device']} cannot become a datastore: it is in use, holds partitions or is no disk",
                remedy="Choose another device, or remove by hand what is on it.",
            )
        else:
            calls[name] = Call(call.ref, "CreateVmfsDatastore", {"spec": wanted})
    made.update(zip(calls, port.run(list(calls.values())), strict=True))
    return made


def _device(wish: Row) -> Row:
    return {"devicePath": f"/vmfs/devices/disks/{wish['device']}"}


def mount_shares(
    port: Port, wishes: Wishes, where: t.Mapping[str, t.Sequence[str]], hosts: t.Mapping[str, Row]
) -> dict[str, EstateError]:
    """Mount shares on further hosts, all at once; the first refusal for each."""
    pairs = [(name, host) for name, listed in where.items() for host in listed]
    answers = port.run([_mounting(hosts[host], name, wishes[name]) for name, host in pairs])
    refused: dict[str, EstateError] = {}
    for (name, _host), answer in zip(pairs, answers, strict=True):
        if isinstance(answer, EstateError):
            refused.setdefault(name, answer)
    return refused


def _mounting(host: Row, name: str, wish: Row) -> Call:
    return Call(host["configManager.datastoreSystem"], "CreateNasDatastore", {"spec": spec.mount_spec(name, wish)})


def _looks(hosts: t.Iterable[Row]) -> list[Call]:
    return [Call(host["configManager.storageSystem"], "RescanVmfs", {}) for host in hosts]


def rescan(port: Port, hosts: t.Iterable[Row]) -> None:
    """One look of every host at its devices for what others did to volumes."""
    all_done(port, _looks(hosts))
