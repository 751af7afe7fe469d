// Copyright: KubeOps Hybrid contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"slices"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

// changeMembers lets hosts join, change their uplinks, and leave: all of them or none.
func (c *center) changeMembers(ctx *simulator.Context, inner *simulator.DistributedVirtualSwitch, specs []types.DistributedVirtualSwitchHostMemberConfigSpec) types.BaseMethodFault {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for _, spec := range specs {
		if fault := refuseMember(ctx, inner, spec); fault != nil {
			return fault
		}
	}
	for _, spec := range specs {
		switch spec.Operation {
		case string(types.ConfigSpecOperationRemove):
			leaveSwitch(ctx, inner, spec.Host)
		default:
			joinSwitch(ctx, inner, spec)
		}
	}
	listUplinks(ctx, inner)
	return nil
}

func refuseMember(ctx *simulator.Context, inner *simulator.DistributedVirtualSwitch, spec types.DistributedVirtualSwitchHostMemberConfigSpec) types.BaseMethodFault {
	host, ok := ctx.Map.Get(spec.Host).(*simulator.HostSystem)
	member := simulator.FindReference(inner.Summary.HostMember, spec.Host) != nil
	switch operation := types.ConfigSpecOperation(spec.Operation); {
	case !ok:
		return &types.ManagedObjectNotFound{Obj: spec.Host}
	case host.Runtime.ConnectionState != types.HostSystemConnectionStateConnected:
		return new(types.HostNotConnected)
	case operation == types.ConfigSpecOperationAdd && member:
		return &types.AlreadyExists{Name: host.Name}
	case operation != types.ConfigSpecOperationAdd && !member:
		return new(types.NotFound)
	case operation == types.ConfigSpecOperationRemove && connected(ctx, inner, spec.Host, ""):
		return &types.ResourceInUse{Type: inner.Self.Type, Name: inner.Name}
	case operation == types.ConfigSpecOperationRemove:
		return nil
	}
	if fault := refusePlaces(inner, spec.Host, spec.Backing); fault != nil {
		return fault
	}
	for _, device := range uplinks(spec.Backing) {
		if fault := refusePnic(host.Config.Network, device, inner.Uuid); fault != nil {
			return fault
		}
	}
	return nil
}

func uplinks(backing types.BaseDistributedVirtualSwitchHostMemberBacking) []string {
	var devices []string
	if pnics, ok := backing.(*types.DistributedVirtualSwitchHostMemberPnicBacking); ok {
		for _, spec := range pnics.PnicSpec {
			devices = append(devices, spec.PnicDevice)
		}
	}
	return devices
}

// joinSwitch makes a host a member, or gives a member other uplinks.
func joinSwitch(ctx *simulator.Context, inner *simulator.DistributedVirtualSwitch, spec types.DistributedVirtualSwitchHostMemberConfigSpec) {
	host, config := ctx.Map.Get(spec.Host).(*simulator.HostSystem), inner.Config.(*types.VMwareDVSConfigInfo)
	if spec.Backing == nil {
		spec.Backing = &types.DistributedVirtualSwitchHostMemberPnicBacking{}
	}
	placeUplinks(inner, spec.Host, spec.Backing)
	proxy := types.HostProxySwitch{
		DvsUuid: inner.Uuid, DvsName: inner.Name, Key: "key-vim.host.HostProxySwitch-" + inner.Name, NumPorts: 2560,
		NumPortsAvailable: 2550, Mtu: config.MaxMtu, Spec: types.HostProxySwitchSpec{Backing: spec.Backing},
	}
	for _, device := range uplinks(spec.Backing) {
		proxy.Pnic = append(proxy.Pnic, pnicKey(device))
	}
	network := host.Config.Network
	network.ProxySwitch = append(withoutProxy(network.ProxySwitch, inner.Uuid), proxy)
	maximum := spec.MaxProxySwitchPorts
	if maximum == 0 {
		maximum = 512
	}
	ref := host.Self
	config.Host = append(withoutMember(config.Host, ref), types.DistributedVirtualSwitchHostMember{
		Status: "up", ProductInfo: &config.ProductInfo,
		Config: types.DistributedVirtualSwitchHostMemberConfigInfo{Host: &ref, MaxProxySwitchPorts: maximum, Backing: spec.Backing},
	})
	addOnce(&inner.Summary.HostMember, ref)
	inner.Summary.NumHosts = int32(len(inner.Summary.HostMember))
	cluster := clusterOf(ctx, host)
	for _, group := range inner.Portgroup {
		if found, ok := ctx.Map.Get(group).(*simulator.DistributedVirtualPortgroup); ok {
			addOnce(&found.Host, ref)
		}
		addOnce(&host.Network, group)
		if cluster != nil {
			addOnce(&cluster.Network, group)
		}
	}
}

func leaveSwitch(ctx *simulator.Context, inner *simulator.DistributedVirtualSwitch, ref types.ManagedObjectReference) {
	if host, ok := ctx.Map.Get(ref).(*simulator.HostSystem); ok {
		host.Config.Network.ProxySwitch = withoutProxy(host.Config.Network.ProxySwitch, inner.Uuid)
		for _, group := range inner.Portgroup {
			simulator.RemoveReference(&host.Network, group)
		}
	}
	for _, group := range inner.Portgroup {
		if found, ok := ctx.Map.Get(group).(*simulator.DistributedVirtualPortgroup); ok {
			simulator.RemoveReference(&found.Host, ref)
		}
	}
	dropMember(inner, ref)
}

func dropMember(inner *simulator.DistributedVirtualSwitch, ref types.ManagedObjectReference) {
	simulator.RemoveReference(&inner.Summary.HostMember, ref)
	inner.Summary.NumHosts = int32(len(inner.Summary.HostMember))
	config := inner.Config.GetDVSConfigInfo()
	config.Host = withoutMember(config.Host, ref)
}

func withoutProxy(have []types.HostProxySwitch, id string) []types.HostProxySwitch {
	return slices.DeleteFunc(slices.Clone(have), func(each types.HostProxySwitch) bool { return each.DvsUuid == id })
}

func withoutMember(have []types.DistributedVirtualSwitchHostMember, ref types.ManagedObjectReference) []types.DistributedVirtualSwitchHostMember {
	return slices.DeleteFunc(slices.Clone(have), func(each types.DistributedVirtualSwitchHostMember) bool { return *each.Config.Host == ref })
}

// connected: a VMkernel adapter or a machine of the host is on the switch, or on that port group of it.
func connected(ctx *simulator.Context, inner *simulator.DistributedVirtualSwitch, member types.ManagedObjectReference, group string) bool {
	host, ok := ctx.Map.Get(member).(*simulator.HostSystem)
	if !ok {
		return false
	}
	for _, nic := range host.Config.Network.Vnic {
		port := nic.Spec.DistributedVirtualPort
		if port != nil && port.SwitchUuid == inner.Uuid && (group == "" || port.PortgroupKey == group) {
			return true
		}
	}
	for _, ref := range host.Vm {
		machine, ok := ctx.Map.Get(ref).(*simulator.VirtualMachine)
		if !ok {
			continue
		}
		for _, network := range machine.Network {
			if group == network.Value || (group == "" && simulator.FindReference(inner.Portgroup, network) != nil) {
				return true
			}
		}
	}
	return false
}
