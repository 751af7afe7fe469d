// Copyright: KubeOps Hybrid contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// capacity is what hosts have together, CPU in MHz and memory in bytes.
type capacity struct {
	cpu, memory int64
	hosts       int32
	cores       int16
}

func (c *capacity) add(host *simulator.HostSystem) {
	hardware := host.Summary.Hardware
	c.cpu += int64(hardware.CpuMhz) * int64(hardware.NumCpuCores)
	c.memory += hardware.MemorySize
	c.cores += hardware.NumCpuCores
	c.hosts++
}

// works says whether a host carries machines.
func works(host *simulator.HostSystem) bool {
	return host.Runtime.ConnectionState == types.HostSystemConnectionStateConnected && !host.Runtime.InMaintenanceMode
}

func sumHosts(ctx *simulator.Context, refs []types.ManagedObjectReference) (all, working capacity) {
	for _, ref := range refs {
		if host, ok := ctx.Map.Get(ref).(*simulator.HostSystem); ok {
			all.add(host)
			if works(host) {
				working.add(host)
			}
		}
	}
	return all, working
}

// refreshTotals keeps what clusters and root pools say about their capacity to the sum of their hosts.
func (c *center) refreshTotals(ctx *simulator.Context) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.refreshSpace(ctx)
	for _, entity := range ctx.Map.All("ClusterComputeResource") {
		cluster := entity.(*simulator.ClusterComputeResource)
		all, working := sumHosts(ctx, cluster.Host)
		summary := cluster.Summary.GetComputeResourceSummary()
		summary.TotalCpu, summary.TotalMemory = int32(all.cpu), all.memory
		summary.NumCpuCores, summary.NumCpuThreads = all.cores, 2*all.cores
		summary.EffectiveCpu, summary.EffectiveMemory = int32(working.cpu), working.memory/(1<<20)
		summary.NumHosts, summary.NumEffectiveHosts = all.hosts, working.hosts
		if pool, ok := ctx.Map.Get(*cluster.ResourcePool).(*simulator.ResourcePool); ok {
			setRoot(&pool.ResourcePool, working)
			c.refreshPool(ctx, &pool.ResourcePool)
		}
	}
}

func setRoot(pool *mo.ResourcePool, has capacity) {
	pool.Config.CpuAllocation.Reservation = types.NewInt64(has.cpu)
	pool.Config.CpuAllocation.Limit = types.NewInt64(has.cpu)
	pool.Config.MemoryAllocation.Reservation = types.NewInt64(has.memory / (1 << 20))
	pool.Config.MemoryAllocation.Limit = types.NewInt64(has.memory / (1 << 20))
	pool.Runtime.Cpu.MaxUsage, pool.Runtime.Memory.MaxUsage = has.cpu, has.memory
}
