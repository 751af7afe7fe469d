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

// DistributedVirtualPortgroup keeps the version of its configuration.
type DistributedVirtualPortgroup struct {
	*simulator.DistributedVirtualPortgroup
}

// AddDVPortgroupTask makes port groups: all of them or none.
func (w *DistributedVirtualSwitch) AddDVPortgroupTask(ctx *simulator.Context, req *types.AddDVPortgroup_Task) soap.HasFault {
	inner := w.DistributedVirtualSwitch
	seen := map[string]bool{}
	folder := ctx.Map.Get(*inner.Parent).(*simulator.Folder)
	for i := range req.Spec {
		spec := &req.Spec[i]
		fault := refuseVlan(spec.DefaultPortConfig)
		if spec.Name == "" || spec.Type == "" {
			fault = invalid("spec.name")
		}
		if other := ctx.Map.FindByName(spec.Name, folder.ChildEntity); seen[spec.Name] || other != nil {
			fault = &types.DuplicateName{Name: spec.Name, Object: inner.Self}
		}
		if fault != nil {
			ref := failed(ctx, inner, "addDVPortgroup", fault)
			return &methods.AddDVPortgroup_TaskBody{Res: &types.AddDVPortgroup_TaskResponse{Returnval: ref}}
		}
		seen[spec.Name] = true
		setting := defaultPortSetting()
		if wanted, ok := spec.DefaultPortConfig.(*types.VMwareDVSPortSetting); ok {
			merge(setting, wanted)
		}
		spec.DefaultPortConfig, spec.ConfigVersion = setting, "0"
	}
	return inner.AddDVPortgroupTask(ctx, req)
}

func refuseVlan(setting types.BaseDVPortSetting) types.BaseMethodFault {
	wanted, ok := setting.(*types.VMwareDVSPortSetting)
	if !ok {
		return nil
	}
	switch vlan := wanted.Vlan.(type) {
	case *types.VmwareDistributedVirtualSwitchVlanIdSpec:
		if vlan.VlanId < 0 || vlan.VlanId > 4094 {
			return invalid("spec.defaultPortConfig.vlan.vlanId")
		}
	case *types.VmwareDistributedVirtualSwitchTrunkVlanSpec:
		for _, each := range vlan.VlanId {
			if each.Start < 0 || each.End > 4094 || each.Start > each.End {
				return invalid("spec.defaultPortConfig.vlan.vlanId")
			}
		}
	}
	return nil
}

// ReconfigureDVPortgroupTask refuses a change that was thought out on an older configuration.
func (w *DistributedVirtualPortgroup) ReconfigureDVPortgroupTask(ctx *simulator.Context, req *types.ReconfigureDVPortgroup_Task) soap.HasFault {
	inner := w.DistributedVirtualPortgroup
	ref := task(ctx, inner, "reconfigureDvPortgroup", func() (types.AnyType, types.BaseMethodFault) {
		return nil, changeGroup(ctx, inner, &req.Spec)
	})
	return &methods.ReconfigureDVPortgroup_TaskBody{Res: &types.ReconfigureDVPortgroup_TaskResponse{Returnval: ref}}
}

func changeGroup(ctx *simulator.Context, inner *simulator.DistributedVirtualPortgroup, spec *types.DVPortgroupConfigSpec) types.BaseMethodFault {
	config := &inner.Config
	if spec.ConfigVersion == "" {
		return invalid("spec.configVersion")
	}
	if spec.ConfigVersion != config.ConfigVersion {
		return new(types.ConcurrentAccess)
	}
	if fault := refuseVlan(spec.DefaultPortConfig); fault != nil {
		return fault
	}
	if spec.Name != "" && spec.Name != inner.Name {
		folder := ctx.Map.Get(*inner.Parent).(*simulator.Folder)
		if other := ctx.Map.FindByName(spec.Name, folder.ChildEntity); other != nil {
			return &types.DuplicateName{Name: spec.Name, Object: other.Reference()}
		}
		inner.Name, config.Name = spec.Name, spec.Name
		inner.Entity().Name = spec.Name
	}
	if wanted, ok := spec.DefaultPortConfig.(*types.VMwareDVSPortSetting); ok {
		setting := *config.DefaultPortConfig.(*types.VMwareDVSPortSetting)
		// A VLAN of another kind replaces the one that is there, so it is not merged into it.
		setting.Vlan = nil
		kept := config.DefaultPortConfig.(*types.VMwareDVSPortSetting).Vlan
		merge(&setting, wanted)
		if setting.Vlan == nil {
			setting.Vlan = kept
		}
		config.DefaultPortConfig = &setting
	}
	if spec.Policy != nil {
		config.Policy = spec.Policy
	}
	if spec.NumPorts != 0 {
		config.NumPorts = spec.NumPorts
	}
	if spec.AutoExpand != nil {
		config.AutoExpand = spec.AutoExpand
	}
	config.Type = orElse(spec.Type, config.Type)
	config.Description = orElse(spec.Description, config.Description)
	config.PortNameFormat = orElse(spec.PortNameFormat, config.PortNameFormat)
	config.ConfigVersion = nextVersion(config.ConfigVersion)
	return nil
}

// DestroyTask refuses a port group that something is connected to.
func (w *DistributedVirtualPortgroup) DestroyTask(ctx *simulator.Context, req *types.Destroy_Task) soap.HasFault {
	inner := w.DistributedVirtualPortgroup
	parent, _ := ctx.Map.Get(*inner.Config.DistributedVirtualSwitch).(*simulator.DistributedVirtualSwitch)
	for _, ref := range inner.Host {
		if parent != nil && connected(ctx, parent, ref, inner.Key) {
			ref := failed(ctx, inner, "destroy", &types.ResourceInUse{Type: inner.Self.Type, Name: inner.Name})
			return &methods.Destroy_TaskBody{Res: &types.Destroy_TaskResponse{Returnval: ref}}
		}
	}
	for _, ref := range inner.Host {
		if host, ok := ctx.Map.Get(ref).(*simulator.HostSystem); ok {
			simulator.RemoveReference(&host.Network, inner.Self)
			if cluster := clusterOf(ctx, host); cluster != nil {
				simulator.RemoveReference(&cluster.Network, inner.Self)
			}
		}
	}
	return inner.DestroyTask(ctx, req)
}
