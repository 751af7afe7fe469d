// Copyright: KubeOps Hybrid contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// HostLocalAccountManager keeps the users of one host.
type HostLocalAccountManager struct {
	mo.HostLocalAccountManager
	users map[string]types.HostAccountSpec
	known *knownHost
}

func newAccounts(known *knownHost) *HostLocalAccountManager {
	users := map[string]types.HostAccountSpec{"root": {Id: "root", Description: "Administrator"}}
	return &HostLocalAccountManager{users: users, known: known}
}

// weak is ESXi's rule for passwords, as far as it can be seen from outside.
func weak(password string) bool { return len(password) < 7 }

// CreateUser makes a local user.
func (m *HostLocalAccountManager) CreateUser(req *types.CreateUser) soap.HasFault {
	body, spec := new(methods.CreateUserBody), req.User.GetHostAccountSpec()
	_, exists := m.users[spec.Id]
	switch {
	case exists:
		body.Fault_ = simulator.Fault("", &types.AlreadyExists{Name: spec.Id})
	case spec.Id == "" || weak(spec.Password):
		body.Fault_ = simulator.Fault("", invalid("user"))
	default:
		m.users[spec.Id] = *spec
		body.Res = new(types.CreateUserResponse)
	}
	return body
}

// UpdateUser changes description and password.
func (m *HostLocalAccountManager) UpdateUser(req *types.UpdateUser) soap.HasFault {
	body, spec := new(methods.UpdateUserBody), req.User.GetHostAccountSpec()
	user, exists := m.users[spec.Id]
	switch {
	case !exists:
		body.Fault_ = simulator.Fault("", new(types.UserNotFound))
	case spec.Password != "" && weak(spec.Password):
		body.Fault_ = simulator.Fault("", invalid("user.password"))
	default:
		user.Description = orElse(spec.Description, user.Description)
		m.users[spec.Id] = user
		if spec.Id == "root" && spec.Password != "" {
			m.known.Password = spec.Password
		}
		body.Res = new(types.UpdateUserResponse)
	}
	return body
}

// RemoveUser removes a user, but never root.
func (m *HostLocalAccountManager) RemoveUser(req *types.RemoveUser) soap.HasFault {
	body := new(methods.RemoveUserBody)
	_, exists := m.users[req.UserName]
	switch {
	case !exists:
		body.Fault_ = simulator.Fault("", new(types.UserNotFound))
	case req.UserName == "root":
		body.Fault_ = simulator.Fault("", new(types.SecurityError))
	default:
		delete(m.users, req.UserName)
		body.Res = new(types.RemoveUserResponse)
	}
	return body
}
