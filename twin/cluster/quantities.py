# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kubernetes quantities of storage."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from decimal import Decimal

from twin.contract import TwinError

_FACTORS: Mapping[str, int | Decimal] = {
    "": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15, "E": 10**18, "m": Decimal("0.001"),
    "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50, "Ei": 2**60,
}  # fmt: skip
_QUANTITY = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(?:[eE](\d+)|([kMGTPEm]|[KMGTPE]i)?)")


def gibibytes(quantity: str) -> int:
    """Bytes as Kubernetes writes them ("20Gi", "1e9", "1.5T"), in whole GiB rounded up. Raises TwinError."""
    found = _QUANTITY.fullmatch(str(quantity))
    if found is None:
        raise TwinError(f"{quantity!r} is no quantity")
    number, exponent, suffix = found.groups()
    size = Decimal(number) * (10 ** int(exponent) if exponent else _FACTORS[suffix or ""])
    return math.ceil(size / 2**30)
