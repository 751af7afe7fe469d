// Copyright: KubeOps Hybrid contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"slices"
	"strconv"
	"strings"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

const uplinkMark = "-DVUplinks-"

// uplinksPerHost is the room that a host's ports have between the keys of two hosts.
const uplinksPerHost = 32

// FetchDVPorts answers the ports that the criteria choose.
func (w *DistributedVirtualSwitch) FetchDVPorts(ctx *simulator.Context, req *types.FetchDVPorts) soap.HasFault {
	inner, criteria := w.DistributedVirtualSwitch, req.Criteria
	if criteria == nil {
		criteria = new(types.DistributedVirtualSwitchPortCriteria)
	}
	ports := append(uplinkPorts(ctx, inner), usedPorts(ctx, inner)...)
	chosen := slices.DeleteFunc(ports, func(port types.DistributedVirtualPort) bool { return !chosen(criteria, port) })
	return &methods.FetchDVPortsBody{Res: &types.FetchDVPortsResponse{Returnval: chosen}}
}

func chosen(criteria *types.DistributedVirtualSwitchPortCriteria, port types.DistributedVirtualPort) bool {
	isUplink := port.Config.Name != ""
	switch {
	case criteria.UplinkPort != nil && *criteria.UplinkPort != isUplink,
		criteria.Connected != nil && *criteria.Connected != (port.Connectee != nil),
		len(criteria.Host) > 0 && !slices.Contains(criteria.Host, *port.ProxyHost),
		len(criteria.PortKey) > 0 && !slices.Contains(criteria.PortKey, port.Key):
		return false
	}
	if len(criteria.PortgroupKey) == 0 {
		return true
	}
	inside := criteria.Inside == nil || *criteria.Inside
	return slices.Contains(criteria.PortgroupKey, port.PortgroupKey) == inside
}

func uplinkNames(inner *simulator.DistributedVirtualSwitch) []string {
	policy, _ := inner.Config.GetDVSConfigInfo().UplinkPortPolicy.(*types.DVSNameArrayUplinkPortPolicy)
	if policy == nil {
		return nil
	}
	return policy.UplinkPortName
}

// uplinkKey is the key of a host's port for its uplink of that place.
func uplinkKey(host types.ManagedObjectReference, place int) string {
	number, _ := strconv.Atoi(host.Value[strings.LastIndex(host.Value, "-")+1:])
	return strconv.Itoa(number*uplinksPerHost + place)
}

// uplinkPorts: every host has one for every uplink of the switch.
func uplinkPorts(ctx *simulator.Context, inner *simulator.DistributedVirtualSwitch) []types.DistributedVirtualPort {
	var ports []types.DistributedVirtualPort
	group := ""
	if found := uplinkGroup(ctx, inner); found != nil {
		group = found.Key
	}
	for _, member := range inner.Config.GetDVSConfigInfo().Host {
		host := *member.Config.Host
		for place, name := range uplinkNames(inner) {
			port := types.DistributedVirtualPort{
				Key: uplinkKey(host, place), DvsUuid: inner.Uuid, PortgroupKey: group, ProxyHost: &host,
				Config: types.DVPortConfigInfo{Name: name},
			}
			for _, spec := range pnicSpecs(member.Config.Backing) {
				if spec.UplinkPortKey == port.Key {
					port.Connectee = &types.DistributedVirtualSwitchPortConnectee{ConnectedEntity: &host, NicKey: spec.PnicDevice, Type: "pnic"}
				}
			}
			ports = append(ports, port)
		}
	}
	return ports
}

// usedPorts are those of VMkernel adapters and machines.
func usedPorts(ctx *simulator.Context, inner *simulator.DistributedVirtualSwitch) []types.DistributedVirtualPort {
	var ports []types.DistributedVirtualPort
	add := func(host, entity types.ManagedObjectReference, group, nic, kind string) {
		ports = append(ports, types.DistributedVirtualPort{
			Key: strconv.Itoa(1<<20 + len(ports)), DvsUuid: inner.Uuid, PortgroupKey: group, ProxyHost: &host,
			Connectee: &types.DistributedVirtualSwitchPortConnectee{ConnectedEntity: &entity, NicKey: nic, Type: kind},
		})
	}
	for _, ref := range inner.Summary.HostMember {
		host, ok := ctx.Map.Get(ref).(*simulator.HostSystem)
		if !ok {
			continue
		}
		for _, nic := range host.Config.Network.Vnic {
			if port := nic.Spec.DistributedVirtualPort; port != nil && port.SwitchUuid == inner.Uuid {
				add(ref, ref, port.PortgroupKey, nic.Device, "hostVmkVnic")
			}
		}
		for _, each := range host.Vm {
			machine, ok := ctx.Map.Get(each).(*simulator.VirtualMachine)
			if !ok {
				continue
			}
			for _, network := range machine.Network {
				if simulator.FindReference(inner.Portgroup, network) != nil {
					add(ref, each, network.Value, "4000", "vmVnic")
				}
			}
		}
	}
	return ports
}

