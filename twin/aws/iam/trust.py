# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trust policies: what makes one malformed, and whom it lets in."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from twin.aws.errors import AwsError
from twin.aws.principal import Principal

VERSIONS = ("2012-10-17", "2008-10-17")
STATEMENT_KEYS = {"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Condition"}


def check_trust_policy(text: str) -> None:
    """Refuse what IAM refuses as AssumeRolePolicyDocument.

    :raises AwsError: MalformedPolicyDocument, saying what is wrong.
    """
    try:
        document = json.loads(text)
    except ValueError as error:
        raise _malformed(f"This policy contains invalid Json: {error}") from error
    if not isinstance(document, dict) or not document.get("Statement"):
        raise _malformed("Syntax errors in policy: no Statement")
    if document.get("Version", VERSIONS[1]) not in VERSIONS:
        raise _malformed(f"Syntax errors in policy: Version {document['Version']}")
    for statement in _statements(document):
        _check_statement(statement)


def trusts_service(text: str, service: str) -> bool:
    """Whether the policy lets a service (``eks.amazonaws.com``) assume the role."""
    return any(service in names for names in _allowed(text, "Service"))


def allows_service(text: str, service: str, action: str) -> bool:
    """Whether the policy allows a service this action (``sts:TagSession``)."""
    for statement in _statements(json.loads(text)):
        principal = statement.get("Principal")
        named = isinstance(principal, Mapping) and service in _as_list(principal.get("Service"))
        actions = {str(one).lower() for one in _as_list(statement.get("Action"))}
        if statement.get("Effect") == "Allow" and named and actions & {action.lower(), "sts:*", "*"}:
            return True
    return False


def trusts_principal(text: str, principal: Principal) -> bool:
    """Whether the policy lets a principal, or all of its account, assume the role."""
    accepted = {"*", principal.account, f"arn:aws:iam::{principal.account}:root", principal.role_arn, principal.arn}
    return any(accepted & set(names) for names in _allowed(text, "AWS"))


def _check_statement(statement: Any) -> None:
    if not isinstance(statement, dict):
        raise _malformed("Syntax errors in policy: a statement is not an object")
    if statement.get("Effect") not in ("Allow", "Deny"):
        raise _malformed("Syntax errors in policy: Effect must be Allow or Deny")
    if "Resource" in statement or "NotResource" in statement:
        raise _malformed("Has prohibited field Resource")
    unknown = set(statement) - STATEMENT_KEYS
    if unknown:
        raise _malformed(f"Syntax errors in policy: unknown field {sorted(unknown)[0]}")
    if not statement.get("Principal") and not statement.get("NotPrincipal"):
        raise _malformed("Missing required field Principal")
    actions = _as_list(statement.get("Action", statement.get("NotAction")))
    if not actions:
        raise _malformed("Missing required field Action")
    if not all(str(action).lower().startswith("sts:") or action == "*" for action in actions):
        raise _malformed("AssumeRole policy may only specify STS AssumeRole actions.")


def _allowed(text: str, kind: str) -> Iterator[list[str]]:
    for statement in _statements(json.loads(text)):
        principal = statement.get("Principal", {})
        if statement.get("Effect") != "Allow":
            continue
        if principal == "*":
            yield ["*"]
        elif isinstance(principal, Mapping):
            yield [str(name) for name in _as_list(principal.get(kind))]


def _statements(document: Mapping[str, Any]) -> list[Any]:
    return _as_list(document.get("Statement"))


def _as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _malformed(message: str) -> AwsError:
    return AwsError("MalformedPolicyDocument", message)
