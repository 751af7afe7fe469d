# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands in the racks of a simulated site: ESXi hosts that could join a vCenter, and what others run there."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

HOST_PASSWORD = "racked-and-labelled"
V100 = "GV100GL [Tesla V100 PCIe 32GB]"


@dataclass(frozen=True)
class Gpu:
    """A PCI device that a machine could be given; vendor and device as the PCI registry writes them."""

    vendor: str = "10de"
    device: str = "1db6"
    name: str = V100


@dataclass(frozen=True)
class Disk:
    """A LUN. Hosts that know the same name see the same one, unless it is `local`."""

    name: str
    capacity_gib: int
    ssd: bool = True
    local: bool = False


@dataclass(frozen=True)
class KnownHost:
    """An ESXi host that answers by its name or address and can be joined with the password of root."""

    name: str
    address: str = ""
    thumbprint: str = ""
    password: str = HOST_PASSWORD
    site: str = ""
    cpu_model: str = "Intel(R) Xeon(R) Gold 6250 CPU @ 3.90GHz"
    sockets: int = 2
    cores_per_socket: int = 8
    clock_mhz: int = 3900
    memory_gib: int = 640
    nics: Sequence[str] = ("vmnic0", "vmnic1")
    nic_gbit: int = 40
    gpus: Sequence[Gpu] = (Gpu(),)
    disks: Sequence[Disk] = ()

    def __post_init__(self) -> None:
        """A host shows a fingerprint of its own, always the same."""
        if not self.thumbprint:
            object.__setattr__(self, "thumbprint", thumbprint(self.name))


@dataclass(frozen=True)
class Foreign:
    """What other people already run in a vCenter; none of it is ever ours."""

    datacenter: str = "legacy"
    cluster: str = "legacy-cluster"
    hosts: Sequence[str] = ("legacy-esx-01", "legacy-esx-02")
    pool: str = "legacy-pool"
    network: str = "legacy-network"
    datastore: str = "legacy-datastore"
    machines: Sequence[str] = field(default=("erp-01", "erp-02", "mail-01"))
    category: str = "legacy-owner"
    tag: str = "finance"


FOREIGN = Foreign()


def thumbprint(name: str) -> str:
    """The SHA-1 fingerprint of a host's certificate, as vSphere writes it."""
    digest = hashlib.sha1(f"certificate of {name}".encode(), usedforsecurity=False).hexdigest().upper()
    return ":".join(digest[start : start + 2] for start in range(0, len(digest), 2))


def example_hosts(sites: Sequence[str] = ("pit1", "pit2", "pit3"), each: int = 3) -> list[KnownHost]:
    """Hosts `esx-<site>-NN`, three on each of three sites; all see four shared LUNs, each has a local one."""
    shared = [Disk(f"naa.600000000000000000000000000000{number:02}", 2048) for number in range(1, 5)]
    return [
        KnownHost(
            name=f"esx-{site}-{number:02}",
            address=f"10.32.{place}.{10 + number}",
            site=site,
            disks=(*shared, Disk(f"t10.local-{site}-{number:02}", 480, local=True)),
        )
        for place, site in enumerate(sites, 1)
        for number in range(1, each + 1)
    ]
