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

// HostPowerSystem keeps how a host saves power.
type HostPowerSystem struct {
	mo.HostPowerSystem
}

var powerPolicies = []types.HostPowerPolicy{
	{Key: 1, Name: "PowerPolicy.static.name", ShortName: "static", Description: "PowerPolicy.static.description"},
	{Key: 2, Name: "PowerPolicy.dynamic.name", ShortName: "dynamic", Description: "PowerPolicy.dynamic.description"},
	{Key: 3, Name: "PowerPolicy.low.name", ShortName: "low", Description: "PowerPolicy.low.description"},
	{Key: 4, Name: "PowerPolicy.custom.name", ShortName: "custom", Description: "PowerPolicy.custom.description"},
}

func newPower(host *simulator.HostSystem) *HostPowerSystem {
	made := new(HostPowerSystem)
	made.Capability.AvailablePolicy = powerPolicies
	made.Info.CurrentPolicy = powerPolicies[1]
	host.Config.PowerSystemCapability, host.Config.PowerSystemInfo = &made.Capability, &made.Info
	return made
}

// ConfigurePowerPolicy takes one of the policies that the host has.
func (s *HostPowerSystem) ConfigurePowerPolicy(req *types.ConfigurePowerPolicy) soap.HasFault {
	for _, policy := range powerPolicies {
		if policy.Key == req.Key {
			s.Info.CurrentPolicy = policy
			return &methods.ConfigurePowerPolicyBody{Res: new(types.ConfigurePowerPolicyResponse)}
		}
	}
	return &methods.ConfigurePowerPolicyBody{Fault_: simulator.Fault("", invalid("key"))}
}
