// Copyright: KubeOps Hybrid contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"github.com/vmware/govmomi/vim25/types"
)

// refuseRules holds DRS rules and groups to each other, and lets a rule be edited by its key as a real one wants it.
func refuseRules(config *types.ClusterConfigInfoEx, spec *types.ClusterConfigSpecEx) types.BaseMethodFault {
	groups := map[string]bool{}
	for _, group := range config.Group {
		groups[group.GetClusterGroupInfo().Name] = true
	}
	for _, change := range spec.GroupSpec {
		if change.Info != nil {
			groups[change.Info.GetClusterGroupInfo().Name] = true
		}
	}
	for _, change := range spec.RulesSpec {
		if change.Operation == types.ArrayUpdateOperationRemove {
			continue
		}
		if fault := refuseRule(change.Info, groups); fault != nil {
			return fault
		}
		if change.Operation == types.ArrayUpdateOperationEdit {
			if fault := prepareEdit(config, change.Info.GetClusterRuleInfo()); fault != nil {
				return fault
			}
		}
	}
	return nil
}

func refuseRule(rule types.BaseClusterRuleInfo, groups map[string]bool) types.BaseMethodFault {
	switch wanted := rule.(type) {
	case *types.ClusterVmHostRuleInfo:
		for _, name := range []string{wanted.VmGroupName, wanted.AffineHostGroupName, wanted.AntiAffineHostGroupName} {
			if name != "" && !groups[name] {
				return invalid("spec.rulesSpec.info")
			}
		}
	case *types.ClusterAntiAffinityRuleSpec:
		if len(wanted.Vm) < 2 {
			return invalid("spec.rulesSpec.info.vm")
		}
	case *types.ClusterAffinityRuleSpec:
		if len(wanted.Vm) < 2 {
			return invalid("spec.rulesSpec.info.vm")
		}
	}
	return nil
}

// prepareEdit gives the rule of that key its new name already, since the simulator looks for the name.
func prepareEdit(config *types.ClusterConfigInfoEx, wanted *types.ClusterRuleInfo) types.BaseMethodFault {
	for _, have := range config.Rule {
		if old := have.GetClusterRuleInfo(); old.Key == wanted.Key {
			old.Name = wanted.Name
			wanted.RuleUuid = old.RuleUuid
			return nil
		}
	}
	return invalid("spec.rulesSpec.info.key")
}
