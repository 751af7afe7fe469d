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

// HostStorageSystem mounts and unmounts VMFS volumes that the host sees.
type HostStorageSystem struct {
	*simulator.HostStorageSystem
	host   *simulator.HostSystem
	center *center
}

// UnmountVmfsVolume lets the host do without a volume; it goes on seeing it.
func (w *HostStorageSystem) UnmountVmfsVolume(ctx *simulator.Context, req *types.UnmountVmfsVolume) soap.HasFault {
	body := new(methods.UnmountVmfsVolumeBody)
	if fault := w.setMounted(ctx, req.VmfsUuid, false); fault != nil {
		body.Fault_ = simulator.Fault("", fault)
		return body
	}
	body.Res = new(types.UnmountVmfsVolumeResponse)
	return body
}

// MountVmfsVolume is its opposite.
func (w *HostStorageSystem) MountVmfsVolume(ctx *simulator.Context, req *types.MountVmfsVolume) soap.HasFault {
	body := new(methods.MountVmfsVolumeBody)
	if fault := w.setMounted(ctx, req.VmfsUuid, true); fault != nil {
		body.Fault_ = simulator.Fault("", fault)
		return body
	}
	body.Res = new(types.MountVmfsVolumeResponse)
	return body
}

// setMounted refuses what is so already, and to unmount what a machine of the host lies on.
func (w *HostStorageSystem) setMounted(ctx *simulator.Context, uuid string, mounted bool) types.BaseMethodFault {
	w.center.mutex.Lock()
	defer w.center.mutex.Unlock()
	for _, each := range w.center.volumes {
		info, ok := each.datastore.Info.(*types.VmfsDatastoreInfo)
		if !ok || info.Vmfs.Uuid != uuid {
			continue
		}
		mount := mountOf(each.datastore, w.host.Self)
		switch {
		case mount == nil:
			return new(types.NotFound)
		case yes(mount.Mounted) == mounted:
			return new(types.InvalidState)
		case !mounted && w.uses(ctx, each.datastore):
			return &types.ResourceInUse{Type: "Datastore", Name: each.datastore.Name}
		}
		mount.Mounted, mount.Accessible = types.NewBool(mounted), types.NewBool(mounted)
		if mounted {
			addOnce(&w.host.Datastore, each.datastore.Self)
		} else {
			unmount(ctx, w.host, each.datastore.Self)
		}
		return nil
	}
	return new(types.NotFound)
}

func (w *HostStorageSystem) uses(ctx *simulator.Context, datastore *simulator.Datastore) bool {
	for _, ref := range datastore.Vm {
		machine, ok := ctx.Map.Get(ref).(*simulator.VirtualMachine)
		if ok && machine.Runtime.Host != nil && *machine.Runtime.Host == w.host.Self {
			return true
		}
	}
	return false
}

func mountOf(datastore *simulator.Datastore, host types.ManagedObjectReference) *types.HostMountInfo {
	for i := range datastore.Host {
		if datastore.Host[i].Key == host {
			return &datastore.Host[i].MountInfo
		}
	}
	return nil
}
