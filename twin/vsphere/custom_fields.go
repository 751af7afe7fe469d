// Copyright: KubeOps Hybrid contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"unicode/utf8"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// customValueLimit is what vCenter's database holds of a value.
const customValueLimit = 255

// CustomFieldsManager adds to the simulator's what a client that reads by the vendor's model needs, and refusals.
type CustomFieldsManager struct {
	*simulator.CustomFieldsManager
}

// AddCustomFieldDef says of which type a field's values are: the simulator names the type of object it is for.
func (m *CustomFieldsManager) AddCustomFieldDef(ctx *simulator.Context, req *types.AddCustomFieldDef) soap.HasFault {
	answer := m.CustomFieldsManager.AddCustomFieldDef(ctx, req)
	body, done := answer.(*methods.AddCustomFieldDefBody)
	if !done || body.Res == nil {
		return answer
	}
	body.Res.Returnval.Type = "string"
	for i := range m.Field {
		if m.Field[i].Key == body.Res.Returnval.Key {
			m.Field[i].Type = "string"
		}
	}
	return body
}

// SetField refuses objects that are gone and values that are too long.
func (m *CustomFieldsManager) SetField(ctx *simulator.Context, req *types.SetField) soap.HasFault {
	if _, is := ctx.Map.Get(req.Entity).(mo.Entity); !is {
		return &methods.SetFieldBody{Fault_: simulator.Fault("", &types.ManagedObjectNotFound{Obj: req.Entity})}
	}
	if utf8.RuneCountInString(req.Value) > customValueLimit {
		return &methods.SetFieldBody{Fault_: simulator.Fault("", &types.InvalidArgument{InvalidProperty: "value"})}
	}
	return m.CustomFieldsManager.SetField(ctx, req)
}
