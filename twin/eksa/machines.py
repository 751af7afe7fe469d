# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the controllers want of a vCenter: machines, and what is known about where they may be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from twin.contract import TwinError


class MachineRefused(TwinError):
    """vCenter does not make the machine; the message is its own."""


class NoVcenterError(TwinError):
    """Nobody answers there, or not to these credentials."""


@dataclass(frozen=True)
class VmWish:
    """A machine to be cloned. Places are names or inventory paths, as VSphereMachineConfigs have them."""

    name: str
    datacenter: str
    template: str
    folder: str
    resource_pool: str
    datastore: str
    network: str
    cpus: int
    memory_mib: int
    disk_gib: int
    linked: bool = False


@dataclass(frozen=True)
class Vm:
    """A machine that exists. `reachable` is False while its host is lost; `gpus` counts its PCI devices and vGPUs."""

    uuid: str
    name: str
    host: str
    powered_on: bool = True
    reachable: bool = True
    gpus: int = 0

    @property
    def runs(self) -> bool:
        """Whether a kubelet on it could be alive."""
        return self.powered_on and self.reachable


@dataclass(frozen=True)
class Template:
    """A template as the preflight checks see it."""

    path: str
    tags: Sequence[str] = ()
    snapshots: int = 0
    disk_gib: int = 0


@dataclass(frozen=True)
class Survey:
    """What there is in a vCenter, by inventory path ("/dc/vm/templates/ubuntu"); datastores with their free GiB."""

    datacenters: Sequence[str] = ()
    networks: Sequence[str] = ()
    datastores: Mapping[str, float] = field(default_factory=dict)
    folders: Sequence[str] = ()
    pools: Sequence[str] = ()
    templates: Sequence[Template] = ()
    thumbprint: str = ""


class Machines(Protocol):
    """One vCenter, as one user; safe to use from several threads."""

    def survey(self) -> Survey:
        """What there is. Raises NoVcenterError."""

    def clone(self, wish: VmWish) -> Vm:
        """Clone, place and power on; one of this name in this folder is taken as it is. Raises MachineRefused."""

    def give_address(self, uuid: str, address: str) -> None:
        """Let the guest have and report this address. One that is gone is no error."""

    def destroy(self, uuid: str) -> None:
        """Power off and destroy. One that is gone is no error."""

    def look(self, uuids: Sequence[str]) -> Mapping[str, Vm]:
        """How these are, by uuid; those that are gone are left out."""


def named(paths: Sequence[str], wanted: str) -> str | None:
    """The one path that a name, a relative path or a whole one means; None when there is none, or several."""
    wanted = wanted.rstrip("/")
    if wanted.startswith("/"):
        return wanted if wanted in paths else None
    found = [path for path in paths if path == wanted or path.endswith("/" + wanted)]
    return found[0] if len(found) == 1 else None
