# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""The trust policy by which a service account of a cluster takes a role through an OIDC provider (IRSA). Pure.

The issuer is part of the policy's keys, which nobody can write before the cluster exists: so it is written here, from
the ARN of the provider, which names partition, account and issuer.
"""

from __future__ import annotations

import typing as t

from . import policy

Document = t.Mapping[str, t.Any]

_PROVIDER = ":oidc-provider/"
_ACTION = "sts:AssumeRoleWithWebIdentity"
_AUDIENCE = "sts.amazonaws.com"
_SUBJECT = "system:serviceaccount:"


def rendered(account: t.Mapping[str, str]) -> dict[str, t.Any]:
    """The policy for {provider: ARN, namespace, name}; * and ? in namespace and name stand for others."""
    issuer = account["provider"].partition(_PROVIDER)[2]
    subject = f"{_SUBJECT}{account['namespace']}:{account['name']}"
    audience = {f"{issuer}:aud": _AUDIENCE}
    if any(sign in subject for sign in "*?"):
        condition: dict[str, t.Any] = {"StringEquals": audience, "StringLike": {f"{issuer}:sub": subject}}
    else:
        condition = {"StringEquals": {**audience, f"{issuer}:sub": subject}}
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": account["provider"]},
        "Action": _ACTION,
        "Condition": condition,
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def parsed(document: Document) -> dict[str, str] | None:
    """The service account that a policy is exactly for, or None: rendered() the other way round."""
    statements = policy.normal(document)["Statement"]
    principal = statements[0].get("Principal") if len(statements) == 1 else None
    provider = principal.get("Federated") if isinstance(principal, dict) else None
    if not isinstance(provider, str) or _PROVIDER not in provider:
        return None
    key = f"{provider.partition(_PROVIDER)[2]}:sub"
    conditions = [one for one in (statements[0].get("Condition") or {}).values() if isinstance(one, dict)]
    subject = next((one[key] for one in conditions if isinstance(one.get(key), str)), "")
    namespace, _colon, name = subject.removeprefix(_SUBJECT).partition(":")
    account = {"provider": provider, "namespace": namespace, "name": name}
    return account if policy.normal(rendered(account)) == policy.normal(document) else None
