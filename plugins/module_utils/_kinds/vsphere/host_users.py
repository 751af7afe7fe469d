# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Local users of a host and those whom lockdown spares: asked of each host, so only where a wish speaks of them."""

from __future__ import annotations

import typing as t

from ..._clients.vsphere import Call, Port, Row
from ..._engine.errors import EstateError, Invalid
from .host_settings_calls import manager
from .host_settings_options import ABSENT, ROLES

_WORDS = {mode: word for word, mode in ROLES.items()}
_ALL_USERS = {"searchStr": "", "exactMatch": False, "findUsers": True, "findGroups": False}
_QUESTIONS: tuple[tuple[str, str, dict[str, t.Any]], ...] = (
    ("userDirectory", "RetrieveUserGroups", _ALL_USERS),
    ("hostAccessManager", "RetrieveHostAccessControlEntries", {}),
    ("hostAccessManager", "QueryLockdownExceptions", {}),
)


def asked(port: Port, rows: t.Mapping[str, Row]) -> dict[str, dict[str, t.Any]]:
    """By host: C(users), name to role, and C(exceptions). All hosts are asked at the same time."""
    calls = [
        Call(manager(row, system), method, arguments)
        for row in rows.values()
        for system, method, arguments in _QUESTIONS
    ]
    answers = iter(port.run(calls) if calls else ())
    return {ref: _told(*(_or_raise(next(answers)) for _question in _QUESTIONS)) for ref in rows}


def _or_raise(answer: t.Any) -> t.Any:
    if isinstance(answer, EstateError):
        raise answer
    return answer or []


def _told(users: t.Sequence[Row], entries: t.Sequence[Row], exceptions: t.Sequence[str]) -> dict[str, t.Any]:
    roles = {entry["principal"]: entry["accessMode"] for entry in entries if not entry.get("group")}
    there = {user["principal"] for user in users if not user.get("group")}
    return {
        "users": {name: _role(roles.get(name, ROLES["none"])) for name in sorted(there)},
        "exceptions": sorted(exceptions),
    }


def _role(mode: str) -> str:
    return _WORDS.get(mode, mode)


def change(port: Port, row: Row, options: Row, fields: t.Collection[str]) -> None:
    """Make users, change what they may, remove them; then whom lockdown spares."""
    if "local_users" in fields:
        have = asked(port, {row["ref"]: row})[row["ref"]]["users"]
        for name, role in sorted(options["local_users"].items()):
            if role is not None and have.get(name, ABSENT) != role:
                _change_user(port, row, name, have.get(name, ABSENT), role, options)
    if "lockdown_exceptions" in fields:
        users = sorted(options["lockdown_exceptions"])
        port.call(manager(row, "hostAccessManager"), "UpdateLockdownExceptions", users=users)


def _change_user(port: Port, row: Row, name: str, before: str, role: str, options: Row) -> None:
    accounts = manager(row, "accountManager")
    if role == ABSENT:
        port.call(accounts, "RemoveUser", userName=name)
        return
    if before == ABSENT:
        password = (options.get("local_user_passwords") or {}).get(name)
        if not password:
            raise Invalid(f"user {name} is to be made and has no password", remedy="Give it in local_user_passwords.")
        port.call(accounts, "CreateUser", user={"_type": "HostAccountSpec", "id": name, "password": password})
    arguments = {"principal": name, "isGroup": False, "accessMode": ROLES[role]}
    port.call(manager(row, "hostAccessManager"), "ChangeAccessMode", **arguments)
