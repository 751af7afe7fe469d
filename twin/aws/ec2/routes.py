# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Routes whose target is gone are black holes, as EC2 shows them; moto calls every route active."""

from __future__ import annotations

from moto.ec2.models.internet_gateways import InternetGateway
from moto.ec2.models.route_tables import Route


def state(route: Route) -> str:
    """``active``, or ``blackhole`` if the NAT gateway is deleted or the internet gateway detached."""
    nat, gateway = route.nat_gateway, route.gateway
    dead_nat = nat is not None and nat.state in ("deleting", "deleted", "failed")
    dead_gateway = isinstance(gateway, InternetGateway) and gateway.vpc is None
    return "blackhole" if dead_nat or dead_gateway else "active"


def install() -> None:
    """Let moto's routes have this state."""
    for name, value in (("state", property(state)),):
        setattr(Route, name, value)
