# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""IAM policy documents in one spelling, however AWS or a person wrote them. Pure."""

from __future__ import annotations

import re
import typing as t

from ..._engine.compare import canonical

Document = t.Mapping[str, t.Any]

_ACCOUNT = re.compile(r"arn:[\w-]+:iam::(\d{12}):root")
_AWS_MANAGED = re.compile(r"arn:[\w-]+:iam::aws:policy/(.+)")


def normal(document: Document) -> dict[str, t.Any]:
    """A policy in which lists that mean sets are sorted, lists of one are that one, and Statement is a list.

    IAM keeps a document much as it was written, but answers C(arn:aws:iam::123456789012:root) where
    somebody wrote the account's number: the number is the normal form.
    """
    statements = document.get("Statement", [])
    rows = statements if isinstance(statements, list) else [statements]
    return {**document, "Statement": [_values(row) for row in rows]}


def _values(value: t.Any) -> t.Any:
    if isinstance(value, dict):
        return {key: _values(inner) for key, inner in value.items()}
    if isinstance(value, list):
        # An account by its number and by its ARN is one principal.
        once = {canonical(one): one for one in map(_values, value)}
        inner = [once[key] for key in sorted(once)]
        return inner[0] if len(inner) == 1 else inner
    if isinstance(value, bool):
        return str(value).lower()
    account = _ACCOUNT.fullmatch(value) if isinstance(value, str) else None
    return account[1] if account else value


def short(policy: str) -> str:
    """AWS' own managed policies by path and name, all others by ARN: the same in every partition."""
    found = _AWS_MANAGED.fullmatch(policy)
    return found[1] if found else policy


def arn(policy: str, partition: str) -> str:
    """The ARN of a policy that short() named."""
    return policy if policy.startswith("arn:") else f"arn:{partition}:iam::aws:policy/{policy}"
