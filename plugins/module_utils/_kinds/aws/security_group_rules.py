# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Rules of a security group: one row a rule, as people write them, from and to EC2's permissions. Pure.

A rule: {protocol, from_port, to_port, one of cidr, security_group, self, prefix_list, description};
keys without a value are left out. EC2 packs many rules into one permission and spells the other side in four ways.
"""

from __future__ import annotations

import ipaddress
import re
import typing as t

from ..._engine.options import Options, setting

Rule = t.Mapping[str, t.Any]
Permission = t.Mapping[str, t.Any]

RULE: Options = {
    "protocol": setting("V(tcp), V(udp), V(icmp), V(icmpv6), a protocol's number, or V(all).", needed=True),
    "from_port": setting("First port, or the ICMP type; not with V(all).", type="int"),
    "to_port": setting("Last port, as O(from_port) if omitted; of ICMP the code, V(-1) (all) if omitted.", type="int"),
    "cidr": setting("IPv4 or IPv6 range on the other side."),
    "security_group": setting("Security group on the other side.", ref="security_group"),
    "self": setting("V(true): the other side is the group itself.", type="bool"),
    "prefix_list": setting("Id of the prefix list on the other side."),
    "description": setting("What the rule is for."),
}

_SIDES = ("cidr", "security_group", "self", "prefix_list")
_ENTRIES = (
    ("IpRanges", "CidrIp", "cidr"),
    ("Ipv6Ranges", "CidrIpv6", "cidr"),
    ("PrefixListIds", "PrefixListId", "prefix_list"),
    ("UserIdGroupPairs", "GroupId", "security_group"),
)
_PROTOCOLS = {"-1": "all", "6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6"}
_ICMP = ("icmp", "icmpv6")
_WITH_PORTS = ("tcp", "udp", *_ICMP)
_TOLD = re.compile(r"[\w .:/()#,@\[\]+=&;{}!$*-]{0,255}", re.ASCII)


def wrong(rule: Rule) -> str:
    """What is wrong with a rule that somebody wrote, or ''."""
    sides = [side for side in _SIDES if rule.get(side)]
    if len(sides) != 1:
        return f"a rule needs one of {', '.join(_SIDES)}, and {' and '.join(sides) or 'none'} is given"
    try:
        protocol = normal(rule)["protocol"]
    except ValueError as error:
        return str(error)
    if protocol not in _WITH_PORTS and rule.get("from_port") not in (None, -1):
        return f"a rule for {'all protocols' if protocol == 'all' else f'protocol {protocol}'} has no ports"
    if protocol in _WITH_PORTS and rule.get("from_port") is None:
        return f"a rule for {protocol} needs from_port"
    return untold(rule.get("description"))


def untold(description: t.Any) -> str:
    """Why EC2 would not take a description of a rule or a group, or ''. One that is a reference is not known yet."""
    if not isinstance(description, str) or _TOLD.fullmatch(description):
        return ""
    return f"description {description!r}: at most 255 letters, digits, spaces and ._-:/()#,@[]+=&;{{}}!$*"


def normal(rule: Rule) -> dict[str, t.Any]:
    """One spelling: protocols by name, ports only where they mean something, ranges without host bits."""
    protocol = str(rule["protocol"]).lower()
    row = {key: value for key, value in rule.items() if value not in (None, "") and value is not False}
    row["protocol"] = _PROTOCOLS.get(protocol, protocol)
    first, last = rule.get("from_port"), rule.get("to_port")
    row["to_port"] = last if last is not None else -1 if row["protocol"] in _ICMP else first
    if first is None or row["protocol"] not in _WITH_PORTS:
        row = {key: value for key, value in row.items() if key not in ("from_port", "to_port")}
    if row.get("cidr"):
        row["cidr"] = str(ipaddress.ip_network(row["cidr"], strict=False))
    return row


def rules(permissions: t.Iterable[Permission], group: str) -> list[dict[str, t.Any]]:
    """EC2's permissions as rules, other groups by id. group: the id of the group that has them."""
    found = []
    for packed in permissions:
        base = {"protocol": packed["IpProtocol"], "from_port": packed.get("FromPort"), "to_port": packed.get("ToPort")}
        for listed, key, side in _ENTRIES:
            for entry in packed.get(listed, ()):
                other = {"self": True} if entry[key] == group else {side: entry[key]}
                found.append(normal({**base, **other, "description": entry.get("Description")}))
    return found


def permission(rule: Rule, group: str) -> dict[str, t.Any]:
    """A rule with identifiers as EC2's permission."""
    if rule.get("self"):
        rule = {**rule, "security_group": group}
    made: dict[str, t.Any] = {"IpProtocol": "-1" if rule["protocol"] == "all" else rule["protocol"]}
    if rule.get("from_port") is not None:
        made.update(FromPort=rule["from_port"], ToPort=rule["to_port"])
    listed, key, side = next(entry for entry in _ENTRIES if rule.get(entry[2]))
    if ":" in rule.get("cidr", ""):
        listed, key, side = _ENTRIES[1]
    told = {"Description": rule["description"]} if rule.get("description") else {}
    return {**made, listed: [{key: rule[side], **told}]}


def identity(rule: Rule) -> tuple[t.Any, ...]:
    """What makes two rules the same to EC2: everything but the description."""
    return tuple(rule.get(key) for key in ("protocol", "from_port", "to_port", *_SIDES))
