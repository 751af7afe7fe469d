// Copyright: KubeOps Hybrid contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"slices"
	"strings"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

const portGroupPrefix = "key-vim.host.PortGroup-"

func portGroupName(key string) string { return strings.TrimPrefix(key, portGroupPrefix) }

// addPortGroup puts a port group on a switch that is there.
func addPortGroup(info *types.HostNetworkInfo, spec types.HostPortGroupSpec) {
	made := types.HostPortGroup{
		Key: portGroupPrefix + spec.Name, Vswitch: "key-vim.host.VirtualSwitch-" + spec.VswitchName, Spec: spec,
	}
	for i := range info.Vswitch {
		if info.Vswitch[i].Name == spec.VswitchName {
			info.Vswitch[i].Portgroup = append(info.Vswitch[i].Portgroup, made.Key)
			computePolicy(&made, &info.Vswitch[i])
		}
	}
	info.Portgroup = append(info.Portgroup, made)
}

// computePolicy is the switch's policy with what the port group sets over it.
func computePolicy(group *types.HostPortGroup, on *types.HostVirtualSwitch) {
	computed := *defaultPolicy(nil)
	if on.Spec.Policy != nil {
		merge(&computed, on.Spec.Policy)
	}
	merge(&computed, &group.Spec.Policy)
	group.ComputedPolicy = computed
}

func (w *HostNetworkSystem) portGroup(name string) *types.HostPortGroup {
	for i := range w.info().Portgroup {
		if w.info().Portgroup[i].Spec.Name == name {
			return &w.info().Portgroup[i]
		}
	}
	return nil
}

func (w *HostNetworkSystem) refuseGroup(spec types.HostPortGroupSpec) types.BaseMethodFault {
	switch {
	case spec.Name == "" || len(spec.Name) > 80:
		return invalid("portgrp.name")
	case spec.VlanId < 0 || spec.VlanId > 4095:
		return invalid("portgrp.vlanId")
	case w.vswitch(spec.VswitchName) == nil:
		return new(types.NotFound)
	}
	return nil
}

// AddPortGroup makes a port group. Hosts that have one of the same name share its network.
func (w *HostNetworkSystem) AddPortGroup(ctx *simulator.Context, req *types.AddPortGroup) soap.HasFault {
	body := new(methods.AddPortGroupBody)
	fault := w.refuseGroup(req.Portgrp)
	if fault == nil && w.portGroup(req.Portgrp.Name) != nil {
		fault = &types.AlreadyExists{Name: req.Portgrp.Name}
	}
	if fault == nil {
		fault = w.center.joinNetwork(ctx, w.host, req.Portgrp.Name)
	}
	if fault != nil {
		body.Fault_ = simulator.Fault("", fault)
		return body
	}
	addPortGroup(w.info(), req.Portgrp)
	body.Res = new(types.AddPortGroupResponse)
	return body
}

// UpdatePortGroup replaces a port group's specification, its name too.
func (w *HostNetworkSystem) UpdatePortGroup(ctx *simulator.Context, req *types.UpdatePortGroup) soap.HasFault {
	body := new(methods.UpdatePortGroupBody)
	have := w.portGroup(req.PgName)
	if have == nil {
		body.Fault_ = simulator.Fault("", new(types.NotFound))
		return body
	}
	fault := w.refuseGroup(req.Portgrp)
	renamed := req.Portgrp.Name != req.PgName
	if fault == nil && renamed && w.portGroup(req.Portgrp.Name) != nil {
		fault = &types.AlreadyExists{Name: req.Portgrp.Name}
	}
	if fault == nil && renamed && w.portGroupUsed(ctx, req.PgName) {
		fault = &types.ResourceInUse{Type: "HostPortGroup", Name: req.PgName}
	}
	if fault != nil {
		body.Fault_ = simulator.Fault("", fault)
		return body
	}
	if renamed || have.Spec.VswitchName != req.Portgrp.VswitchName {
		w.dropPortGroup(ctx, req.PgName)
		_ = w.center.joinNetwork(ctx, w.host, req.Portgrp.Name)
		addPortGroup(w.info(), req.Portgrp)
	} else {
		have.Spec = req.Portgrp
		computePolicy(have, w.vswitch(req.Portgrp.VswitchName))
	}
	body.Res = new(types.UpdatePortGroupResponse)
	return body
}

// RemovePortGroup refuses one that is in use.
func (w *HostNetworkSystem) RemovePortGroup(ctx *simulator.Context, req *types.RemovePortGroup) soap.HasFault {
	body := new(methods.RemovePortGroupBody)
	switch {
	case w.portGroup(req.PgName) == nil:
		body.Fault_ = simulator.Fault("", new(types.NotFound))
	case w.portGroupUsed(ctx, req.PgName):
		body.Fault_ = simulator.Fault("", &types.ResourceInUse{Type: "HostPortGroup", Name: req.PgName})
	default:
		w.dropPortGroup(ctx, req.PgName)
		body.Res = new(types.RemovePortGroupResponse)
	}
	return body
}

// portGroupUsed: a VMkernel adapter or a machine of this host is on it.
func (w *HostNetworkSystem) portGroupUsed(ctx *simulator.Context, name string) bool {
	for _, nic := range w.info().Vnic {
		if nic.Portgroup == name {
			return true
		}
	}
	for _, ref := range w.host.Vm {
		machine, ok := ctx.Map.Get(ref).(*simulator.VirtualMachine)
		if !ok {
			continue
		}
		for _, network := range machine.Network {
			if shared, ok := ctx.Map.Get(network).(*mo.Network); ok && shared.Name == name {
				return true
			}
		}
	}
	return false
}

func (w *HostNetworkSystem) dropPortGroup(ctx *simulator.Context, name string) {
	info, key := w.info(), portGroupPrefix+name
	info.Portgroup = slices.DeleteFunc(info.Portgroup, func(each types.HostPortGroup) bool { return each.Key == key })
	for i := range info.Vswitch {
		info.Vswitch[i].Portgroup = slices.DeleteFunc(info.Vswitch[i].Portgroup, func(each string) bool { return each == key })
	}
	w.center.leaveNetwork(ctx, w.host, name)
}
