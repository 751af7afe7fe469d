# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Clusters between our options and vSphere's words. Pure."""

from __future__ import annotations

import typing as t

from .cluster_options import AUTOMATION, POLICIES

Row = t.Mapping[str, t.Any]
# Option to property, where the value is the same on both sides.
_DRS = {
    "enabled": "enabled",
    "enable_vm_behavior_overrides": "enableVmBehaviorOverrides",
    "scale_descendants_shares": "scaleDescendantsShares",
}
_HA = {
    "enabled": "enabled",
    "vm_monitoring": "vmMonitoring",
    "heartbeat_datastore_policy": "hBDatastoreCandidatePolicy",
    "admission_control": "admissionControlEnabled",
}
_VM_SETTINGS = {"restart_priority": "restartPriority", "isolation_response": "isolationResponse"}
_SWITCHES = {"host_monitoring": "hostMonitoring", "vm_component_protection": "vmComponentProtecting"}
_POLICY = {
    "failover_level": "failoverLevel",
    "auto_compute_percentages": "autoComputePercentages",
    "cpu_failover_percent": "cpuFailoverResourcesPercent",
    "memory_failover_percent": "memoryFailoverResourcesPercent",
    "resource_reduction_percent": "resourceReductionToToleratePercent",
}
_OF_RESOURCES = frozenset({"auto_compute_percentages", "cpu_failover_percent", "memory_failover_percent"})
_DPM = {"enabled": "enabled", "default_dpm_behavior": "defaultDpmBehavior"}
_PROACTIVE = {
    "enabled": "enabled",
    "behavior": "behavior",
    "moderate_remediation": "moderateRemediation",
    "severe_remediation": "severeRemediation",
    "providers": "providers",
}


def state(config: Row) -> dict[str, t.Any]:
    """configurationEx as options."""
    return {
        "drs": _drs_state(config.get("drsConfig") or {}, config.get("proactiveDrsConfig") or {}),
        "ha": _ha_state(config.get("dasConfig") or {}),
        "dpm": _dpm_state(config.get("dpmConfigInfo") or {}),
        "proactive_ha": _read(config.get("infraUpdateHaConfig") or {}, _PROACTIVE),
        "vm_swap_placement": config.get("vmSwapPlacement"),
    }


def spec(options: Row, fields: t.Collection[str], before: Row) -> dict[str, t.Any]:
    """ClusterConfigSpecEx for those fields. before: configurationEx as it is, empty for a new cluster."""
    made: dict[str, t.Any] = {"_type": "ClusterConfigSpecEx"}
    drs = options.get("drs") if "drs" in fields else None
    if drs:
        made["drsConfig"] = _drs_spec(drs)
        if drs.get("predictive") is not None:
            made["proactiveDrsConfig"] = {"enabled": drs["predictive"]}
    if "ha" in fields and options.get("ha"):
        made["dasConfig"] = _ha_spec(options["ha"], before.get("dasConfig") or {})
    if "dpm" in fields and options.get("dpm"):
        made["dpmConfig"] = _dpm_spec(options["dpm"])
    if "proactive_ha" in fields and options.get("proactive_ha"):
        # vSphere takes this one only as a whole.
        whole = {**_read(before.get("infraUpdateHaConfig") or {}, _PROACTIVE), **_told(options["proactive_ha"])}
        made["infraUpdateHaConfig"] = _write(whole, _PROACTIVE)
    if "vm_swap_placement" in fields and options.get("vm_swap_placement"):
        made["vmSwapPlacement"] = options["vm_swap_placement"]
    return made


def _told(options: Row) -> dict[str, t.Any]:
    return {name: value for name, value in options.items() if value is not None}


def _read(config: Row, names: t.Mapping[str, str]) -> dict[str, t.Any]:
    return {option: config[name] for option, name in names.items() if name in config}


def _write(options: Row, names: t.Mapping[str, str]) -> dict[str, t.Any]:
    return {name: options[option] for option, name in names.items() if options.get(option) is not None}


def _advanced(config: Row) -> dict[str, str]:
    return {str(one["key"]): str(one.get("value", "")) for one in config.get("option") or ()}


