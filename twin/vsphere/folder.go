// Copyright: KubeOps Hybrid contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
)

// Folder is one whose new children are as a real vCenter makes them.
type Folder struct {
	*simulator.Folder
	center *center
}

// removeChild takes an entity out of the folder that it lies in, and out of the inventory.
func removeChild(ctx *simulator.Context, entity mo.Entity) {
	parent := entity.Entity().Parent
	if parent != nil {
		if folder, ok := ctx.Map.Get(*parent).(*simulator.Folder); ok {
			simulator.RemoveReference(&folder.ChildEntity, entity.Reference())
		}
	}
	ctx.Map.Remove(ctx, entity.Reference())
}
