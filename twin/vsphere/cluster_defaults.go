// Copyright: KubeOps Hybrid contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import "github.com/vmware/govmomi/vim25/types"

// clusterDefaults is a cluster as the wizard makes it when nothing is asked of it.
func clusterDefaults() *types.ClusterConfigInfoEx {
	never := types.NewBool(false)
	return &types.ClusterConfigInfoEx{
		ComputeResourceConfigInfo: types.ComputeResourceConfigInfo{
			VmSwapPlacement: string(types.VirtualMachineConfigInfoSwapPlacementTypeVmDirectory), SpbmEnabled: types.NewBool(true),
		},
		DasConfig: types.ClusterDasConfigInfo{
			Enabled: types.NewBool(false), VmMonitoring: "vmMonitoringDisabled", HostMonitoring: "enabled",
			VmComponentProtecting: "disabled", AdmissionControlEnabled: types.NewBool(true), FailoverLevel: 1,
			AdmissionControlPolicy: &types.ClusterFailoverLevelAdmissionControlPolicy{FailoverLevel: 1},
			DefaultVmSettings: &types.ClusterDasVmSettings{
				RestartPriority: "medium", RestartPriorityTimeout: -1, IsolationResponse: "none",
				VmToolsMonitoringSettings: &types.ClusterVmToolsMonitoringSettings{
					Enabled: types.NewBool(false), VmMonitoring: "vmMonitoringDisabled", ClusterSettings: types.NewBool(false),
					FailureInterval: 30, MinUpTime: 120, MaxFailures: 3, MaxFailureWindow: 3600,
				},
				VmComponentProtectionSettings: &types.ClusterVmComponentProtectionSettings{
					VmStorageProtectionForAPD: "disabled", VmStorageProtectionForPDL: "disabled",
					VmReactionOnAPDCleared: "none", VmTerminateDelayForAPDSec: 180, EnableAPDTimeoutForHosts: types.NewBool(false),
				},
			},
			HBDatastoreCandidatePolicy: "allFeasibleDsWithUserPreference",
		},
		DrsConfig: types.ClusterDrsConfigInfo{
			Enabled: types.NewBool(false), EnableVmBehaviorOverrides: types.NewBool(true),
			DefaultVmBehavior: types.DrsBehaviorFullyAutomated, VmotionRate: 3, ScaleDescendantsShares: "disabled",
		},
		DpmConfigInfo: &types.ClusterDpmConfigInfo{
			Enabled: types.NewBool(false), DefaultDpmBehavior: types.DpmBehaviorAutomated, HostPowerActionRate: 3,
		},
		InfraUpdateHaConfig: &types.ClusterInfraUpdateHaConfigInfo{
			Enabled: types.NewBool(false), Behavior: "Manual", ModerateRemediation: "QuarantineMode",
			SevereRemediation: "QuarantineMode",
		},
		Orchestration: &types.ClusterOrchestrationInfo{
			DefaultVmReadiness: &types.ClusterVmReadiness{ReadyCondition: "none", PostReadyDelay: 0},
		},
		ProactiveDrsConfig: &types.ClusterProactiveDrsConfigInfo{Enabled: never},
	}
}
