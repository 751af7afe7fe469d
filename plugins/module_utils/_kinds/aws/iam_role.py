# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Kind iam_role."""

from __future__ import annotations

import json
import typing as t

from ..._clients.aws import Port
from ..._engine.kind import Owner, Query, Seen, Watch
from ..._engine.options import Impact, document, leaves, names, setting
from . import iam_trust, marks, policy
from .iam import IamKind, Row
from .parallel import each

_SESSION = range(3600, 43201)


class IamRole(IamKind):
    """A role with the policies that are attached to it and those that are part of it."""

    name = "iam_role"
    description = "An IAM role with its trust policy, managed and inline policies."
    source = "IAM CreateRole, UpdateRole, UpdateAssumeRolePolicy, AttachRolePolicy, PutRolePolicy"
    options = {
        "path": setting("Path, V(/) unless given.", immutable=True),
        "description": setting("What the role is for."),
        "trust_policy": document("Who may assume the role, as a policy document.", impact=Impact.BRIEF),
        "service_account": leaves(
            "Service account of a cluster that may assume the role, in place of C(trust_policy), which is made from it "
            "once the cluster is known.",
            {
                "provider": setting(
                    "OIDC provider of the cluster.", ref="iam_oidc_provider", ref_attribute="arn", needed=True
                ),
                "namespace": setting("Namespace. V(*) stands for any text in it.", needed=True),
                "name": setting("Name. V(*) stands for any text in it.", needed=True),
            },
            impact=Impact.BRIEF,
        ),
        "managed_policies": names(
            "All attached managed policies: AWS' own by name (V(AmazonEKSClusterPolicy), with its path if it has one, "
            "as in V(service-role/AmazonEBSCSIDriverPolicy)), others by ARN.",
            impact=Impact.BRIEF,
        ),
        "inline_policies": document("All inline policies: name to policy document.", impact=Impact.BRIEF),
        "permissions_boundary": setting("ARN of the policy that bounds the role. An empty text removes it."),
        "max_session_duration": setting("Longest session in seconds, V(3600) to V(43200).", type="int"),
        "tags": marks.TAGS,
    }
    noun = "role"
    listing = ("list_roles", "Roles")
    later = ("managed_policies", "inline_policies")

    def check(self, options: Row) -> str:
        """See Kind."""
        if (options.get("trust_policy") is None) == (not options.get("service_account")):
            return "it needs either trust_policy or service_account"
        seconds = options.get("max_session_duration")
        if seconds is not None and seconds not in _SESSION:
            return f"max_session_duration is {seconds}, it has to be {_SESSION[0]} to {_SESSION[-1]} seconds"
        return ""

    def normal(self, options: Row) -> Row:
        """Policies in one spelling."""
        wish = dict(options)
        if "trust_policy" in wish:
            wish["trust_policy"] = policy.normal(wish["trust_policy"])
        if "managed_policies" in wish:
            wish["managed_policies"] = [policy.short(one) for one in wish["managed_policies"]]
        if "inline_policies" in wish:
            wish["inline_policies"] = {key: policy.normal(one) for key, one in wish["inline_policies"].items()}
        return wish

    def observe(self, port: Port, query: Query) -> t.Sequence[Seen]:
        """Policies are read only of what we may change."""
        rows = self.rows(port, query)
        referred = {wish.name for wish in query.wishes if wish.reference}
        ours = [row["RoleName"] for row in rows if self.owner(row, query.estate) is not Owner.FOREIGN]
        # Most roles declare no inline policies: then nobody asks for them, unless all has to be known.
        whole = bool(query.ids) or query.sweep
        lists = [one for one in _LISTS if whole or any(one[2] in wish.options for wish in query.wishes)]
        policies = _policies(port, [name for name in ours if name not in referred], lists)
        return [self.seen(row, query.estate, {**_state(row), **policies.get(row["RoleName"], {})}) for row in rows]

    def create(self, port: Port, estate: str, name: str, options: Row) -> Seen:
        """The bare role; policies come later."""
        wish: dict[str, t.Any] = {"AssumeRolePolicyDocument": _trust(options)}
        for option, parameter in _CREATED_WITH.items():
            if options.get(option):
                wish[parameter] = options[option]
        row = self.made(port, estate, name, options, **wish)
        return self.seen(row, estate, _state(row))

    def update(self, port: Port, seen: Seen, options: Row, fields: t.Collection[str]) -> t.Iterator[Watch]:
        """New rights first, then old ones go, so that what both give is never missing."""
        if "tags" in fields:
            self.retag(port, seen.id, seen.state["tags"], options["tags"])
        if {"trust_policy", "service_account"} & set(fields):
            port.call("iam", "update_assume_role_policy", RoleName=seen.id, PolicyDocument=_trust(options))
        self._settings(port, seen, options, fields)
        if "permissions_boundary" in fields:
            _bound(port, seen.id, options["permissions_boundary"])
        if "managed_policies" in fields:
            _attach(port, seen, options["managed_policies"])
        if "inline_policies" in fields:
            _rewrite(port, seen, options["inline_policies"])
        yield from ()

    @staticmethod
    def _settings(port: Port, seen: Seen, options: Row, fields: t.Collection[str]) -> None:
        if not {"description", "max_session_duration"} & set(fields):
            return
        # UpdateRole resets what it is not given.
        whole = {**seen.state, **{key: value for key, value in options.items() if value is not None}}
        port.call(
            "iam",
            "update_role",
            RoleName=seen.id,
            Description=whole["description"],
            MaxSessionDuration=whole["max_session_duration"],
        )

    def delete(self, port: Port, seen: Seen) -> t.Iterator[Watch]:
        """IAM refuses to delete a role that still has policies."""
        _attach(port, seen, [])
        _rewrite(port, seen, {})
        yield from self.removed(port, seen.id)


