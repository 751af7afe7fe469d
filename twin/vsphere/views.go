// Copyright: KubeOps Hybrid contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"slices"
	"strings"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// followInventory makes views of the whole inventory hold what is there now. The simulator shows a view each new object
// before that is in its parent, and therefore leaves out pools and hosts that came after the view.
func followInventory(ctx *simulator.Context, body any) {
	asked, ok := body.(*types.RetrievePropertiesEx)
	if !ok {
		return
	}
	for _, spec := range asked.SpecSet {
		for _, object := range spec.ObjectSet {
			view, ok := ctx.Session.Get(object.Obj).(*simulator.ContainerView)
			if ok && view.Recursive && slices.Equal(view.Type, []string{"ManagedEntity"}) && isRoot(ctx, view.Container) {
				ctx.WithLock(view, func() { view.View = everything(ctx, view.Container) })
			}
		}
	}
}

func isRoot(ctx *simulator.Context, ref types.ManagedObjectReference) bool {
	entity, ok := ctx.Map.Get(ref).(mo.Entity)
	return ok && entity.Entity().Parent == nil
}

func everything(ctx *simulator.Context, root types.ManagedObjectReference) []types.ManagedObjectReference {
	var found []types.ManagedObjectReference
	for _, entity := range ctx.Map.All("") {
		if ref := entity.Reference(); ref != root && stands(ctx, ref, root) {
			found = append(found, ref)
		}
	}
	slices.SortFunc(found, func(a, b types.ManagedObjectReference) int { return strings.Compare(a.String(), b.String()) })
	return found
}

// stands says whether what holds an object, up to the root, is there: the simulator leaves the folders and networks of a
// datacenter behind that is destroyed.
func stands(ctx *simulator.Context, ref, root types.ManagedObjectReference) bool {
	for ref != root {
		entity, ok := ctx.Map.Get(ref).(mo.Entity)
		if !ok || entity.Entity().Parent == nil {
			return false
		}
		ref = *entity.Entity().Parent
	}
	return true
}
