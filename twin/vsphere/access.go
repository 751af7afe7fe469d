// Copyright: KubeOps Hybrid contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"slices"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// HostAccessManager keeps who may reach a host without its vCenter.
type HostAccessManager struct {
	mo.HostAccessManager
	host       *simulator.HostSystem
	exceptions []string
	entries    []types.HostAccessControlEntry
}

func newAccess(host *simulator.HostSystem) *HostAccessManager {
	made := &HostAccessManager{host: host}
	made.LockdownMode = types.HostLockdownModeLockdownDisabled
	host.Config.LockdownMode = made.LockdownMode
	host.Config.AdminDisabled = types.NewBool(false)
	made.entries = []types.HostAccessControlEntry{{Principal: "root", AccessMode: types.HostAccessModeAccessAdmin}}
	return made
}

// ChangeLockdownMode sets the mode.
func (m *HostAccessManager) ChangeLockdownMode(req *types.ChangeLockdownMode) soap.HasFault {
	m.LockdownMode = req.Mode
	m.host.Config.LockdownMode = req.Mode
	m.host.Config.AdminDisabled = types.NewBool(req.Mode != types.HostLockdownModeLockdownDisabled)
	return &methods.ChangeLockdownModeBody{Res: new(types.ChangeLockdownModeResponse)}
}

// QueryLockdownExceptions answers the users that lockdown leaves in.
func (m *HostAccessManager) QueryLockdownExceptions(*types.QueryLockdownExceptions) soap.HasFault {
	return &methods.QueryLockdownExceptionsBody{Res: &types.QueryLockdownExceptionsResponse{Returnval: m.exceptions}}
}

// UpdateLockdownExceptions replaces them.
func (m *HostAccessManager) UpdateLockdownExceptions(req *types.UpdateLockdownExceptions) soap.HasFault {
	m.exceptions = slices.Clone(req.Users)
	return &methods.UpdateLockdownExceptionsBody{Res: new(types.UpdateLockdownExceptionsResponse)}
}

// RetrieveHostAccessControlEntries answers who may do what.
func (m *HostAccessManager) RetrieveHostAccessControlEntries(*types.RetrieveHostAccessControlEntries) soap.HasFault {
	return &methods.RetrieveHostAccessControlEntriesBody{
		Res: &types.RetrieveHostAccessControlEntriesResponse{Returnval: m.entries},
	}
}

// ChangeAccessMode gives or takes access.
func (m *HostAccessManager) ChangeAccessMode(req *types.ChangeAccessMode) soap.HasFault {
	kept := slices.DeleteFunc(slices.Clone(m.entries), func(entry types.HostAccessControlEntry) bool {
		return entry.Principal == req.Principal && entry.Group == req.IsGroup
	})
	if req.AccessMode != types.HostAccessModeAccessNone {
		kept = append(kept, types.HostAccessControlEntry{Principal: req.Principal, Group: req.IsGroup, AccessMode: req.AccessMode})
	}
	m.entries = kept
	return &methods.ChangeAccessModeBody{Res: new(types.ChangeAccessModeResponse)}
}
