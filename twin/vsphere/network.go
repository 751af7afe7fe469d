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

// HostNetworkSystem configures standard switches, their port groups and VMkernel adapters.
type HostNetworkSystem struct {
	*simulator.HostNetworkSystem
	host   *simulator.HostSystem
	center *center
}

func (w *HostNetworkSystem) info() *types.HostNetworkInfo { return w.host.Config.Network }

func (w *HostNetworkSystem) vswitch(name string) *types.HostVirtualSwitch {
	for i := range w.info().Vswitch {
		if w.info().Vswitch[i].Name == name {
			return &w.info().Vswitch[i]
		}
	}
	return nil
}

func pnicKey(device string) string { return "key-vim.host.PhysicalNic-" + device }

// AddVirtualSwitch makes a standard switch.
func (w *HostNetworkSystem) AddVirtualSwitch(req *types.AddVirtualSwitch) soap.HasFault {
	body := new(methods.AddVirtualSwitchBody)
	spec := types.HostVirtualSwitchSpec{NumPorts: 128, Mtu: 1500}
	if req.Spec != nil {
		spec = *req.Spec
	}
	if spec.Mtu == 0 {
		spec.Mtu = 1500
	}
	fault := w.refuseSwitch(req.VswitchName, spec)
	switch {
	case req.VswitchName == "" || len(req.VswitchName) > 32:
		fault = invalid("vswitchName")
	case w.vswitch(req.VswitchName) != nil:
		fault = &types.AlreadyExists{Name: req.VswitchName}
	}
	if fault != nil {
		body.Fault_ = simulator.Fault("", fault)
		return body
	}
	made := types.HostVirtualSwitch{Name: req.VswitchName, Key: "key-vim.host.VirtualSwitch-" + req.VswitchName}
	setSwitch(&made, spec)
	w.info().Vswitch = append(w.info().Vswitch, made)
	body.Res = new(types.AddVirtualSwitchResponse)
	return body
}

// UpdateVirtualSwitch replaces a switch's specification.
func (w *HostNetworkSystem) UpdateVirtualSwitch(req *types.UpdateVirtualSwitch) soap.HasFault {
	body := new(methods.UpdateVirtualSwitchBody)
	have := w.vswitch(req.VswitchName)
	if have == nil {
		body.Fault_ = simulator.Fault("", new(types.NotFound))
		return body
	}
	if fault := w.refuseSwitch(req.VswitchName, req.Spec); fault != nil {
		body.Fault_ = simulator.Fault("", fault)
		return body
	}
	if req.Spec.Mtu == 0 {
		req.Spec.Mtu = have.Mtu
	}
	setSwitch(have, req.Spec)
	body.Res = new(types.UpdateVirtualSwitchResponse)
	return body
}

// RemoveVirtualSwitch refuses a switch that a VMkernel adapter hangs on.
func (w *HostNetworkSystem) RemoveVirtualSwitch(ctx *simulator.Context, req *types.RemoveVirtualSwitch) soap.HasFault {
	body := new(methods.RemoveVirtualSwitchBody)
	have := w.vswitch(req.VswitchName)
	if have == nil {
		body.Fault_ = simulator.Fault("", new(types.NotFound))
		return body
	}
	for _, key := range have.Portgroup {
		if name := portGroupName(key); w.portGroupUsed(ctx, name) {
			body.Fault_ = simulator.Fault("", &types.ResourceInUse{Type: "HostPortGroup", Name: name})
			return body
		}
	}
	for _, key := range slices.Clone(have.Portgroup) {
		w.dropPortGroup(ctx, portGroupName(key))
	}
	w.info().Vswitch = slices.DeleteFunc(w.info().Vswitch, func(each types.HostVirtualSwitch) bool {
		return each.Name == req.VswitchName
	})
	body.Res = new(types.RemoveVirtualSwitchResponse)
	return body
}

