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

// HostVirtualNicManager says which VMkernel adapter carries what.
type HostVirtualNicManager struct {
	*simulator.HostVirtualNicManager
	host *simulator.HostSystem
}

// vnicID is how a service names an adapter.
func vnicID(kind, device string) string { return kind + "." + vnicKeyOf(device) }

func selected(host *simulator.HostSystem, kind string) []string {
	for _, config := range host.Config.VirtualNicManagerInfo.NetConfig {
		if config.NicType == kind {
			return config.SelectedVnic
		}
	}
	return nil
}

// syncVnics makes every adapter a candidate for every service, and takes gone ones out of the choice.
func syncVnics(ctx *simulator.Context, host *simulator.HostSystem) {
	info := new(types.HostVirtualNicManagerInfo)
	for _, kind := range vnicTypes {
		config := types.VirtualNicManagerNetConfig{NicType: kind, MultiSelectAllowed: true}
		for _, nic := range host.Config.Network.Vnic {
			id := vnicID(kind, nic.Device)
			if slices.Contains(selected(host, kind), id) {
				config.SelectedVnic = append(config.SelectedVnic, id)
			}
			nic.Key = id
			config.CandidateVnic = append(config.CandidateVnic, nic)
		}
		info.NetConfig = append(info.NetConfig, config)
	}
	host.Config.VirtualNicManagerInfo = info
	ctx.Map.Get(*host.ConfigManager.VirtualNicManager).(*simulator.HostVirtualNicManager).Info = *info
}

func (w *HostVirtualNicManager) choose(ctx *simulator.Context, kind, device string, on bool) types.BaseMethodFault {
	exists := slices.ContainsFunc(w.host.Config.Network.Vnic, func(nic types.HostVirtualNic) bool { return nic.Device == device })
	if !exists || !slices.Contains(vnicTypes, kind) {
		return invalid("device")
	}
	id := vnicID(kind, device)
	for i := range w.host.Config.VirtualNicManagerInfo.NetConfig {
		config := &w.host.Config.VirtualNicManagerInfo.NetConfig[i]
		if config.NicType != kind {
			continue
		}
		kept := slices.DeleteFunc(slices.Clone(config.SelectedVnic), func(each string) bool { return each == id })
		if on {
			kept = append(kept, id)
		} else if kind == "management" && len(kept) == 0 {
			return new(types.HostConfigFault)
		}
		config.SelectedVnic = kept
	}
	syncVnics(ctx, w.host)
	return nil
}

// SelectVnicForNicType lets an adapter carry a service.
func (w *HostVirtualNicManager) SelectVnicForNicType(ctx *simulator.Context, req *types.SelectVnicForNicType) soap.HasFault {
	body := new(methods.SelectVnicForNicTypeBody)
	if fault := w.choose(ctx, req.NicType, req.Device, true); fault != nil {
		body.Fault_ = simulator.Fault("", fault)
		return body
	}
	body.Res = new(types.SelectVnicForNicTypeResponse)
	return body
}

// DeselectVnicForNicType takes a service off an adapter, but never the host's last management.
func (w *HostVirtualNicManager) DeselectVnicForNicType(ctx *simulator.Context, req *types.DeselectVnicForNicType) soap.HasFault {
	body := new(methods.DeselectVnicForNicTypeBody)
	if fault := w.choose(ctx, req.NicType, req.Device, false); fault != nil {
		body.Fault_ = simulator.Fault("", fault)
		return body
	}
	body.Res = new(types.DeselectVnicForNicTypeResponse)
	return body
}
