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

// Datastore is one that lies on a LUN or a share.
type Datastore struct {
	*simulator.Datastore
	center *center
}

// RefreshDatastore has nothing to refresh: what is free is counted whenever it is asked for.
func (w *Datastore) RefreshDatastore(ctx *simulator.Context, _ *types.RefreshDatastore) soap.HasFault {
	return &methods.RefreshDatastoreBody{Res: new(types.RefreshDatastoreResponse)}
}

// RefreshDatastoreStorageInfo is the same.
func (w *Datastore) RefreshDatastoreStorageInfo(*types.RefreshDatastoreStorageInfo) soap.HasFault {
	return &methods.RefreshDatastoreStorageInfoBody{Res: new(types.RefreshDatastoreStorageInfoResponse)}
}

// RenameDatastore gives it another name, unless one in the data center has it.
func (w *Datastore) RenameDatastore(ctx *simulator.Context, req *types.RenameDatastore) soap.HasFault {
	body := new(methods.RenameDatastoreBody)
	if fault := w.rename(ctx, req.NewName); fault != nil {
		body.Fault_ = simulator.Fault("", fault)
		return body
	}
	body.Res = new(types.RenameDatastoreResponse)
	return body
}

// RenameTask is the same as a task.
func (w *Datastore) RenameTask(ctx *simulator.Context, req *types.Rename_Task) soap.HasFault {
	ref := task(ctx, w.Datastore, "rename", func() (types.AnyType, types.BaseMethodFault) { return nil, w.rename(ctx, req.NewName) })
	return &methods.Rename_TaskBody{Res: &types.Rename_TaskResponse{Returnval: ref}}
}

func (w *Datastore) rename(ctx *simulator.Context, name string) types.BaseMethodFault {
	if name == "" || len(name) > 42 {
		return invalid("newName")
	}
	for _, ref := range datacenterOf(ctx, w.Datastore).Datastore {
		if other, ok := ctx.Map.Get(ref).(*simulator.Datastore); ok && other.Name == name && ref != w.Self {
			return &types.DuplicateName{Name: name, Object: ref}
		}
	}
	w.Name, w.Summary.Name = name, name
	w.Info.GetDatastoreInfo().Name = name
	if info, ok := w.Info.(*types.VmfsDatastoreInfo); ok {
		info.Vmfs.Name = name
	}
	return nil
}

// DestroyDatastore removes a datastore from every host, and what lies on it.
func (w *Datastore) DestroyDatastore(ctx *simulator.Context, _ *types.DestroyDatastore) soap.HasFault {
	body := new(methods.DestroyDatastoreBody)
	if len(w.Vm) > 0 {
		body.Fault_ = simulator.Fault("", &types.ResourceInUse{Type: "Datastore", Name: w.Name})
		return body
	}
	w.center.dropDatastore(ctx, w.Datastore)
	body.Res = new(types.DestroyDatastoreResponse)
	return body
}

// DestroyTask is the same as a task.
func (w *Datastore) DestroyTask(ctx *simulator.Context, _ *types.Destroy_Task) soap.HasFault {
	ref := task(ctx, w.Datastore, "destroy", func() (types.AnyType, types.BaseMethodFault) {
		if len(w.Vm) > 0 {
			return nil, &types.ResourceInUse{Type: "Datastore", Name: w.Name}
		}
		w.center.dropDatastore(ctx, w.Datastore)
		return nil, nil
	})
	return &methods.Destroy_TaskBody{Res: &types.Destroy_TaskResponse{Returnval: ref}}
}

// RemoveDatastore takes a VMFS datastore away with what lies on it, or one host off a share.
func (w *HostDatastoreSystem) RemoveDatastore(ctx *simulator.Context, req *types.RemoveDatastore) soap.HasFault {
	body := new(methods.RemoveDatastoreBody)
	if fault := w.center.takeOff(ctx, w.host, req.Datastore); fault != nil {
		body.Fault_ = simulator.Fault("", fault)
		return body
	}
	body.Res = new(types.RemoveDatastoreResponse)
	return body
}

func (c *center) takeOff(ctx *simulator.Context, host *simulator.HostSystem, ref types.ManagedObjectReference) types.BaseMethodFault {
	datastore, ok := ctx.Map.Get(ref).(*simulator.Datastore)
	if !ok || simulator.FindReference(host.Datastore, ref) == nil {
		return new(types.NotFound)
	}
	shared := datastore.Summary.Type != "VMFS"
	for _, vm := range datastore.Vm {
		machine, ok := ctx.Map.Get(vm).(*simulator.VirtualMachine)
		if ok && (!shared || (machine.Runtime.Host != nil && *machine.Runtime.Host == host.Self)) {
			return &types.ResourceInUse{Type: "Datastore", Name: datastore.Name}
		}
	}
	if !shared || len(datastore.Host) <= 1 {
		c.dropDatastore(ctx, datastore)
		return nil
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	dropMount(datastore, host.Self)
	unmount(ctx, host, ref)
	return nil
}

func unmount(ctx *simulator.Context, host *simulator.HostSystem, ref types.ManagedObjectReference) {
	simulator.RemoveReference(&host.Datastore, ref)
	if system, ok := ctx.Map.Get(*host.ConfigManager.DatastoreSystem).(*simulator.HostDatastoreSystem); ok {
		simulator.RemoveReference(&system.Datastore, ref)
	}
}

func (c *center) dropDatastore(ctx *simulator.Context, datastore *simulator.Datastore) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	ref := datastore.Self
	datacenter := datacenterOf(ctx, datastore)
	for _, mounted := range datastore.Host {
		if host, ok := ctx.Map.Get(mounted.Key).(*simulator.HostSystem); ok {
			unmount(ctx, host, ref)
			if cluster := clusterOf(ctx, host); cluster != nil {
				simulator.RemoveReference(&cluster.Datastore, ref)
			}
		}
	}
	simulator.RemoveReference(&datacenter.Datastore, ref)
	c.volumes = slices.DeleteFunc(c.volumes, func(each *volume) bool { return each.datastore == datastore })
	removeChild(ctx, datastore)
}

// refreshSpace counts what is free: the capacity without the disks of the machines.
func (c *center) refreshSpace(ctx *simulator.Context) {
	taken := map[types.ManagedObjectReference]int64{}
	for _, entity := range ctx.Map.All("VirtualMachine") {
		machine := entity.(*simulator.VirtualMachine)
		if machine.Config == nil {
			continue
		}
		for _, device := range machine.Config.Hardware.Device {
			virtual, ok := device.(*types.VirtualDisk)
			if !ok {
				continue
			}
			if file, ok := virtual.Backing.(types.BaseVirtualDeviceFileBackingInfo); ok {
				if on := file.GetVirtualDeviceFileBackingInfo().Datastore; on != nil {
					taken[*on] += virtual.CapacityInKB << 10
				}
			}
		}
	}
	full := c.faults.inForce("datastore-full")
	for _, each := range c.volumes {
		free := max(each.capacity-taken[each.datastore.Self], 0)
		if full && c.faults.names("datastore-full", each.datastore.Name) {
			free = 0
		}
		each.datastore.Summary.Capacity, each.datastore.Summary.FreeSpace = each.capacity, free
		each.datastore.Info.GetDatastoreInfo().FreeSpace = free
	}
}
