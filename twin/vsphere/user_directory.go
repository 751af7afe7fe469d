// Copyright: KubeOps Hybrid contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"maps"
	"slices"
	"strings"

	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// UserDirectory answers the local users of one host.
type UserDirectory struct {
	mo.UserDirectory
	accounts *HostLocalAccountManager
}

// RetrieveUserGroups searches by name; a host of ours has no groups.
func (d *UserDirectory) RetrieveUserGroups(req *types.RetrieveUserGroups) soap.HasFault {
	var found []types.BaseUserSearchResult
	for _, name := range slices.Sorted(maps.Keys(d.accounts.users)) {
		fits := name == req.SearchStr || (!req.ExactMatch && strings.Contains(name, req.SearchStr))
		if req.FindUsers && fits {
			found = append(found, &types.UserSearchResult{Principal: name, FullName: d.accounts.users[name].Description})
		}
	}
	return &methods.RetrieveUserGroupsBody{Res: &types.RetrieveUserGroupsResponse{Returnval: found}}
}
