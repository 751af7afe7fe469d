// Copyright: KubeOps Hybrid contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"slices"
	"sync"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// vcha is vCenter HA of this vCenter: three nodes, of which any two keep it alive.
type vcha struct {
	mutex     sync.Mutex
	state     string // notConfigured, prepared, configured, invalid
	mode      string
	config    types.VchaClusterConfigInfo
	addresses [3]string // active, passive, witness
	names     [3]string
}

// FailoverClusterConfigurator sets vCenter HA up and takes it down.
type FailoverClusterConfigurator struct {
	mo.FailoverClusterConfigurator
	cluster *vcha
}

// FailoverClusterManager runs it.
type FailoverClusterManager struct {
	mo.FailoverClusterManager
	cluster *vcha
	center  *center
}

func (c *center) addVcha() {
	content := c.model.ServiceContent
	cluster := &vcha{state: "notConfigured"}
	configurator := &FailoverClusterConfigurator{cluster: cluster}
	configurator.Self = *content.FailoverClusterConfigurator
	manager := &FailoverClusterManager{cluster: cluster, center: c}
	manager.Self = *content.FailoverClusterManager
	c.model.Map().Put(configurator)
	c.model.Map().Put(manager)
}

func (c *FailoverClusterConfigurator) run(ctx *simulator.Context, name string, from []string, do func() types.BaseMethodFault) types.ManagedObjectReference {
	// A client expects an inventory object as a task's entity.
	root := ctx.Map.Get(rootFolder(ctx))
	return task(ctx, root, name, func() (types.AnyType, types.BaseMethodFault) {
		c.cluster.mutex.Lock()
		defer c.cluster.mutex.Unlock()
		if !slices.Contains(from, c.cluster.state) {
			return nil, new(types.InvalidState)
		}
		return nil, do()
	})
}

func rootFolder(ctx *simulator.Context) types.ManagedObjectReference {
	return types.ManagedObjectReference{Type: "Folder", Value: "group-d1"}
}

// DeployVchaTask clones the active node twice and joins the three.
func (c *FailoverClusterConfigurator) DeployVchaTask(ctx *simulator.Context, req *types.DeployVcha_Task) soap.HasFault {
	ref := c.run(ctx, "deployVcha", []string{"notConfigured"}, func() types.BaseMethodFault {
		spec := req.DeploymentSpec
		passive, witness := spec.PassiveDeploymentSpec.NodeDeploymentSpec, spec.WitnessDeploymentSpec.GetNodeDeploymentSpec()
		for _, node := range []types.NodeDeploymentSpec{passive, *witness} {
			if fault := refuseNode(ctx, node); fault != nil {
				return fault
			}
		}
		if passive.NodeName == witness.NodeName {
			return invalid("deploymentSpec.witnessDeploymentSpec.nodeName")
		}
		var active types.CustomizationIPSettings
		if spec.ActiveVcNetworkConfig != nil {
			active = spec.ActiveVcNetworkConfig.IpSettings
		}
		c.cluster.form(active, passive.IpSettings, witness.IpSettings)
		c.cluster.config.FailoverNodeInfo2.FailoverIp = spec.PassiveDeploymentSpec.FailoverIpSettings
		return nil
	})
	return &methods.DeployVcha_TaskBody{Res: &types.DeployVcha_TaskResponse{Returnval: ref}}
}

func refuseNode(ctx *simulator.Context, node types.NodeDeploymentSpec) types.BaseMethodFault {
	if node.NodeName == "" || addressOf(node.IpSettings) == "" {
		return invalid("deploymentSpec.nodeName")
	}
	for _, ref := range []*types.ManagedObjectReference{node.EsxHost, node.Datastore, node.ResourcePool, node.ClusterNetworkPortGroup, &node.Folder} {
		if ref != nil && ctx.Map.Get(*ref) == nil {
			return &types.ManagedObjectNotFound{Obj: *ref}
		}
	}
	return nil
}

func addressOf(settings types.CustomizationIPSettings) string {
	if fixed, ok := settings.Ip.(*types.CustomizationFixedIp); ok {
		return fixed.IpAddress
	}
	return ""
}

func (v *vcha) form(active, passive, witness types.CustomizationIPSettings) {
	v.state, v.mode = "configured", "enabled"
	v.addresses = [3]string{addressOf(active), addressOf(passive), addressOf(witness)}
	v.config = types.VchaClusterConfigInfo{
		FailoverNodeInfo1: &types.FailoverNodeInfo{ClusterIpSettings: complete(active), BiosUuid: "vcha-node-1"},
		FailoverNodeInfo2: &types.FailoverNodeInfo{ClusterIpSettings: complete(passive), BiosUuid: "vcha-node-2"},
		WitnessNodeInfo:   &types.WitnessNodeInfo{IpSettings: complete(witness), BiosUuid: "vcha-node-3"},
	}
}

// complete gives settings the address that a client must be able to read.
func complete(settings types.CustomizationIPSettings) types.CustomizationIPSettings {
	if settings.Ip == nil {
		settings.Ip = new(types.CustomizationDhcpIpGenerator)
	}
	return settings
}

// PrepareVchaTask readies the active node where the others are made by hand.
func (c *FailoverClusterConfigurator) PrepareVchaTask(ctx *simulator.Context, req *types.PrepareVcha_Task) soap.HasFault {
	ref := c.run(ctx, "prepareVcha", []string{"notConfigured"}, func() types.BaseMethodFault {
		c.cluster.state = "prepared"
		return nil
	})
	return &methods.PrepareVcha_TaskBody{Res: &types.PrepareVcha_TaskResponse{Returnval: ref}}
}

// ConfigureVchaTask joins nodes that were made by hand.
func (c *FailoverClusterConfigurator) ConfigureVchaTask(ctx *simulator.Context, req *types.ConfigureVcha_Task) soap.HasFault {
	ref := c.run(ctx, "configureVcha", []string{"prepared"}, func() types.BaseMethodFault {
		fixed := func(address string) types.CustomizationIPSettings {
			return types.CustomizationIPSettings{Ip: &types.CustomizationFixedIp{IpAddress: address}}
		}
		c.cluster.form(types.CustomizationIPSettings{}, fixed(req.ConfigSpec.PassiveIp), fixed(req.ConfigSpec.WitnessIp))
		return nil
	})
	return &methods.ConfigureVcha_TaskBody{Res: &types.ConfigureVcha_TaskResponse{Returnval: ref}}
}

// DestroyVchaTask leaves the active node alone; HA must be disabled or isolated before.
func (c *FailoverClusterConfigurator) DestroyVchaTask(ctx *simulator.Context, _ *types.DestroyVcha_Task) soap.HasFault {
	ref := c.run(ctx, "destroyVcha", []string{"configured", "prepared", "invalid"}, func() types.BaseMethodFault {
		if c.cluster.state == "configured" && c.cluster.mode == "enabled" {
			return new(types.InvalidState)
		}
		c.cluster.state, c.cluster.mode, c.cluster.config = "notConfigured", "", types.VchaClusterConfigInfo{}
		return nil
	})
	return &methods.DestroyVcha_TaskBody{Res: &types.DestroyVcha_TaskResponse{Returnval: ref}}
}

// GetVchaConfig answers the nodes and whether there are any.
func (c *FailoverClusterConfigurator) GetVchaConfig(*types.GetVchaConfig) soap.HasFault {
	c.cluster.mutex.Lock()
	defer c.cluster.mutex.Unlock()
	config := c.cluster.config
	config.State = c.cluster.state
	return &methods.GetVchaConfigBody{Res: &types.GetVchaConfigResponse{Returnval: config}}
}
