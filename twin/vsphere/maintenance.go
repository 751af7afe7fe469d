// Copyright: KubeOps Hybrid contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// EnterMaintenanceModeTask empties a host where DRS moves machines by itself; elsewhere running machines keep it waiting,
// and the time-out ends that.
func (w *HostSystem) EnterMaintenanceModeTask(ctx *simulator.Context, req *types.EnterMaintenanceMode_Task) soap.HasFault {
	host := w.HostSystem
	ref := task(ctx, host, "enterMaintenanceMode", func() (types.AnyType, types.BaseMethodFault) {
		if host.Runtime.InMaintenanceMode {
			return nil, new(types.InvalidState)
		}
		if fault := w.center.evacuate(ctx, host); fault != nil {
			return nil, fault
		}
		host.Runtime.InMaintenanceMode = true
		return nil, nil
	})
	return &methods.EnterMaintenanceMode_TaskBody{Res: &types.EnterMaintenanceMode_TaskResponse{Returnval: ref}}
}

// ExitMaintenanceModeTask lets the host carry machines again.
func (w *HostSystem) ExitMaintenanceModeTask(ctx *simulator.Context, req *types.ExitMaintenanceMode_Task) soap.HasFault {
	if !w.Runtime.InMaintenanceMode {
		ref := failed(ctx, w.HostSystem, "exitMaintenanceMode", new(types.InvalidState))
		return &methods.ExitMaintenanceMode_TaskBody{Res: &types.ExitMaintenanceMode_TaskResponse{Returnval: ref}}
	}
	return w.HostSystem.ExitMaintenanceModeTask(ctx, req)
}

// evacuate moves running machines to other hosts of the cluster. A machine that holds a device of its host cannot move.
func (c *center) evacuate(ctx *simulator.Context, host *simulator.HostSystem) types.BaseMethodFault {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	cluster, ok := ctx.Map.Get(*host.Parent).(*simulator.ClusterComputeResource)
	moves := ok && movesByItself(cluster)
	for _, ref := range append([]types.ManagedObjectReference{}, host.Vm...) {
		machine, ok := ctx.Map.Get(ref).(*simulator.VirtualMachine)
		if !ok || machine.Runtime.PowerState != types.VirtualMachinePowerStatePoweredOn {
			continue
		}
		target := c.roomiest(ctx, cluster, host, ref)
		if !moves || bound(machine) || target == nil {
			return &types.Timedout{}
		}
		simulator.RemoveReference(&host.Vm, ref)
		target.Vm = append(target.Vm, ref)
		machine.Runtime.Host = &target.Self
		machine.Summary.Runtime.Host = &target.Self
	}
	return nil
}

func movesByItself(cluster *simulator.ClusterComputeResource) bool {
	drs := cluster.ConfigurationEx.(*types.ClusterConfigInfoEx).DrsConfig
	return yes(drs.Enabled) && drs.DefaultVmBehavior == types.DrsBehaviorFullyAutomated
}

// bound says whether a machine has a PCI device of its host.
func bound(machine *simulator.VirtualMachine) bool {
	for _, device := range machine.Config.Hardware.Device {
		if _, ok := device.(*types.VirtualPCIPassthrough); ok {
			return true
		}
	}
	return false
}

// roomiest is the working host with the fewest machines that no anti-affinity rule forbids.
func (c *center) roomiest(ctx *simulator.Context, cluster *simulator.ClusterComputeResource, not *simulator.HostSystem, machine types.ManagedObjectReference) *simulator.HostSystem {
	var best *simulator.HostSystem
	if cluster == nil {
		return nil
	}
	for _, ref := range cluster.Host {
		host, ok := ctx.Map.Get(ref).(*simulator.HostSystem)
		if !ok || host == not || !works(host) || forbidden(cluster, host, machine) {
			continue
		}
		if best == nil || len(host.Vm) < len(best.Vm) {
			best = host
		}
	}
	return best
}

func forbidden(cluster *simulator.ClusterComputeResource, host *simulator.HostSystem, machine types.ManagedObjectReference) bool {
	for _, rule := range cluster.ConfigurationEx.(*types.ClusterConfigInfoEx).Rule {
		apart, ok := rule.(*types.ClusterAntiAffinityRuleSpec)
		if !ok || !yes(apart.Enabled) || simulator.FindReference(apart.Vm, machine) == nil {
			continue
		}
		if simulator.FindReference(host.Vm, apart.Vm...) != nil {
			return true
		}
	}
	return false
}
