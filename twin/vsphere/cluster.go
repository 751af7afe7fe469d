// Copyright: KubeOps Hybrid contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"slices"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// ClusterComputeResource is a cluster that keeps what it is told.
type ClusterComputeResource struct {
	*simulator.ClusterComputeResource
	center *center
}

// CreateClusterEx makes a cluster as its specification says.
func (w *Folder) CreateClusterEx(ctx *simulator.Context, req *types.CreateClusterEx) soap.HasFault {
	config := clusterDefaults()
	if fault := applyCluster(config, &req.Spec, nil); fault != nil {
		return &methods.CreateClusterExBody{Fault_: simulator.Fault("", fault)}
	}
	answer := w.Folder.CreateClusterEx(ctx, req)
	if body, ok := answer.(*methods.CreateClusterExBody); ok && body.Res != nil {
		cluster := ctx.Map.Get(body.Res.Returnval).(*simulator.ClusterComputeResource)
		cluster.ConfigurationEx = config
		// The simulator leaves it empty, which is none of the words that it may be.
		cluster.Summary.GetComputeResourceSummary().OverallStatus = types.ManagedEntityStatusGreen
	}
	return answer
}

// ReconfigureComputeResourceTask changes what the specification names; groups, rules and overrides of machines are the
// simulator's own.
func (w *ClusterComputeResource) ReconfigureComputeResourceTask(ctx *simulator.Context, req *types.ReconfigureComputeResource_Task) soap.HasFault {
	spec, ok := req.Spec.(*types.ClusterConfigSpecEx)
	fault := types.BaseMethodFault(invalid("spec"))
	if ok {
		config := w.ConfigurationEx.(*types.ClusterConfigInfoEx)
		if fault = refuseRules(config, spec); fault == nil {
			fault = applyCluster(config, spec, w.Host)
			applyOverrides(config, spec.DasVmConfigSpec)
		}
	}
	if fault != nil {
		ref := failed(ctx, w.ClusterComputeResource, "reconfigureCluster", fault)
		return &methods.ReconfigureComputeResource_TaskBody{Res: &types.ReconfigureComputeResource_TaskResponse{Returnval: ref}}
	}
	return w.ClusterComputeResource.ReconfigureComputeResourceTask(ctx, req)
}

// applyOverrides changes what the simulator leaves out of an override that is edited.
func applyOverrides(config *types.ClusterConfigInfoEx, specs []types.ClusterDasVmConfigSpec) {
	for _, spec := range specs {
		for i := range config.DasVmConfig {
			there := &config.DasVmConfig[i]
			edited := spec.Operation == types.ArrayUpdateOperationEdit && spec.Info != nil && spec.Info.Key == there.Key
			if edited && spec.Info.DasSettings != nil && there.DasSettings != nil {
				merge(there.DasSettings, spec.Info.DasSettings)
			}
		}
	}
}

// applyCluster puts the parts that are not lists of rules into the configuration, or says why it cannot be.
func applyCluster(config *types.ClusterConfigInfoEx, spec *types.ClusterConfigSpecEx, hosts []types.ManagedObjectReference) types.BaseMethodFault {
	if das := spec.DasConfig; das != nil {
		if fault := refusePolicy(das.AdmissionControlPolicy, hosts); fault != nil {
			return fault
		}
		merge(&config.DasConfig, das)
	}
	if drs := spec.DrsConfig; drs != nil {
		if drs.VmotionRate < 0 || drs.VmotionRate > 5 {
			return invalid("spec.drsConfig.vmotionRate")
		}
		merge(&config.DrsConfig, drs)
	}
	if dpm := spec.DpmConfig; dpm != nil {
		if yes(dpm.Enabled) && !yes(config.DrsConfig.Enabled) {
			return invalid("spec.dpmConfig.enabled")
		}
		merge(config.DpmConfigInfo, dpm)
	}
	if spec.InfraUpdateHaConfig != nil {
		merge(config.InfraUpdateHaConfig, spec.InfraUpdateHaConfig)
	}
	if spec.Orchestration != nil {
		merge(config.Orchestration, spec.Orchestration)
	}
	if spec.ProactiveDrsConfig != nil {
		merge(config.ProactiveDrsConfig, spec.ProactiveDrsConfig)
	}
	if spec.VmSwapPlacement != "" {
		config.VmSwapPlacement = spec.VmSwapPlacement
	}
	return nil
}

func refusePolicy(policy types.BaseClusterDasAdmissionControlPolicy, hosts []types.ManagedObjectReference) types.BaseMethodFault {
	const where = "spec.dasConfig.admissionControlPolicy"
	switch wanted := policy.(type) {
	case *types.ClusterFailoverResourcesAdmissionControlPolicy:
		if !percent(wanted.CpuFailoverResourcesPercent) || !percent(wanted.MemoryFailoverResourcesPercent) {
			return invalid(where)
		}
	case *types.ClusterFailoverLevelAdmissionControlPolicy:
		if wanted.FailoverLevel < 1 {
			return invalid(where + ".failoverLevel")
		}
	case *types.ClusterFailoverHostAdmissionControlPolicy:
		for _, host := range wanted.FailoverHosts {
			if !slices.Contains(hosts, host) {
				return invalid(where + ".failoverHosts")
			}
		}
	}
	return nil
}

func percent(value int32) bool { return value >= 0 && value <= 100 }

// DestroyTask removes a cluster, and the hosts in it from the inventory, as a real one does.
func (w *ClusterComputeResource) DestroyTask(ctx *simulator.Context, _ *types.Destroy_Task) soap.HasFault {
	cluster := w.ClusterComputeResource
	ref := task(ctx, cluster, "destroy", func() (types.AnyType, types.BaseMethodFault) {
		for _, ref := range cluster.Host {
			if host, ok := ctx.Map.Get(ref).(*simulator.HostSystem); ok && len(host.Vm) > 0 && works(host) {
				return nil, &types.ResourceInUse{Type: "HostSystem", Name: host.Name}
			}
		}
		for _, ref := range cluster.Host {
			w.center.dropHost(ctx, ref)
		}
		removePools(ctx, *cluster.ResourcePool)
		removeChild(ctx, cluster)
		return nil, nil
	})
	return &methods.Destroy_TaskBody{Res: &types.Destroy_TaskResponse{Returnval: ref}}
}

func removePools(ctx *simulator.Context, ref types.ManagedObjectReference) {
	if pool, ok := ctx.Map.Get(ref).(*simulator.ResourcePool); ok {
		for _, child := range pool.ResourcePool.ResourcePool {
			removePools(ctx, child)
		}
		ctx.Map.Remove(ctx, ref)
	}
}

// PlaceVm recommends nothing where there is no datastore to put a machine on.
func (w *ClusterComputeResource) PlaceVm(ctx *simulator.Context, req *types.PlaceVm) soap.HasFault {
	if len(w.Datastore) == 0 {
		return &methods.PlaceVmBody{Fault_: simulator.Fault("", new(types.InvalidState))}
	}
	return w.ClusterComputeResource.PlaceVm(ctx, req)
}
