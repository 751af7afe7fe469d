# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Faults of vSphere, connection errors and answers of its REST API turned into our errors."""

from __future__ import annotations

import http.client
import typing as t

from .._engine.errors import Conflict, Denied, EstateError, Invalid, NotFound, Unavailable
from .vsphere_specs import type_named

_NOT_FOUND = frozenset({"ManagedObjectNotFound", "NotFound", "VAppNotRunning"})
_DENIED = frozenset(
    {
        "InvalidLogin",
        "NoPermission",
        "NotAuthenticated",
        "PasswordExpired",
        "RestrictedVersion",
        "SecurityError",
        "UserLocked",
    }
)
_CONFLICT = frozenset(
    {
        "AlreadyBeingManaged",
        "AlreadyConnected",
        "AlreadyExists",
        "ConcurrentAccess",
        "DuplicateName",
        "HostInUse",
        "HostPowerOpFailed",
        "InUse",
        "InsufficientResourcesFault",
        "InvalidHostState",
        "InvalidPowerState",
        "InvalidState",
        "OutOfBounds",
        "ResourceInUse",
        "ResourceNotAvailable",
        "TaskInProgress",
        "VAppConfigFault",
    }
)
_UNAVAILABLE = frozenset(
    {"HostCommunication", "HostConnectFault", "HostNotConnected", "HostNotReachable", "NoHost", "Timedout"}
)
_INVALID = frozenset({"InvalidArgument", "InvalidRequest", "NotSupported", "SSLVerifyFault"})
_SORTS: tuple[tuple[frozenset[str], type[EstateError]], ...] = (
    (_INVALID, Invalid),
    (_NOT_FOUND, NotFound),
    (_DENIED, Denied),
    (_UNAVAILABLE, Unavailable),
    (_CONFLICT, Conflict),
)
_STATUS: t.Mapping[int, type[EstateError]] = {401: Denied, 403: Denied, 404: NotFound, 409: Conflict}


def translate(error: Exception, call: str) -> EstateError:
    """One of ours for what a request ended with. call: what was asked, as "HostSystem.EnterMaintenanceMode_Task"."""
    if _is_fault(error):
        return from_fault(error, call)
    if isinstance(error, (OSError, http.client.HTTPException)):
        text = str(error) or type(error).__name__
        return Unavailable(f"{text} ({call})", remedy="Is the address right, and reachable from here?")
    # pyVmomi refuses arguments with these before it sends anything.
    return Invalid(f"{error or type(error).__name__} ({call})")


def _is_fault(error: t.Any) -> bool:
    return hasattr(error, "_wsdlName")


def lineage(fault: t.Any) -> list[str]:
    """The vendor's names of a fault's type and of those it derives from, the most special one first."""
    found = (base.__dict__.get("_wsdlName") for base in type(fault).__mro__)
    return [str(name) for name in found if name]


def from_fault(fault: t.Any, call: str) -> EstateError:
    """One of ours for a fault of pyVmomi's."""
    names = lineage(fault)
    text = getattr(fault, "msg", "") or _reason(fault) or "the endpoint gives no reason"
    cause = f"{text.rstrip('.')} ({call}: {names[0]})"
    if "NoPermission" in names:
        return Denied(cause, remedy=f"These credentials need the privilege {getattr(fault, 'privilegeId', '')}.")
    if "InvalidLogin" in names:
        return Denied(cause, remedy="Correct the user name or the password.")
    if "SSLVerifyFault" in names:
        seen = getattr(fault, "thumbprint", "")
        return Invalid(
            f"{cause}; its certificate has the thumbprint {seen}",
            remedy="Compare it with the host's own; if it is right, declare it.",
        )
    for name in names:
        for words, ours in _SORTS:
            if name in words:
                return ours(cause)
    return Invalid(cause)


def _reason(fault: t.Any) -> str:
    """What a fault tells in fields of its own, for some have no message."""
    for name in ("invalidProperty", "name", "reason"):
        value = getattr(fault, name, None)
        if isinstance(value, str) and value:
            return f"{name} {value}"
    return ""


def from_answer(status: int, body: t.Any, call: str) -> EstateError:
    """One of ours for an answer of the REST API that is no success."""
    document: dict[str, t.Any] = body if isinstance(body, dict) else {}
    value = document.get("value")
    inner: dict[str, t.Any] = value if isinstance(value, dict) else document
    messages = [m.get("default_message", "") for m in inner.get("messages") or () if isinstance(m, dict)]
    word = str(inner.get("error_type") or document.get("type") or status)
    cause = f"{'; '.join(filter(None, messages)) or 'refused without a reason'} ({call}: {word})"
    if word in ("ALREADY_EXISTS", "RESOURCE_IN_USE", "NOT_ALLOWED_IN_CURRENT_STATE") or "already_exists" in word:
        return Conflict(cause)
    ours = _STATUS.get(status)
    if ours:
        return ours(cause)
    return Unavailable(cause) if status >= 500 else Invalid(cause)


def from_fault_document(fault: t.Mapping[str, t.Any], call: str) -> EstateError:
    """One of ours for a fault as plain data, as in a task's info.error."""
    kind = fault_type(str(fault.get("_type") or "MethodFault"))
    fields = {name: value for name, value in fault.items() if name != "_type" and isinstance(value, str)}
    return from_fault(_known(kind, fields), call)


def fault_type(name: str) -> t.Any:
    """pyVmomi's class of a fault; of one that it does not know what all of them are."""
    for known in (name, "MethodFault"):
        try:
            return type_named(known, "a fault")
        except Invalid:
            continue
    raise Invalid(f"pyVmomi knows no fault {name}")


def _known(kind: t.Any, fields: t.Mapping[str, str]) -> t.Any:
    texts = {info.name: info.type for info in kind._GetPropertyList() if issubclass(info.type, str)}
    return kind(**{name: texts[name](value) for name, value in fields.items() if name in texts})
