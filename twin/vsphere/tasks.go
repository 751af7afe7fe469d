// Copyright: KubeOps Hybrid contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// work is what a task does; its answer is the task's result.
type work func() (types.AnyType, types.BaseMethodFault)

func task(ctx *simulator.Context, entity mo.Reference, name string, do work) types.ManagedObjectReference {
	return simulator.CreateTask(entity, name, func(*simulator.Task) (types.AnyType, types.BaseMethodFault) {
		return do()
	}).Run(ctx)
}

// failed is a task that ends with that fault.
func failed(ctx *simulator.Context, entity mo.Reference, name string, fault types.BaseMethodFault) types.ManagedObjectReference {
	return task(ctx, entity, name, func() (types.AnyType, types.BaseMethodFault) { return nil, fault })
}

func invalid(property string) *types.InvalidArgument {
	return &types.InvalidArgument{InvalidProperty: property}
}

func systemError(reason string) *types.SystemError {
	return &types.SystemError{Reason: reason}
}

func yes(value *bool) bool {
	return value != nil && *value
}
