// Copyright: KubeOps Hybrid contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"strconv"
	"strings"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// FetchDVPorts tells of the ports behind which hosts have their adapters besides those of port groups.
func (w *DistributedVirtualSwitch) FetchDVPorts(ctx *simulator.Context, req *types.FetchDVPorts) soap.HasFault {
	inner := w.DistributedVirtualSwitch
	var wanted *bool
	if req.Criteria != nil {
		wanted = req.Criteria.UplinkPort
	}
	var found []types.DistributedVirtualPort
	if wanted == nil || *wanted {
		found = uplinkPorts(ctx, inner)
	}
	if wanted == nil || !*wanted {
		group := uplinkGroup(ctx, inner)
		criteria := types.DistributedVirtualSwitchPortCriteria{}
		if req.Criteria != nil {
			criteria = *req.Criteria
			criteria.UplinkPort = nil
		}
		told := inner.FetchDVPorts(ctx, &types.FetchDVPorts{This: req.This, Criteria: &criteria}).(*methods.FetchDVPortsBody)
		for _, port := range told.Res.Returnval {
			if port.PortgroupKey != group {
				found = append(found, port)
			}
		}
	}
	return &methods.FetchDVPortsBody{Res: &types.FetchDVPortsResponse{Returnval: found}}
}

// uplinkPorts are one for each uplink of each member, with keys that stay when others come and go.
func uplinkPorts(ctx *simulator.Context, inner *simulator.DistributedVirtualSwitch) []types.DistributedVirtualPort {
	names, ok := inner.Config.GetDVSConfigInfo().UplinkPortPolicy.(*types.DVSNameArrayUplinkPortPolicy)
	if !ok {
		return nil
	}
	var found []types.DistributedVirtualPort
	for _, member := range inner.Summary.HostMember {
		host := member
		number, _ := strconv.Atoi(host.Value[strings.LastIndex(host.Value, "-")+1:])
		for index, name := range names.UplinkPortName {
			found = append(found, types.DistributedVirtualPort{
				Key: strconv.Itoa(100000 + 100*number + index), DvsUuid: inner.Uuid, ProxyHost: &host,
				PortgroupKey: uplinkGroup(ctx, inner), Config: types.DVPortConfigInfo{Name: name, ConfigVersion: "0"},
			})
		}
	}
	return found
}

// uplinkGroup is the port group that came with the switch.
func uplinkGroup(ctx *simulator.Context, inner *simulator.DistributedVirtualSwitch) string {
	for _, ref := range inner.Portgroup {
		group, ok := ctx.Map.Get(ref).(*simulator.DistributedVirtualPortgroup)
		if ok && strings.HasPrefix(group.Name, inner.Name+"-DVUplinks-") {
			return group.Key
		}
	}
	return ""
}
