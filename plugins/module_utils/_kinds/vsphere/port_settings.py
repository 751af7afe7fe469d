# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""What the ports of a distributed port group are like, between our options and VMwareDVSPortSetting. Pure."""

from __future__ import annotations

import typing as t

Row = t.Mapping[str, t.Any]
LAST_VLAN = 4094

SECURITY = {
    "allow_promiscuous": "allowPromiscuous",
    "mac_changes": "macChanges",
    "forged_transmits": "forgedTransmits",
}
_FLAGS = {"notify_switches": "notifySwitches"}


def ranges(texts: t.Iterable[str]) -> list[tuple[int, int]]:
    """VLAN ranges "100-199" or "300" as pairs, joined and in order. Raises ValueError."""
    found: list[tuple[int, int]] = []
    for first, last in sorted(_pair(str(text)) for text in texts):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return found


def _pair(text: str) -> tuple[int, int]:
    first, dash, last = text.strip().partition("-")
    if not first.isdecimal() or (dash and not last.isdecimal()):
        raise ValueError(f"{text!r} is no range of VLANs, as 100-199")
    start, end = int(first), int(last) if dash else int(first)
    if not start <= end <= LAST_VLAN:
        raise ValueError(f"{text!r} is no range of VLANs from 0 to {LAST_VLAN}")
    return start, end


def spelt(pairs: t.Iterable[tuple[int, int]]) -> list[str]:
    """Pairs in the spelling of plans."""
    return [str(first) if first == last else f"{first}-{last}" for first, last in pairs]


def state(setting: Row | None) -> dict[str, t.Any]:
    """Options from a port setting."""
    there = setting or {}
    return {
        **_vlan_state(there.get("vlan")),
        "teaming": _teaming_state(there.get("uplinkTeamingPolicy")),
        "security": _security_state(there),
    }


def _vlan_state(vlan: Row | None) -> dict[str, t.Any]:
    # The type of the specification says what its number means; private VLANs have another one, which is none of ours.
    there = vlan or {}
    number = there.get("vlanId")
    if isinstance(number, (list, tuple)):
        pairs = [f"{one['start']}-{one['end']}" for one in number]
        return {"vlan": None, "vlan_trunk": spelt(ranges(pairs))}
    return {"vlan": number, "vlan_trunk": []}


def _teaming_state(policy: Row | None) -> dict[str, t.Any]:
    there = policy or {}
    order = there.get("uplinkPortOrder") or {}
    rolling = _value(there.get("rollingOrder"))
    return {
        "policy": _value(there.get("policy")),
        "active": list(order.get("activeUplinkPort") or ()),
        "standby": list(order.get("standbyUplinkPort") or ()),
        "notify_switches": _value(there.get("notifySwitches")),
        "failback": None if rolling is None else not rolling,
        "check_beacon": _value((there.get("failureCriteria") or {}).get("checkBeacon")),
    }


def _security_state(setting: Row) -> dict[str, t.Any]:
    # Switches since 6.6 keep these in their MAC policy and repeat them here.
    old, new = setting.get("securityPolicy") or {}, setting.get("macManagementPolicy") or {}
    return {option: _value(old[field]) if field in old else new.get(field) for option, field in SECURITY.items()}


def _value(policy: Row | None) -> t.Any:
    return (policy or {}).get("value")


def spec(options: Row) -> dict[str, t.Any]:
    """The VMwareDVSPortSetting of those of the options that are given."""
    found: dict[str, t.Any] = {"_type": "VMwareDVSPortSetting"}
    vlan = _vlan_spec(options)
    if vlan:
        found["vlan"] = vlan
    if options.get("teaming"):
        found["uplinkTeamingPolicy"] = _teaming_spec(options["teaming"])
    if options.get("security"):
        given = {field: options["security"].get(option) for option, field in SECURITY.items()}
        found["securityPolicy"] = {"inherited": False, **_policies(given)}
    return found


def _vlan_spec(options: Row) -> dict[str, t.Any]:
    if options.get("vlan_trunk"):
        listed = [{"start": first, "end": last} for first, last in ranges(options["vlan_trunk"])]
        return {"_type": "VmwareDistributedVirtualSwitchTrunkVlanSpec", "inherited": False, "vlanId": listed}
    if options.get("vlan") is None:
        return {}
    return {"_type": "VmwareDistributedVirtualSwitchVlanIdSpec", "inherited": False, "vlanId": options["vlan"]}


def _teaming_spec(teaming: Row) -> dict[str, t.Any]:
    failback = teaming.get("failback")
    given = {
        "policy": teaming.get("policy"),
        "rollingOrder": None if failback is None else not failback,
        **{field: teaming.get(option) for option, field in _FLAGS.items()},
    }
    found: dict[str, t.Any] = {"inherited": False, **_policies(given)}
    if teaming.get("active") is not None or teaming.get("standby") is not None:
        found["uplinkPortOrder"] = {
            "inherited": False,
            "activeUplinkPort": list(teaming.get("active") or ()),
            "standbyUplinkPort": list(teaming.get("standby") or ()),
        }
    if teaming.get("check_beacon") is not None:
        found["failureCriteria"] = {"inherited": False, **_policies({"checkBeacon": teaming["check_beacon"]})}
    return found


def _policies(values: Row) -> dict[str, t.Any]:
    return {field: {"inherited": False, "value": value} for field, value in values.items() if value is not None}


def wrong(options: Row) -> str:
    """What does not go together, or ''."""
    vlan = options.get("vlan")
    if vlan is not None and options.get("vlan_trunk"):
        return "vlan and vlan_trunk exclude each other: a port group carries one VLAN or a trunk"
    if isinstance(vlan, int) and not 0 <= vlan <= LAST_VLAN:
        return f"vlan {vlan} is none: there are 0 (no tag) to {LAST_VLAN}"
    teaming = options.get("teaming") or {}
    both = sorted(set(teaming.get("active") or ()) & set(teaming.get("standby") or ()))
    if both:
        return f"teaming: {', '.join(both)} cannot be active and standby at once"
    if teaming.get("policy") == "failover_explicit" and teaming.get("active") == []:
        return "teaming: failover_explicit needs an active uplink"
    return ""
