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

// ResourcePool is one that gives no more than it has.
type ResourcePool struct {
	*simulator.ResourcePool
	center *center
}

// CreateResourcePool makes a child; what it reserves must be free here.
func (w *ResourcePool) CreateResourcePool(ctx *simulator.Context, req *types.CreateResourcePool) soap.HasFault {
	w.center.refreshTotals(ctx)
	completeShares(&req.Spec)
	if fault := refuseAllocation(ctx, &w.ResourcePool.ResourcePool, nil, &req.Spec); fault != nil {
		return &methods.CreateResourcePoolBody{Fault_: simulator.Fault("", fault)}
	}
	return w.ResourcePool.CreateResourcePool(ctx, req)
}

// UpdateConfig changes name and allocations.
func (w *ResourcePool) UpdateConfig(ctx *simulator.Context, req *types.UpdateConfig) soap.HasFault {
	w.center.refreshTotals(ctx)
	body, pool := new(methods.UpdateConfigBody), &w.ResourcePool.ResourcePool
	parent, child := ctx.Map.Get(*pool.Parent).(*simulator.ResourcePool)
	if !child {
		body.Fault_ = simulator.Fault("", new(types.NotSupported))
		return body
	}
	if req.Name != "" && req.Name != pool.Name {
		if other := ctx.Map.FindByName(req.Name, parent.ResourcePool.ResourcePool); other != nil {
			body.Fault_ = simulator.Fault("", &types.DuplicateName{Name: req.Name, Object: other.Reference()})
			return body
		}
	}
	wanted := types.ResourceConfigSpec{CpuAllocation: pool.Config.CpuAllocation, MemoryAllocation: pool.Config.MemoryAllocation}
	if req.Config != nil {
		replaceAllocation(&wanted.CpuAllocation, req.Config.CpuAllocation)
		replaceAllocation(&wanted.MemoryAllocation, req.Config.MemoryAllocation)
		completeShares(&wanted)
		if fault := refuseAllocation(ctx, &parent.ResourcePool, &pool.Self, &wanted); fault != nil {
			body.Fault_ = simulator.Fault("", fault)
			return body
		}
	}
	pool.Name = orElse(req.Name, pool.Name)
	pool.Config.CpuAllocation, pool.Config.MemoryAllocation = wanted.CpuAllocation, wanted.MemoryAllocation
	body.Res = new(types.UpdateConfigResponse)
	return body
}

func replaceAllocation(to *types.ResourceAllocationInfo, from types.ResourceAllocationInfo) {
	if from.Reservation != nil {
		to.Reservation = from.Reservation
	}
	if from.Limit != nil {
		to.Limit = from.Limit
	}
	if from.ExpandableReservation != nil {
		to.ExpandableReservation = from.ExpandableReservation
	}
	if from.Shares != nil {
		to.Shares = from.Shares
	}
}

// completeShares puts the numbers to the named levels.
func completeShares(spec *types.ResourceConfigSpec) {
	set := func(shares *types.SharesInfo, normal int32) {
		if shares == nil {
			return
		}
		switch shares.Level {
		case types.SharesLevelLow:
			shares.Shares = normal / 2
		case types.SharesLevelNormal:
			shares.Shares = normal
		case types.SharesLevelHigh:
			shares.Shares = normal * 2
		}
	}
	set(spec.CpuAllocation.Shares, 4000)
	set(spec.MemoryAllocation.Shares, 163840)
}

// refuseAllocation holds what a child wants to what its parent has left; `except` is the child as it is.
func refuseAllocation(ctx *simulator.Context, parent *mo.ResourcePool, except *types.ManagedObjectReference, spec *types.ResourceConfigSpec) types.BaseMethodFault {
	for _, each := range []struct {
		wanted types.ResourceAllocationInfo
		where  string
	}{{spec.CpuAllocation, "spec.cpuAllocation"}, {spec.MemoryAllocation, "spec.memoryAllocation"}} {
		reserved, limit := value(each.wanted.Reservation), each.wanted.Limit
		if reserved < 0 || (limit != nil && *limit < -1) || (limit != nil && *limit >= 0 && reserved > *limit) {
			return invalid(each.where)
		}
	}
	cpu := left(ctx, parent, except, cpuOf)
	if wanted := value(spec.CpuAllocation.Reservation); wanted > cpu {
		return &types.InsufficientCpuResourcesFault{Unreserved: cpu, Requested: wanted}
	}
	memory := left(ctx, parent, except, memoryOf)
	if wanted := value(spec.MemoryAllocation.Reservation); wanted > memory {
		return &types.InsufficientMemoryResourcesFault{Unreserved: memory << 20, Requested: wanted << 20}
	}
	return nil
}

