# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Control plane logging: five types, each on or off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twin.aws.eks.finding import invalid

TYPES = ("api", "audit", "authenticator", "controllerManager", "scheduler")


def merged(current: Mapping[str, bool], wanted: Mapping[str, Any] | None) -> dict[str, bool]:
    """``current`` with the switches of a ``logging`` parameter applied.

    :raises AwsError: InvalidParameterException for an unknown type.
    """
    switches = {name: current.get(name, False) for name in TYPES}
    for setup in (wanted or {}).get("clusterLogging", []):
        for name in setup.get("types", []):
            if name not in TYPES:
                raise invalid(f"Unsupported log type: {name}")
            switches[name] = bool(setup.get("enabled", False))
    return switches


def shown(switches: Mapping[str, bool]) -> dict[str, Any]:
    """As in DescribeCluster: the types that are on, then those that are off."""
    groups = [
        {"types": [name for name in TYPES if switches[name] is state], "enabled": state} for state in (True, False)
    ]
    return {"clusterLogging": [group for group in groups if group["types"]]}
