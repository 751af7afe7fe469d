// Copyright: KubeOps Hybrid contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

const gib = int64(1) << 30

// completeHost makes a host that has just joined what the settings say that it is.
func (c *center) completeHost(ctx *simulator.Context, host *simulator.HostSystem) {
	known := c.settings.host(host.Name)
	if known == nil {
		return
	}
	// The simulator lets a host share this list with its cluster.
	host.Network = slices.Clone(host.Network)
	for _, ref := range host.Network {
		if network, ok := ctx.Map.Get(ref).(*mo.Network); ok {
			addOnce(&network.Host, host.Self)
		}
	}
	known.shapeHardware(host)
	known.shapeNetwork(ctx, host)
	known.shapeStorage(ctx, host)
	c.attachManagers(ctx, host, known)
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for _, each := range c.volumes {
		if each.lun != "" && sees(host, each.lun) && datacenterOf(ctx, host) == datacenterOf(ctx, each.datastore) {
			mount(ctx, host, each, "")
		}
	}
}

func (k *knownHost) cores() int16 { return k.Sockets * k.Cores }

func (k *knownHost) summary() *types.HostHardwareSummary {
	return &types.HostHardwareSummary{
		Vendor: "Dell Inc.", Model: "PowerEdge R740", MemorySize: k.MemoryGiB * gib, CpuModel: k.CPUModel,
		CpuMhz: k.Mhz, NumCpuPkgs: k.Sockets, NumCpuCores: k.cores(), NumCpuThreads: 2 * k.cores(),
		NumNics: int32(len(k.Nics)), NumHBAs: 2,
	}
}

func (k *knownHost) shapeHardware(host *simulator.HostSystem) {
	uuid := host.Summary.Hardware.Uuid
	host.Summary.Hardware = k.summary()
	host.Summary.Hardware.Uuid = uuid
	host.Summary.MaxEVCModeKey = maxEvcMode
	host.Summary.Config.SslThumbprint = k.Thumbprint
	hardware := host.Hardware
	hardware.SystemInfo = types.HostSystemInfo{Vendor: "Dell Inc.", Model: "PowerEdge R740", Uuid: uuid}
	hardware.CpuInfo = types.HostCpuInfo{
		NumCpuPackages: k.Sockets, NumCpuCores: k.cores(), NumCpuThreads: 2 * k.cores(), Hz: int64(k.Mhz) * 1_000_000,
	}
	hardware.CpuPkg = nil
	for socket := range k.Sockets {
		hardware.CpuPkg = append(hardware.CpuPkg, types.HostCpuPackage{
			Index: socket, Vendor: "intel", Hz: int64(k.Mhz) * 1_000_000, BusHz: 100_000_000, Description: k.CPUModel,
		})
	}
	hardware.MemorySize = k.MemoryGiB * gib
	hardware.PciDevice = append([]types.HostPciDevice{}, hardware.PciDevice...)
	for slot, device := range k.GPUs {
		hardware.PciDevice = append(hardware.PciDevice, device.pci(slot))
	}
	// The simulator reads this version again and knows none that is newer.
	host.Config.Product.Version, host.Config.Product.ApiVersion = "8.0.2", "8.0.2.0"
	host.Summary.Config.Product = &host.Config.Product
	host.Runtime.InMaintenanceMode = false
	host.Runtime.PowerState = types.HostSystemPowerStatePoweredOn
}

func (g gpu) pci(slot int) types.HostPciDevice {
	return types.HostPciDevice{
		Id: gpuAddress(slot), ClassId: 0x302, Bus: byte(0x3b + slot), PhysicalSlot: int32(slot + 1),
		VendorId: hexadecimal(g.Vendor), SubVendorId: hexadecimal(g.Vendor), VendorName: "NVIDIA Corporation",
		DeviceId: hexadecimal(g.Device), SubDeviceId: 0x1249, DeviceName: g.Name, DeviceClassName: "3D controller",
	}
}

func gpuAddress(slot int) string { return fmt.Sprintf("0000:%02x:00.0", 0x3b+slot) }

// hexadecimal is the signed 16 bit number that the vendor's model has for an id.
func hexadecimal(text string) int16 {
	number, _ := strconv.ParseUint(text, 16, 16)
	return int16(uint16(number))
}
