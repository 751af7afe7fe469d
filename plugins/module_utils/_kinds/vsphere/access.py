# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Roles of vCenter and who we are to it: what keeps us from taking our own rights away."""

from __future__ import annotations

import typing as t

from ..._clients.vsphere import Port, Row
from ..._engine.errors import Denied
from ..._engine.kind import Query

ALWAYS = frozenset({"System.Anonymous", "System.Read", "System.View"})
"""Privileges that every role has, whoever asks for them."""
_REMEDY = "Nothing was changed. Let another user do that, or give the user that runs this another role first."


def authorization(port: Port, query: Query | None = None) -> Row:
    """Roles and known privileges, read once for all kinds of an observation."""

    def read() -> Row:
        (manager,) = port.get([port.content["authorizationManager"]], ["roleList", "privilegeList"])
        return manager

    return t.cast("Row", query.shared("vsphere.authorization", read)) if query else read()


def privileges(role: Row) -> set[str]:
    """What a role allows beyond what all of them do."""
    return set(role.get("privilege") or ()) - ALWAYS


def principal(name: str) -> str:
    r"""A user or group in one spelling: domains are told in capitals, as in VSPHERE.LOCAL\\admin."""
    domain, slash, user = name.rpartition("\\")
    return f"{domain.upper()}{slash}{user}"


def permissions(port: Port, query: Query | None = None) -> list[Row]:
    """All permissions on all entities."""

    def read() -> list[Row]:
        return list(port.call(port.content["authorizationManager"], "RetrieveAllPermissions") or ())

    return t.cast("list[Row]", query.shared("vsphere.permissions", read)) if query else read()


def ours(port: Port, row: Row) -> bool:
    """Whether a permission is one by which the user of this connection works."""
    (manager,) = port.get([port.content["sessionManager"]], ["currentSession"])
    user = str((manager.get("currentSession") or {}).get("userName", ""))
    if not row["group"]:
        return _same(row["principal"], user)
    domain, _slash, name = user.rpartition("\\")
    groups = port.call(
        port.content["userDirectory"],
        "RetrieveUserGroups",
        searchStr="",
        belongsToUser=name,
        exactMatch=False,
        findUsers=False,
        findGroups=True,
        **({"domain": domain} if domain else {}),
    )
    # The directory tells groups with or without their domain.
    return any(
        _same(row["principal"], group["principal"])
        or _same(row["principal"].rpartition("\\")[2], group["principal"].rpartition("\\")[2])
        for group in groups or ()
    )


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()


def keep(port: Port, row: Row, after: t.Collection[str]) -> None:
    """Raise Denied when a permission of our own would give less than it does. after: its privileges then."""
    roles = {role["roleId"]: role for role in authorization(port).get("roleList") or ()}
    lost = sorted(privileges(roles.get(row["roleId"], {})) - set(after))
    if lost and ours(port, row):
        few = ", ".join(lost[:5]) + (f" and {len(lost) - 5} more" if len(lost) > len(lost[:5]) else "")
        raise Denied(f"this would take {few} from {row['principal']}, by which this run itself works", remedy=_REMEDY)
