# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Kind vmkernel_adapter."""

from __future__ import annotations

import ipaddress
import typing as t

from ..._clients.vsphere import Call, Port, Row
from ..._engine.errors import EstateError, NotFound
from ..._engine.kind import Seen, Watch
from ..._engine.options import Impact, names, setting
from . import host_network
from .host_part import HOST, HostPart, Options, cut, network_system
from .vmkernel_spec import ADDRESS, PLACE, SERVICES, STACKS, assigned, place, shown, specification, wrong_addresses


class VmkernelAdapter(HostPart):
    """An adapter of the hypervisor itself, called by its device.

    A host gives a new adapter the lowest free device: vmk2 is made only when vmk0 and vmk1 are there.
    """

    name = "vmkernel_adapter"
    description = (
        "A VMkernel adapter, on a standard or on a distributed port group. Unique by host and name, which is its "
        "device: V(vmk1). The one through which the host is managed keeps its place, its address and that task, and is "
        "never removed."
    )
    source = (
        "vSphere HostNetworkSystem.AddVirtualNic, UpdateVirtualNic, RemoveVirtualNic, "
        "HostVirtualNicManager.SelectVnicForNicType, DeselectVnicForNicType"
    )
    options = {
        "host": HOST,
        "port_group": setting("Standard port group of that host, by its own name.", impact=Impact.DISRUPTIVE),
        "distributed_port_group": setting(
            "Distributed port group, instead of a standard one.",
            ref="distributed_port_group",
            impact=Impact.DISRUPTIVE,
        ),
        "dhcp": setting("Whether it asks for its address.", type="bool", impact=Impact.DISRUPTIVE),
        "ip_address": setting("IPv4 address.", impact=Impact.DISRUPTIVE),
        "subnet_mask": setting("Mask, for example V(255.255.255.0).", impact=Impact.DISRUPTIVE),
        "mtu": setting("Largest packet in bytes.", type="int", impact=Impact.BRIEF),
        "services": names(
            f"Traffic that it carries: {', '.join(f'V({word})' for word in SERVICES)}. Adapters of other stacks than "
            "V(default) carry what their stack is for and have none.",
            impact=Impact.BRIEF,
        ),
        "tcpip_stack": setting("Its TCP/IP stack.", choices=tuple(STACKS), immutable=True),
    }
    after = ("standard_port_group",)
    later = ("services",)
    delete_impact = Impact.DISRUPTIVE

    def check(self, options: Options) -> str:
        """See Kind."""
        if bool(options.get("port_group")) == bool(options.get("distributed_port_group")):
            return "it needs either port_group or distributed_port_group"
        strange = sorted(set(options.get("services") or ()) - SERVICES.keys())
        if strange:
            return f"services has {', '.join(strange)}; there are {', '.join(SERVICES)}"
        if options.get("services") and options.get("tcpip_stack") not in (None, "default"):
            return "an adapter of another stack than default has no services"
        if not _device(options.get("name", "vmk0")):
            return f"its name is that of its device, as vmk1, not {options['name']!r}"
        return wrong_addresses(options)

    def not_yet(self, error: EstateError) -> bool:
        """A lower device, a port group or a switch may still be in the making."""
        return isinstance(error, NotFound)

    def rows(self, host: Row) -> t.Mapping[str, Row]:
        """See HostPart."""
        return host_network.adapters(host)

    def state(self, host: Row, name: str, row: Row) -> Options:
        """See options."""
        return shown(row, host_network.services(host).get(name, set()))

    def cuts(self, host: Row, name: str, options: Options) -> str:
        """Moving the adapter through which the host is managed, or taking that task from the last that has it."""
        managing = host_network.managing(host)
        if name not in managing:
            return ""
        state = self.state(host, name, self.rows(host)[name])
        wish = options.get("services")
        if wish is not None and host_network.MANAGEMENT not in wish and managing == [name]:
            return f"{name} is the only adapter for management"
        moved = [f for f in (*PLACE, *ADDRESS) if _differs(f, options.get(f), state.get(f))]
        return f"{name} carries management, and {', '.join(moved)} would change" if moved else ""

    def order(self, name: str) -> t.Any:
        """By number, for that is how a host names them."""
        return _device(name.partition("/")[2])

    def adding(self, port: Port, host: Row, name: str, options: Options) -> Call:
        """See HostPart."""
        device = host_network.next_device(host)
        if _device(device) < _device(name):
            raise NotFound(
                f"the host would call it {device}, for that name is free",
                remedy=f"Declare {device} as well: a host numbers its adapters without gaps.",
            )
        spec = specification({}, options, options, place(port, options))
        return Call(network_system(host), "AddVirtualNic", {"portgroup": options.get("port_group") or "", "nic": spec})

    def update(self, port: Port, seen: Seen, options: Options, fields: t.Collection[str]) -> t.Iterator[Watch]:
        """Place, addresses and size in one call; each service by one of its own, new ones first."""
        host, row = seen.handle["host"], seen.handle["row"]
        rest = frozenset(fields) - {"services"}
        if rest & {*PLACE, *ADDRESS} and row["device"] in host_network.managing(host):
            # Which distributed port group a name stands for is not known when a plan is made.
            raise cut(f"{row['device']} carries management")
        if rest:
            where = place(port, options) if rest & set(PLACE) else {}
            spec = specification(row["spec"], options, rest, where)
            port.call(network_system(host), "UpdateVirtualNic", device=row["device"], nic=spec)
        if "services" in fields:
            manager = host["configManager"]["virtualNicManager"]
            for method, word in assigned(seen.state["services"], options["services"]):
                port.call(manager, method, nicType=SERVICES[word], device=row["device"])
        yield from ()

    def removing(self, host: Row, name: str) -> Call:
        """See HostPart."""
        return Call(network_system(host), "RemoveVirtualNic", {"device": name})

    def holds(self, host: Row, name: str) -> str:
        """See HostPart."""
        return f"{name} carries management" if name in host_network.managing(host) else ""


def _device(name: str) -> int:
    """The number of a device, from 1 on; 0 for what is no device's name."""
    number = name[3:]
    return int(number) + 1 if name.startswith("vmk") and number.isdecimal() else 0


def _differs(field: str, wish: t.Any, before: t.Any) -> bool:
    if wish is None or (not wish and not before):
        return False
    if field == "distributed_port_group":
        # A name, which is not known here: only the move from or to a standard one is seen; the rest update() refuses.
        return before is None
    if field in ADDRESS and isinstance(wish, str) and isinstance(before, str):
        return ipaddress.ip_address(wish) != ipaddress.ip_address(before)
    return bool(wish != before)
