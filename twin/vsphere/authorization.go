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

// AuthorizationManager is one that leaves the permissions of others alone and knows which roles are used.
type AuthorizationManager struct {
	*simulator.AuthorizationManager
}

// AddAuthorizationRole makes a role and answers its number.
func (m *AuthorizationManager) AddAuthorizationRole(req *types.AddAuthorizationRole) soap.HasFault {
	body, ok := m.AuthorizationManager.AddAuthorizationRole(req).(*methods.AddAuthorizationRoleBody)
	if ok && body.Res != nil {
		body.Res.Returnval = m.RoleList[len(m.RoleList)-1].RoleId
	}
	return body
}

// RemoveAuthorizationRole removes a role; one that is used only where that is asked for.
func (m *AuthorizationManager) RemoveAuthorizationRole(req *types.RemoveAuthorizationRole) soap.HasFault {
	if used := m.used(req.RoleId); len(used) > 0 && req.FailIfUsed {
		return &methods.RemoveAuthorizationRoleBody{Fault_: simulator.Fault("", &types.ResourceInUse{Type: "role"})}
	}
	return m.AuthorizationManager.RemoveAuthorizationRole(req)
}

func (m *AuthorizationManager) used(role int32) []types.Permission {
	asked := &types.RetrieveRolePermissions{RoleId: role}
	return m.RetrieveRolePermissions(asked).(*methods.RetrieveRolePermissionsBody).Res.Returnval
}

// SetEntityPermissions adds to the permissions of an entity, or changes those of the same user or group.
func (m *AuthorizationManager) SetEntityPermissions(ctx *simulator.Context, req *types.SetEntityPermissions) soap.HasFault {
	body := new(methods.SetEntityPermissionsBody)
	if _, ok := ctx.Map.Get(req.Entity).(mo.Entity); !ok {
		body.Fault_ = simulator.Fault("", &types.ManagedObjectNotFound{Obj: req.Entity})
		return body
	}
	asked := &types.RetrieveEntityPermissions{Entity: req.Entity}
	kept := slices.Clone(m.RetrieveEntityPermissions(ctx, asked).(*methods.RetrieveEntityPermissionsBody).Res.Returnval)
	for _, permission := range req.Permission {
		if !slices.ContainsFunc(m.RoleList, func(role types.AuthorizationRole) bool { return role.RoleId == permission.RoleId }) {
			body.Fault_ = simulator.Fault("", new(types.NotFound))
			return body
		}
		permission.Entity = &req.Entity
		kept = slices.DeleteFunc(kept, func(other types.Permission) bool {
			return other.Principal == permission.Principal && other.Group == permission.Group
		})
		kept = append(kept, permission)
	}
	return m.AuthorizationManager.SetEntityPermissions(&types.SetEntityPermissions{Entity: req.Entity, Permission: kept})
}
