// Copyright: KubeOps Hybrid contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"context"
	"fmt"
	"net/url"

	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/vapi/rest"
	"github.com/vmware/govmomi/vapi/tags"
	"github.com/vmware/govmomi/vim25"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// foreignWorld makes what other people already run here, through the same calls that they would use.
type foreignWorld struct {
	ctx    context.Context
	client *vim25.Client
	spec   foreignSpec
	center *center
}

const foreignLun = "naa.6f00000000000000000000000000f001"

// knowForeign lets the hosts of the others be known before anything is asked of them.
func (c *center) knowForeign() {
	for _, name := range c.settings.Foreign.Hosts {
		c.settings.Hosts = append(c.settings.Hosts, knownHost{
			Name: name, Thumbprint: "F0:" + name, Password: name, CPUModel: "Intel(R) Xeon(R) Gold 6250 CPU @ 3.90GHz",
			Sockets: 2, Cores: 8, Mhz: 3900, MemoryGiB: 256, Nics: []string{"vmnic0", "vmnic1"}, NicGbit: 10,
			Disks: []disk{{Name: foreignLun, CapacityGiB: 4096, SSD: true}},
		})
	}
}

func (c *center) makeForeign() error {
	spec := c.settings.Foreign
	if spec.Datacenter == "" {
		return nil
	}
	client, err := vim25.NewClient(context.Background(), c.model.Service)
	if err != nil {
		return err
	}
	world := &foreignWorld{ctx: context.Background(), client: client, spec: spec, center: c}
	datacenter, err := object.NewRootFolder(client).CreateDatacenter(world.ctx, spec.Datacenter)
	if err != nil {
		return err
	}
	folders, err := datacenter.Folders(world.ctx)
	if err != nil {
		return err
	}
	cluster, err := folders.HostFolder.CreateCluster(world.ctx, spec.Cluster, types.ClusterConfigSpecEx{})
	if err != nil {
		return err
	}
	if err := world.join(cluster); err != nil {
		return err
	}
	return world.machines(cluster, folders)
}

func (f *foreignWorld) join(cluster *object.ClusterComputeResource) error {
	for _, name := range f.spec.Hosts {
		known := f.center.settings.host(name)
		added, err := cluster.AddHost(f.ctx, types.HostConnectSpec{
			HostName: name, UserName: "root", Password: known.Password, SslThumbprint: known.Thumbprint,
		}, true, nil, nil)
		if err != nil {
			return err
		}
		info, err := added.WaitForResult(f.ctx)
		if err != nil {
			return err
		}
		manager := object.NewHostSystem(f.client, info.Result.(types.ManagedObjectReference)).ConfigManager()
		network, err := manager.NetworkSystem(f.ctx)
		if err != nil {
			return err
		}
		if err := network.AddPortGroup(f.ctx, types.HostPortGroupSpec{Name: f.spec.Network, VlanId: 7, VswitchName: "vSwitch0"}); err != nil {
			return err
		}
		if name == f.spec.Hosts[0] {
			if err := f.datastore(manager); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *foreignWorld) datastore(manager *object.HostConfigManager) error {
	system, err := manager.DatastoreSystem(f.ctx)
	if err != nil {
		return err
	}
	spec := types.VmfsDatastoreCreateSpec{Vmfs: types.HostVmfsSpec{
		VolumeName: f.spec.Datastore, MajorVersion: 6, Extent: types.HostScsiDiskPartition{DiskName: foreignLun, Partition: 1},
	}}
	_, err = system.CreateVmfsDatastore(f.ctx, spec)
	return err
}

func (f *foreignWorld) machines(cluster *object.ClusterComputeResource, folders *object.DatacenterFolders) error {
	root, err := cluster.ResourcePool(f.ctx)
	if err != nil {
		return err
	}
	pool, err := root.Create(f.ctx, f.spec.Pool, types.DefaultResourceConfigSpec())
	if err != nil {
		return err
	}
	for _, name := range f.spec.Machines {
		created, err := folders.VmFolder.CreateVM(f.ctx, types.VirtualMachineConfigSpec{
			Name: name, GuestId: "otherGuest64", NumCPUs: 2, MemoryMB: 4096,
			Files: &types.VirtualMachineFileInfo{VmPathName: "[" + f.spec.Datastore + "]"},
		}, pool, nil)
		if err != nil {
			return err
		}
		info, err := created.WaitForResult(f.ctx)
		if err != nil {
			return fmt.Errorf("machine %s: %w", name, err)
		}
		on := types.PowerOnVM_Task{This: info.Result.(types.ManagedObjectReference)}
		if _, err := methods.PowerOnVM_Task(f.ctx, f.client, &on); err != nil {
			return err
		}
	}
	return nil
}

// tagForeign needs the address that clients use, since tags are not part of the SOAP service.
func (c *center) tagForeign() error {
	spec := c.settings.Foreign
	if spec.Category == "" {
		return nil
	}
	ctx := context.Background()
	address := &url.URL{Scheme: "https", Host: c.settings.Listen, Path: "/sdk"}
	client, err := vim25.NewClient(ctx, soap.NewClient(address, true))
	if err != nil {
		return err
	}
	session := rest.NewClient(client)
	if err := session.Login(ctx, url.UserPassword(c.settings.Username, c.settings.Password)); err != nil {
		return err
	}
	manager := tags.NewManager(session)
	category, err := manager.CreateCategory(ctx, &tags.Category{Name: spec.Category, Cardinality: "SINGLE", AssociableTypes: []string{"VirtualMachine"}})
	if err != nil {
		return err
	}
	if _, err = manager.CreateTag(ctx, &tags.Tag{Name: spec.Tag, CategoryID: category}); err != nil {
		return err
	}
	return session.Logout(ctx)
}
