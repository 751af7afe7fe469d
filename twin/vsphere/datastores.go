// Copyright: KubeOps Hybrid contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"os"
	"path/filepath"
	"slices"

	"github.com/google/uuid"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// HostDatastoreSystem makes datastores on LUNs and shares.
type HostDatastoreSystem struct {
	*simulator.HostDatastoreSystem
	host   *simulator.HostSystem
	center *center
}

// volume is a datastore as it lies on its device, whatever hosts see it.
type volume struct {
	datastore *simulator.Datastore
	lun       string // canonical name, empty for a share
	share     string // server:path, empty for a LUN
	capacity  int64
}

func (c *center) volumeOn(lun string) *volume {
	for _, each := range c.volumes {
		if each.lun == lun {
			return each
		}
	}
	return nil
}

// QueryAvailableDisksForVmfs answers the LUNs of the host that carry nothing yet.
func (w *HostDatastoreSystem) QueryAvailableDisksForVmfs(*types.QueryAvailableDisksForVmfs) soap.HasFault {
	w.center.mutex.Lock()
	defer w.center.mutex.Unlock()
	var free []types.HostScsiDisk
	for _, lun := range w.host.Config.StorageDevice.ScsiLun {
		if found, ok := lun.(*types.HostScsiDisk); ok && w.center.volumeOn(found.CanonicalName) == nil {
			free = append(free, *found)
		}
	}
	return &methods.QueryAvailableDisksForVmfsBody{Res: &types.QueryAvailableDisksForVmfsResponse{Returnval: free}}
}

func (w *HostDatastoreSystem) find(path string) *types.HostScsiDisk {
	for _, lun := range w.host.Config.StorageDevice.ScsiLun {
		if found, ok := lun.(*types.HostScsiDisk); ok && (found.DevicePath == path || found.CanonicalName == path) {
			return found
		}
	}
	return nil
}

// QueryVmfsDatastoreCreateOptions answers the one way there is: VMFS over all of the LUN.
func (w *HostDatastoreSystem) QueryVmfsDatastoreCreateOptions(req *types.QueryVmfsDatastoreCreateOptions) soap.HasFault {
	body := new(methods.QueryVmfsDatastoreCreateOptionsBody)
	found := w.find(req.DevicePath)
	if found == nil {
		body.Fault_ = simulator.Fault("", new(types.NotFound))
		return body
	}
	major := req.VmfsMajorVersion
	if major == 0 {
		major = 6
	}
	first := types.HostDiskDimensionsLba{BlockSize: sector, Block: 2048}
	last := types.HostDiskDimensionsLba{BlockSize: sector, Block: found.Capacity.Block - 34}
	extent := types.HostDiskPartitionBlockRange{Partition: 1, Type: "vmfs", Start: first, End: last}
	base := types.VmfsDatastoreBaseOption{
		Layout: types.HostDiskPartitionLayout{Total: &found.Capacity, Partition: []types.HostDiskPartitionBlockRange{extent}},
	}
	option := types.VmfsDatastoreOption{
		Info: &types.VmfsDatastoreAllExtentOption{
			VmfsDatastoreSingleExtentOption: types.VmfsDatastoreSingleExtentOption{VmfsDatastoreBaseOption: base, VmfsExtent: extent},
		},
		Spec: &types.VmfsDatastoreCreateSpec{
			VmfsDatastoreSpec: types.VmfsDatastoreSpec{DiskUuid: found.Uuid},
			Partition: types.HostDiskPartitionSpec{PartitionFormat: "gpt", TotalSectors: found.Capacity.Block,
				Partition: []types.HostDiskPartitionAttributes{{Partition: 1, StartSector: 2048, EndSector: last.Block, Type: "vmfs"}}},
			Vmfs: types.HostVmfsSpec{
				Extent: types.HostScsiDiskPartition{DiskName: found.CanonicalName, Partition: 1}, MajorVersion: major, BlockSizeMb: 1,
			},
		},
	}
	body.Res = &types.QueryVmfsDatastoreCreateOptionsResponse{Returnval: []types.VmfsDatastoreOption{option}}
	return body
}

// CreateVmfsDatastore makes a datastore; every host of the data center that sees the LUN has it then.
func (w *HostDatastoreSystem) CreateVmfsDatastore(ctx *simulator.Context, req *types.CreateVmfsDatastore) soap.HasFault {
	body, spec := new(methods.CreateVmfsDatastoreBody), req.Spec
	w.center.mutex.Lock()
	defer w.center.mutex.Unlock()
	found := w.find(spec.Vmfs.Extent.DiskName)
	if fault := w.refuseVmfs(ctx, spec, found); fault != nil {
		body.Fault_ = simulator.Fault("", fault)
		return body
	}
	major := max(spec.Vmfs.MajorVersion, 5)
	volumeInfo := &types.HostVmfsVolume{
		HostFileSystemVolume: types.HostFileSystemVolume{Type: "VMFS", Name: spec.Vmfs.VolumeName, Capacity: bytesOf(found)},
		BlockSizeMb:          1, MajorVersion: major, Version: map[bool]string{true: "6.82", false: "5.81"}[major == 6],
		Uuid: uuid.NewString(), Extent: []types.HostScsiDiskPartition{{DiskName: found.CanonicalName, Partition: 1}},
		Ssd: found.Ssd, Local: found.LocalDisk,
	}
	made := &volume{datastore: new(simulator.Datastore), lun: found.CanonicalName, capacity: bytesOf(found)}
	made.datastore.Info = &types.VmfsDatastoreInfo{MaxVirtualRDMFileSize: 64 << 40, Vmfs: volumeInfo}
	if err := w.center.makeDatastore(ctx, w.host, made, spec.Vmfs.VolumeName, "VMFS"); err != nil {
		body.Fault_ = simulator.Fault(err.Error(), new(types.HostConfigFault))
		return body
	}
	for _, entity := range ctx.Map.All("HostSystem") {
		host := entity.(*simulator.HostSystem)
		if sees(host, made.lun) && datacenterOf(ctx, host) == datacenterOf(ctx, w.host) {
			mount(ctx, host, made, "")
		}
	}
	body.Res = &types.CreateVmfsDatastoreResponse{Returnval: made.datastore.Self}
	return body
}

