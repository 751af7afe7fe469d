// Copyright: KubeOps Hybrid contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"strings"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// hooks completes objects when they come into the inventory, whoever makes them.
type hooks struct {
	center *center
}

// Reference makes it a handler of the registry.
func (h *hooks) Reference() types.ManagedObjectReference {
	return types.ManagedObjectReference{Type: "TwinHooks", Value: "twin-hooks"}
}

// PutObject is called for every new object.
func (h *hooks) PutObject(ctx *simulator.Context, object mo.Reference) {
	switch made := object.(type) {
	case *simulator.HostSystem:
		h.center.completeHost(ctx, made)
	case *simulator.VirtualMachine:
		completeMachine(made)
	}
}

// UpdateObject is called for every change that the simulator announces.
func (h *hooks) UpdateObject(ctx *simulator.Context, object mo.Reference, _ []types.PropertyChange) {
	if machine, ok := object.(*mo.VirtualMachine); ok {
		h.center.giveAddress(ctx, machine)
	}
}

// RemoveObject is called before an object goes.
func (h *hooks) RemoveObject(ctx *simulator.Context, ref types.ManagedObjectReference) {
	if ref.Type == ref.Value || strings.HasSuffix(ref.Type, "View") || strings.HasPrefix(ref.Type, "Property") {
		// A session's own, such as its managers: it goes with the session, whose registry is locked meanwhile.
		return
	}
	h.center.sessions.forget(ctx, ref)
}

// completeMachine sets what a strict client cannot read when it is empty.
func completeMachine(machine *simulator.VirtualMachine) {
	for _, runtime := range []*types.VirtualMachineRuntimeInfo{&machine.Runtime, &machine.Summary.Runtime} {
		if runtime.FaultToleranceState == "" {
			runtime.FaultToleranceState = types.VirtualMachineFaultToleranceStateNotConfigured
		}
		if runtime.RecordReplayState == "" {
			runtime.RecordReplayState = types.VirtualMachineRecordReplayStateInactive
		}
	}
}
