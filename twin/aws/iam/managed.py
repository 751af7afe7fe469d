# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AWS's own managed policies, brought into the account one by one when a call names them."""

from __future__ import annotations

import functools
import json
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy

from twin.aws.call import Call
from twin.aws.world import World

AWS_POLICIES = ":iam::aws:policy/"


@functools.cache
def catalogue() -> dict[str, dict[str, Any]]:
    """Policy name to its data, as moto records it from AWS: parsed once, and only if somebody asks (5 MB)."""
    parsed: dict[str, dict[str, Any]] = json.loads(aws_managed_policies_data)
    return parsed


def load_named(world: World, call: Call) -> None:
    """Before a call that names an AWS managed policy: make moto know that policy.

    An ARN that AWS does not have stays unknown, and moto answers NoSuchEntity as IAM does.
    """
    arn = str(call.params.get("PolicyArn", ""))
    if AWS_POLICIES not in arn:
        return
    backend = world.iam(call.account)
    name = arn.rpartition("/")[2]
    data = catalogue().get(name)
    if arn in backend.managed_policies or data is None:
        return
    policy = AWSManagedPolicy.from_data(name, call.account, call.region, data)
    if policy.arn == arn:
        backend.managed_policies[arn] = policy


def load_all(world: World, call: Call) -> None:
    """Before a listing of AWS's policies: make moto know all of them."""
    if call.params.get("Scope") != "AWS":
        return
    backend = world.iam(call.account)
    for name, data in catalogue().items():
        policy = AWSManagedPolicy.from_data(name, call.account, call.region, data)
        backend.managed_policies.setdefault(policy.arn, policy)
