# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Amounts in Kubernetes' notation: 500m, 16Gi, 2."""

from __future__ import annotations

import decimal

_BINARY = {f"{letter}i": 2 ** (10 * power) for power, letter in enumerate("KMGTPE", 1)}
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}


def amount(text: str) -> decimal.Decimal | None:
    """The number that a quantity stands for, or None if it is none."""
    number = text.rstrip("KMGTPEkinum")
    suffix = text[len(number) :]
    try:
        value = decimal.Decimal(number)
    except decimal.InvalidOperation:
        return None
    if suffix in _BINARY:
        return value * _BINARY[suffix]
    return value.scaleb(_DECIMAL[suffix]) if suffix in _DECIMAL else None


def same_amount(one: str, other: str) -> bool:
    """Whether two quantities are the same, however they are written."""
    first, second = amount(one), amount(other)
    return one == other if first is None or second is None else first == second
