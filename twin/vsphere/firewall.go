// Copyright: KubeOps Hybrid contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"net/netip"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// HostFirewallSystem is one whose rule sets can be held to addresses.
type HostFirewallSystem struct {
	*simulator.HostFirewallSystem
}

// ownFirewall copies what the simulator shares between hosts.
func ownFirewall(info *types.HostFirewallInfo) *types.HostFirewallInfo {
	copied := *info
	copied.Ruleset = append([]types.HostFirewallRuleset{}, info.Ruleset...)
	for i := range copied.Ruleset {
		copied.Ruleset[i].AllowedHosts = &types.HostFirewallRulesetIpList{AllIp: true}
		copied.Ruleset[i].IpListUserConfigurable = types.NewBool(true)
	}
	return &copied
}

// UpdateRuleset sets the addresses that a rule set lets in.
func (w *HostFirewallSystem) UpdateRuleset(req *types.UpdateRuleset) soap.HasFault {
	body, allowed := new(methods.UpdateRulesetBody), req.Spec.AllowedHosts
	for _, address := range allowed.IpAddress {
		if _, err := netip.ParseAddr(address); err != nil {
			body.Fault_ = simulator.Fault("", invalid("spec.allowedHosts.ipAddress"))
			return body
		}
	}
	for i := range w.FirewallInfo.Ruleset {
		if w.FirewallInfo.Ruleset[i].Key == req.Id {
			w.FirewallInfo.Ruleset[i].AllowedHosts = &allowed
			body.Res = new(types.UpdateRulesetResponse)
			return body
		}
	}
	body.Fault_ = simulator.Fault("", new(types.NotFound))
	return body
}

// RefreshFirewall has nothing to refresh.
func (w *HostFirewallSystem) RefreshFirewall(*types.RefreshFirewall) soap.HasFault {
	return &methods.RefreshFirewallBody{Res: new(types.RefreshFirewallResponse)}
}
