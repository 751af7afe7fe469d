// Copyright: KubeOps Hybrid contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

// lose lets hosts fall silent, or lets them answer again: those whose name (host-lost) or site (site-lost) the rule
// names. Their machines are started again elsewhere where HA says so.
func (c *center) lose(rule *faultRule, silent bool) {
	if rule.Kind != "host-lost" && rule.Kind != "site-lost" {
		return
	}
	ctx := c.context()
	for i := range c.settings.Hosts {
		known := &c.settings.Hosts[i]
		subject := known.Name
		if rule.Kind == "site-lost" {
			subject = known.Site
		}
		if subject == "" || !glob(rule.Name, subject) {
			continue
		}
		c.lost.mutex.Lock()
		if c.lost.names == nil {
			c.lost.names = map[string]bool{}
		}
		c.lost.names[known.Name] = silent
		c.lost.mutex.Unlock()
		c.showLost(ctx, known, silent)
	}
	if silent {
		c.restartMachines(ctx)
	}
}

func (c *center) showLost(ctx *simulator.Context, known *knownHost, silent bool) {
	for _, entity := range ctx.Map.All("HostSystem") {
		host := entity.(*simulator.HostSystem)
		if c.settings.host(host.Name) != known {
			continue
		}
		host.Runtime.ConnectionState = types.HostSystemConnectionStateConnected
		host.Runtime.PowerState = types.HostSystemPowerStatePoweredOn
		host.OverallStatus = types.ManagedEntityStatusGreen
		if silent {
			host.Runtime.ConnectionState = types.HostSystemConnectionStateNotResponding
			host.Runtime.PowerState = types.HostSystemPowerStateUnknown
			host.OverallStatus = types.ManagedEntityStatusRed
		}
	}
}

// restartMachines is what HA does with the machines of silent hosts.
func (c *center) restartMachines(ctx *simulator.Context) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for _, entity := range ctx.Map.All("ClusterComputeResource") {
		cluster := entity.(*simulator.ClusterComputeResource)
		protects := yes(cluster.ConfigurationEx.(*types.ClusterConfigInfoEx).DasConfig.Enabled)
		for _, ref := range cluster.Host {
			host, ok := ctx.Map.Get(ref).(*simulator.HostSystem)
			if ok && host.Runtime.ConnectionState == types.HostSystemConnectionStateNotResponding {
				c.restartFrom(ctx, cluster, host, protects)
			}
		}
	}
}

func (c *center) restartFrom(ctx *simulator.Context, cluster *simulator.ClusterComputeResource, host *simulator.HostSystem, protects bool) {
	for _, ref := range append([]types.ManagedObjectReference{}, host.Vm...) {
		machine, ok := ctx.Map.Get(ref).(*simulator.VirtualMachine)
		if !ok {
			continue
		}
		target := c.roomiest(ctx, cluster, host, ref)
		if protects && target != nil && !bound(machine) {
			simulator.RemoveReference(&host.Vm, ref)
			target.Vm = append(target.Vm, ref)
			machine.Runtime.Host, machine.Summary.Runtime.Host = &target.Self, &target.Self
			continue
		}
		machine.Runtime.ConnectionState = types.VirtualMachineConnectionStateDisconnected
	}
}
