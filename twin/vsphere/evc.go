// Copyright: KubeOps Hybrid contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"slices"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// maxEvcMode is what the hosts' processors can be at most.
const maxEvcMode = "intel-cascadelake"

// evcModes from the oldest on.
var evcModes = []string{
	"intel-merom", "intel-penryn", "intel-nehalem", "intel-westmere", "intel-sandybridge", "intel-ivybridge",
	"intel-haswell", "intel-broadwell", "intel-skylake", "intel-cascadelake", "intel-icelake", "intel-sapphirerapids",
}

// ClusterEVCManager keeps the processors of one cluster alike.
type ClusterEVCManager struct {
	mo.ClusterEVCManager
}

// EvcManager answers the manager of the cluster, which comes into being when it is first asked for.
func (w *ClusterComputeResource) EvcManager(ctx *simulator.Context, _ *types.EvcManager) soap.HasFault {
	ref := types.ManagedObjectReference{Type: "ClusterEVCManager", Value: "evcmanager-" + w.Self.Value}
	if ctx.Map.Get(ref) == nil {
		manager := &ClusterEVCManager{}
		manager.Self, manager.ManagedCluster = ref, w.Self
		for tier, key := range evcModes[:slices.Index(evcModes, maxEvcMode)+1] {
			mode := types.EVCMode{Vendor: "intel", VendorTier: int32(tier + 1)}
			mode.Key, mode.Label, mode.Summary = key, key, key
			manager.EvcState.SupportedEVCMode = append(manager.EvcState.SupportedEVCMode, mode)
		}
		ctx.Map.Put(manager)
	}
	return &methods.EvcManagerBody{Res: &types.EvcManagerResponse{Returnval: &ref}}
}

func (m *ClusterEVCManager) set(ctx *simulator.Context, key string) (types.AnyType, types.BaseMethodFault) {
	if key != "" && !slices.Contains(evcModes, key) {
		return nil, invalid("evcModeKey")
	}
	if slices.Index(evcModes, key) > slices.Index(evcModes, maxEvcMode) {
		return nil, new(types.EVCConfigFault)
	}
	m.EvcState.CurrentEVCModeKey = key
	cluster := ctx.Map.Get(m.ManagedCluster).(*simulator.ClusterComputeResource)
	cluster.Summary.(*types.ClusterComputeResourceSummary).CurrentEVCModeKey = key
	for _, ref := range cluster.Host {
		if host, ok := ctx.Map.Get(ref).(*simulator.HostSystem); ok {
			host.Summary.CurrentEVCModeKey = key
		}
	}
	return nil, nil
}

// ConfigureEvcModeTask sets the mode; the task is the cluster's, since a client expects an inventory object there.
func (m *ClusterEVCManager) ConfigureEvcModeTask(ctx *simulator.Context, req *types.ConfigureEvcMode_Task) soap.HasFault {
	ref := task(ctx, m.ManagedCluster, "configureEvc", func() (types.AnyType, types.BaseMethodFault) {
		if req.EvcModeKey == "" {
			return nil, invalid("evcModeKey")
		}
		return m.set(ctx, req.EvcModeKey)
	})
	return &methods.ConfigureEvcMode_TaskBody{Res: &types.ConfigureEvcMode_TaskResponse{Returnval: ref}}
}

// DisableEvcModeTask lets every host show what its processors can.
func (m *ClusterEVCManager) DisableEvcModeTask(ctx *simulator.Context, _ *types.DisableEvcMode_Task) soap.HasFault {
	ref := task(ctx, m.ManagedCluster, "disableEvc", func() (types.AnyType, types.BaseMethodFault) { return m.set(ctx, "") })
	return &methods.DisableEvcMode_TaskBody{Res: &types.DisableEvcMode_TaskResponse{Returnval: ref}}
}
