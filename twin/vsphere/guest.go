// Copyright: KubeOps Hybrid contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// giveAddress lets a machine that is on ask for an address, and one that is off give it back.
func (c *center) giveAddress(_ *simulator.Context, machine *mo.VirtualMachine) {
	on := machine.Runtime.PowerState == types.VirtualMachinePowerStatePoweredOn
	if machine.Guest == nil {
		return
	}
	c.leases.mutex.Lock()
	defer c.leases.mutex.Unlock()
	_, has := c.leases.held[machine.Self]
	switch {
	case on && !has && !machine.Config.Template:
		if place := slices.Index(c.settings.Foreign.Machines, machine.Name); place >= 0 {
			// Machines of the others have addresses of their own, outside our range.
			c.leases.held[machine.Self] = 0
			setAddress(machine, fmt.Sprintf("192.0.2.%d", 10+place))
		} else if address, ok := c.lease(machine.Self); ok {
			setAddress(machine, address)
		}
	case !on && has:
		delete(c.leases.held, machine.Self)
		setAddress(machine, "")
	}
}

func setAddress(machine *mo.VirtualMachine, address string) {
	machine.Guest.IpAddress = address
	if machine.Summary.Guest != nil {
		machine.Summary.Guest.IpAddress = address
	}
	machine.Guest.Net = nil
	if address == "" {
		return
	}
	machine.Guest.ToolsStatus = types.VirtualMachineToolsStatusToolsOk
	machine.Guest.ToolsRunningStatus = string(types.VirtualMachineToolsRunningStatusGuestToolsRunning)
	for _, device := range machine.Config.Hardware.Device {
		card, ok := device.(types.BaseVirtualEthernetCard)
		if !ok {
			continue
		}
		nic := card.GetVirtualEthernetCard()
		machine.Guest.Net = append(machine.Guest.Net, types.GuestNicInfo{
			MacAddress: nic.MacAddress, Connected: true, DeviceConfigId: nic.Key, IpAddress: []string{address},
			IpConfig: &types.NetIpConfigInfo{IpAddress: []types.NetIpConfigInfoIpAddress{
				{IpAddress: address, PrefixLength: 24, State: "preferred"},
			}},
		})
		return
	}
}

// lease takes the lowest free address of the range; none when the range is used up or the server does not answer.
func (c *center) lease(machine types.ManagedObjectReference) (string, bool) {
	if len(c.settings.Dhcp) != 2 || c.faults.inForce("dhcp-empty") {
		return "", false
	}
	first, second := ordinal(c.settings.Dhcp[0]), ordinal(c.settings.Dhcp[1])
	used := map[uint32]bool{}
	for _, address := range c.leases.held {
		used[address] = true
	}
	for number := first; number != 0 && number <= second; number++ {
		if !used[number] {
			c.leases.held[machine] = number
			return fromOrdinal(number), true
		}
	}
	return "", false
}

func ordinal(text string) uint32 {
	address, err := netip.ParseAddr(text)
	if err != nil || !address.Is4() {
		return 0
	}
	four := address.As4()
	return binary.BigEndian.Uint32(four[:])
}

func fromOrdinal(number uint32) string {
	var four [4]byte
	binary.BigEndian.PutUint32(four[:], number)
	return netip.AddrFrom4(four).String()
}
