# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Storage on site: devices, tiers, the datastores on them, and scratch space."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Literal

from ._pydantic import Field
from .base import Manage, Managed, Model
from .fields import Name, Positive
from .ranges import expand


class StorageTier(Model):
    """A class of storage."""

    name: Name = Field(description="Name.")
    media: Literal["ssd", "disk"] = Field(description="What the data lies on.")
    replicated: bool = Field(description="Every block is kept at a second site.")


class StorageDevices(Managed):
    """One storage device, or a range of devices that are alike."""

    name: str = Field(description="Name or range, for example array-[01:06].")
    tier: str = Field(description="Storage tier, by name.")
    fabric: str = Field(description="Storage fabric, by name.")
    sites: list[str] = Field(min_length=1, description="Sites that hold its data, by name.")
    capacity_gib: Positive = Field(description="Usable capacity of each device in GiB.")
    servers: list[str] = Field(default=[], description="Addresses under which it serves NFS; none: it serves blocks.")


class Datastores(Managed):
    """One datastore, or a range of datastores that are alike, spread evenly over their devices."""

    name: str = Field(description="Name or range, for example ssd-[01:24].")
    device: str = Field(description="Device or range; [01:24] on six devices puts four datastores on each.")
    size_gib: Positive = Field(description="Size of each datastore in GiB.")
    purpose: Literal["machines", "kubernetes", "templates", "backup"] = Field(
        default="machines", description="What it holds."
    )
    disk: str | None = Field(
        default=None, description="Canonical name of the disk under VMFS, or a range of as many: naa.60a98[01:24]."
    )
    export: str | None = Field(
        default=None, description="Exported directory of an NFS server, or a range of as many: /vol/ds[1:2]."
    )
    nfs_version: Literal["3", "4.1"] = Field(default="3", description="Version of NFS, where a server is asked.")


class Scratch(Managed):
    """A parallel file system for data that may be lost."""

    kind: Literal["lustre"] = Field(default="lustre", description="File system.")
    servers: list[str] = Field(min_length=1, description="Management servers, for example 10.32.60.11@tcp.")
    filesystem: str = Field(pattern=r"^[a-z0-9]{1,8}$", description="Name of the file system.")
    capacity_gib: Positive = Field(description="Capacity in GiB.")


class Storage(Model):
    """All storage on site."""

    tiers: list[StorageTier] = Field(min_length=1, description="Tiers.")
    devices: list[StorageDevices] = Field(min_length=1, description="Devices.")
    datastores: list[Datastores] = Field(min_length=1, description="Datastores.")
    scratch: Scratch | None = Field(default=None, description="Scratch space; null: none.")


@dataclasses.dataclass(frozen=True, slots=True)
class Datastore:
    """One datastore. index: its place in kubeops_storage.datastores. source: its disk or export, if the inventory
    says which."""

    name: str
    device: str
    size_gib: int
    purpose: str
    manage: Manage
    index: int
    source: str | None = None
    nfs_version: str = "3"


def devices_of(storage: Storage) -> dict[str, StorageDevices]:
    """Device to the entry that describes it. Raises BadRange."""
    return {name: entry for entry in storage.devices for name in expand(entry.name)}


def datastores_of(storage: Storage) -> Iterator[Datastore]:
    """The datastores that ranges stand for. Raises ValueError for ranges that checks_ranges would refuse."""
    for index, entry in enumerate(storage.datastores):
        names, devices = expand(entry.name), expand(entry.device)
        # Neighbours in the range share a device.
        places = [device for device in devices for _turn in range(len(names) // len(devices))]
        text = entry.disk or entry.export
        sources: list[str | None] = [None] * len(names) if text is None else [*expand(text)]
        for name, device, source in zip(names, places, sources, strict=True):
            yield Datastore(name, device, entry.size_gib, entry.purpose, entry.manage, index, source, entry.nfs_version)
