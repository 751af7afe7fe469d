# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Roles that EKS is handed: they must exist and trust the right service."""

from __future__ import annotations

from moto.iam.models import Role

from twin.aws.eks.finding import invalid
from twin.aws.iam.trust import allows_service, trusts_service
from twin.aws.world import World

PODS = "pods.eks.amazonaws.com"


def find_role(world: World, account: str, arn: str) -> Role | None:
    """The role by ARN."""
    return next((role for role in world.iam(account).roles.values() if role.arn == arn), None)


def require_role(world: World, account: str, arn: str, service: str) -> Role:
    """The role, if ``service`` may assume it.

    :raises AwsError: InvalidParameterException.
    """
    if not arn.startswith(f"arn:aws:iam::{account}:role/"):
        raise invalid(f"The role ARN {arn} is not a role of this account")
    role = find_role(world, account, arn)
    if role is None:
        raise invalid(f"Role with arn: {arn} does not exist or could not be assumed (the trust policy)")
    if not trusts_service(role.assume_role_policy_document, service):
        raise invalid(
            f"Role with arn: {arn}, could not be assumed because the service {service} is not in its trust policy"
        )
    return role


def require_pod_role(world: World, account: str, arn: str) -> None:
    """Refuse a role that pods may not take: EKS Pod Identity takes it with session tags.

    :raises AwsError: InvalidParameterException.
    """
    if not arn.startswith(f"arn:aws:iam::{account}:role/"):
        raise invalid("Cross-account pass role is not allowed.")
    role = find_role(world, account, arn)
    if role is None:
        raise invalid("Role provided in the request does not exist.")
    text = role.assume_role_policy_document
    if not all(allows_service(text, PODS, action) for action in ("sts:AssumeRole", "sts:TagSession")):
        raise invalid("Trust policy of the role provided is invalid")
