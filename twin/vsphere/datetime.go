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

// HostDateTimeSystem keeps where a host takes its time from.
type HostDateTimeSystem struct {
	mo.HostDateTimeSystem
	host *simulator.HostSystem
}

func newDateTime(host *simulator.HostSystem) *HostDateTimeSystem {
	info := types.HostDateTimeInfo{
		TimeZone:            types.HostDateTimeSystemTimeZone{Key: "UTC", Name: "UTC", Description: "UTC"},
		SystemClockProtocol: "ntp", NtpConfig: new(types.HostNtpConfig), Enabled: types.NewBool(true),
		DisableEvents: types.NewBool(false), DisableFallback: types.NewBool(false),
	}
	made := &HostDateTimeSystem{host: host}
	made.DateTimeInfo = info
	host.Config.DateTimeInfo = &made.DateTimeInfo
	return made
}

// UpdateDateTimeConfig changes what the configuration names.
func (s *HostDateTimeSystem) UpdateDateTimeConfig(req *types.UpdateDateTimeConfig) soap.HasFault {
	body := new(methods.UpdateDateTimeConfigBody)
	if zone := req.Config.TimeZone; zone != "" && zone != "UTC" {
		body.Fault_ = simulator.Fault("", invalid("config.timeZone"))
		return body
	}
	info := &s.DateTimeInfo
	if req.Config.NtpConfig != nil {
		servers := req.Config.NtpConfig.Server
		info.NtpConfig = &types.HostNtpConfig{Server: servers}
		for _, server := range servers {
			info.NtpConfig.ConfigFile = append(info.NtpConfig.ConfigFile, "server "+server)
		}
	}
	info.SystemClockProtocol = orElse(req.Config.Protocol, info.SystemClockProtocol)
	if req.Config.Enabled != nil {
		info.Enabled = req.Config.Enabled
	}
	body.Res = new(types.UpdateDateTimeConfigResponse)
	return body
}

// QueryAvailableTimeZones answers the one that ESXi has.
func (s *HostDateTimeSystem) QueryAvailableTimeZones(*types.QueryAvailableTimeZones) soap.HasFault {
	zones := []types.HostDateTimeSystemTimeZone{s.DateTimeInfo.TimeZone}
	return &methods.QueryAvailableTimeZonesBody{Res: &types.QueryAvailableTimeZonesResponse{Returnval: zones}}
}

// RefreshDateTimeSystem has nothing to refresh.
func (s *HostDateTimeSystem) RefreshDateTimeSystem(*types.RefreshDateTimeSystem) soap.HasFault {
	return &methods.RefreshDateTimeSystemBody{Res: new(types.RefreshDateTimeSystemResponse)}
}
