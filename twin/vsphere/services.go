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

// HostServiceSystem starts and stops the services of a host.
type HostServiceSystem struct {
	mo.HostServiceSystem
}

// installed are the services as ESXi is installed: key, label, policy, whether it runs.
var installed = []types.HostService{
	{Key: "DCUI", Label: "Direct Console UI", Policy: "on", Running: true},
	{Key: "TSM", Label: "ESXi Shell", Policy: "off"},
	{Key: "TSM-SSH", Label: "SSH", Policy: "off", Ruleset: []string{"sshServer"}},
	{Key: "attestd", Label: "attestd", Policy: "off"},
	{Key: "dpd", Label: "dpd", Policy: "off"},
	{Key: "kmxd", Label: "kmxd", Policy: "off"},
	{Key: "lbtd", Label: "Load-Based Teaming Daemon", Policy: "on", Running: true},
	{Key: "lwsmd", Label: "Active Directory Service", Policy: "off"},
	{Key: "ntpd", Label: "NTP Daemon", Policy: "off", Ruleset: []string{"ntpClient"}},
	{Key: "pcscd", Label: "PC/SC Smart Card Daemon", Policy: "off"},
	{Key: "ptpd", Label: "PTP Daemon", Policy: "off", Ruleset: []string{"ptpd"}},
	{Key: "sfcbd-watchdog", Label: "CIM Server", Policy: "on", Ruleset: []string{"CIMHttpServer"}},
	{Key: "slpd", Label: "slpd", Policy: "off"},
	{Key: "snmpd", Label: "SNMP Server", Policy: "off", Ruleset: []string{"snmp"}},
	{Key: "vltd", Label: "vltd", Policy: "off"},
	{Key: "vmsyslogd", Label: "Syslog Server", Policy: "on", Running: true, Required: true, Ruleset: []string{"syslog"}},
	{Key: "vpxa", Label: "VMware vCenter Agent", Policy: "on", Running: true, Ruleset: []string{"vpxHeartbeats"}},
	{Key: "xorg", Label: "X.Org Server", Policy: "on"},
}

func newServices(host *simulator.HostSystem) *HostServiceSystem {
	made := new(HostServiceSystem)
	made.ServiceInfo.Service = slices.Clone(installed)
	host.Config.Service = &made.ServiceInfo
	return made
}

func (s *HostServiceSystem) find(id string) *types.HostService {
	for i := range s.ServiceInfo.Service {
		if s.ServiceInfo.Service[i].Key == id {
			return &s.ServiceInfo.Service[i]
		}
	}
	return nil
}

// StartService refuses what runs already.
func (s *HostServiceSystem) StartService(req *types.StartService) soap.HasFault {
	body := new(methods.StartServiceBody)
	if fault := s.run(req.Id, true); fault != nil {
		body.Fault_ = simulator.Fault("", fault)
		return body
	}
	body.Res = new(types.StartServiceResponse)
	return body
}

// StopService refuses what does not run, and what a host cannot be without.
func (s *HostServiceSystem) StopService(req *types.StopService) soap.HasFault {
	body := new(methods.StopServiceBody)
	if fault := s.run(req.Id, false); fault != nil {
		body.Fault_ = simulator.Fault("", fault)
		return body
	}
	body.Res = new(types.StopServiceResponse)
	return body
}

// RestartService runs it afterwards, whatever it did before.
func (s *HostServiceSystem) RestartService(req *types.RestartService) soap.HasFault {
	body := new(methods.RestartServiceBody)
	service := s.find(req.Id)
	if service == nil {
		body.Fault_ = simulator.Fault("", new(types.NotFound))
		return body
	}
	service.Running = true
	body.Res = new(types.RestartServiceResponse)
	return body
}

func (s *HostServiceSystem) run(id string, running bool) types.BaseMethodFault {
	service := s.find(id)
	switch {
	case service == nil:
		return new(types.NotFound)
	case service.Running == running || (!running && service.Required):
		return new(types.InvalidState)
	}
	service.Running = running
	return nil
}

// UpdateServicePolicy says when a service starts.
func (s *HostServiceSystem) UpdateServicePolicy(req *types.UpdateServicePolicy) soap.HasFault {
	body := new(methods.UpdateServicePolicyBody)
	service := s.find(req.Id)
	switch {
	case service == nil:
		body.Fault_ = simulator.Fault("", new(types.NotFound))
	case !slices.Contains([]string{"on", "off", "automatic"}, req.Policy):
		body.Fault_ = simulator.Fault("", invalid("policy"))
	default:
		service.Policy = req.Policy
		body.Res = new(types.UpdateServicePolicyResponse)
	}
	return body
}

// RefreshServices has nothing to refresh.
func (s *HostServiceSystem) RefreshServices(*types.RefreshServices) soap.HasFault {
	return &methods.RefreshServicesBody{Res: new(types.RefreshServicesResponse)}
}
