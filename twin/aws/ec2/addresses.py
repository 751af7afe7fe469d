# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Public addresses of the simulated cloud: from the range set aside for tests (RFC 2544), never routable."""

from __future__ import annotations

import ipaddress
import random

import moto.ec2.models.elastic_ip_addresses as elastic

RANGE = ipaddress.ip_network("198.18.0.0/15")


def public_address() -> str:
    """A random address of the range; moto's own would be loopback addresses."""
    return str(RANGE[random.randrange(1, RANGE.num_addresses - 1)])


def install() -> None:
    """Let elastic addresses come from the range."""
    vars(elastic)["random_ip"] = public_address
