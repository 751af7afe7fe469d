// Copyright: KubeOps Hybrid contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"slices"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// GetClusterMode answers enabled, disabled or maintenance.
func (m *FailoverClusterManager) GetClusterMode(*types.GetClusterMode) soap.HasFault {
	m.cluster.mutex.Lock()
	defer m.cluster.mutex.Unlock()
	body := new(methods.GetClusterModeBody)
	if m.cluster.state != "configured" {
		body.Fault_ = simulator.Fault("", new(types.InvalidState))
		return body
	}
	body.Res = &types.GetClusterModeResponse{Returnval: m.cluster.mode}
	return body
}

func (m *FailoverClusterManager) run(ctx *simulator.Context, name string, do func() types.BaseMethodFault) types.ManagedObjectReference {
	return task(ctx, ctx.Map.Get(rootFolder(ctx)), name, func() (types.AnyType, types.BaseMethodFault) {
		m.cluster.mutex.Lock()
		defer m.cluster.mutex.Unlock()
		if m.cluster.state != "configured" {
			return nil, new(types.InvalidState)
		}
		return nil, do()
	})
}

// SetClusterModeTask sets the mode.
func (m *FailoverClusterManager) SetClusterModeTask(ctx *simulator.Context, req *types.SetClusterMode_Task) soap.HasFault {
	ref := m.run(ctx, "setClusterMode", func() types.BaseMethodFault {
		if !slices.Contains([]string{"enabled", "disabled", "maintenance"}, req.Mode) {
			return invalid("mode")
		}
		m.cluster.mode = req.Mode
		return nil
	})
	return &methods.SetClusterMode_TaskBody{Res: &types.SetClusterMode_TaskResponse{Returnval: ref}}
}

// InitiateFailoverTask lets active and passive change places; sessions end as they do on a real one.
func (m *FailoverClusterManager) InitiateFailoverTask(ctx *simulator.Context, _ *types.InitiateFailover_Task) soap.HasFault {
	ref := m.run(ctx, "initiateFailover", func() types.BaseMethodFault {
		if m.cluster.mode != "enabled" || m.center.faults.inForce("passive-down") {
			return new(types.InvalidState)
		}
		places := &m.cluster.addresses
		places[0], places[1] = places[1], places[0]
		nodes := &m.cluster.config
		nodes.FailoverNodeInfo1, nodes.FailoverNodeInfo2 = nodes.FailoverNodeInfo2, nodes.FailoverNodeInfo1
		return nil
	})
	return &methods.InitiateFailover_TaskBody{Res: &types.InitiateFailover_TaskResponse{Returnval: ref}}
}

// GetVchaClusterHealth answers the state of the whole and of each node.
func (m *FailoverClusterManager) GetVchaClusterHealth(*types.GetVchaClusterHealth) soap.HasFault {
	m.cluster.mutex.Lock()
	defer m.cluster.mutex.Unlock()
	body := new(methods.GetVchaClusterHealthBody)
	if m.cluster.state != "configured" {
		body.Fault_ = simulator.Fault("", new(types.InvalidState))
		return body
	}
	health := types.VchaClusterHealth{RuntimeInfo: types.VchaClusterRuntimeInfo{
		ClusterState: "healthy", ClusterMode: m.cluster.mode,
	}}
	for place, role := range []string{"active", "passive", "witness"} {
		state := "up"
		if role != "active" && m.center.faults.inForce(role+"-down") {
			state, health.RuntimeInfo.ClusterState = "down", "degraded"
			health.HealthMessages = append(health.HealthMessages, types.LocalizableMessage{
				Key: "com.vmware.vcha." + role + ".down", Message: "The " + role + " node is down",
			})
		}
		health.RuntimeInfo.NodeInfo = append(health.RuntimeInfo.NodeInfo, types.VchaNodeRuntimeInfo{
			NodeState: state, NodeRole: role, NodeIp: orElse(m.cluster.addresses[place], "0.0.0.0"),
		})
	}
	body.Res = &types.GetVchaClusterHealthResponse{Returnval: health}
	return body
}