func bytesOf(found *types.HostScsiDisk) int64 {
	return found.Capacity.Block * int64(found.Capacity.BlockSize)
}

func (w *HostDatastoreSystem) refuseVmfs(ctx *simulator.Context, spec types.VmfsDatastoreCreateSpec, found *types.HostScsiDisk) types.BaseMethodFault {
	name := spec.Vmfs.VolumeName
	switch {
	case found == nil:
		return new(types.NotFound)
	case name == "" || len(name) > 42:
		return invalid("spec.vmfs.volumeName")
	case w.center.volumeOn(found.CanonicalName) != nil:
		return &types.ResourceInUse{Type: "HostScsiDisk", Name: found.CanonicalName}
	}
	return w.center.refuseName(ctx, w.host, name)
}

func (c *center) refuseName(ctx *simulator.Context, host *simulator.HostSystem, name string) types.BaseMethodFault {
	for _, ref := range datacenterOf(ctx, host).Datastore {
		if other, ok := ctx.Map.Get(ref).(*simulator.Datastore); ok && other.Name == name {
			return &types.DuplicateName{Name: name, Object: ref}
		}
	}
	return nil
}

func sees(host *simulator.HostSystem, lun string) bool {
	return host.Config.StorageDevice != nil && slices.ContainsFunc(host.Config.StorageDevice.ScsiLun, func(each types.BaseScsiLun) bool {
		return each.GetScsiLun().CanonicalName == lun
	})
}

// makeDatastore puts a datastore into the inventory; a directory stands for what lies on it.
func (c *center) makeDatastore(ctx *simulator.Context, host *simulator.HostSystem, made *volume, name, kind string) error {
	url := filepath.Join(c.settings.Scratch, uuid.NewString())
	if err := os.MkdirAll(url, 0o700); err != nil {
		return err
	}
	datastore, datacenter := made.datastore, datacenterOf(ctx, host)
	datastore.Name = name
	info := datastore.Info.GetDatastoreInfo()
	info.Name, info.Url = name, url
	info.MaxFileSize, info.MaxVirtualDiskCapacity = 62<<40, 62<<40
	putChild(ctx, ctx.Map.Get(datacenter.DatastoreFolder).(*simulator.Folder), datastore)
	addOnce(&datacenter.Datastore, datastore.Self)
	datastore.Summary = types.DatastoreSummary{
		Datastore: &datastore.Self, Name: name, Url: url, Capacity: made.capacity, FreeSpace: made.capacity, Accessible: true,
		MultipleHostAccess: types.NewBool(false), Type: kind, MaintenanceMode: "normal",
	}
	datastore.Capability = types.DatastoreCapability{
		DirectoryHierarchySupported: true, RawDiskMappingsSupported: kind == "VMFS", PerFileThinProvisioningSupported: true,
		StorageIORMSupported: true, TopLevelDirectoryCreateSupported: types.NewBool(true),
	}
	browser := new(simulator.HostDatastoreBrowser)
	browser.Datastore = []types.ManagedObjectReference{datastore.Self}
	datastore.Browser = ctx.Map.Put(browser).Reference()
	c.volumes = append(c.volumes, made)
	return nil
}

// mount lets a host see a datastore.
func mount(ctx *simulator.Context, host *simulator.HostSystem, of *volume, mode string) {
	datastore := of.datastore
	dropMount(datastore, host.Self)
	info := types.HostMountInfo{
		Path: datastore.Info.GetDatastoreInfo().Url, AccessMode: orElse(mode, "readWrite"), Mounted: types.NewBool(true),
		Accessible: types.NewBool(true),
	}
	datastore.Host = append(datastore.Host, types.DatastoreHostMount{Key: host.Self, MountInfo: info})
	datastore.Summary.MultipleHostAccess = types.NewBool(len(datastore.Host) > 1)
	addOnce(&host.Datastore, datastore.Self)
	if system, ok := ctx.Map.Get(*host.ConfigManager.DatastoreSystem).(*simulator.HostDatastoreSystem); ok {
		addOnce(&system.Datastore, datastore.Self)
	}
	if cluster := clusterOf(ctx, host); cluster != nil {
		addOnce(&cluster.Datastore, datastore.Self)
	}
}
