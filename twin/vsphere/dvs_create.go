// Copyright: KubeOps Hybrid contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// CreateDVSTask makes a distributed switch of VMware's type.
func (w *Folder) CreateDVSTask(ctx *simulator.Context, req *types.CreateDVS_Task) soap.HasFault {
	ref := task(ctx, w.Folder, "createDVS", func() (types.AnyType, types.BaseMethodFault) {
		return w.center.makeSwitch(ctx, w.Folder, req.Spec)
	})
	return &methods.CreateDVS_TaskBody{Res: &types.CreateDVS_TaskResponse{Returnval: ref}}
}

func (c *center) makeSwitch(ctx *simulator.Context, folder *simulator.Folder, spec types.DVSCreateSpec) (types.AnyType, types.BaseMethodFault) {
	wanted, ok := spec.ConfigSpec.(*types.VMwareDVSConfigSpec)
	if !ok {
		return nil, invalid("spec.configSpec")
	}
	if wanted.Name == "" {
		return nil, invalid("spec.configSpec.name")
	}
	if other := ctx.Map.FindByName(wanted.Name, folder.ChildEntity); other != nil {
		return nil, &types.DuplicateName{Name: wanted.Name, Object: other.Reference()}
	}
	if fault := refuseMtu(wanted.MaxMtu); fault != nil {
		return nil, fault
	}
	product := switchProduct(spec.ProductInfo)
	made := new(simulator.DistributedVirtualSwitch)
	made.Name, made.Uuid = wanted.Name, dvsUUID()
	made.Entity().Name = wanted.Name
	made.Summary = types.DVSSummary{Name: wanted.Name, Uuid: made.Uuid, ProductInfo: &product, Description: wanted.Description}
	made.Config = &types.VMwareDVSConfigInfo{
		DVSConfigInfo: types.DVSConfigInfo{
			Uuid: made.Uuid, Name: wanted.Name, ConfigVersion: "0", ProductInfo: product, CreateTime: time.Now().UTC(),
			MaxPorts: 2147483647, DefaultProxySwitchMaxNumPorts: 512, Description: wanted.Description,
			DefaultPortConfig: defaultPortSetting(), NetworkResourceControlVersion: "version3",
			UplinkPortPolicy: &types.DVSNameArrayUplinkPortPolicy{UplinkPortName: []string{"Uplink 1", "Uplink 2", "Uplink 3", "Uplink 4"}},
		},
		MaxMtu: 1500, LacpApiVersion: "multipleLag", MulticastFilteringMode: "snooping",
		LinkDiscoveryProtocolConfig: &types.LinkDiscoveryProtocolConfig{Protocol: "cdp", Operation: "listen"},
	}
	putChild(ctx, folder, made)
	members := wanted.Host
	wanted.Host, wanted.ConfigVersion = nil, "0"
	if fault := c.changeSwitch(ctx, made, wanted); fault != nil {
		removeChild(ctx, made)
		return nil, fault
	}
	uplinks := fmt.Sprintf("%s%s%s", wanted.Name, uplinkMark, made.Self.Value[len("dvs-"):])
	added := made.AddDVPortgroupTask(ctx, &types.AddDVPortgroup_Task{Spec: []types.DVPortgroupConfigSpec{{
		Name: uplinks, Type: "earlyBinding", NumPorts: 4, ConfigVersion: "0",
		DefaultPortConfig: &types.VMwareDVSPortSetting{
			Vlan: &types.VmwareDistributedVirtualSwitchTrunkVlanSpec{VlanId: []types.NumericRange{{Start: 0, End: 4094}}},
		},
	}}})
	if group, ok := ctx.Map.Get(added.(*methods.AddDVPortgroup_TaskBody).Res.Returnval).(*simulator.Task); ok {
		group.Wait()
	}
	markUplinks(ctx, made)
	if fault := c.changeMembers(ctx, made, members); fault != nil {
		return nil, fault
	}
	return made.Self, nil
}

// dvsUUID is written as vSphere writes those of switches.
func dvsUUID() string {
	id := uuid.New()
	return fmt.Sprintf("50 %02x %02x %02x %02x %02x %02x %02x-%02x %02x %02x %02x %02x %02x %02x %02x", id[1], id[2], id[3], id[4], id[5], id[6], id[7],
		id[8], id[9], id[10], id[11], id[12], id[13], id[14], id[15])
}

func switchProduct(asked *types.DistributedVirtualSwitchProductSpec) types.DistributedVirtualSwitchProductSpec {
	product := types.DistributedVirtualSwitchProductSpec{
		Name: "DVS", Vendor: "VMware, Inc.", Version: "8.0.3", Build: "24022510", ForwardingClass: "etherswitch",
	}
	if asked != nil && asked.Version != "" {
		product.Version = asked.Version
	}
	return product
}

func refuseMtu(mtu int32) types.BaseMethodFault {
	if mtu != 0 && (mtu < 1280 || mtu > 9000) {
		return invalid("spec.maxMtu")
	}
	return nil
}

func defaultPortSetting() *types.VMwareDVSPortSetting {
	// One each: what is merged into one of them is none of the others' business.
	no := func() *types.BoolPolicy { return &types.BoolPolicy{Value: types.NewBool(false)} }
	on := func() *types.BoolPolicy { return &types.BoolPolicy{Value: types.NewBool(true)} }
	return &types.VMwareDVSPortSetting{
		DVPortSetting: types.DVPortSetting{Blocked: no()},
		Vlan:          &types.VmwareDistributedVirtualSwitchVlanIdSpec{VlanId: 0},
		MacManagementPolicy: &types.DVSMacManagementPolicy{
			AllowPromiscuous: types.NewBool(false), MacChanges: types.NewBool(false), ForgedTransmits: types.NewBool(false),
		},
		UplinkTeamingPolicy: &types.VmwareUplinkPortTeamingPolicy{
			Policy: &types.StringPolicy{Value: "loadbalance_srcid"}, ReversePolicy: on(), NotifySwitches: on(), RollingOrder: no(),
			UplinkPortOrder: &types.VMwareUplinkPortOrderPolicy{ActiveUplinkPort: []string{"Uplink 1", "Uplink 2", "Uplink 3", "Uplink 4"}},
		},
	}
}
