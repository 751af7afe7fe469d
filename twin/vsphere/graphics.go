// Copyright: KubeOps Hybrid contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"slices"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// HostGraphicsManager shares GPUs between machines.
type HostGraphicsManager struct {
	mo.HostGraphicsManager
	host *simulator.HostSystem
}

// vgpuProfiles are those of a V100 with 32 GB.
var vgpuProfiles = []string{
	"grid_v100d-4c", "grid_v100d-8c", "grid_v100d-16c", "grid_v100d-32c", "grid_v100d-8q", "grid_v100d-16q", "grid_v100d-32q",
}

func newGraphics(host *simulator.HostSystem, known *knownHost) *HostGraphicsManager {
	made := &HostGraphicsManager{host: host}
	config := &types.HostGraphicsConfig{HostDefaultGraphicsType: "shared", SharedPassthruAssignmentPolicy: "performance"}
	for slot, device := range known.GPUs {
		id := gpuAddress(slot)
		config.DeviceType = append(config.DeviceType, types.HostGraphicsConfigDeviceType{DeviceId: id, GraphicsType: "shared"})
		made.GraphicsInfo = append(made.GraphicsInfo, types.HostGraphicsInfo{
			DeviceName: device.Name, VendorName: "NVIDIA Corporation", PciId: id, GraphicsType: "basic",
			MemorySizeInKB: 32 << 20,
		})
	}
	made.GraphicsConfig = config
	made.publish()
	return made
}

// UpdateGraphicsConfig takes effect with the host's next start of its X server; the twin does not wait for it.
func (m *HostGraphicsManager) UpdateGraphicsConfig(req *types.UpdateGraphicsConfig) soap.HasFault {
	body := new(methods.UpdateGraphicsConfigBody)
	config := req.Config
	kinds := []string{"shared", "sharedDirect"}
	if !slices.Contains(kinds, config.HostDefaultGraphicsType) ||
		!slices.Contains([]string{"performance", "consolidation"}, config.SharedPassthruAssignmentPolicy) {
		body.Fault_ = simulator.Fault("", invalid("config"))
		return body
	}
	for _, device := range config.DeviceType {
		known := slices.ContainsFunc(m.GraphicsInfo, func(info types.HostGraphicsInfo) bool { return info.PciId == device.DeviceId })
		if !known || !slices.Contains(kinds, device.GraphicsType) {
			body.Fault_ = simulator.Fault("", invalid("config.deviceType"))
			return body
		}
	}
	if config.DeviceType == nil {
		config.DeviceType = m.GraphicsConfig.DeviceType
	}
	m.GraphicsConfig = &config
	for i := range m.GraphicsInfo {
		m.GraphicsInfo[i].GraphicsType = "basic"
		for _, device := range config.DeviceType {
			if device.DeviceId == m.GraphicsInfo[i].PciId && device.GraphicsType == "sharedDirect" {
				m.GraphicsInfo[i].GraphicsType = "sharedDirect"
			}
		}
	}
	m.publish()
	body.Res = new(types.UpdateGraphicsConfigResponse)
	return body
}

// publish shows in the host's configuration what the manager has.
func (m *HostGraphicsManager) publish() {
	m.SharedPassthruGpuTypes, m.SharedGpuCapabilities = nil, nil
	shared := slices.ContainsFunc(m.GraphicsInfo, func(info types.HostGraphicsInfo) bool { return info.GraphicsType == "sharedDirect" })
	if shared {
		m.SharedPassthruGpuTypes = vgpuProfiles
		for _, profile := range vgpuProfiles {
			m.SharedGpuCapabilities = append(m.SharedGpuCapabilities, types.HostSharedGpuCapabilities{
				Vgpu: profile, SuspendSupported: true, MigrateSupported: true,
			})
		}
	}
	config := m.host.Config
	config.GraphicsInfo, config.GraphicsConfig = m.GraphicsInfo, m.GraphicsConfig
	config.SharedPassthruGpuTypes, config.SharedGpuCapabilities = m.SharedPassthruGpuTypes, m.SharedGpuCapabilities
}

// RefreshGraphicsManager has nothing to refresh.
func (m *HostGraphicsManager) RefreshGraphicsManager(*types.RefreshGraphicsManager) soap.HasFault {
	return &methods.RefreshGraphicsManagerBody{Res: new(types.RefreshGraphicsManagerResponse)}
}
