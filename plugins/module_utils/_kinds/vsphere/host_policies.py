# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Policies of standard switches and port groups in normal form, and back. Pure."""

from __future__ import annotations

import typing as t

from ..._engine.options import Collection, Impact, Option, leaves, setting

Row = t.Mapping[str, t.Any]

_SECURITY = {
    "allow_promiscuous": "allowPromiscuous",
    "mac_changes": "macChanges",
    "forged_transmits": "forgedTransmits",
}
_ORDER = {"active": "activeNic", "standby": "standbyNic"}


def ordered(description: str, **rest: t.Any) -> Option:
    """A list of strings whose order counts."""
    return Option(description, type="list", elements="str", collection=Collection.ORDERED, **rest)


SECURITY: Option = leaves(
    "What machines on it may do.",
    {
        "allow_promiscuous": setting("Whether an adapter may see packets for others.", type="bool"),
        "mac_changes": setting("Whether a machine may change its MAC address.", type="bool"),
        "forged_transmits": setting("Whether a machine may send with another's MAC address.", type="bool"),
    },
    impact=Impact.BRIEF,
)
TEAMING: Option = leaves(
    "How uplinks share the traffic.",
    {
        "policy": setting(
            "How an uplink is chosen.",
            choices=("loadbalance_srcid", "loadbalance_srcmac", "loadbalance_ip", "failover_explicit"),
        ),
        "active": ordered("Uplinks in use, the first one first."),
        "standby": ordered("Uplinks that take over when those in use fail."),
        "notify_switches": setting("Whether physical switches are told when an adapter moves.", type="bool"),
        "failback": setting("Whether a repaired uplink takes its traffic back.", type="bool"),
    },
    impact=Impact.BRIEF,
)


def shown(policy: t.Optional[Row]) -> dict[str, t.Any]:
    """Fields C(security) and C(teaming) of a policy; what it does not say is inherited and absent."""
    policy = policy or {}
    security, teaming = policy.get("security") or {}, policy.get("nicTeaming") or {}
    order = teaming.get("nicOrder") or {}
    found = {word: teaming.get(key) for word, key in (("policy", "policy"), ("notify_switches", "notifySwitches"))}
    found.update({word: list(order[key]) for word, key in _ORDER.items() if order.get(key) is not None})
    if teaming.get("rollingOrder") is not None:
        found["failback"] = not teaming["rollingOrder"]
    return {
        "security": {word: security[key] for word, key in _SECURITY.items() if security.get(key) is not None},
        "teaming": {word: value for word, value in found.items() if value is not None},
    }


def changed(policy: t.Optional[Row], options: Row, fields: t.Collection[str]) -> dict[str, t.Any]:
    """The policy with those fields as wished and everything else as it was; C({}) gives back to the switch."""
    new: dict[str, t.Any] = dict(policy or {})
    if "security" in fields:
        wish = options["security"]
        told = {key: wish[word] for word, key in _SECURITY.items() if wish.get(word) is not None}
        new["security"] = {**(new.get("security") or {}), **told} if wish else None
    if "teaming" in fields:
        new["nicTeaming"] = _teaming(new.get("nicTeaming") or {}, options["teaming"])
    return {key: value for key, value in new.items() if value is not None}


def _teaming(before: Row, wish: Row) -> t.Optional[dict[str, t.Any]]:
    if not wish:
        return None
    new = dict(before)
    for word, key in (("policy", "policy"), ("notify_switches", "notifySwitches")):
        if wish.get(word) is not None:
            new[key] = wish[word]
    if wish.get("failback") is not None:
        new["rollingOrder"] = not wish["failback"]
    order = {key: list(wish[word]) for word, key in _ORDER.items() if wish.get(word) is not None}
    if order:
        new["nicOrder"] = {**(before.get("nicOrder") or {}), **order}
    return new


def with_uplinks(policy: t.Optional[Row], uplinks: t.Sequence[str]) -> dict[str, t.Any]:
    """A switch's policy that names only these uplinks: those that are new are in use at once."""
    new: dict[str, t.Any] = dict(policy or {})
    teaming = dict(new.get("nicTeaming") or {})
    order = teaming.get("nicOrder") or {}
    standby = [nic for nic in order.get("standbyNic") or () if nic in uplinks]
    active = [nic for nic in order.get("activeNic") or () if nic in uplinks]
    active += [nic for nic in uplinks if nic not in active and nic not in standby]
    teaming["nicOrder"] = {**order, "activeNic": active, "standbyNic": standby}
    new["nicTeaming"] = teaming
    return new


def wrong_order(teaming: t.Optional[Row], uplinks: t.Optional[t.Sequence[str]]) -> str:
    """What is wrong with the order of uplinks, or ''."""
    active, standby = (teaming or {}).get("active") or (), (teaming or {}).get("standby") or ()
    both = sorted(set(active) & set(standby))
    if both:
        return f"teaming has {', '.join(both)} both active and standby"
    strange = sorted({*active, *standby} - set(uplinks)) if uplinks is not None else []
    return f"teaming names {', '.join(strange)}, which is none of the uplinks" if strange else ""