_CREATED_WITH = {
    "path": "Path",
    "description": "Description",
    "permissions_boundary": "PermissionsBoundary",
    "max_session_duration": "MaxSessionDuration",
}


def _trust(options: Row) -> str:
    account = options.get("service_account")
    return json.dumps(iam_trust.rendered(account) if account else options["trust_policy"])


def _state(row: Row) -> dict[str, t.Any]:
    return {
        "path": row["Path"],
        "description": row.get("Description", ""),
        "trust_policy": policy.normal(row["AssumeRolePolicyDocument"]),
        "service_account": iam_trust.parsed(row["AssumeRolePolicyDocument"]),
        "permissions_boundary": row.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", ""),
        "max_session_duration": row.get("MaxSessionDuration", _SESSION[0]),
    }


_LISTS = (
    ("list_attached_role_policies", "AttachedPolicies", "managed_policies"),
    ("list_role_policies", "PolicyNames", "inline_policies"),
)


def _policies(
    port: Port, roles: t.Sequence[str], lists: t.Sequence[tuple[str, str, str]]
) -> dict[str, dict[str, t.Any]]:
    """Role to those of its managed_policies and inline_policies that lists asks for."""
    asked = [(role, *one) for role in roles for one in lists]
    answers = each(lambda read: port.pages("iam", read[1], read[2], RoleName=read[0]), asked)
    rows = {(role, field): found for (role, _operation, _key, field), found in zip(asked, answers, strict=True)}
    pairs = [(role, name) for (role, field), names in rows.items() if field == "inline_policies" for name in names]
    documents = each(lambda pair: port.call("iam", "get_role_policy", RoleName=pair[0], PolicyName=pair[1]), pairs)
    found: dict[str, dict[str, t.Any]] = {role: {} for role in roles}
    for (role, field), attached in rows.items():
        short = sorted(policy.short(row["PolicyArn"]) for row in attached) if field == "managed_policies" else {}
        found[role][field] = short
    for (role, name), answer in zip(pairs, documents, strict=True):
        found[role]["inline_policies"][name] = policy.normal(answer["PolicyDocument"])
    return found


def _bound(port: Port, role: str, boundary: str) -> None:
    if boundary:
        port.call("iam", "put_role_permissions_boundary", RoleName=role, PermissionsBoundary=boundary)
    else:
        port.call("iam", "delete_role_permissions_boundary", RoleName=role)


def _attach(port: Port, seen: Seen, wished: t.Sequence[str]) -> None:
    before = set(seen.state["managed_policies"])
    for one in sorted(set(wished) - before):
        port.call("iam", "attach_role_policy", RoleName=seen.id, PolicyArn=policy.arn(one, port.partition))
    for one in sorted(before - set(wished)):
        port.call("iam", "detach_role_policy", RoleName=seen.id, PolicyArn=policy.arn(one, port.partition))


def _rewrite(port: Port, seen: Seen, wished: t.Mapping[str, t.Any]) -> None:
    before = seen.state["inline_policies"]
    for name, one in wished.items():
        if before.get(name) != one:
            port.call("iam", "put_role_policy", RoleName=seen.id, PolicyName=name, PolicyDocument=json.dumps(one))
    for name in sorted(set(before) - set(wished)):
        port.call("iam", "delete_role_policy", RoleName=seen.id, PolicyName=name)
