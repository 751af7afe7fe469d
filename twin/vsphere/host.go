// Copyright: KubeOps Hybrid contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// HostSystem is a host that can be emptied, restarted and removed.
type HostSystem struct {
	*simulator.HostSystem
	center *center
}

// DestroyTask removes a host from the inventory; in a cluster it must be in maintenance or out of reach.
func (w *HostSystem) DestroyTask(ctx *simulator.Context, _ *types.Destroy_Task) soap.HasFault {
	host := w.HostSystem
	ref := task(ctx, host, "destroy", func() (types.AnyType, types.BaseMethodFault) {
		if host.Parent.Type == "ClusterComputeResource" && works(host) {
			return nil, new(types.InvalidState)
		}
		if len(host.Vm) > 0 && host.Runtime.ConnectionState == types.HostSystemConnectionStateConnected {
			return nil, &types.ResourceInUse{Type: "HostSystem", Name: host.Name}
		}
		w.center.dropHost(ctx, host.Self)
		return nil, nil
	})
	return &methods.Destroy_TaskBody{Res: &types.Destroy_TaskResponse{Returnval: ref}}
}

// dropHost takes a host out of everything that refers to it.
func (c *center) dropHost(ctx *simulator.Context, ref types.ManagedObjectReference) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	host, ok := ctx.Map.Get(ref).(*simulator.HostSystem)
	if !ok {
		return
	}
	switch parent := ctx.Map.Get(*host.Parent).(type) {
	case *simulator.ClusterComputeResource:
		simulator.RemoveReference(&parent.Host, ref)
		forgetHost(ctx, parent.EnvironmentBrowser, ref)
	case *mo.ComputeResource:
		removeChild(ctx, parent)
	}
	for _, entity := range ctx.Map.All("") {
		switch has := entity.(type) {
		case *simulator.Datastore:
			dropMount(has, ref)
		case *simulator.DistributedVirtualSwitch:
			dropMember(has, ref)
		case *simulator.DistributedVirtualPortgroup:
			simulator.RemoveReference(&has.Host, ref)
		case *mo.Network:
			simulator.RemoveReference(&has.Host, ref)
		}
	}
	for _, manager := range mo.References(host.ConfigManager) {
		ctx.Map.Remove(ctx, manager)
	}
	ctx.Map.Remove(ctx, ref)
}

// forgetHost: a host that is gone must not stay in the cluster's browser, or the next one that joins finds it there.
func forgetHost(ctx *simulator.Context, browser *types.ManagedObjectReference, ref types.ManagedObjectReference) {
	if browser == nil {
		return
	}
	options, ok := ctx.Map.Get(*browser).(*simulator.EnvironmentBrowser)
	if !ok {
		return
	}
	described := options.QueryConfigOptionDescriptorResponse.Returnval
	for i := range described {
		simulator.RemoveReference(&described[i].Host, ref)
	}
}

func dropMount(datastore *simulator.Datastore, host types.ManagedObjectReference) {
	var kept []types.DatastoreHostMount
	for _, mount := range datastore.Host {
		if mount.Key != host {
			kept = append(kept, mount)
		}
	}
	datastore.Host = kept
}

// RebootHostTask restarts a host; what waited for it takes effect.
func (w *HostSystem) RebootHostTask(ctx *simulator.Context, req *types.RebootHost_Task) soap.HasFault {
	host := w.HostSystem
	ref := task(ctx, host, "reboot", func() (types.AnyType, types.BaseMethodFault) {
		if !host.Runtime.InMaintenanceMode && !req.Force {
			return nil, new(types.InvalidState)
		}
		now := time.Now()
		host.Runtime.BootTime = &now
		host.Summary.RebootRequired = false
		activatePassthru(host)
		return nil, nil
	})
	return &methods.RebootHost_TaskBody{Res: &types.RebootHost_TaskResponse{Returnval: ref}}
}

// DisconnectHostTask leaves the host alone.
func (w *HostSystem) DisconnectHostTask(ctx *simulator.Context, req *types.DisconnectHost_Task) soap.HasFault {
	return w.HostSystem.DisconnectHostTask(ctx, req)
}

// ReconnectHostTask asks for the same proofs as joining does, when a specification comes with it.
func (w *HostSystem) ReconnectHostTask(ctx *simulator.Context, req *types.ReconnectHost_Task) soap.HasFault {
	known := w.center.settings.host(w.Name)
	var fault types.BaseMethodFault
	switch {
	case known == nil || w.center.isLost(known):
		fault = &types.NoHost{Name: w.Name}
	case req.CnxSpec != nil && req.CnxSpec.SslThumbprint != "" && req.CnxSpec.SslThumbprint != known.Thumbprint:
		fault = &types.SSLVerifyFault{SelfSigned: true, Thumbprint: known.Thumbprint}
	case req.CnxSpec != nil && req.CnxSpec.Password != "" && req.CnxSpec.Password != known.Password:
		fault = new(types.InvalidLogin)
	default:
		return w.HostSystem.ReconnectHostTask(ctx, req)
	}
	ref := failed(ctx, w.HostSystem, "reconnectHost", fault)
	return &methods.ReconnectHost_TaskBody{Res: &types.ReconnectHost_TaskResponse{Returnval: ref}}
}
