// Copyright: KubeOps Hybrid contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"crypto/sha1"
	"fmt"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

// vnicTypes are the services that a VMkernel adapter can carry.
var vnicTypes = []string{
	"faultToleranceLogging", "management", "vSphereProvisioning", "vSphereReplication", "vSphereReplicationNFC",
	"vmotion", "vsan", "vsanWitness", "vSphereBackupNFC", "ptp", "nvmeTcp", "nvmeRdma",
}

// shapeNetwork is a host as it is installed: one switch with one uplink, one VMkernel adapter for its management.
func (k *knownHost) shapeNetwork(ctx *simulator.Context, host *simulator.HostSystem) {
	network := new(types.HostNetworkInfo)
	for slot, device := range k.Nics {
		network.Pnic = append(network.Pnic, k.pnic(slot, device))
	}
	network.Vswitch = []types.HostVirtualSwitch{{
		Name: "vSwitch0", Key: "key-vim.host.VirtualSwitch-vSwitch0", NumPorts: 2560, NumPortsAvailable: 2550, Mtu: 1500,
		Pnic: []string{"key-vim.host.PhysicalNic-" + k.Nics[0]},
		Spec: types.HostVirtualSwitchSpec{
			NumPorts: 128, Mtu: 1500, Policy: defaultPolicy(k.Nics[:1]),
			Bridge: &types.HostVirtualSwitchBondBridge{NicDevice: k.Nics[:1]},
		},
	}}
	for _, name := range []string{"VM Network", "Management Network"} {
		addPortGroup(network, types.HostPortGroupSpec{Name: name, VswitchName: "vSwitch0"})
	}
	address := orElse(k.Address, "192.0.2.10")
	network.Vnic = []types.HostVirtualNic{{
		Device: "vmk0", Key: "key-vim.host.VirtualNic-vmk0", Portgroup: "Management Network",
		Spec: types.HostVirtualNicSpec{
			Ip:  &types.HostIpConfig{Dhcp: false, IpAddress: address, SubnetMask: "255.255.255.0"},
			Mac: k.mac("vmk0"), Mtu: 1500, Portgroup: "Management Network", NetStackInstanceKey: "defaultTcpipStack",
		},
	}}
	network.DnsConfig = &types.HostDnsConfig{Dhcp: false, HostName: k.Name}
	network.IpRouteConfig = &types.HostIpRouteConfig{}
	network.NetStackInstance = []types.HostNetStackInstance{{Key: "defaultTcpipStack", Name: "Default"}}
	host.Config.Network = network
	system := ctx.Map.Get(*host.ConfigManager.NetworkSystem).(*simulator.HostNetworkSystem)
	system.NetworkInfo, system.DnsConfig, system.IpRouteConfig = network, network.DnsConfig, network.IpRouteConfig
	k.shapeVnics(ctx, host)
}

func (k *knownHost) shapeVnics(ctx *simulator.Context, host *simulator.HostSystem) {
	host.Config.VirtualNicManagerInfo = &types.HostVirtualNicManagerInfo{NetConfig: []types.VirtualNicManagerNetConfig{
		{NicType: "management", SelectedVnic: []string{vnicID("management", "vmk0")}},
	}}
	syncVnics(ctx, host)
}

func (k *knownHost) pnic(slot int, device string) types.PhysicalNic {
	speed := types.PhysicalNicLinkInfo{SpeedMb: k.NicGbit * 1000, Duplex: true}
	return types.PhysicalNic{
		Key: "key-vim.host.PhysicalNic-" + device, Device: device, Pci: fmt.Sprintf("0000:19:00.%d", slot),
		Driver: "i40en", Mac: k.mac(device), LinkSpeed: &speed, ValidLinkSpecification: []types.PhysicalNicLinkInfo{speed},
		Spec: types.PhysicalNicSpec{LinkSpeed: &speed}, AutoNegotiateSupported: types.NewBool(true),
	}
}

// mac is an address that is always the same for a device of a host.
func (k *knownHost) mac(device string) string {
	sum := sha1.Sum([]byte(k.Name + "/" + device))
	return fmt.Sprintf("00:50:56:%02x:%02x:%02x", sum[0]&0x3f, sum[1], sum[2])
}

func defaultPolicy(active []string) *types.HostNetworkPolicy {
	return &types.HostNetworkPolicy{
		Security: &types.HostNetworkSecurityPolicy{
			AllowPromiscuous: types.NewBool(false), MacChanges: types.NewBool(false), ForgedTransmits: types.NewBool(false),
		},
		NicTeaming: &types.HostNicTeamingPolicy{
			Policy: "loadbalance_srcid", ReversePolicy: types.NewBool(true), NotifySwitches: types.NewBool(true),
			RollingOrder: types.NewBool(false), NicOrder: &types.HostNicOrderPolicy{ActiveNic: active},
		},
		ShapingPolicy: &types.HostNetworkTrafficShapingPolicy{Enabled: types.NewBool(false)},
	}
}
