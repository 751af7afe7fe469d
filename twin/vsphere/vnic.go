// Copyright: KubeOps Hybrid contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

func vnicKeyOf(device string) string { return "key-vim.host.VirtualNic-" + device }

func (w *HostNetworkSystem) vnic(device string) *types.HostVirtualNic {
	for i := range w.info().Vnic {
		if w.info().Vnic[i].Device == device {
			return &w.info().Vnic[i]
		}
	}
	return nil
}

// AddVirtualNic makes a VMkernel adapter on a port group of the host or of a distributed switch.
func (w *HostNetworkSystem) AddVirtualNic(ctx *simulator.Context, req *types.AddVirtualNic) soap.HasFault {
	body, spec := new(methods.AddVirtualNicBody), req.Nic
	if spec.Ip == nil {
		spec.Ip = &types.HostIpConfig{Dhcp: true}
	}
	fault := w.refuseVnic(ctx, "", req.Portgroup, spec)
	if fault == nil && req.Portgroup != "" {
		taken := slices.ContainsFunc(w.info().Vnic, func(nic types.HostVirtualNic) bool { return nic.Portgroup == req.Portgroup })
		if taken {
			fault = &types.AlreadyExists{Name: req.Portgroup}
		}
	}
	if fault != nil {
		body.Fault_ = simulator.Fault("", fault)
		return body
	}
	device := ""
	for number := 0; device == ""; number++ {
		if name := fmt.Sprintf("vmk%d", number); w.vnic(name) == nil {
			device = name
		}
	}
	spec.Portgroup = req.Portgroup
	spec.NetStackInstanceKey = orElse(spec.NetStackInstanceKey, "defaultTcpipStack")
	spec.Mac = orElse(spec.Mac, (&knownHost{Name: w.host.Name}).mac(device))
	if spec.Mtu == 0 {
		spec.Mtu = 1500
	}
	connect(spec.DistributedVirtualPort, w.host.Self.Value+device)
	w.info().Vnic = append(w.info().Vnic, types.HostVirtualNic{
		Device: device, Key: vnicKeyOf(device), Portgroup: req.Portgroup, Spec: spec,
	})
	syncVnics(ctx, w.host)
	body.Res = &types.AddVirtualNicResponse{Returnval: device}
	return body
}

func connect(port *types.DistributedVirtualSwitchPortConnection, who string) {
	if port != nil && port.PortKey == "" {
		port.PortKey = "port-" + who
	}
}

// UpdateVirtualNic changes what the specification names.
func (w *HostNetworkSystem) UpdateVirtualNic(ctx *simulator.Context, req *types.UpdateVirtualNic) soap.HasFault {
	body := new(methods.UpdateVirtualNicBody)
	have := w.vnic(req.Device)
	if have == nil {
		body.Fault_ = simulator.Fault("", new(types.NotFound))
		return body
	}
	wanted := have.Spec
	if req.Nic.Ip != nil {
		wanted.Ip = req.Nic.Ip
	}
	if req.Nic.Mtu != 0 {
		wanted.Mtu = req.Nic.Mtu
	}
	if req.Nic.Portgroup != "" {
		wanted.Portgroup, wanted.DistributedVirtualPort = req.Nic.Portgroup, nil
	}
	if req.Nic.DistributedVirtualPort != nil {
		wanted.Portgroup, wanted.DistributedVirtualPort = "", req.Nic.DistributedVirtualPort
	}
	if fault := w.refuseVnic(ctx, req.Device, wanted.Portgroup, wanted); fault != nil {
		body.Fault_ = simulator.Fault("", fault)
		return body
	}
	connect(wanted.DistributedVirtualPort, w.host.Self.Value+req.Device)
	have.Spec, have.Portgroup = wanted, wanted.Portgroup
	syncVnics(ctx, w.host)
	body.Res = new(types.UpdateVirtualNicResponse)
	return body
}

// RemoveVirtualNic refuses the last one that the host is managed by.
func (w *HostNetworkSystem) RemoveVirtualNic(ctx *simulator.Context, req *types.RemoveVirtualNic) soap.HasFault {
	body := new(methods.RemoveVirtualNicBody)
	switch {
	case w.vnic(req.Device) == nil:
		body.Fault_ = simulator.Fault("", new(types.NotFound))
	case slices.Equal(selected(w.host, "management"), []string{vnicID("management", req.Device)}):
		body.Fault_ = simulator.Fault("", new(types.HostConfigFault))
	default:
		w.info().Vnic = slices.DeleteFunc(w.info().Vnic, func(nic types.HostVirtualNic) bool { return nic.Device == req.Device })
		syncVnics(ctx, w.host)
		body.Res = new(types.RemoveVirtualNicResponse)
	}
	return body
}

func (w *HostNetworkSystem) refuseVnic(ctx *simulator.Context, device, group string, spec types.HostVirtualNicSpec) types.BaseMethodFault {
	if spec.Mtu != 0 && (spec.Mtu < 1280 || spec.Mtu > 9000) {
		return invalid("nic.mtu")
	}
	if fault := w.refuseAddress(device, spec.Ip); fault != nil {
		return fault
	}
	port := spec.DistributedVirtualPort
	switch {
	case port == nil && group == "":
		return invalid("portgroup")
	case port == nil && w.portGroup(group) == nil:
		return new(types.NotFound)
	case port != nil && !w.reaches(ctx, port):
		return new(types.NotFound)
	}
	return nil
}

func (w *HostNetworkSystem) refuseAddress(device string, ip *types.HostIpConfig) types.BaseMethodFault {
	if ip == nil || ip.Dhcp {
		return nil
	}
	if _, err := netip.ParseAddr(ip.IpAddress); err != nil {
		return invalid("nic.ip.ipAddress")
	}
	if _, err := netip.ParseAddr(ip.SubnetMask); err != nil {
		return invalid("nic.ip.subnetMask")
	}
	for _, nic := range w.info().Vnic {
		if nic.Device != device && nic.Spec.Ip != nil && nic.Spec.Ip.IpAddress == ip.IpAddress {
			return &types.HostConfigFault{}
		}
	}
	return nil
}

// reaches says whether the host is a member of that distributed switch, and the port group is the switch's.
func (w *HostNetworkSystem) reaches(ctx *simulator.Context, port *types.DistributedVirtualSwitchPortConnection) bool {
	member := slices.ContainsFunc(w.info().ProxySwitch, func(each types.HostProxySwitch) bool { return each.DvsUuid == port.SwitchUuid })
	ref := types.ManagedObjectReference{Type: "DistributedVirtualPortgroup", Value: port.PortgroupKey}
	return member && (port.PortgroupKey == "" || ctx.Map.Get(ref) != nil)
}
