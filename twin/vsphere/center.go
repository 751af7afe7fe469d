// Copyright: KubeOps Hybrid contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"crypto/tls"
	"net/url"
	"reflect"
	"sync"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/simulator/vpx"
	"github.com/vmware/govmomi/vim25/types"

	_ "github.com/vmware/govmomi/pbm/simulator"
	_ "github.com/vmware/govmomi/ssoadmin/simulator"
	_ "github.com/vmware/govmomi/sts/simulator"
	_ "github.com/vmware/govmomi/vapi/simulator"
)

// center is one vCenter: govmomi's simulator, what is added to it, and what is known about its calls.
type center struct {
	volumes  []*volume
	settings *settings
	model    *simulator.Model
	calls    *callLog
	faults   *faultRules
	sessions sessionRegistries
	leases   leases
	lost     lostHosts
	owners   map[types.ManagedObjectReference]*simulator.HostSystem // by each of their managers
	mutex    sync.Mutex                                             // guards what the extensions keep beside the managed objects
}

func newCenter(read *settings) (*center, error) {
	// The vendor's Python library writes a reference of no declared type so.
	types.Add("ManagedObject", reflect.TypeFor[types.ManagedObjectReference]())
	model := simulator.VPX()
	model.Datacenter, model.Portgroup, model.Host, model.Cluster, model.Machine = 0, 0, 0, 0, 0
	model.Datastore = 0
	model.ServiceContent.About = about(read.InstanceUUID)
	if err := model.Create(); err != nil {
		return nil, err
	}
	c := &center{settings: read, model: model, calls: new(callLog), faults: new(faultRules)}
	c.leases.held = map[types.ManagedObjectReference]uint32{}
	registry := model.Map()
	registry.Handler = c.dispatch
	registry.AddHandler(&hooks{center: c})
	c.addVcha()
	c.knowForeign()
	return c, c.makeForeign()
}

// leases are the addresses that machines hold.
type leases struct {
	mutex sync.Mutex
	held  map[types.ManagedObjectReference]uint32
}

// about is a vCenter of vSphere 8.0 Update 3.
func about(instance string) types.AboutInfo {
	info := vpx.ServiceContent.About
	info.FullName = "VMware vCenter Server 8.0.3 build-24022515"
	info.Version = "8.0.3"
	info.Build = "24022515"
	info.ApiVersion = "8.0.3.0"
	info.InstanceUuid = instance
	info.LicenseProductName = "VMware VirtualCenter Server"
	info.LicenseProductVersion = "8.0"
	return info
}

// serve opens the address that clients use.
func (c *center) serve() error {
	pair, err := tls.LoadX509KeyPair(c.settings.Certificate, c.settings.Key)
	if err != nil {
		return err
	}
	service := c.model.Service
	service.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	service.Listen = &url.URL{
		Host: c.settings.Listen,
		User: url.UserPassword(c.settings.Username, c.settings.Password),
	}
	service.RegisterEndpoints = true
	server := service.NewServer()
	c.model.Map().SessionManager().ValidLogin = func(login *types.Login) bool {
		return login.UserName == c.settings.Username && login.Password == c.settings.Password
	}
	server.Config.Handler = c.front(server.Config.Handler)
	if err := c.tagForeign(); err != nil {
		return err
	}
	c.calls.forget()
	return nil
}
