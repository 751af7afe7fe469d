# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""STS: who am I, and assuming roles that exist and trust the caller. The rest is moto's."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from twin.aws.call import Call
from twin.aws.errors import AwsError
from twin.aws.iam.trust import trusts_principal
from twin.aws.world import Handler, World


def get_caller_identity(world: World, call: Call) -> Mapping[str, Any]:
    """Answer for header-signed and presigned requests alike."""
    principal = call.principal
    return {"UserId": principal.user_id, "Account": principal.account, "Arn": principal.arn}


def assume_role(world: World, call: Call) -> Mapping[str, Any]:
    """Temporary credentials, if the role exists and its trust policy names the caller or the caller's account."""
    arn = str(call.params["RoleArn"])
    parts = arn.split(":")
    refusal = f"User: {call.principal.arn} is not authorized to perform: sts:AssumeRole on resource: {arn}"
    if len(parts) < 6 or not parts[4].isdigit():
        raise AwsError("ValidationError", f"{arn} is invalid")
    role = next((role for role in world.iam(parts[4]).roles.values() if role.arn == arn), None)
    if role is None or not trusts_principal(role.assume_role_policy_document, call.principal):
        raise AwsError("AccessDenied", refusal, 403)
    session = str(call.params["RoleSessionName"])
    known = world.credentials.add_session(arn, session, role.id)
    expiry = world.now() + timedelta(seconds=int(call.params.get("DurationSeconds", 3600)))
    return {
        "Credentials": {
            "AccessKeyId": known.credentials.access_key,
            "SecretAccessKey": known.credentials.secret_key,
            "SessionToken": known.credentials.token,
            "Expiration": expiry,
        },
        "AssumedRoleUser": {"AssumedRoleId": known.principal.user_id, "Arn": known.principal.arn},
    }


HANDLERS: dict[tuple[str, str], Handler] = {
    ("sts", "GetCallerIdentity"): get_caller_identity,
    ("sts", "AssumeRole"): assume_role,
}
