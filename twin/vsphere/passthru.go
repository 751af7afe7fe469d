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

// HostPciPassthruSystem gives PCI devices to machines.
type HostPciPassthruSystem struct {
	mo.HostPciPassthruSystem
	host *simulator.HostSystem
}

func newPassthru(host *simulator.HostSystem, known *knownHost) *HostPciPassthruSystem {
	var infos []types.BaseHostPciPassthruInfo
	able := map[string]bool{}
	for slot := range known.GPUs {
		able[gpuAddress(slot)] = true
	}
	for _, device := range host.Hardware.PciDevice {
		infos = append(infos, &types.HostPciPassthruInfo{
			Id: device.Id, DependentDevice: device.Id, PassthruCapable: able[device.Id],
		})
	}
	host.Config.PciPassthruInfo = infos
	made := &HostPciPassthruSystem{host: host}
	made.PciPassthruInfo = infos
	return made
}

// UpdatePassthruConfig takes effect with the host's next start, or at once when it is asked to and can.
func (s *HostPciPassthruSystem) UpdatePassthruConfig(req *types.UpdatePassthruConfig) soap.HasFault {
	body := new(methods.UpdatePassthruConfigBody)
	for _, wanted := range req.Config {
		info := s.find(wanted.GetHostPciPassthruConfig().Id)
		if info == nil || (wanted.GetHostPciPassthruConfig().PassthruEnabled && !info.PassthruCapable) {
			body.Fault_ = simulator.Fault("", &types.HostConfigFault{})
			return body
		}
	}
	for _, wanted := range req.Config {
		config := wanted.GetHostPciPassthruConfig()
		info := s.find(config.Id)
		info.PassthruEnabled = config.PassthruEnabled
		info.HardwareLabel = orElse(config.HardwareLabel, info.HardwareLabel)
		if yes(config.ApplyNow) {
			info.PassthruActive = config.PassthruEnabled
		}
		if info.PassthruActive != info.PassthruEnabled {
			s.host.Summary.RebootRequired = true
		}
	}
	body.Res = new(types.UpdatePassthruConfigResponse)
	return body
}

func (s *HostPciPassthruSystem) find(id string) *types.HostPciPassthruInfo {
	for _, info := range s.PciPassthruInfo {
		if info.GetHostPciPassthruInfo().Id == id {
			return info.GetHostPciPassthruInfo()
		}
	}
	return nil
}

// Refresh has nothing to refresh.
func (s *HostPciPassthruSystem) Refresh(*types.Refresh) soap.HasFault {
	return &methods.RefreshBody{Res: new(types.RefreshResponse)}
}

// activatePassthru is what a start of the host does with devices that wait for it.
func activatePassthru(host *simulator.HostSystem) {
	for _, info := range host.Config.PciPassthruInfo {
		each := info.GetHostPciPassthruInfo()
		each.PassthruActive = each.PassthruEnabled
	}
}
