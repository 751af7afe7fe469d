// Copyright: KubeOps Hybrid contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"regexp"
	"slices"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// LicenseManager takes only what looks like a key.
type LicenseManager struct {
	*simulator.LicenseManager
}

var licenseKey = regexp.MustCompile(`^([0-9A-Z]{5}-){4}[0-9A-Z]{5}$`)

func decode(key string, labels []types.KeyValue) types.LicenseManagerLicenseInfo {
	info := types.LicenseManagerLicenseInfo{
		LicenseKey: key, EditionKey: "esx.enterprisePlus.cpuPackage", Name: "VMware vSphere 8 Enterprise Plus", Total: 64,
		CostUnit: "cpuPackage", Labels: labels,
	}
	if !licenseKey.MatchString(key) {
		info.EditionKey, info.Name, info.Total, info.CostUnit = "", "", 0, ""
		info.Properties = []types.KeyAnyValue{{Key: "diagnostic", Value: "License is not valid for this product"}}
	}
	return info
}

// AddLicense answers why a wrong key was not added, as a real one does, instead of a fault.
func (w *LicenseManager) AddLicense(_ *simulator.Context, req *types.AddLicense) soap.HasFault {
	info := decode(req.LicenseKey, req.Labels)
	known := slices.ContainsFunc(w.Licenses, func(have types.LicenseManagerLicenseInfo) bool { return have.LicenseKey == req.LicenseKey })
	if info.Name != "" && !known {
		w.Licenses = append(w.Licenses, info)
	}
	return &methods.AddLicenseBody{Res: &types.AddLicenseResponse{Returnval: info}}
}

// DecodeLicense answers what a key is for.
func (w *LicenseManager) DecodeLicense(_ *simulator.Context, req *types.DecodeLicense) soap.HasFault {
	return &methods.DecodeLicenseBody{Res: &types.DecodeLicenseResponse{Returnval: decode(req.LicenseKey, nil)}}
}

// LicenseAssignmentManager lets go of a license as well.
type LicenseAssignmentManager struct {
	*simulator.LicenseAssignmentManager
}

// RemoveAssignedLicense puts what had a license back to its evaluation.
func (w *LicenseAssignmentManager) RemoveAssignedLicense(_ *simulator.Context, req *types.RemoveAssignedLicense) soap.HasFault {
	body := new(methods.RemoveAssignedLicenseBody)
	for i := range w.QueryAssignedLicensesResponse.Returnval {
		if assigned := &w.QueryAssignedLicensesResponse.Returnval[i]; assigned.EntityId == req.EntityId {
			assigned.AssignedLicense = simulator.EvalLicense
			body.Res = new(types.RemoveAssignedLicenseResponse)
			return body
		}
	}
	body.Fault_ = simulator.Fault("", new(types.NotFound))
	return body
}
