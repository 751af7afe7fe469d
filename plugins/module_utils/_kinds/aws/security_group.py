# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Kind security_group."""

from __future__ import annotations

import typing as t

from ..._clients.aws import Port
from ..._engine.kind import Seen, Watch
from ..._engine.options import Impact, setting, table
from . import marks
from . import security_group_rules as rules
from .ec2 import Ec2Kind, Row

_DIRECTIONS = {"ingress": "IpPermissions", "egress": "IpPermissionsEgress"}


class SecurityGroup(Ec2Kind):
    """A security group with its rules. Groups that name each other need a group of their own for that."""

    name = "security_group"
    description = "A security group of a VPC with its rules."
    source = (
        "EC2 CreateSecurityGroup, AuthorizeSecurityGroupIngress, RevokeSecurityGroupIngress, "
        "UpdateSecurityGroupRuleDescriptionsIngress, and the same for egress"
    )
    options = {
        "vpc": setting("VPC that it belongs to.", ref="vpc", needed=True, immutable=True),
        "description": setting("What it is for; its name if omitted.", immutable=True),
        "ingress": table("What may come in. Other rules are removed.", rules.RULE, impact=Impact.BRIEF),
        "egress": table(
            "What may go out. Other rules are removed; EC2 starts with one that lets everything out.",
            rules.RULE,
            impact=Impact.BRIEF,
        ),
        "tags": marks.TAGS,
    }
    # AWS takes its own interfaces back minutes after the cluster or the node that had them.
    deadline = 1200
    describe = ("describe_security_groups", "SecurityGroups")
    id_field = "GroupId"
    name_field = "GroupName"
    name_filter = "group-name"
    tag_type = "security-group"
    later = ("ingress", "egress")

    def check(self, options: Row) -> str:
        """Each rule by itself, told once, and not about the group under its own name."""
        wrong = rules.untold(options.get("description"))
        if wrong:
            return wrong
        for direction in _DIRECTIONS:
            seen = set()
            for rule in options.get(direction) or ():
                wrong = rules.wrong(rule)
                if wrong:
                    return f"{direction}: {wrong}"
                if rule.get("security_group") and rule["security_group"] == options.get("name"):
                    return f"{direction}: a rule about the group itself says self: true, not its name"
                if rules.identity(rules.normal(rule)) in seen:
                    return f"{direction}: the same rule is told twice: {rules.normal(rule)}"
                seen.add(rules.identity(rules.normal(rule)))
        return ""

    def normal(self, options: Row) -> Row:
        """See rules.normal."""
        found = {d: [rules.normal(rule) for rule in options[d]] for d in _DIRECTIONS if options.get(d) is not None}
        return {**options, **found}

    def state(self, port: Port, row: Row) -> Row:
        """See options."""
        found = {d: rules.rules(row.get(key, ()), row["GroupId"]) for d, key in _DIRECTIONS.items()}
        return {"vpc": row["VpcId"], "description": row["Description"], **found}

    def make(self, port: Port, name: str, options: Row, tags: list[dict[str, t.Any]]) -> Row:
        """See Ec2Kind."""
        description = options.get("description") or name
        return port.call(
            "ec2",
            "create_security_group",
            GroupName=name,
            Description=description,
            VpcId=options["vpc"],
            TagSpecifications=tags,
        )

    def change(self, port: Port, seen: Seen, options: Row, fields: t.Collection[str]) -> t.Iterable[Watch]:
        """New rules before old ones go, so that nothing allowed before and after is cut off between."""
        for direction in _DIRECTIONS:
            if direction in fields:
                _bring(port, seen.id, direction, seen.state[direction], options[direction])
        return ()

    def remove(self, port: Port, seen: Seen) -> None:
        """Refused by EC2 while an interface or another group's rule uses it."""
        port.call("ec2", "delete_security_group", GroupId=seen.id)


def _bring(port: Port, group: str, direction: str, before: t.Sequence[Row], after: t.Sequence[Row]) -> None:
    have = {rules.identity(rule): rule for rule in before}
    want = {rules.identity(rule): rule for rule in after}
    retold = [r for key, r in want.items() if key in have and r.get("description") != have[key].get("description")]
    steps = (
        (f"authorize_security_group_{direction}", [rule for key, rule in want.items() if key not in have]),
        (f"update_security_group_rule_descriptions_{direction}", retold),
        (f"revoke_security_group_{direction}", [rule for key, rule in have.items() if key not in want]),
    )
    for operation, listed in steps:
        if listed:
            permissions = [rules.permission(rule, group) for rule in listed]
            port.call("ec2", operation, GroupId=group, IpPermissions=permissions)
