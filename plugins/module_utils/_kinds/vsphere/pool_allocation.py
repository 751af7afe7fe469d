# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Resource pools between our normal form and vCenter's. Pure."""

from __future__ import annotations

import typing as t

Row = t.Mapping[str, t.Any]
Values = t.Mapping[str, t.Any]

SIDES = {"cpu": "cpuAllocation", "memory": "memoryAllocation"}
UNITS = {"cpu": "MHz", "memory": "MiB"}
UNLIMITED = -1
_LEVELS = {"low": 1, "normal": 2, "high": 4}
_LOW = {"cpu": 2000, "memory": 81920}
"""What the lowest level is worth to a pool; the others are multiples of it."""
_KEYS = {"reservation": "reservation", "limit": "limit", "expandable": "expandableReservation"}


def wrong(side: str, values: Values) -> str:
    """What is wrong with one side's options together, or ''."""
    reservation, limit = values.get("reservation"), values.get("limit")
    if reservation is not None and reservation < 0:
        return f"{side}.reservation is {reservation}, it has to be 0 or more"
    if limit is not None and limit < UNLIMITED:
        return f"{side}.limit is {limit}, it has to be 0 or more, or {UNLIMITED} for none"
    if reservation is not None and limit is not None and UNLIMITED < limit < reservation:
        return f"{side}.limit is {limit} {UNITS[side]}, less than the reservation of {reservation} {UNITS[side]}"
    shares = values.get("shares")
    if shares is not None and shares not in _LEVELS and not str(shares).isdigit():
        return f"{side}.shares is {shares!r}, it has to be {', '.join(_LEVELS)} or a number"
    return ""


def state(config: Row) -> dict[str, dict[str, t.Any]]:
    """Both sides of a ResourceConfigSpec in normal form."""
    return {side: _side(config.get(key) or {}) for side, key in SIDES.items()}


def _side(allocation: Row) -> dict[str, t.Any]:
    shares = allocation.get("shares") or {}
    level = shares.get("level", "normal")
    return {
        "reservation": int(allocation.get("reservation") or 0),
        "limit": int(allocation.get("limit", UNLIMITED)),
        "expandable": bool(allocation.get("expandableReservation")),
        "shares": str(shares.get("shares")) if level == "custom" else level,
    }


def new(options: Values) -> dict[str, t.Any]:
    """A ResourceConfigSpec for a new pool: vCenter wants every value, ours are those of its own dialogue."""
    base = {"reservation": 0, "limit": UNLIMITED, "expandable": True, "shares": "normal"}
    return {key: allocation(side, {**base, **given(options.get(side))}) for side, key in SIDES.items()}


def change(options: Values, fields: t.Collection[str]) -> dict[str, t.Any]:
    """A ResourceConfigSpec that changes what is declared in those fields, and leaves all else as it is."""
    return {key: allocation(side, given(options.get(side)) if side in fields else {}) for side, key in SIDES.items()}


def given(values: Values | None) -> dict[str, t.Any]:
    """What is declared of one side."""
    return {key: value for key, value in (values or {}).items() if value is not None}


def allocation(side: str, values: Values) -> dict[str, t.Any]:
    """One side as a ResourceAllocationInfo; 0 is a value like any other."""
    spec: dict[str, t.Any] = {key: values[name] for name, key in _KEYS.items() if name in values}
    if "shares" in values:
        level = values["shares"]
        if level in _LEVELS:
            spec["shares"] = {"level": level, "shares": _LEVELS[level] * _LOW[side]}
        else:
            spec["shares"] = {"level": "custom", "shares": int(level)}
    return spec


def lacking(options: Values, before: Values, runtime: Row) -> str:
    """Why the parent cannot give what a change asks of it now, or ''. runtime: the parent's."""
    wants = []
    for side in SIDES:
        more = given(options.get(side)).get("reservation", 0) - before.get(side, {}).get("reservation", 0)
        left = _units(side, (runtime.get(side) or {}).get("unreservedForPool"))
        if left is not None and more > left:
            wants.append(f"{more} {UNITS[side]} of {side} more are to be reserved, its parent has {left} left")
    return "; ".join(wants)


def held(side: str, runtime: Row) -> int:
    """What a pool's machines and pools have reserved of it."""
    return _units(side, (runtime.get(side) or {}).get("reservationUsed")) or 0


def _units(side: str, value: t.Any) -> int | None:
    """A value of ResourcePoolResourceUsage, where memory is told in bytes."""
    if value is None:
        return None
    return int(value) if side == "cpu" else int(value) // (1 << 20)
