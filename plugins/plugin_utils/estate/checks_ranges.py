# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ranges that stand for nothing, or for fewer addresses than names. They are told before anything is expanded."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence

from .fields import network
from .hosts import HostRange
from .networks import NetworkRange
from .problems import Path, Problem, one_of
from .ranges import BadRange, expand
from .storage import Storage

_REMEDY = "write a range as esx-pit1-[01:09]"


def _expanded(path: Path, text: str) -> tuple[list[str], list[Problem]]:
    try:
        return expand(text), []
    except BadRange as error:
        return [], [Problem(path, text, str(error), _REMEDY)]


def host_ranges(entries: Sequence[HostRange]) -> Iterator[Problem]:
    """Problems of the ranges of kubeops_hosts."""
    for index, entry in enumerate(entries):
        path: Path = ("kubeops_hosts", index)
        names, problems = _expanded((*path, "name"), entry.name)
        yield from problems
        for field, value in (("address", entry.address), ("controller_address", entry.controller_address)):
            if value is not None and names:
                yield from _addresses((*path, field), value, len(names))
        for adapter, value in entry.vmkernel_addresses.items():
            if names:
                yield from _addresses((*path, "vmkernel_addresses", adapter), value, len(names))
        for field in ("overrides", "thumbprints"):
            for name in getattr(entry, field):
                if names and name not in names:
                    yield Problem((*path, field, name), "", f"is no host of {entry.name}", one_of(name, names))


def _addresses(path: Path, text: str, count: int) -> Iterator[Problem]:
    addresses, problems = _expanded(path, text)
    yield from problems
    if addresses and len(addresses) != count:
        message = f"stands for {len(addresses)} addresses, but there are {count} hosts"
        yield Problem(path, text, message, "give as many addresses as names")
    for address in addresses:
        try:
            ipaddress.ip_address(address)
        except ValueError:
            yield Problem(path, text, f"stands for {address}, which is no IP address", "write it as 10.32.1.[11:19]")
            return


def network_ranges(entries: Sequence[NetworkRange]) -> Iterator[Problem]:
    """Problems of the ranges of kubeops_networks."""
    for index, entry in enumerate(entries):
        path: Path = ("kubeops_networks", index)
        names, problems = _expanded((*path, "name"), entry.name)
        vlans, more = _expanded((*path, "vlan"), entry.vlan)
        yield from (*problems, *more)
        if names and vlans and len(names) != len(vlans):
            message = f"stands for {len(vlans)} VLAN ids, but there are {len(names)} names"
            yield Problem((*path, "vlan"), entry.vlan, message, "give as many ids as names")
        wrong = [vlan for vlan in vlans if not vlan.isdigit() or not 1 <= int(vlan) <= 4094]
        if wrong:
            yield Problem((*path, "vlan"), wrong[0], "is no VLAN id", "write a number from 1 to 4094")
        yield from _cut(entry, len(names), path)


def _cut(entry: NetworkRange, count: int, path: Path) -> Iterator[Problem]:
    if entry.cidr is not None and count > 1:
        remedy = "give supernet and prefix, so that each gets one of its own"
        yield Problem((*path, "cidr"), entry.cidr, f"is one network for {count} VLANs", remedy)
    if entry.supernet is None or entry.prefix is None:
        return
    block = network(entry.supernet)
    if block.prefixlen > entry.prefix or count > 1 << (entry.prefix - block.prefixlen):
        message = f"has no room for {count} networks of /{entry.prefix}"
        yield Problem((*path, "supernet"), entry.supernet, message, "give a larger supernet or a longer prefix")


def storage_ranges(storage: Storage) -> Iterator[Problem]:
    """Problems of the ranges of kubeops_storage."""
    for index, device in enumerate(storage.devices):
        yield from _expanded(("kubeops_storage", "devices", index, "name"), device.name)[1]
    for index, entry in enumerate(storage.datastores):
        path: Path = ("kubeops_storage", "datastores", index)
        names, problems = _expanded((*path, "name"), entry.name)
        devices, more = _expanded((*path, "device"), entry.device)
        yield from (*problems, *more)
        for field, text in (("disk", entry.disk), ("export", entry.export)):
            if text is not None and names:
                yield from _as_many((*path, field), text, len(names))
        if names and devices and len(names) % len(devices):
            message = f"are {len(devices)} devices, on which {len(names)} datastores cannot be spread evenly"
            yield Problem((*path, "device"), entry.device, message, "use a multiple of the number of devices")


def _as_many(path: Path, text: str, count: int) -> Iterator[Problem]:
    sources, problems = _expanded(path, text)
    yield from problems
    if sources and len(sources) != count:
        message = f"stands for {len(sources)}, but there are {count} datastores"
        yield Problem(path, text, message, "give each datastore one of its own")
