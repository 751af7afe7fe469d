// Copyright: KubeOps Hybrid contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

const sector = 512

// shapeStorage gives a host its LUNs and no datastore.
func (k *knownHost) shapeStorage(ctx *simulator.Context, host *simulator.HostSystem) {
	device := new(types.HostStorageDeviceInfo)
	device.HostBusAdapter = []types.BaseHostHostBusAdapter{
		&types.HostInternetScsiHba{
			HostHostBusAdapter: types.HostHostBusAdapter{
				Key: "key-vim.host.InternetScsiHba-vmhba64", Device: "vmhba64", Status: "online", Model: "iSCSI Software Adapter",
				Driver: "iscsi_vmk",
			},
			IsSoftwareBased: true, IScsiName: "iqn.1998-01.com.vmware:" + k.Name,
		},
	}
	for _, each := range k.Disks {
		device.ScsiLun = append(device.ScsiLun, each.lun())
	}
	host.Config.StorageDevice = device
	host.Config.FileSystemVolume = &types.HostFileSystemVolumeInfo{VolumeTypeList: []string{"VMFS", "NFS", "NFS41", "vsan"}}
	storage := ctx.Map.Get(*host.ConfigManager.StorageSystem).(*simulator.HostStorageSystem)
	storage.StorageDeviceInfo = device
	storage.HBA = device.HostBusAdapter
	storage.FileSystemVolumeInfo = *host.Config.FileSystemVolume
	host.Datastore = nil
}

func (d disk) path() string { return "/vmfs/devices/disks/" + d.Name }

func (d disk) bytes() int64 { return d.CapacityGiB * gib }

func (d disk) lun() *types.HostScsiDisk {
	return &types.HostScsiDisk{
		ScsiLun: types.ScsiLun{
			HostDevice: types.HostDevice{DeviceName: d.path(), DeviceType: "disk"},
			Key:        "key-vim.host.ScsiDisk-" + d.Name, Uuid: d.Name, CanonicalName: d.Name, LunType: "disk",
			DisplayName: "Disk (" + d.Name + ")", Vendor: "TWIN", Model: "Virtual disk", OperationalState: []string{"ok"},
		},
		Capacity:   types.HostDiskDimensionsLba{BlockSize: sector, Block: d.bytes() / sector},
		DevicePath: d.path(), Ssd: types.NewBool(d.SSD), LocalDisk: types.NewBool(d.Local),
	}
}
