# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an inventory says that stands behind its vCenters, in the form in which a simulated one has to know it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.inventory import expand_hostname_range
from ansible.plugins.loader import init_plugin_loader
from ansible.template import Templar
from ansible.utils.collection_loader._collection_config import AnsibleCollectionConfig

from twin import overlay, pki
from twin.contract import TwinError
from twin.state import State
from twin.vcenter import VcenterHost
from twin.vcenter_hosts import HOST_PASSWORD, Disk, Gpu, KnownHost

type Rack = dict[str, Any]
"""`hosts`: KnownHost as data; `dhcp`: the first and last address of the machines' network; `password`: root's."""

type Racks = dict[str, Rack]
"""By the name of the vCenter."""

_NAMES = (
    "kubeops_hosts", "kubeops_hardware", "kubeops_gpus", "kubeops_storage", "kubeops_networks", "kubeops_host_profile",
)  # fmt: skip
_DEVICES = {"SXM2": "1db5", "PCIE": "1db6"}
_DHCP = ("10.33.0.16", "10.33.3.250")


def read(sources: Sequence[Path]) -> Racks:
    """What the hosts of group `vcenters` have behind them; empty when there is no such group."""
    if not sources:
        return {}
    if AnsibleCollectionConfig.collection_finder is None:
        init_plugin_loader()  # without it no lookup is found
    inventories = overlay.read(sources)
    found: Racks = {}
    for name, variables in inventories.hosts(overlay.VCENTER_GROUP).items():
        templar = Templar(loader=inventories.loader, variables=variables)
        try:
            given = {key: templar.template(variables[key]) for key in _NAMES if key in variables}
            found[name] = rack(given, _root_password(given, variables, templar))
        except AnsibleError as error:
            raise TwinError(f"what stands behind {name} cannot be read: {error}") from error
    return found


def rack(given: Mapping[str, Any], password: str = HOST_PASSWORD) -> Rack:
    """The rack of one vCenter from the inventory's variables. `password`: root's, of every host."""
    hardware = given.get("kubeops_hardware") or {}
    gpus = given.get("kubeops_gpus") or {}
    disks = _disks((given.get("kubeops_storage") or {}).get("datastores") or ())
    hosts = [
        asdict(_host(one, hardware.get(one.get("hardware")) or {}, gpus, disks, password))
        for entry in given.get("kubeops_hosts") or ()
        for one in _expanded(entry, ("name", "address"))
    ]
    return {"hosts": hosts, "dhcp": _dhcp(given.get("kubeops_networks") or ()), "password": password}


def write(state: State, racks: Racks) -> None:
    """Store them for the daemon."""
    pki.write_private(state.racks, json.dumps(racks).encode())


def start_all(vcenters: VcenterHost, state: State) -> dict[str, Any]:
    """Start every vCenter; how each is reached, its password in a file of its own."""
    racks: Racks = json.loads(state.racks.read_text()) if state.racks.exists() else {}
    reached: dict[str, Any] = {}
    for name, one in racks.items():
        hosts = [known(data) for data in one["hosts"]]
        answer = vcenters.start(name, hosts=hosts, dhcp=one["dhcp"])
        pki.write_private(state.vcenter_password(name), answer.pop("password").encode())
        pki.write_private(state.hosts_password(name), one["password"].encode())
        reached[name] = answer
    return reached


def known(data: Mapping[str, Any]) -> KnownHost:
    """A host from data."""
    gpus, disks = (tuple(kind(**each) for each in data[key]) for key, kind in (("gpus", Gpu), ("disks", Disk)))
    return KnownHost(**{**data, "gpus": gpus, "disks": disks})


def _expanded(entry: Mapping[str, Any], keys: Sequence[str]) -> list[dict[str, Any]]:
    """One entry for each of the names that a range like esx-[01:09] stands for."""
    ranges = {key: _range(str(entry[key])) for key in keys if entry.get(key)}
    count = max(len(values) for values in ranges.values())
    return [
        {**entry, **{key: values[number if len(values) > 1 else 0] for key, values in ranges.items()}}
        for number in range(count)
    ]


def _range(text: str) -> list[str]:
    return [str(one) for one in expand_hostname_range(text)] if "[" in text else [text]


def _host(
    one: Mapping[str, Any],
    hardware: Mapping[str, Any],
    gpus: Mapping[str, Any],
    disks: Sequence[Disk],
    password: str,
) -> KnownHost:
    number = one.get("gpus")
    count = int(gpus.get("per_host") or 0) if number is None else int(number)
    return KnownHost(
        name=str(one["name"]),
        address=str(one.get("address") or ""),
        thumbprint=str(one.get("thumbprint") or ""),
        password=password,
        site=str(one.get("site") or ""),
        cpu_model=str(hardware.get("cpu") or "Intel(R) Xeon(R)"),
        sockets=int(hardware.get("sockets") or 2),
        cores_per_socket=int(hardware.get("cores_per_socket") or 8),
        clock_mhz=int(hardware.get("clock_mhz") or 3900),
        memory_gib=int(hardware.get("memory_gib") or 640),
        nics=tuple(hardware.get("uplinks") or ("vmnic0", "vmnic1")),
        nic_gbit=int(hardware.get("uplink_gbit") or 10),
        gpus=tuple(_gpu(str(gpus.get("model") or "")) for _number in range(count)),
        disks=tuple(disks),
    )


def _gpu(model: str) -> Gpu:
    device = next((device for form, device in _DEVICES.items() if form in model.upper()), "1db6")
    return Gpu(device=device, name=model or Gpu.name)


def _disks(datastores: Sequence[Mapping[str, Any]]) -> list[Disk]:
    """A LUN for each datastore that is not an export; where the inventory names none, its name is made of theirs."""
    return [
        Disk(str(one.get("disk") or _lun(one["name"])), int(one.get("size_gib") or 1024))
        for entry in datastores
        if not entry.get("export")
        for one in _expanded(entry, ("name", "disk"))
    ]


def _lun(name: str) -> str:
    return "naa.6" + hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()[:31]


def _root_password(given: Mapping[str, Any], variables: Mapping[str, Any], templar: Templar) -> str:
    """What the inventory's secret says now; the twin's own where it says nothing."""
    reference = (given.get("kubeops_host_profile") or {}).get("root_password")
    name = reference.get("secret") if isinstance(reference, dict) else None
    secret = (variables.get("kubeops_secrets") or {}).get(name)
    return str((templar.template(secret) if secret else "") or HOST_PASSWORD)


def _dhcp(networks: Sequence[Mapping[str, Any]]) -> list[str]:
    for network in networks:
        scope = network.get("dhcp")
        if isinstance(scope, dict) and {"first", "last"} <= set(scope):
            return [str(scope["first"]), str(scope["last"])]
    return list(_DHCP)
