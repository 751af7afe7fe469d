# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""IP ranges in the spelling that AWS keeps them in: without host bits. Pure."""

from __future__ import annotations

import ipaddress
import typing as t


def canonical(cidr: str) -> str:
    """The range without host bits; raises ValueError for what is none."""
    return str(ipaddress.ip_network(cidr, strict=False))


def wrong(*values: t.Any) -> str:
    """What is wrong with the first of the values that is no range, or ''. One that is a reference is not known yet."""
    for value in values:
        try:
            if isinstance(value, str):
                canonical(value)
        except ValueError as error:
            return str(error)
    return ""
