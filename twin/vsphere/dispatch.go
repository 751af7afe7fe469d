// Copyright: KubeOps Hybrid contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"sync"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// dispatch finds the object that answers a call. Where the simulator's own lacks methods, one of ours that embeds it
// stands in the registry of the session: a session looks there first, and the simulator itself never sees it.
func (c *center) dispatch(ctx *simulator.Context, method *simulator.Method) (mo.Reference, types.BaseMethodFault) {
	if method.This.Type == "PropertyCollector" {
		c.refreshTotals(ctx)
	}
	if ctx.Session == nil {
		return nil, nil
	}
	followInventory(ctx, method.Body)
	object := ctx.Map.Get(method.This)
	if object == nil || ctx.Session.Registry.Get(method.This) != nil {
		return nil, nil
	}
	if ours := c.wrap(object); ours != nil {
		c.sessions.remember(ctx.Session.Registry)
		ctx.Session.Registry.Put(ours)
	}
	return nil, nil
}

func (c *center) wrap(object mo.Reference) mo.Reference {
	if host := c.owner(object.Reference()); host != nil {
		return c.wrapManager(object, host)
	}
	switch inner := object.(type) {
	case *simulator.HostSystem:
		return &HostSystem{HostSystem: inner, center: c}
	case *simulator.ClusterComputeResource:
		return &ClusterComputeResource{ClusterComputeResource: inner, center: c}
	case *simulator.AuthorizationManager:
		return &AuthorizationManager{AuthorizationManager: inner}
	case *simulator.LicenseManager:
		return &LicenseManager{LicenseManager: inner}
	case *simulator.LicenseAssignmentManager:
		return &LicenseAssignmentManager{LicenseAssignmentManager: inner}
	case *simulator.Datastore:
		return &Datastore{Datastore: inner, center: c}
	case *simulator.ResourcePool:
		return &ResourcePool{ResourcePool: inner, center: c}
	case *simulator.DistributedVirtualSwitch:
		return &DistributedVirtualSwitch{DistributedVirtualSwitch: inner, center: c}
	case *simulator.DistributedVirtualPortgroup:
		return &DistributedVirtualPortgroup{DistributedVirtualPortgroup: inner}
	case *simulator.Datacenter:
		return &Datacenter{Datacenter: inner, center: c}
	case *simulator.Folder:
		return &Folder{Folder: inner, center: c}
	case *simulator.CustomFieldsManager:
		return &CustomFieldsManager{CustomFieldsManager: inner}
	}
	return nil
}

// wrapManager is wrap for the managers of one host.
func (c *center) wrapManager(object mo.Reference, host *simulator.HostSystem) mo.Reference {
	switch inner := object.(type) {
	case *simulator.OptionManager:
		return &OptionManager{OptionManager: inner, host: host}
	case *simulator.HostNetworkSystem:
		return &HostNetworkSystem{HostNetworkSystem: inner, host: host, center: c}
	case *simulator.HostVirtualNicManager:
		return &HostVirtualNicManager{HostVirtualNicManager: inner, host: host}
	case *simulator.HostDatastoreSystem:
		return &HostDatastoreSystem{HostDatastoreSystem: inner, host: host, center: c}
	case *simulator.HostStorageSystem:
		return &HostStorageSystem{HostStorageSystem: inner, host: host, center: c}
	case *simulator.HostFirewallSystem:
		return &HostFirewallSystem{HostFirewallSystem: inner}
	}
	return nil
}

// sessionRegistries are those that hold objects of ours.
type sessionRegistries struct {
	mutex sync.Mutex
	known map[*simulator.Registry]bool
}

func (s *sessionRegistries) remember(registry *simulator.Registry) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.known == nil {
		s.known = map[*simulator.Registry]bool{}
	}
	s.known[registry] = true
}

// forget takes an object that is gone out of every session.
func (s *sessionRegistries) forget(ctx *simulator.Context, ref types.ManagedObjectReference) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for registry := range s.known {
		if registry.Get(ref) != nil {
			registry.Remove(ctx, ref)
		}
	}
}
