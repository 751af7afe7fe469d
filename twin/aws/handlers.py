# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which function answers, guards or follows which operation.

A *handler* answers instead of moto. A *guard* refuses before whoever answers. An *after* follows moto's success.
"""

from __future__ import annotations

from collections.abc import Sequence

import twin.aws.ec2.registry as ec2
from twin.aws import service_quotas, sts
from twin.aws.call import Call
from twin.aws.eks import registry as eks
from twin.aws.iam import registry as iam
from twin.aws.world import After, Guard, Handler

HANDLERS: dict[tuple[str, str], Handler] = {
    **eks.HANDLERS,
    **ec2.HANDLERS,
    **iam.HANDLERS,
    **sts.HANDLERS,
    **service_quotas.HANDLERS,
}
GUARDS: dict[tuple[str, str], Sequence[Guard]] = {**ec2.GUARDS, **iam.GUARDS}
AFTERS: dict[tuple[str, str], Sequence[After]] = {**ec2.AFTERS, **iam.AFTERS}


def handler(call: Call) -> Handler | None:
    """The function that answers this call instead of moto; EKS is wholly ours."""
    found = HANDLERS.get(call.key)
    if found is None and call.service == "eks":
        return eks.unsupported
    return found


def guards(call: Call) -> Sequence[Guard]:
    """Functions that may refuse the call."""
    general = ec2.ALL if call.service == "ec2" else ()
    return (*general, *GUARDS.get(call.key, ()))


def afters(call: Call) -> Sequence[After]:
    """Functions that run after moto has answered with success."""
    return AFTERS.get(call.key, ())


def install() -> None:
    """Put our corrections of moto's models into place."""
    ec2.install()