func pnicSpecs(backing types.BaseDistributedVirtualSwitchHostMemberBacking) []types.DistributedVirtualSwitchHostMemberPnicSpec {
	if pnics, ok := backing.(*types.DistributedVirtualSwitchHostMemberPnicBacking); ok {
		return pnics.PnicSpec
	}
	return nil
}

// placeUplinks gives adapters without a port the first free ones, in order.
func placeUplinks(inner *simulator.DistributedVirtualSwitch, host types.ManagedObjectReference, backing types.BaseDistributedVirtualSwitchHostMemberBacking) {
	specs, taken := pnicSpecs(backing), map[string]bool{}
	for _, spec := range specs {
		taken[spec.UplinkPortKey] = true
	}
	for i := range specs {
		for place := range uplinkNames(inner) {
			if key := uplinkKey(host, place); specs[i].UplinkPortKey == "" && !taken[key] {
				specs[i].UplinkPortKey, taken[key] = key, true
			}
		}
	}
}

// refusePlaces: a port for an uplink is one of the host's own, and holds one adapter.
func refusePlaces(inner *simulator.DistributedVirtualSwitch, host types.ManagedObjectReference, backing types.BaseDistributedVirtualSwitchHostMemberBacking) types.BaseMethodFault {
	own, seen := map[string]bool{"": true}, map[string]bool{}
	for place := range uplinkNames(inner) {
		own[uplinkKey(host, place)] = true
	}
	specs := pnicSpecs(backing)
	if len(specs) > len(uplinkNames(inner)) {
		return invalid("spec.host.backing.pnicSpec")
	}
	for _, spec := range specs {
		key := spec.UplinkPortKey
		if !own[key] || (key != "" && seen[key]) {
			return invalid("spec.host.backing.pnicSpec.uplinkPortKey")
		}
		seen[key] = true
	}
	return nil
}

func uplinkGroup(ctx *simulator.Context, inner *simulator.DistributedVirtualSwitch) *simulator.DistributedVirtualPortgroup {
	for _, ref := range inner.Portgroup {
		group, ok := ctx.Map.Get(ref).(*simulator.DistributedVirtualPortgroup)
		if ok && strings.Contains(group.Name, uplinkMark) {
			return group
		}
	}
	return nil
}

// markUplinks: vCenter tells the group for uplinks from all others.
func markUplinks(ctx *simulator.Context, inner *simulator.DistributedVirtualSwitch) {
	if group := uplinkGroup(ctx, inner); group != nil {
		group.Config.Uplink = types.NewBool(true)
		inner.Config.GetDVSConfigInfo().UplinkPortgroup = []types.ManagedObjectReference{group.Self}
	}
}

// listUplinks: the group for uplinks names its ports, which come and go with hosts.
func listUplinks(ctx *simulator.Context, inner *simulator.DistributedVirtualSwitch) {
	group := uplinkGroup(ctx, inner)
	if group == nil {
		return
	}
	keys := []string{}
	for _, port := range uplinkPorts(ctx, inner) {
		keys = append(keys, port.Key)
	}
	group.PortKeys = keys
}

// PerformDvsProductSpecOperationTask raises the version of a switch.
func (w *DistributedVirtualSwitch) PerformDvsProductSpecOperationTask(ctx *simulator.Context, req *types.PerformDvsProductSpecOperation_Task) soap.HasFault {
	inner := w.DistributedVirtualSwitch
	ref := task(ctx, inner, "performProductSpecOperation", func() (types.AnyType, types.BaseMethodFault) {
		config := inner.Config.GetDVSConfigInfo()
		if req.Operation != "upgrade" || req.ProductSpec == nil || req.ProductSpec.Version == "" {
			return nil, invalid("operation")
		}
		if req.ProductSpec.Version < config.ProductInfo.Version {
			return nil, new(types.NotSupported)
		}
		config.ProductInfo.Version = req.ProductSpec.Version
		config.ConfigVersion = nextVersion(config.ConfigVersion)
		return nil, nil
	})
	return &methods.PerformDvsProductSpecOperation_TaskBody{Res: &types.PerformDvsProductSpecOperation_TaskResponse{Returnval: ref}}
}
