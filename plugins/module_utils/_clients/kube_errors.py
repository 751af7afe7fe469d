# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""What a Kubernetes API server refuses, in our own errors: what heals by waiting is told from what never does."""

from __future__ import annotations

import json
import re
import typing as t

from .._engine.errors import Conflict, Denied, EstateError, Immutable, Invalid, NotFound, Unavailable

_WEBHOOK = re.compile(r'failed calling webhook "([^"]+)"')
_IMMUTABLE = re.compile(
    r"field is immutable|may not change once set|updates to .* are forbidden|is immutable|cannot change"
)


class Heals(Unavailable):
    """A refusal that only needs time. retry_after: seconds that the server asks for, 0 when it names none."""

    retry_after: float = 0.0


class Starting(Heals):
    """The server has no cache of a kind yet, out of which it answers who asks for a part of it."""


class WebhookDown(Heals):
    """An admission webhook could not be asked. webhook: its name."""

    webhook: str = ""


class Terminating(Heals):
    """The namespace is going away, and what is new cannot come before it is gone."""


class UnknownKind(NotFound):
    """The server serves no such kind: its CRD is missing or not served yet."""


class MissingNamespace(NotFound):
    """The namespace that the object lives in is not there."""


class UnknownField(Invalid):
    """The schema of the object's kind, as the server has it, knows no such field."""


class FieldConflict(Conflict):
    """Others hold fields of the wish. fields: pairs of manager and field path."""

    fields: tuple[tuple[str, str], ...] = ()


class Outdated(Conflict):
    """What the request goes on with is not kept any more, as the rest of a list after minutes."""


class Expired(Denied):
    """The credentials are not, or no longer, accepted."""


def heals(error: EstateError) -> bool:
    """True when the same request may succeed later without anybody doing anything."""
    return isinstance(error, Heals) or (isinstance(error, Conflict) and not isinstance(error, FieldConflict))


def refusal(status: int, data: bytes, headers: t.Mapping[str, str]) -> EstateError:
    """The error for an answer that is not a success."""
    body = _status(data)
    message = str(body.get("message") or data[:500].decode(errors="replace").strip() or f"status {status}")
    details = body.get("details") or {}
    after = headers.get("Retry-After", "")
    for test in (_by_webhook, _by_schema, _by_fields, _by_namespace, _by_status):
        error = test(status, message, body, details)
        if error is not None:
            if isinstance(error, Heals) and after.isdigit():
                error.retry_after = float(after)
            return error
    return Unavailable(f"{message} (status {status})")


def _status(data: bytes) -> t.Mapping[str, t.Any]:
    try:
        body = json.loads(data)
    except ValueError:
        return {}
    return body if isinstance(body, dict) and body.get("kind") == "Status" else {}


Details = t.Mapping[str, t.Any]


def _by_schema(status: int, message: str, _body: Details, _details: Details) -> EstateError | None:
    # Server-side apply answers 500 for what no schema knows.
    if status == 500 and "failed to create typed patch object" in message:
        return UnknownField(
            message.partition("): ")[2] or message, remedy="Is the field spelt right, and of this version?"
        )
    return None


def _by_webhook(status: int, message: str, _body: Details, _details: Details) -> EstateError | None:
    called = _WEBHOOK.search(message)
    if called is None:
        return None
    error = WebhookDown(message, remedy=f"Is the service behind webhook {called.group(1)} running?")
    error.webhook = called.group(1)
    return error


def _by_fields(status: int, message: str, _body: Details, details: Details) -> EstateError | None:
    causes = [one for one in details.get("causes") or () if one.get("reason") == "FieldManagerConflict"]
    if status != 409 or not causes:
        return None
    pairs = tuple((_manager(one.get("message", "")), str(one.get("field", ""))) for one in causes)
    told = ", ".join(f"{field} (held by {manager})" for manager, field in pairs[:5])
    error = FieldConflict(
        f"others hold fields of it: {told}",
        remedy="Leave these fields out, or say take_over: true for this set of objects.",
    )
    error.fields = pairs
    return error


def _manager(message: str) -> str:
    found = re.search(r'conflict with "([^"]+)"', message)
    return found.group(1) if found else "somebody else"


def _by_namespace(status: int, message: str, body: Details, details: Details) -> EstateError | None:
    causes = {one.get("reason") for one in details.get("causes") or ()}
    if status in (403, 409) and ("NamespaceTerminating" in causes or "being terminated" in message):
        return Terminating(message)
    if status == 404 and details.get("kind") == "namespaces":
        return MissingNamespace(message)
    if status == 404 and not body:
        # A path that is not served answers plain text or a Status without details.
        return UnknownKind("the server does not serve this kind")
    if status == 404 and "could not find the requested resource" in message:
        return UnknownKind("the server does not serve this kind")
    return None


def _by_status(status: int, message: str, body: Details, details: Details) -> EstateError | None:
    if status == 401:
        return Expired(message, remedy="Are the credentials of the kubeconfig still valid?")
    if status == 429 and (message == "status 429" or "initializing" in message):
        # Too many requests are told in words.
        return Starting(message)
    if status in (429, 500, 502, 503, 504):
        # What the server cannot do at the moment: too many requests, etcd without a leader, a proxy between.
        return Heals(f"{message} (status {status})")
    if status == 422 and _IMMUTABLE.search(message):
        return Immutable(message)
    known: dict[int, type[EstateError]] = {
        400: Invalid, 403: Denied, 404: NotFound, 405: Invalid, 409: Conflict, 410: Outdated,
        413: Invalid, 415: Invalid, 422: Invalid,
    }  # fmt: skip
    return known[status](message) if status in known else None
