# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""What is too large for the API server, before it is sent."""

from __future__ import annotations

import json
import typing as t

from ..._engine.errors import Invalid
from .objects import Body, Key

DATA_BYTES = 1_048_576
"""Of the values of a ConfigMap or Secret; Kubernetes' own limit."""
REQUEST_BYTES = 1_572_864
"""Of a request to etcd, by its default."""
_DATA = frozenset({"ConfigMap", "Secret"})


def check_size(body: Body, key: Key) -> None:
    """Raise Invalid for what no API server takes."""
    if not key.group and key.kind in _DATA:
        # base64 is a third longer than what it holds, and the limit is for that.
        encoded = key.kind == "Secret"
        size = _length(body.get("data")) * (3 if encoded else 4) // 4 + _length(body.get("binaryData")) * 3 // 4
        if size > DATA_BYTES:
            raise Invalid(
                f"{key.kind} {key.place} holds {size} bytes, and {DATA_BYTES} are the limit", remedy="Split it up."
            )
    size = len(json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode())
    if size > REQUEST_BYTES:
        raise Invalid(
            f"{key.kind} {key.place} has {size} bytes, and requests of {REQUEST_BYTES} are the limit of etcd",
            remedy="Leave descriptions out, or split it up.",
        )


def _length(values: t.Any) -> int:
    if not isinstance(values, dict):
        return 0
    return sum(len(value.encode()) for value in values.values() if isinstance(value, str))
