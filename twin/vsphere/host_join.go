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

// refuseJoin says why a host cannot come into this vCenter, in the order in which a real one finds out.
func (c *center) refuseJoin(ctx *simulator.Context, spec types.HostConnectSpec, cluster *types.ManagedObjectReference) types.BaseMethodFault {
	if spec.HostName == "" {
		return invalid("spec.hostName")
	}
	known := c.settings.host(spec.HostName)
	if known == nil || c.isLost(known) {
		return &types.NoHost{HostConnectFault: types.HostConnectFault{}, Name: spec.HostName}
	}
	if spec.SslThumbprint != known.Thumbprint {
		return &types.SSLVerifyFault{SelfSigned: true, Thumbprint: known.Thumbprint}
	}
	if spec.UserName != "root" || spec.Password != known.Password {
		return new(types.InvalidLogin)
	}
	for _, entity := range ctx.Map.All("HostSystem") {
		host := entity.(*simulator.HostSystem)
		if c.settings.host(host.Name) != known {
			continue
		}
		if cluster != nil && *host.Parent == *cluster {
			return &types.DuplicateName{Name: host.Name, Object: host.Self}
		}
		return &types.AlreadyConnected{Name: host.Name}
	}
	return nil
}

// AddHostTask joins a host to the cluster.
func (w *ClusterComputeResource) AddHostTask(ctx *simulator.Context, req *types.AddHost_Task) soap.HasFault {
	if fault := w.center.refuseJoin(ctx, req.Spec, &w.Self); fault != nil {
		ref := failed(ctx, w.ClusterComputeResource, "addHost", fault)
		return &methods.AddHost_TaskBody{Res: &types.AddHost_TaskResponse{Returnval: ref}}
	}
	return w.ClusterComputeResource.AddHostTask(ctx, req)
}

// AddStandaloneHostTask joins a host beside the clusters.
func (w *Folder) AddStandaloneHostTask(ctx *simulator.Context, req *types.AddStandaloneHost_Task) soap.HasFault {
	if fault := w.center.refuseJoin(ctx, req.Spec, nil); fault != nil {
		ref := failed(ctx, w.Folder, "addStandaloneHost", fault)
		return &methods.AddStandaloneHost_TaskBody{Res: &types.AddStandaloneHost_TaskResponse{Returnval: ref}}
	}
	return w.Folder.AddStandaloneHostTask(ctx, req)
}

// Datacenter is one that asks hosts who they are.
type Datacenter struct {
	*simulator.Datacenter
	center *center
}

// QueryConnectionInfo asks a host who it is, as the wizard does before it joins one.
func (w *Datacenter) QueryConnectionInfo(ctx *simulator.Context, req *types.QueryConnectionInfo) soap.HasFault {
	body := new(methods.QueryConnectionInfoBody)
	spec := types.HostConnectSpec{
		HostName: req.Hostname, UserName: req.Username, Password: req.Password, SslThumbprint: req.SslThumbprint,
	}
	if fault := w.center.refuseJoin(ctx, spec, nil); fault != nil {
		body.Fault_ = simulator.Fault("", fault)
		return body
	}
	known := w.center.settings.host(req.Hostname)
	body.Res = &types.QueryConnectionInfoResponse{Returnval: types.HostConnectInfo{
		Host:             types.HostListSummary{Hardware: known.summary(), Config: types.HostConfigSummary{Name: known.Name}},
		InDasCluster:     types.NewBool(false),
		ClusterSupported: types.NewBool(true),
	}}
	return body
}
