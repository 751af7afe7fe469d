// Copyright: KubeOps Hybrid contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// attachManagers gives a host the managers that the simulator does not have.
func (c *center) attachManagers(ctx *simulator.Context, host *simulator.HostSystem, known *knownHost) {
	put := func(place **types.ManagedObjectReference, manager mo.Reference) {
		ref := ctx.Map.Put(manager).Reference()
		*place = &ref
	}
	managers := &host.ConfigManager
	put(&managers.DateTimeSystem, newDateTime(host))
	put(&managers.ServiceSystem, newServices(host))
	put(&managers.PowerSystem, newPower(host))
	put(&managers.PciPassthruSystem, newPassthru(host, known))
	put(&managers.GraphicsManager, newGraphics(host, known))
	accounts := newAccounts(known)
	put(&managers.AccountManager, accounts)
	put(&managers.UserDirectory, &UserDirectory{accounts: accounts})
	put(&managers.HostAccessManager, newAccess(host))
	firewall := ctx.Map.Get(*managers.FirewallSystem).(*simulator.HostFirewallSystem)
	host.Config.Firewall = ownFirewall(firewall.FirewallInfo)
	firewall.FirewallInfo = host.Config.Firewall
	host.Config.Option = defaultOptions()
	host.Config.OptionDef = optionDefs()
	options := ctx.Map.Get(*managers.AdvancedOption).(*simulator.OptionManager)
	options.Setting, options.SupportedOption = host.Config.Option, host.Config.OptionDef
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.owners == nil {
		c.owners = map[types.ManagedObjectReference]*simulator.HostSystem{}
	}
	for _, ref := range mo.References(host.ConfigManager) {
		c.owners[ref] = host
	}
}

// owner is the host that a manager belongs to.
func (c *center) owner(ref types.ManagedObjectReference) *simulator.HostSystem {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.owners[ref]
}
