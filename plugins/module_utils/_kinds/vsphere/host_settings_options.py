# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Options of host_settings, and what is wrong with them together. Pure, and without any client."""

from __future__ import annotations

import re
import typing as t

from ..._engine.options import Impact, Options, leaves, names, setting
from .host_policies import ordered
from .host_settings_state import LOCKDOWN_MODES

Row = t.Mapping[str, t.Any]

ROLES: t.Mapping[str, str] = {
    "admin": "accessAdmin",
    "read_only": "accessReadOnly",
    "no_access": "accessNoAccess",
    "none": "accessNone",
}
ABSENT = "absent"
"""The word for a user that is not there."""
_ROLES = ", ".join(f"V({word})" for word in (*ROLES, ABSENT))
_DEVICE = re.compile(r"[0-9a-f]{4}:[0-9a-f]{4}", re.IGNORECASE)

OPTIONS: Options = {
    "ntp_servers": names("Time servers. Others are taken away."),
    "dns_servers": ordered("Name servers, the first one first."),
    "dns_domain": setting("Domain of the host."),
    "dns_search_domains": ordered("Domains in which short names are looked for, the first one first."),
    "log_host": setting("Where logs go, for example V(tcp://log.example.com:1514); several with commas."),
    "services": leaves(
        "Services: id to C(running) and C(policy) (V(on), V(off), V(automatic)). V(ssh), V(esxi_shell) and V(ntp) "
        "stand for V(TSM-SSH), V(TSM) and V(ntpd).",
        impact=Impact.BRIEF,
    ),
    "firewall": leaves(
        "Rule sets of the firewall: id to C(enabled) and C(allowed), a list of addresses and CIDRs, or V(all).",
        impact=Impact.BRIEF,
    ),
    "advanced_options": leaves("Advanced options: key to value."),
    "lockdown_mode": setting(
        "Who may log in at the host beside vCenter.", choices=tuple(LOCKDOWN_MODES), impact=Impact.BRIEF
    ),
    "lockdown_exceptions": names("Users whom lockdown leaves their rights. Others lose them.", impact=Impact.BRIEF),
    "power_policy": setting(
        "Power policy. V(static) is high performance, V(dynamic) balanced.",
        choices=("static", "dynamic", "low", "custom"),
    ),
    "local_users": leaves(f"Users of the host: name to role ({_ROLES})."),
    "local_user_passwords": leaves(
        "Passwords of users that are to be made: name to password.", no_log=True, compared=False
    ),
    "passthrough": leaves(
        "PCI devices handed to machines as a whole: vendor and device id (V(10de:1db6)) to whether. All devices of "
        "that sort change together. The host reboots, and only without machines that run: one host of a cluster "
        "after the other, but all together in a cluster that has no machine at all.",
        impact=Impact.DISRUPTIVE,
    ),
}


def wrong(options: Row) -> str:
    """What is wrong with the dicts that have no options of their own, or ''."""
    for field, known in (("services", {"running", "policy"}), ("firewall", {"enabled", "allowed"})):
        for name, entry in (options.get(field) or {}).items():
            if not isinstance(entry, dict) or set(entry) - known:
                return f"{field}: {name} has {' and '.join(sorted(known))}, not {entry!r}"
    for name, role in (options.get("local_users") or {}).items():
        if role not in (*ROLES, ABSENT):
            return f"local_users: {name} has the role {role!r}; there are {_ROLES.replace('V(', '').replace(')', '')}"
    strange = [name for name in options.get("passthrough") or {} if not _DEVICE.fullmatch(str(name))]
    return f"passthrough: {strange[0]!r} is no vendor and device id such as 10de:1db6" if strange else ""
