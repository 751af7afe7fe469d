# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Kind elastic_ip."""

from __future__ import annotations

import typing as t

from ..._clients.aws import Port
from ..._engine.errors import Conflict, Denied
from ..._engine.kind import Seen
from ..._engine.options import setting
from . import marks
from .ec2 import Ec2Kind, Row, given

_HELD = "permission to access the specified resource"


class ElasticIp(Ec2Kind):
    """A public IPv4 address that stays ours until it is released."""

    name = "elastic_ip"
    description = "An Elastic IP address."
    source = "EC2 AllocateAddress, ReleaseAddress"
    options = {
        "network_border_group": setting(
            "Group of zones that announces the address, the region by default.", immutable=True
        ),
        "tags": marks.TAGS,
    }
    describe = ("describe_addresses", "Addresses")
    id_field = "AllocationId"
    tag_type = "elastic-ip"

    def state(self, port: Port, row: Row) -> Row:
        """See options."""
        return {"network_border_group": row.get("NetworkBorderGroup") or port.region}

    def attributes(self, row: Row) -> Row:
        """The address itself."""
        return {"public_ip": row.get("PublicIp")}

    def make(self, port: Port, name: str, options: Row, tags: list[dict[str, t.Any]]) -> Row:
        """See Ec2Kind."""
        wish = given(NetworkBorderGroup=options.get("network_border_group"))
        return port.call("ec2", "allocate_address", Domain="vpc", TagSpecifications=tags, **wish)

    def remove(self, port: Port, seen: Seen) -> None:
        """Refused by EC2 while something uses it."""
        try:
            port.call("ec2", "release_address", AllocationId=seen.id)
        except Denied as error:
            # AuthFailure with this sentence, whatever the caller may do: EC2 itself still holds the address, for
            # some seconds also after it said that its NAT gateway is gone.
            if _HELD not in error.cause:
                raise
            raise Conflict(error.cause) from error
