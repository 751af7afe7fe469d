# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What EC2 takes away together with what a call deletes."""

from __future__ import annotations

from twin.aws.call import Call
from twin.aws.world import World


def network_acls(world: World, call: Call) -> None:
    """A VPC's network ACLs go with it."""
    acls = world.ec2(call.place).network_acls
    for acl_id in [acl_id for acl_id, acl in acls.items() if acl.vpc_id == call.params["VpcId"]]:
        del acls[acl_id]
