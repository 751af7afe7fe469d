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
import typing as t

from ..._engine.options import Options, setting

Rule = t.Mapping[str, t.Any]
Permission = t.Mapping[str, t.Any]

RULE: Options = {
    "protocol": setting("V(tcp), V(udp), V(icmp), V(icmpv6), a protocol's number, or V(all).", needed=True),
    "from_port": setting("First port, or the ICMP type; not with V(all).", type="int"),
    "to_port": setting("Last port, or the ICMP code. As O(from_port) if omitted.", type="int"),
    "cidr": setting("IPv4 or IPv6 range on the other side."),
    "security_group": setting("Security group on the other side.", ref="security_group"),
    "self": setting("V(true): the other side is the group itself.", type="bool"),
    "prefix_list": setting("Id of the prefix list on the other side."),
    "description": setting("What the rule is for."),
}
EVERYTHING: Rule = {"protocol": "all", "cidr": "0.0.0.0/0"}
"""The rule that EC2 itself puts into the egress of every new group."""

_SIDES = ("cidr", "security_group", "self", "prefix_list")
_PROTOCOLS = {"-1": "all", "6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6"}


def wrong(rule: Rule) -> str:
    """What is wrong with a rule that somebody wrote, or ''."""
    sides = [side for side in _SIDES if rule.get(side)]
    if len(sides) != 1:
        return f"a rule needs one of {', '.join(_SIDES)}, and {' and '.join(sides) or 'none'} is given"
    try:
        protocol = normal(rule)["protocol"]
    except ValueError as error:
        return str(error)
    if protocol == "all" and rule.get("from_port") not in (None, -1):
        return "a rule for all protocols has no ports"
    if protocol in ("tcp", "udp", "icmp", "icmpv6") and rule.get("from_port") is None:
        return f"a rule for {protocol} needs from_port"
    return ""


def normal(rule: Rule) -> dict[str, t.Any]:
    """One spelling: protocols by name, ports only where they mean something, ranges without host bits."""
    protocol = str(rule["protocol"]).lower()
    row = {key: value for key, value in rule.items() if value not in (None, "", False)}
    row["protocol"] = _PROTOCOLS.get(protocol, protocol)
    # 0 is a port (and an ICMP type); equal to False, it would be lost above.
    first, last = rule.get("from_port"), rule.get("to_port")
    row.update(from_port=first, to_port=first if last is None else last)
    if first is None or row["protocol"] == "all":
        del row["from_port"], row["to_port"]
    if row.get("cidr"):
        row["cidr"] = str(ipaddress.ip_network(row["cidr"], strict=False))
    return row


def rules(permissions: t.Iterable[Permission], group: str) -> list[dict[str, t.Any]]:
    """EC2's permissions as rules; group: the id of the group that has them."""
    found = []
    for permission in permissions:
        base = {
            "protocol": permission["IpProtocol"],
            "from_port": permission.get("FromPort"),
            "to_port": permission.get("ToPort"),
        }
        found += [
            normal({**base, **side, "description": entry.get("Description")})
            for side, entry in _sides(permission, group)
        ]
    return found


def _sides(permission: Permission, group: str) -> t.Iterator[tuple[Rule, Permission]]:
    for entry in permission.get("IpRanges", ()):
        yield {"cidr": entry["CidrIp"]}, entry
    for entry in permission.get("Ipv6Ranges", ()):
        yield {"cidr": entry["CidrIpv6"]}, entry
    for entry in permission.get("PrefixListIds", ()):
        yield {"prefix_list": entry["PrefixListId"]}, entry
    for entry in permission.get("UserIdGroupPairs", ()):
        other = entry.get("GroupId")
        yield ({"self": True} if other == group else {"security_group": other}), entry


def permission(rule: Rule, group: str) -> dict[str, t.Any]:
    """A rule with identifiers as EC2's permission."""
    entry = {"Description": rule["description"]} if rule.get("description") else {}
    number = {"all": "-1"}.get(rule["protocol"], rule["protocol"])
    made: dict[str, t.Any] = {"IpProtocol": number}
    if rule.get("from_port") is not None:
        made.update(FromPort=rule["from_port"], ToPort=rule["to_port"])
    if rule.get("cidr"):
        key, name = ("Ipv6Ranges", "CidrIpv6") if ":" in rule["cidr"] else ("IpRanges", "CidrIp")
        made[key] = [{name: rule["cidr"], **entry}]
    elif rule.get("prefix_list"):
        made["PrefixListIds"] = [{"PrefixListId": rule["prefix_list"], **entry}]
    else:
        made["UserIdGroupPairs"] = [{"GroupId": group if rule.get("self") else rule["security_group"], **entry}]
    return made


def identity(rule: Rule) -> tuple[t.Any, ...]:
    """What makes two rules the same to EC2: everything but the description."""
    return tuple(rule.get(key) for key in ("protocol", "from_port", "to_port", *_SIDES))
