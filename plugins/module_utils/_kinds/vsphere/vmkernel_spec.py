# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""VMkernel adapters in normal form, and back."""

from __future__ import annotations

import ipaddress
import typing as t

from ..._clients.vsphere import Port, Row
from ..._engine.errors import NotFound

Options = t.Mapping[str, t.Any]

SERVICES: t.Mapping[str, str] = {
    "management": "management",
    "vmotion": "vmotion",
    "fault_tolerance_logging": "faultToleranceLogging",
    "vsphere_replication": "vSphereReplication",
    "vsphere_replication_nfc": "vSphereReplicationNFC",
    "vsphere_provisioning": "vSphereProvisioning",
    "vsphere_backup_nfc": "vSphereBackupNFC",
    "vsan": "vsan",
    "vsan_witness": "vsanWitness",
    "nvme_tcp": "nvmeTcp",
    "nvme_rdma": "nvmeRdma",
}
STACKS: t.Mapping[str, str] = {
    "default": "defaultTcpipStack",
    "vmotion": "vmotion",
    "provisioning": "vSphereProvisioning",
}
PLACE = ("port_group", "distributed_port_group")
ADDRESS = ("dhcp", "ip_address", "subnet_mask")
_PORT_GROUP = "DistributedVirtualPortgroup"
_WORDS = {nic_type: word for word, nic_type in SERVICES.items()}
_STACK_WORDS = {key: word for word, key in STACKS.items()}


def wrong_addresses(options: Options) -> str:
    """What is wrong with the addresses, or ''."""
    address, mask = options.get("ip_address"), options.get("subnet_mask")
    if options.get("dhcp"):
        return "with dhcp it has neither ip_address nor subnet_mask" if address or mask else ""
    if bool(address) != bool(mask):
        return "ip_address and subnet_mask go together"
    try:
        if address and mask:
            ipaddress.IPv4Interface(f"{address}/{mask}")
    except ValueError as error:
        return str(error)
    return ""


def shown(row: Row, traffic: t.Collection[str]) -> dict[str, t.Any]:
    """An adapter's row in normal form; traffic in the vendor's words."""
    spec = row["spec"]
    ip, port = spec.get("ip") or {}, spec.get("distributedVirtualPort") or {}
    stack = _STACK_WORDS.get(spec.get("netStackInstanceKey") or STACKS["default"], "")
    dhcp = bool(ip.get("dhcp"))
    key = port.get("portgroupKey")
    return {
        "port_group": row.get("portgroup") or spec.get("portgroup") or None,
        "distributed_port_group": f"{_PORT_GROUP}:{key}" if key else None,
        "dhcp": dhcp,
        # What it was lent is none of its settings.
        "ip_address": None if dhcp else ip.get("ipAddress"),
        "subnet_mask": None if dhcp else ip.get("subnetMask"),
        "mtu": spec.get("mtu"),
        "services": sorted(_WORDS[word] for word in traffic if word in _WORDS) if stack == "default" else [],
        "tcpip_stack": stack or spec.get("netStackInstanceKey"),
    }


def place(port: Port, options: Options) -> dict[str, t.Any]:
    """Where the wish puts it, as part of a specification."""
    group = options.get("distributed_port_group")
    if not group:
        return {"portgroup": options["port_group"]}
    for row in port.get([group], ["key", "config.distributedVirtualSwitch"]):
        for switch in port.get([row["config.distributedVirtualSwitch"]], ["uuid"]):
            return {"distributedVirtualPort": {"switchUuid": switch["uuid"], "portgroupKey": row["key"]}}
    raise NotFound(f"distributed port group {group} is not there any more")


def specification(before: Row, options: Options, fields: t.Collection[str], where: Row) -> dict[str, t.Any]:
    """A HostVirtualNicSpec: what is to change, and of addresses all, for the host takes them as a whole."""
    spec: dict[str, t.Any] = dict(where)
    if set(fields) & set(ADDRESS) or not before:
        spec["ip"] = _ip(before.get("ip") or {}, options)
    if "mtu" in fields and options.get("mtu") is not None:
        spec["mtu"] = options["mtu"]
    if not before and options.get("tcpip_stack"):
        spec["netStackInstanceKey"] = STACKS[options["tcpip_stack"]]
    return spec


def _ip(before: Row, options: Options) -> dict[str, t.Any]:
    address = options.get("ip_address")
    dhcp = options.get("dhcp")
    if dhcp is None:
        dhcp = not address and bool(before.get("dhcp", True))
    if dhcp:
        return {"_type": "HostIpConfig", "dhcp": True}
    mask = options.get("subnet_mask") or before.get("subnetMask")
    fixed = {"ipAddress": address or before.get("ipAddress"), "subnetMask": mask}
    return {"_type": "HostIpConfig", "dhcp": False, **fixed}


def assigned(before: t.Collection[str], wish: t.Collection[str]) -> list[tuple[str, str]]:
    """Calls that give an adapter its services: method and word."""
    new = [("SelectVnicForNicType", word) for word in sorted(set(wish) - set(before))]
    return new + [("DeselectVnicForNicType", word) for word in sorted(set(before) - set(wish))]