func value(number *int64) int64 {
	if number == nil {
		return 0
	}
	return *number
}

type kindOf func(*types.ResourceConfigSpec) *types.ResourceAllocationInfo

func cpuOf(spec *types.ResourceConfigSpec) *types.ResourceAllocationInfo { return &spec.CpuAllocation }

func memoryOf(spec *types.ResourceConfigSpec) *types.ResourceAllocationInfo {
	return &spec.MemoryAllocation
}

// left is what a pool can still promise: of its own, and of its parent's when it may ask there.
func left(ctx *simulator.Context, pool *mo.ResourcePool, except *types.ManagedObjectReference, of kindOf) int64 {
	own := of(&pool.Config)
	free := value(own.Reservation) - used(ctx, pool, except, of)
	parent, child := ctx.Map.Get(*pool.Parent).(*simulator.ResourcePool)
	if child && yes(own.ExpandableReservation) {
		free += left(ctx, &parent.ResourcePool, nil, of)
		if limit := value(own.Limit); own.Limit != nil && limit >= 0 {
			free = min(free, limit-used(ctx, pool, except, of))
		}
	}
	return max(free, 0)
}

// used is what children and running machines of a pool have reserved.
func used(ctx *simulator.Context, pool *mo.ResourcePool, except *types.ManagedObjectReference, of kindOf) int64 {
	var sum int64
	for _, ref := range pool.ResourcePool {
		if except != nil && ref == *except {
			continue
		}
		if child, ok := ctx.Map.Get(ref).(*simulator.ResourcePool); ok {
			own := of(&child.Config)
			reserved := value(own.Reservation)
			if yes(own.ExpandableReservation) {
				reserved = max(reserved, used(ctx, &child.ResourcePool, nil, of))
			}
			sum += reserved
		}
	}
	for _, ref := range pool.Vm {
		machine, ok := ctx.Map.Get(ref).(*simulator.VirtualMachine)
		if !ok || machine.Config == nil || machine.Runtime.PowerState != types.VirtualMachinePowerStatePoweredOn {
			continue
		}
		spec := types.ResourceConfigSpec{}
		if machine.Config.CpuAllocation != nil {
			spec.CpuAllocation = *machine.Config.CpuAllocation
		}
		if machine.Config.MemoryAllocation != nil {
			spec.MemoryAllocation = *machine.Config.MemoryAllocation
		}
		sum += value(of(&spec).Reservation)
	}
	return sum
}

// refreshPool keeps what a pool and its children show about their use.
func (c *center) refreshPool(ctx *simulator.Context, pool *mo.ResourcePool) {
	show := func(usage *types.ResourcePoolResourceUsage, of kindOf, unit int64) {
		taken := used(ctx, pool, nil, of) * unit
		free := left(ctx, pool, nil, of) * unit
		usage.ReservationUsed, usage.UnreservedForPool, usage.UnreservedForVm = taken, free, free
	}
	show(&pool.Runtime.Cpu, cpuOf, 1)
	show(&pool.Runtime.Memory, memoryOf, 1<<20)
	pool.Runtime.OverallStatus = types.ManagedEntityStatusGreen
	if summary := pool.Summary.GetResourcePoolSummary(); summary != nil {
		summary.Name, summary.Config, summary.Runtime = pool.Name, pool.Config, pool.Runtime
	}
	for _, ref := range pool.ResourcePool {
		child, ok := ctx.Map.Get(ref).(*simulator.ResourcePool)
		if !ok {
			continue
		}
		child.Runtime.Cpu.MaxUsage = bounded(child.Config.CpuAllocation.Limit, 1, pool.Runtime.Cpu.MaxUsage)
		child.Runtime.Memory.MaxUsage = bounded(child.Config.MemoryAllocation.Limit, 1<<20, pool.Runtime.Memory.MaxUsage)
		c.refreshPool(ctx, &child.ResourcePool)
	}
}

func bounded(limit *int64, unit, parent int64) int64 {
	if limit == nil || *limit < 0 {
		return parent
	}
	return min(*limit*unit, parent)
}
