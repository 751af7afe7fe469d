// Copyright: KubeOps Hybrid contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// datacenterOf is the data center that an entity lies in.
func datacenterOf(ctx *simulator.Context, entity mo.Entity) *simulator.Datacenter {
	for entity != nil {
		if found, ok := entity.(*simulator.Datacenter); ok {
			return found
		}
		parent := entity.Entity().Parent
		if parent == nil {
			return nil
		}
		entity, _ = ctx.Map.Get(*parent).(mo.Entity)
	}
	return nil
}

// clusterOf is the compute resource that a host belongs to.
func clusterOf(ctx *simulator.Context, host *simulator.HostSystem) *mo.ComputeResource {
	switch parent := ctx.Map.Get(*host.Parent).(type) {
	case *simulator.ClusterComputeResource:
		return &parent.ComputeResource
	case *mo.ComputeResource:
		return parent
	}
	return nil
}

func addOnce(refs *[]types.ManagedObjectReference, ref types.ManagedObjectReference) {
	if simulator.FindReference(*refs, ref) == nil {
		*refs = append(*refs, ref)
	}
}

// putChild makes a new entity a child of a folder.
func putChild(ctx *simulator.Context, folder *simulator.Folder, entity mo.Entity) {
	ctx.Map.NewEntity(entity)
	folder.ChildEntity = append(folder.ChildEntity, entity.Reference())
	ctx.Map.PutEntity(&folder.Folder, entity)
}

// joinNetwork lets a host have a standard network: that of its name in the data center, or a new one.
func (c *center) joinNetwork(ctx *simulator.Context, host *simulator.HostSystem, name string) types.BaseMethodFault {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	datacenter := datacenterOf(ctx, host)
	folder := ctx.Map.Get(datacenter.NetworkFolder).(*simulator.Folder)
	found := ctx.Map.FindByName(name, folder.ChildEntity)
	network, standard := found.(*mo.Network)
	if found != nil && !standard {
		return &types.DuplicateName{Name: name, Object: found.Reference()}
	}
	if found == nil {
		network = new(mo.Network)
		network.Name = name
		network.Entity().Name = name
		putChild(ctx, folder, network)
		network.Summary = &types.NetworkSummary{Network: &network.Self, Name: name, Accessible: true}
		addOnce(&datacenter.Network, network.Self)
	}
	addOnce(&network.Host, host.Self)
	addOnce(&host.Network, network.Self)
	if cluster := clusterOf(ctx, host); cluster != nil {
		addOnce(&cluster.Network, network.Self)
	}
	return nil
}

// leaveNetwork: the last host that leaves takes the network with it.
func (c *center) leaveNetwork(ctx *simulator.Context, host *simulator.HostSystem, name string) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	datacenter := datacenterOf(ctx, host)
	folder := ctx.Map.Get(datacenter.NetworkFolder).(*simulator.Folder)
	network, ok := ctx.Map.FindByName(name, folder.ChildEntity).(*mo.Network)
	if !ok {
		return
	}
	simulator.RemoveReference(&network.Host, host.Self)
	simulator.RemoveReference(&host.Network, network.Self)
	if len(network.Host) > 0 || name == "VM Network" {
		return
	}
	if cluster := clusterOf(ctx, host); cluster != nil {
		simulator.RemoveReference(&cluster.Network, network.Self)
	}
	simulator.RemoveReference(&datacenter.Network, network.Self)
	removeChild(ctx, network)
}
