# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the twin adds to moto's IAM."""

from __future__ import annotations

from collections.abc import Sequence

from twin.aws.call import Call
from twin.aws.errors import AwsError
from twin.aws.iam import oidc
from twin.aws.iam.managed import catalogue, load_all, load_named
from twin.aws.iam.trust import check_trust_policy
from twin.aws.world import After, Guard, Handler, World

MAX_ATTACHED = 10


def trust_on_create(world: World, call: Call) -> None:
    """Refuse a malformed trust policy, and a boundary that does not exist."""
    check_trust_policy(str(call.params["AssumeRolePolicyDocument"]))
    boundary_exists(world, call)


def trust_on_update(world: World, call: Call) -> None:
    """Refuse a malformed trust policy."""
    world.iam(call.account).get_role(call.params["RoleName"])
    check_trust_policy(str(call.params["PolicyDocument"]))


def boundary_exists(world: World, call: Call) -> None:
    """Refuse a permissions boundary that does not exist."""
    arn = call.params.get("PermissionsBoundary")
    if not arn:
        return
    known = set(world.iam(call.account).managed_policies)
    if arn not in known and not (":iam::aws:policy/" in arn and arn.rpartition("/")[2] in catalogue()):
        raise AwsError("NoSuchEntity", f"Scope ARN: {arn} does not exist or is not attachable.", 404)


def attachment_quota(world: World, call: Call) -> None:
    """Refuse the eleventh managed policy of a role."""
    role = world.iam(call.account).get_role(call.params["RoleName"])
    if len(role.managed_policies) >= MAX_ATTACHED and call.params["PolicyArn"] not in role.managed_policies:
        raise AwsError("LimitExceeded", f"Cannot exceed quota for PoliciesPerRole: {MAX_ATTACHED}", 409)


def role_exists(world: World, call: Call) -> None:
    """Refuse to attach or detach policies of a role that does not exist, with IAM's code."""
    world.iam(call.account).get_role(call.params["RoleName"])


HANDLERS: dict[tuple[str, str], Handler] = {
    ("iam", "AddClientIDToOpenIDConnectProvider"): oidc.add_client_id,
    ("iam", "RemoveClientIDFromOpenIDConnectProvider"): oidc.remove_client_id,
}
AFTERS: dict[tuple[str, str], Sequence[After]] = {
    ("iam", "CreateOpenIDConnectProvider"): (oidc.find_thumbprint,),
}
GUARDS: dict[tuple[str, str], Sequence[Guard]] = {
    ("iam", "CreateRole"): (trust_on_create,),
    ("iam", "UpdateAssumeRolePolicy"): (trust_on_update,),
    ("iam", "PutRolePermissionsBoundary"): (boundary_exists,),
    ("iam", "AttachRolePolicy"): (load_named, role_exists, attachment_quota),
    ("iam", "DetachRolePolicy"): (load_named, role_exists),
    ("iam", "GetPolicy"): (load_named,),
    ("iam", "GetPolicyVersion"): (load_named,),
    ("iam", "ListEntitiesForPolicy"): (load_named,),
    ("iam", "ListPolicies"): (load_all,),
    ("iam", "CreateOpenIDConnectProvider"): (oidc.check_new,),
    ("iam", "DeleteOpenIDConnectProvider"): (oidc.provider_exists,),
}
