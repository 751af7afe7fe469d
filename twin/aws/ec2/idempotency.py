# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Client tokens: the same token with the same parameters returns what the first call made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from twin.aws.call import Call
from twin.aws.errors import AwsError
from twin.aws.world import World


def once(world: World, call: Call, make: Callable[[], Any]) -> Any:
    """Run ``make``, or return what it made when the token was first seen.

    :raises AwsError: IdempotentParameterMismatch for a known token with other parameters.
    """
    token = call.params.get("ClientToken")
    if not token:
        return make()
    key = (*call.place, call.service, call.operation, str(token))
    seen = world.idempotent.get(key)
    if seen is None:
        made = make()
        world.idempotent[key] = (_comparable(call.params), made)
        return made
    params, made = seen
    if params != _comparable(call.params):
        message = "The request uses the same client token as a previous, but non-identical request."
        raise AwsError("IdempotentParameterMismatch", message)
    return made


def _comparable(params: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in params.items() if name != "ClientToken"}
