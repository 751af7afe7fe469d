// Copyright: KubeOps Hybrid contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"fmt"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// option is an advanced setting of ESXi; `most` is the largest number that a number may be.
type option struct {
	key     string
	initial any
	most    int64
}

var options = []option{
	{"Annotations.WelcomeMessage", "", 0},
	{"Config.Etc.issue", "", 0},
	{"Config.HostAgent.log.level", "info", 0},
	{"Config.HostAgent.plugins.hostsvc.esxAdminsGroup", "ESX Admins", 0},
	{"Config.HostAgent.plugins.solo.enableMob", false, 0},
	{"Cpu.UseMwait", int64(2), 2},
	{"DCUI.Access", "root", 0},
	{"Disk.MaxIOSize", int64(32767), 32767},
	{"Mem.ShareForceSalting", int64(2), 2},
	{"Misc.HeartbeatTimeout", int64(60), 86400},
	{"NFS.MaxVolumes", int64(32), 256},
	{"NFS.HeartbeatFrequency", int64(12), 86400},
	{"NFS.HeartbeatMaxFailures", int64(10), 2147483647},
	{"NFS.HeartbeatTimeout", int64(5), 86400},
	{"NFS.MaxQueueDepth", int64(4294967295), 4294967295},
	{"NFS41.MaxVolumes", int64(32), 256},
	{"Net.BlockGuestBPDU", int64(0), 1},
	{"Net.FollowHardwareMac", int64(1), 1},
	{"Net.TcpipHeapMax", int64(1536), 2048},
	{"Net.TcpipHeapSize", int64(0), 32},
	{"Security.AccountLockFailures", int64(5), 100},
	{"Security.AccountUnlockTime", int64(900), 3600},
	{"Security.PasswordHistory", int64(5), 100},
	{"Security.PasswordMaxDays", int64(99999), 99999},
	{"Security.PasswordQualityControl", "retry=3 min=disabled,disabled,disabled,7,7", 0},
	{"Syslog.global.auditRecord.remoteEnable", false, 0},
	{"Syslog.global.auditRecord.storageEnable", false, 0},
	{"Syslog.global.certificate.checkSSLCerts", true, 0},
	{"Syslog.global.defaultRotate", int64(20), 100},
	{"Syslog.global.defaultSize", int64(1024), 10240},
	{"Syslog.global.logDir", "[] /scratch/log", 0},
	{"Syslog.global.logDirUnique", false, 0},
	{"Syslog.global.logHost", "", 0},
	{"Syslog.global.logLevel", "error", 0},
	{"Syslog.global.remoteHost.connectRetryDelay", int64(180), 86400},
	{"UserVars.DcuiTimeOut", int64(600), 86400},
	{"UserVars.ESXiShellInteractiveTimeOut", int64(0), 86400},
	{"UserVars.ESXiShellTimeOut", int64(0), 86400},
	{"UserVars.ESXiVPsDisabledProtocols", "sslv3", 0},
	{"UserVars.HostClientSessionTimeout", int64(900), 7200},
	{"UserVars.HostClientWelcomeMessage", "", 0},
	{"UserVars.SuppressCoredumpWarning", int64(0), 1},
	{"UserVars.SuppressHyperthreadWarning", int64(0), 1},
	{"UserVars.SuppressShellWarning", int64(0), 1},
	{"UserVars.ToolsRamdisk", int64(0), 1},
	{"VMFS3.HardwareAcceleratedLocking", int64(1), 1},
	{"VMkernel.Boot.execInstalledOnly", false, 0},
	{"VMkernel.Boot.hyperthreading", true, 0},
}

func defaultOptions() []types.BaseOptionValue {
	var set []types.BaseOptionValue
	for _, each := range options {
		set = append(set, &types.OptionValue{Key: each.key, Value: each.initial})
	}
	return set
}

func optionDefs() []types.OptionDef {
	var defs []types.OptionDef
	for _, each := range options {
		def := types.OptionDef{OptionType: each.kind()}
		def.Key, def.Label, def.Summary = each.key, each.key, each.key
		defs = append(defs, def)
	}
	return defs
}

func (o option) kind() types.BaseOptionType {
	writable := types.OptionType{ValueIsReadonly: types.NewBool(false)}
	switch initial := o.initial.(type) {
	case int64:
		return &types.LongOption{OptionType: writable, Max: o.most, DefaultValue: initial}
	case bool:
		return &types.BoolOption{OptionType: writable, Supported: true, DefaultValue: initial}
	default:
		return &types.StringOption{OptionType: writable, DefaultValue: fmt.Sprint(initial)}
	}
}

// OptionManager of a host takes only settings that ESXi has, in the type and range that it wants.
type OptionManager struct {
	*simulator.OptionManager
	host *simulator.HostSystem
}

// UpdateOptions changes all settings or none.
func (w *OptionManager) UpdateOptions(req *types.UpdateOptions) soap.HasFault {
	for _, change := range req.ChangedValue {
		if fault := refuseOption(change.GetOptionValue()); fault != nil {
			return &methods.UpdateOptionsBody{Fault_: simulator.Fault("", fault)}
		}
	}
	w.Setting = mergeOptions(w.Setting, req.ChangedValue)
	w.host.Config.Option = w.Setting
	return &methods.UpdateOptionsBody{Res: new(types.UpdateOptionsResponse)}
}

func refuseOption(wanted *types.OptionValue) types.BaseMethodFault {
	for _, each := range options {
		if each.key != wanted.Key {
			continue
		}
		number, isNumber := wanted.Value.(int64)
		if fmt.Sprintf("%T", each.initial) != fmt.Sprintf("%T", wanted.Value) || (isNumber && (number < 0 || number > each.most)) {
			return invalid("changedValue.value")
		}
		return nil
	}
	return &types.InvalidName{Name: wanted.Key}
}