def _option_values(options: Row) -> dict[str, t.Any]:
    given = options.get("options") or {}
    rows = [{"_type": "OptionValue", "key": key, "value": str(value)} for key, value in sorted(given.items())]
    return {"option": rows} if rows else {}


def _drs_state(config: Row, predictive: Row) -> dict[str, t.Any]:
    words = {word: option for option, word in AUTOMATION.items()}
    found = {**_read(config, _DRS), "options": _advanced(config), "predictive": predictive.get("enabled", False)}
    if "defaultVmBehavior" in config:
        found["default_vm_behavior"] = words.get(config["defaultVmBehavior"], config["defaultVmBehavior"])
    if "vmotionRate" in config:
        found["vmotion_rate"] = 6 - int(config["vmotionRate"])
    return found


def _drs_spec(options: Row) -> dict[str, t.Any]:
    made = {**_write(options, _DRS), **_option_values(options)}
    if options.get("default_vm_behavior") is not None:
        made["defaultVmBehavior"] = AUTOMATION[options["default_vm_behavior"]]
    if options.get("vmotion_rate") is not None:
        made["vmotionRate"] = 6 - int(options["vmotion_rate"])
    return made


def _ha_state(config: Row) -> dict[str, t.Any]:
    policy = config.get("admissionControlPolicy") or {}
    words = {word: option for option, word in POLICIES.items()}
    found = {
        **_read(config, _HA),
        **_read(config.get("defaultVmSettings") or {}, _VM_SETTINGS),
        **{option: config[name] == "enabled" for option, name in _SWITCHES.items() if name in config},
        **_read(policy, _POLICY),
        "options": _advanced(config),
    }
    if policy:
        found["admission_control_policy"] = words.get(policy["_type"], policy["_type"])
    return found


def _ha_spec(options: Row, before: Row) -> dict[str, t.Any]:
    made = {**_write(options, _HA), **_option_values(options)}
    for option, name in _SWITCHES.items():
        if options.get(option) is not None:
            made[name] = "enabled" if options[option] else "disabled"
    machines = _write(options, _VM_SETTINGS)
    if machines:
        made["defaultVmSettings"] = machines
    if any(options.get(name) is not None for name in ("admission_control_policy", *_POLICY)):
        made["admissionControlPolicy"] = _policy_spec(options, before.get("admissionControlPolicy") or {})
    return made


def _policy_spec(options: Row, before: Row) -> dict[str, t.Any]:
    """The policy is one value: what is not declared stays as it is, if the sort of policy does."""
    words = {word: option for option, word in POLICIES.items()}
    sort = options.get("admission_control_policy") or words.get(str(before.get("_type")), "resources")
    kind = POLICIES[sort]
    kept = _read(before, _POLICY) if before.get("_type") == kind else {}
    whole = {**kept, **_told(options)}
    if sort == "resources":
        whole = {"cpu_failover_percent": 0, "memory_failover_percent": 0, **whole}
        if options.get("auto_compute_percentages") is None and _shares_told(options):
            # Shares that are computed would replace those that are declared.
            whole["auto_compute_percentages"] = False
        names = _POLICY
    else:
        names = {option: name for option, name in _POLICY.items() if option not in _OF_RESOURCES}
        whole = {"failover_level": 1, **whole}
    return {"_type": kind, **_write(whole, names)}


def _shares_told(options: Row) -> bool:
    return options.get("cpu_failover_percent") is not None or options.get("memory_failover_percent") is not None


def _dpm_state(config: Row) -> dict[str, t.Any]:
    found = {**_read(config, _DPM), "options": _advanced(config)}
    if "hostPowerActionRate" in config:
        found["host_power_action_rate"] = 6 - int(config["hostPowerActionRate"])
    return found


def _dpm_spec(options: Row) -> dict[str, t.Any]:
    made = {**_write(options, _DPM), **_option_values(options)}
    if options.get("host_power_action_rate") is not None:
        made["hostPowerActionRate"] = 6 - int(options["host_power_action_rate"])
    return made
