# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""What a cluster may be told."""

from __future__ import annotations

from ..._engine.options import Impact, leaves, names, setting

_ADVANCED = "Advanced options by key, as texts; those that are not named are left alone."
AUTOMATION = {
    "manual": "manual",
    "partially_automated": "partiallyAutomated",
    "fully_automated": "fullyAutomated",
}
POLICIES = {
    "resources": "ClusterFailoverResourcesAdmissionControlPolicy",
    "hosts": "ClusterFailoverLevelAdmissionControlPolicy",
}

DRS = leaves(
    "Distributed Resource Scheduler.",
    {
        "enabled": setting("Whether it is on. Switched off, vSphere forgets all resource pools.", type="bool"),
        "default_vm_behavior": setting("What it does by itself.", choices=tuple(AUTOMATION)),
        "vmotion_rate": setting(
            "How readily machines are moved, from 1 (least) to 5 (most). The API counts the other way round.",
            type="int",
        ),
        "enable_vm_behavior_overrides": setting("Whether machines may have a behaviour of their own.", type="bool"),
        "predictive": setting("Whether forecasts are taken into account.", type="bool"),
        "scale_descendants_shares": setting(
            "Whether shares of resource pools grow with what is in them.",
            choices=("disabled", "scaleCpuAndMemoryShares"),
        ),
        "options": leaves(_ADVANCED),
    },
    impact=Impact.BRIEF,
)

HA = leaves(
    "vSphere HA.",
    {
        "enabled": setting("Whether it is on.", type="bool"),
        "host_monitoring": setting("Whether machines of a failed host are started elsewhere.", type="bool"),
        "vm_monitoring": setting(
            "What is watched in machines.", choices=("vmMonitoringDisabled", "vmMonitoringOnly", "vmAndAppMonitoring")
        ),
        "vm_component_protection": setting("Whether machines are saved from lost storage.", type="bool"),
        "restart_priority": setting(
            "Of machines that have none of their own.",
            choices=("disabled", "lowest", "low", "medium", "high", "highest"),
        ),
        "isolation_response": setting(
            "What happens to machines of an isolated host.", choices=("none", "powerOff", "shutdown")
        ),
        "heartbeat_datastore_policy": setting(
            "How datastores for heartbeats are chosen.",
            choices=("userSelectedDs", "allFeasibleDs", "allFeasibleDsWithUserPreference"),
        ),
        "admission_control": setting("Whether nothing is started that could not be restarted.", type="bool"),
        "admission_control_policy": setting(
            "What is kept free: a share of resources, or slots on a number of hosts. Without it V(resources).",
            choices=tuple(POLICIES),
        ),
        "failover_level": setting("How many hosts may fail.", type="int"),
        "auto_compute_percentages": setting(
            "Whether vSphere computes the shares from O(ha.failover_level), of policy V(resources).", type="bool"
        ),
        "cpu_failover_percent": setting("CPU that is kept free, percent, of policy V(resources).", type="int"),
        "memory_failover_percent": setting("Memory that is kept free, percent, of policy V(resources).", type="int"),
        "resource_reduction_percent": setting(
            "Loss of performance, percent, above which a failure that would cause it is warned of.", type="int"
        ),
        "options": leaves(_ADVANCED),
    },
    impact=Impact.BRIEF,
)

DPM = leaves(
    "Distributed Power Management.",
    {
        "enabled": setting("Whether hosts may be powered off for want of work.", type="bool"),
        "default_dpm_behavior": setting("What it does by itself.", choices=("manual", "automated")),
        "host_power_action_rate": setting(
            "How readily, from 1 (least) to 5 (most). The API counts the other way round.", type="int"
        ),
        "options": leaves(_ADVANCED),
    },
    impact=Impact.BRIEF,
)

PROACTIVE_HA = leaves(
    "Proactive HA: what happens to a host whose vendor reports that it degrades.",
    {
        "enabled": setting("Whether it is on.", type="bool"),
        "behavior": setting("What it does by itself.", choices=("Manual", "Automated")),
        "moderate_remediation": setting("For moderate failures.", choices=("QuarantineMode", "MaintenanceMode")),
        "severe_remediation": setting("For severe ones.", choices=("QuarantineMode", "MaintenanceMode")),
        "providers": names("Identifiers of the providers that are listened to."),
    },
    impact=Impact.BRIEF,
)