func setSwitch(have *types.HostVirtualSwitch, spec types.HostVirtualSwitchSpec) {
	have.Mtu, have.Pnic = spec.Mtu, nil
	have.NumPorts, have.NumPortsAvailable = 2560, 2550
	devices := bridged(spec)
	for _, device := range devices {
		have.Pnic = append(have.Pnic, pnicKey(device))
	}
	policy := defaultPolicy(devices)
	if spec.Policy != nil {
		merge(policy, spec.Policy)
	}
	spec.Policy = policy
	have.Spec = spec
}

func bridged(spec types.HostVirtualSwitchSpec) []string {
	if bond, ok := spec.Bridge.(*types.HostVirtualSwitchBondBridge); ok {
		return bond.NicDevice
	}
	return nil
}

func (w *HostNetworkSystem) refuseSwitch(name string, spec types.HostVirtualSwitchSpec) types.BaseMethodFault {
	if spec.Mtu != 0 && (spec.Mtu < 1280 || spec.Mtu > 9000) {
		return invalid("spec.mtu")
	}
	devices := bridged(spec)
	for _, device := range devices {
		if fault := refusePnic(w.info(), device, name); fault != nil {
			return fault
		}
	}
	if spec.Policy != nil && spec.Policy.NicTeaming != nil && spec.Policy.NicTeaming.NicOrder != nil {
		order := spec.Policy.NicTeaming.NicOrder
		for _, device := range append(slices.Clone(order.ActiveNic), order.StandbyNic...) {
			if !slices.Contains(devices, device) {
				return invalid("spec.policy.nicTeaming.nicOrder")
			}
		}
	}
	return nil
}

// refusePnic: an uplink must exist and belong to no other switch.
func refusePnic(info *types.HostNetworkInfo, device, owner string) types.BaseMethodFault {
	exists := slices.ContainsFunc(info.Pnic, func(nic types.PhysicalNic) bool { return nic.Device == device })
	if !exists {
		return new(types.NotFound)
	}
	for _, each := range info.Vswitch {
		if each.Name != owner && slices.Contains(each.Pnic, pnicKey(device)) {
			return &types.ResourceInUse{Type: "PhysicalNic", Name: device}
		}
	}
	for _, each := range info.ProxySwitch {
		if each.DvsUuid != owner && slices.Contains(each.Pnic, pnicKey(device)) {
			return &types.ResourceInUse{Type: "PhysicalNic", Name: device}
		}
	}
	return nil
}

// UpdateNetworkConfig is not simulated: a change of everything at once must not look as if it had been made.
func (w *HostNetworkSystem) UpdateNetworkConfig(*types.UpdateNetworkConfig) soap.HasFault {
	return &methods.UpdateNetworkConfigBody{Fault_: simulator.Fault("", new(types.NotSupported))}
}

// UpdateDnsConfig sets name, domain and name servers of the host.
func (w *HostNetworkSystem) UpdateDnsConfig(req *types.UpdateDnsConfig) soap.HasFault {
	body, config := new(methods.UpdateDnsConfigBody), req.Config.GetHostDnsConfig()
	if !config.Dhcp && config.HostName == "" {
		body.Fault_ = simulator.Fault("", invalid("config.hostName"))
		return body
	}
	w.info().DnsConfig, w.DnsConfig = config, config
	body.Res = new(types.UpdateDnsConfigResponse)
	return body
}

// UpdateIpRouteConfig sets the default gateway.
func (w *HostNetworkSystem) UpdateIpRouteConfig(req *types.UpdateIpRouteConfig) soap.HasFault {
	config := req.Config.GetHostIpRouteConfig()
	w.info().IpRouteConfig, w.IpRouteConfig = config, config
	return &methods.UpdateIpRouteConfigBody{Res: new(types.UpdateIpRouteConfigResponse)}
}

// RefreshNetworkSystem has nothing to refresh.
func (w *HostNetworkSystem) RefreshNetworkSystem(*types.RefreshNetworkSystem) soap.HasFault {
	return &methods.RefreshNetworkSystemBody{Res: new(types.RefreshNetworkSystemResponse)}
}
