# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Quantities of Kubernetes, and whether a value holds what is wished of it."""

from __future__ import annotations

import decimal
import re
import typing as t

_QUANTITY = re.compile(r"([+-]?[0-9]*\.?[0-9]+|[+-]?[0-9]+\.)(?:([EPTGMk]|[EPTGMK]i|[munp])|[eE]([+-]?[0-9]+))?\Z")
_POWERS = {"p": -12, "n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}


def amount(value: t.Any) -> decimal.Decimal:
    """The number that a quantity such as 10Gi, 500m or 1e3 stands for; NaN for what is none."""
    found = _QUANTITY.match(str(value))
    if isinstance(value, bool) or not found:
        return decimal.Decimal("NaN")
    number, suffix, exponent = found.groups()
    if exponent:
        return decimal.Decimal(number).scaleb(int(exponent))
    if suffix in _BINARY:
        return decimal.Decimal(number) * decimal.Decimal(1024) ** _BINARY[suffix]
    return decimal.Decimal(number).scaleb(_POWERS[suffix]) if suffix else decimal.Decimal(number)


def same_amount(one: t.Any, other: t.Any) -> bool:
    """Whether two quantities are the same, however they are written."""
    return bool(one == other) or amount(one) == amount(other)


def contained(wish: t.Any, state: t.Any) -> bool:
    """True when the state says all that the wish does; what defaults and controllers added is no matter.

    Lists must be as long, but for the order of items with names. Numbers compare as quantities.
    """
    if wish is None:
        return True
    if isinstance(wish, dict):
        if not isinstance(state, dict):
            return not wish and state is None
        return all(contained(value, state.get(name)) for name, value in wish.items())
    if isinstance(wish, list):
        if not isinstance(state, list) or len(state) != len(wish):
            return not wish and not state
        return all(contained(one, other) for one, other in zip(wish, _paired(wish, state), strict=True))
    return _same(wish, state)


def _paired(wish: list[t.Any], state: list[t.Any]) -> list[t.Any]:
    if not all(isinstance(one, dict) and "name" in one for one in [*wish, *state]):
        return state
    by_name = {one["name"]: one for one in state}
    return [by_name.get(one["name"]) for one in wish]


def _same(wish: t.Any, state: t.Any) -> bool:
    if isinstance(wish, bool) or isinstance(state, bool):
        return wish is state
    if wish == state:
        return True
    if wish in ("", 0) and state is None:
        return True
    # Quantities may be written as numbers or in other units than they are shown.
    if isinstance(wish, (str, int, float)) and isinstance(state, (str, int, float)):
        return amount(wish) == amount(state)
    return False
