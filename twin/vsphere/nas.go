// Copyright: KubeOps Hybrid contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"slices"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

const shareCapacity = 100 << 40

// CreateNasDatastore mounts a share. Hosts that mount the same one under the same name have the same datastore.
func (w *HostDatastoreSystem) CreateNasDatastore(ctx *simulator.Context, req *types.CreateNasDatastore) soap.HasFault {
	body, spec := new(methods.CreateNasDatastoreBody), req.Spec
	w.center.mutex.Lock()
	defer w.center.mutex.Unlock()
	spec.Type = orElse(spec.Type, "NFS")
	if fault := refuseShare(spec); fault != nil {
		body.Fault_ = simulator.Fault("", fault)
		return body
	}
	share := spec.RemoteHost + ":" + spec.RemotePath
	found := w.center.shareNamed(ctx, w.host, spec.LocalPath)
	switch {
	case found != nil && (found.share != share || found.datastore.Summary.Type != spec.Type):
		body.Fault_ = simulator.Fault("", &types.DuplicateName{Name: spec.LocalPath, Object: found.datastore.Self})
		return body
	case found != nil && simulator.FindReference(w.host.Datastore, found.datastore.Self) != nil:
		body.Fault_ = simulator.Fault("", &types.AlreadyExists{Name: spec.LocalPath})
		return body
	case found == nil:
		if fault := w.center.refuseName(ctx, w.host, spec.LocalPath); fault != nil {
			body.Fault_ = simulator.Fault("", fault)
			return body
		}
		found = &volume{datastore: new(simulator.Datastore), share: share, capacity: shareCapacity}
		found.datastore.Info = &types.NasDatastoreInfo{Nas: &types.HostNasVolume{
			HostFileSystemVolume: types.HostFileSystemVolume{Type: spec.Type, Name: spec.LocalPath, Capacity: shareCapacity},
			RemoteHost:           spec.RemoteHost, RemotePath: spec.RemotePath, UserName: spec.UserName,
			RemoteHostNames: spec.RemoteHostNames, SecurityType: spec.SecurityType,
		}}
		if err := w.center.makeDatastore(ctx, w.host, found, spec.LocalPath, spec.Type); err != nil {
			body.Fault_ = simulator.Fault(err.Error(), new(types.HostConfigFault))
			return body
		}
	}
	mount(ctx, w.host, found, spec.AccessMode)
	body.Res = &types.CreateNasDatastoreResponse{Returnval: found.datastore.Self}
	return body
}

func refuseShare(spec types.HostNasVolumeSpec) types.BaseMethodFault {
	switch {
	case spec.RemoteHost == "":
		return invalid("spec.remoteHost")
	case spec.RemotePath == "":
		return invalid("spec.remotePath")
	case spec.LocalPath == "" || len(spec.LocalPath) > 42:
		return invalid("spec.localPath")
	case !slices.Contains([]string{"readWrite", "readOnly"}, spec.AccessMode):
		return invalid("spec.accessMode")
	case !slices.Contains([]string{"NFS", "NFS41", "CIFS"}, spec.Type):
		return invalid("spec.type")
	case spec.Type == "NFS41" && len(spec.RemoteHostNames) == 0:
		return invalid("spec.remoteHostNames")
	}
	return nil
}

func (c *center) shareNamed(ctx *simulator.Context, host *simulator.HostSystem, name string) *volume {
	for _, each := range c.volumes {
		if each.share != "" && each.datastore.Name == name && datacenterOf(ctx, each.datastore) == datacenterOf(ctx, host) {
			return each
		}
	}
	return nil
}
