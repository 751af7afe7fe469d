# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ESXi hosts, written as ranges, and the configuration that all of them share."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Literal

from ._pydantic import Field
from .base import Manage, Managed, Model
from .fields import Address, Count, Mtu, Positive, Version
from .ranges import expand
from .secrets import Secret

Thumbprint = Annotated[str, Field(pattern=r"^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2})+$")]


class Hardware(Model):
    """A model of server."""

    cpu: str = Field(description="Processor, as the vendor names it.")
    sockets: Positive = Field(description="Number of processors.")
    cores_per_socket: Positive = Field(description="Cores of each processor.")
    clock_mhz: Positive = Field(description="Nominal clock in MHz.")
    memory_gib: Positive = Field(description="Main memory in GiB.")
    uplinks: list[str] = Field(min_length=1, description="Physical adapters, for example vmnic0; two are redundant.")
    uplink_gbit: Positive = Field(description="Speed of each adapter in Gbit/s.")
    gpu_slots: Count = Field(default=0, description="Number of GPUs that fit.")

    @property
    def cores(self) -> int:
        """All cores of the server."""
        return self.sockets * self.cores_per_socket


class HostOverride(Model):
    """What is different about one host of a range."""

    hardware: str | None = Field(default=None, description="Hardware, by name.")
    gpus: Count | None = Field(default=None, description="Number of GPUs in this host.")
    address: Address | None = Field(default=None, description="Management address.")
    manage: Manage | None = Field(default=None, description="How far this host is ours.")


class HostRange(Managed):
    """One ESXi host, or a range of hosts that are alike."""

    name: str = Field(description="Host name or range, for example esx-pit1-[01:09].")
    site: str = Field(description="Site, by name.")
    hardware: str = Field(description="Hardware, by name in kubeops_hardware.")
    address: str = Field(description="Management address, or a range of as many, for example 10.32.1.[11:19].")
    controller_address: str | None = Field(
        default=None, description="Address of the baseboard management controller, or a range of as many."
    )
    vmkernel_addresses: dict[str, str] = Field(
        default={},
        description="Addresses of VMkernel adapters besides the management adapter: adapter to address, or a range of "
        "as many; an adapter without one asks DHCP.",
    )
    thumbprints: dict[str, Thumbprint] = Field(
        default={},
        description="Fingerprints of certificates that the vCenter does not trust by itself, as consoles show "
        "them: host name to fingerprint.",
    )
    overrides: dict[str, HostOverride] = Field(default={}, description="Differences: host name to what differs.")


@dataclasses.dataclass(frozen=True, slots=True)
class Host:
    """One ESXi host. index: its place in kubeops_hosts. gpus: None where the estate's number holds.

    vmkernel: VMkernel adapter to address, of those that the inventory gives one.
    """

    name: str
    site: str
    hardware: str
    address: str
    controller_address: str | None
    gpus: int | None
    manage: Manage
    index: int
    thumbprint: str | None = None
    vmkernel: Mapping[str, str] = dataclasses.field(default_factory=dict)


def hosts_of(ranges: Sequence[HostRange]) -> Iterator[Host]:
    """The hosts that ranges stand for. Raises ValueError for ranges that checks_ranges would refuse."""
    same = HostOverride()
    for index, entry in enumerate(ranges):
        names = expand(entry.name)
        addresses = expand(entry.address)
        text = entry.controller_address
        controllers: list[str | None] = [None] * len(names) if text is None else [*expand(text)]
        adapters = {adapter: expand(range_) for adapter, range_ in entry.vmkernel_addresses.items()}
        for place, (name, address, controller) in enumerate(zip(names, addresses, controllers, strict=True)):
            other = entry.overrides.get(name, same)
            yield Host(
                name=name,
                site=entry.site,
                hardware=other.hardware or entry.hardware,
                address=other.address or address,
                controller_address=controller,
                gpus=other.gpus,
                manage=other.manage or entry.manage,
                index=index,
                thumbprint=entry.thumbprints.get(name),
                vmkernel={adapter: there[place] for adapter, there in adapters.items()},
            )


class VmKernelAdapter(Model):
    """An adapter of the hypervisor itself."""

    name: str = Field(pattern=r"^vmk\d+$", description="Name, for example vmk0.")
    network: str = Field(description="Network of kubeops_networks, by name (without site).")
    services: list[Literal["management", "vmotion", "vsan", "provisioning", "storage", "fault_tolerance"]] = Field(
        default=[], description="Traffic that it carries."
    )
    mtu: Mtu = Field(default=1500, description="Largest packet in bytes.")


class Vib(Model):
    """A software package of the hypervisor."""

    name: str = Field(description="Name of the package.")
    version: Version | None = Field(default=None, description="Version; null: any.")


class HostProfile(Model):
    """One configuration for all hosts: what a kickstart file installs and what is kept so afterwards."""

    version: Version = Field(description="Version of ESXi, for example 8.0.3.")
    vmkernel: list[VmKernelAdapter] = Field(min_length=1, description="VMkernel adapters.")
    standard_uplinks: list[str] = Field(
        default=["vmnic0"],
        min_length=1,
        description="Physical adapters that stay with the standard switch of the management adapter; the distributed "
        "switch takes the others.",
    )
    ntp_servers: list[str] = Field(default=[], description="Time servers, by name or address.")
    dns_servers: list[Address] = Field(default=[], description="Name servers, by address.")
    dns_domain: str | None = Field(default=None, description="Domain of the hosts.")
    log_server: str | None = Field(default=None, description="Where logs go, for example tcp://log.example.com:1514.")
    ssh_keys: list[str] = Field(default=[], description="Public SSH keys of root.")
    esxi_shell: bool = Field(default=False, description="The ESXi shell runs.")
    ssh: bool = Field(default=False, description="The SSH service runs.")
    vibs: list[Vib] = Field(default=[], description="Packages beyond the image.")
    options: dict[str, str | int | bool] = Field(default={}, description="Advanced options: key to value.")
    root_password: Secret = Field(description="Password of root, by reference.")


Hardwares = Annotated[dict[str, Hardware], Field(description="Models of server: name to model.")]
