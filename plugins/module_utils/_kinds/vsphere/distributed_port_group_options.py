# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Options of kind distributed_port_group."""

from __future__ import annotations

from ..._engine.options import Collection, Impact, Option, Options, leaves, names, setting

BINDINGS = {"early_binding": "earlyBinding", "late_binding": "lateBinding", "ephemeral": "ephemeral"}
_POLICIES = (
    "loadbalance_ip",
    "loadbalance_srcmac",
    "loadbalance_srcid",
    "loadbalance_loadbased",
    "failover_explicit",
)


def _uplinks(description: str) -> Option:
    return Option(description, type="list", elements="str", collection=Collection.ORDERED)


OPTIONS: Options = {
    "switch": setting("Distributed switch that it is on.", ref="distributed_switch", needed=True, immutable=True),
    "description": setting("What it is for."),
    "vlan": setting("VLAN of all ports, 0 for none.", type="int", impact=Impact.DISRUPTIVE),
    "vlan_trunk": names(
        "VLANs that are passed on with their tags, as numbers and ranges, as V(100-199). Not together with C(vlan).",
        impact=Impact.DISRUPTIVE,
    ),
    "teaming": leaves(
        "Which uplinks carry it. Uplinks that are neither active nor standby are unused.",
        {
            "policy": setting("How traffic is spread over the active uplinks.", choices=_POLICIES),
            "active": _uplinks("Names of the active uplinks, the preferred one first."),
            "standby": _uplinks("Names of the uplinks that stand in for active ones, in order."),
            "notify_switches": setting("Physical switches are told of a failover.", type="bool"),
            "failback": setting("An uplink that is well again takes its traffic back.", type="bool"),
            "check_beacon": setting("Failures are found by beacons and not by the link alone.", type="bool"),
        },
        impact=Impact.BRIEF,
    ),
    "security": leaves(
        "What machines may do with addresses of the second layer.",
        {
            "allow_promiscuous": setting("They may see frames that are for others.", type="bool"),
            "mac_changes": setting("They may change their own address.", type="bool"),
            "forged_transmits": setting("They may send in the name of another address.", type="bool"),
        },
        impact=Impact.BRIEF,
    ),
    "port_binding": setting(
        "When a port is given to a machine. It changes only while no machine uses the group.",
        choices=tuple(BINDINGS),
    ),
    "auto_expand": setting("The number of ports follows the need.", type="bool"),
    "num_ports": setting("Number of ports. Not together with C(auto_expand=true).", type="int"),
}
