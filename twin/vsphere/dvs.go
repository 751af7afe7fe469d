// Copyright: KubeOps Hybrid contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"strconv"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// DistributedVirtualSwitch keeps its configuration and who uses it.
type DistributedVirtualSwitch struct {
	*simulator.DistributedVirtualSwitch
	center *center
}

// ReconfigureDvsTask refuses a change that was thought out on an older configuration.
func (w *DistributedVirtualSwitch) ReconfigureDvsTask(ctx *simulator.Context, req *types.ReconfigureDvs_Task) soap.HasFault {
	inner := w.DistributedVirtualSwitch
	ref := task(ctx, inner, "reconfigureDvs", func() (types.AnyType, types.BaseMethodFault) {
		spec, ok := req.Spec.(*types.VMwareDVSConfigSpec)
		if !ok {
			spec = &types.VMwareDVSConfigSpec{DVSConfigSpec: *req.Spec.GetDVSConfigSpec()}
		}
		if fault := w.center.changeSwitch(ctx, inner, spec); fault != nil {
			return nil, fault
		}
		return nil, w.center.changeMembers(ctx, inner, spec.Host)
	})
	return &methods.ReconfigureDvs_TaskBody{Res: &types.ReconfigureDvs_TaskResponse{Returnval: ref}}
}

func nextVersion(version string) string {
	number, _ := strconv.Atoi(version)
	return strconv.Itoa(number + 1)
}

// changeSwitch changes everything but the members.
func (c *center) changeSwitch(ctx *simulator.Context, inner *simulator.DistributedVirtualSwitch, spec *types.VMwareDVSConfigSpec) types.BaseMethodFault {
	config := inner.Config.(*types.VMwareDVSConfigInfo)
	if spec.ConfigVersion == "" {
		return invalid("spec.configVersion")
	}
	if spec.ConfigVersion != config.ConfigVersion {
		return new(types.ConcurrentAccess)
	}
	if fault := refuseMtu(spec.MaxMtu); fault != nil {
		return fault
	}
	if link := spec.LinkDiscoveryProtocolConfig; link != nil && link.Protocol != "cdp" && link.Protocol != "lldp" {
		return invalid("spec.linkDiscoveryProtocolConfig")
	}
	if spec.Name != "" && spec.Name != inner.Name {
		folder := ctx.Map.Get(*inner.Parent).(*simulator.Folder)
		if other := ctx.Map.FindByName(spec.Name, folder.ChildEntity); other != nil {
			return &types.DuplicateName{Name: spec.Name, Object: other.Reference()}
		}
		renameSwitch(inner, spec.Name)
	}
	setSwitchFields(config, spec)
	inner.Summary.Description = config.Description
	config.ConfigVersion = nextVersion(config.ConfigVersion)
	return nil
}

func renameSwitch(inner *simulator.DistributedVirtualSwitch, name string) {
	inner.Name, inner.Summary.Name = name, name
	inner.Entity().Name = name
	inner.Config.GetDVSConfigInfo().Name = name
}

func setSwitchFields(config *types.VMwareDVSConfigInfo, spec *types.VMwareDVSConfigSpec) {
	if spec.MaxMtu != 0 {
		config.MaxMtu = spec.MaxMtu
	}
	if spec.LinkDiscoveryProtocolConfig != nil {
		config.LinkDiscoveryProtocolConfig = spec.LinkDiscoveryProtocolConfig
	}
	if spec.UplinkPortPolicy != nil {
		config.UplinkPortPolicy = spec.UplinkPortPolicy
	}
	if spec.Policy != nil {
		config.Policy = spec.Policy
	}
	if spec.Contact != nil {
		config.Contact = *spec.Contact
	}
	if wanted, ok := spec.DefaultPortConfig.(*types.VMwareDVSPortSetting); ok {
		merge(config.DefaultPortConfig.(*types.VMwareDVSPortSetting), wanted)
	}
	config.Description = orElse(spec.Description, config.Description)
	config.LacpApiVersion = orElse(spec.LacpApiVersion, config.LacpApiVersion)
	config.MulticastFilteringMode = orElse(spec.MulticastFilteringMode, config.MulticastFilteringMode)
	config.NetworkResourceControlVersion = orElse(spec.NetworkResourceControlVersion, config.NetworkResourceControlVersion)
}

// EnableNetworkResourceManagement turns Network I/O Control on or off.
func (w *DistributedVirtualSwitch) EnableNetworkResourceManagement(req *types.EnableNetworkResourceManagement) soap.HasFault {
	w.Config.GetDVSConfigInfo().NetworkResourceManagementEnabled = req.Enable
	return &methods.EnableNetworkResourceManagementBody{Res: new(types.EnableNetworkResourceManagementResponse)}
}

// DestroyTask refuses a switch that something is connected to.
func (w *DistributedVirtualSwitch) DestroyTask(ctx *simulator.Context, _ *types.Destroy_Task) soap.HasFault {
	inner := w.DistributedVirtualSwitch
	ref := task(ctx, inner, "destroy", func() (types.AnyType, types.BaseMethodFault) {
		for _, member := range inner.Summary.HostMember {
			if connected(ctx, inner, member, "") {
				return nil, &types.ResourceInUse{Type: inner.Self.Type, Name: inner.Name}
			}
		}
		for _, member := range append([]types.ManagedObjectReference{}, inner.Summary.HostMember...) {
			leaveSwitch(ctx, inner, member)
		}
		for _, group := range inner.Portgroup {
			if found, ok := ctx.Map.Get(group).(*simulator.DistributedVirtualPortgroup); ok {
				removeChild(ctx, found)
			}
		}
		removeChild(ctx, inner)
		return nil, nil
	})
	return &methods.Destroy_TaskBody{Res: &types.Destroy_TaskResponse{Returnval: ref}}
}

// RenameTask gives the switch another name.
func (w *DistributedVirtualSwitch) RenameTask(ctx *simulator.Context, req *types.Rename_Task) soap.HasFault {
	inner := w.DistributedVirtualSwitch
	ref := task(ctx, inner, "rename", func() (types.AnyType, types.BaseMethodFault) {
		spec := &types.VMwareDVSConfigSpec{}
		spec.Name, spec.ConfigVersion = req.NewName, inner.Config.GetDVSConfigInfo().ConfigVersion
		return nil, w.center.changeSwitch(ctx, inner, spec)
	})
	return &methods.Rename_TaskBody{Res: &types.Rename_TaskResponse{Returnval: ref}}
}
