# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Listings, a page at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from twin.aws.call import Call
from twin.aws.errors import AwsError


def page(call: Call, rows: Sequence[Any], member: str) -> Mapping[str, Any]:
    """The part of ``rows`` that ``maxResults`` and ``nextToken`` ask for, under the name ``member``."""
    token = str(call.params.get("nextToken") or "0")
    if not token.isdigit():
        raise AwsError("InvalidParameterException", "The nextToken is invalid")
    start = int(token)
    end = start + int(call.params.get("maxResults") or 100)
    answer: dict[str, Any] = {member: list(rows[start:end])}
    if end < len(rows):
        answer["nextToken"] = str(end)
    return answer
