// Copyright: KubeOps Hybrid contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"reflect"

	"github.com/vmware/govmomi/vim25/types"
)

// merge puts what a specification sets over what is there: fields that it leaves out stay, lists of options are
// completed by their keys. Both point to the same type.
func merge(to, from any) {
	mergeStruct(reflect.ValueOf(to).Elem(), reflect.ValueOf(from).Elem())
}

func mergeStruct(to, from reflect.Value) {
	for i := range from.NumField() {
		source, target := from.Field(i), to.Field(i)
		if source.IsZero() {
			continue
		}
		options, isOptions := source.Interface().([]types.BaseOptionValue)
		_, isOrder := source.Interface().(*types.VMwareUplinkPortOrderPolicy)
		_, isNicOrder := source.Interface().(*types.HostNicOrderPolicy)
		switch {
		case isOrder || isNicOrder:
			// Uplinks that it does not name are unused.
			target.Set(source)
		case isOptions:
			target.Set(reflect.ValueOf(mergeOptions(target.Interface().([]types.BaseOptionValue), options)))
		case source.Kind() == reflect.Struct:
			mergeStruct(target, source)
		case source.Kind() == reflect.Pointer && source.Elem().Kind() == reflect.Struct && !target.IsNil():
			mergeStruct(target.Elem(), source.Elem())
		default:
			target.Set(source)
		}
	}
}

func mergeOptions(have, set []types.BaseOptionValue) []types.BaseOptionValue {
	kept := append([]types.BaseOptionValue{}, have...)
	for _, option := range set {
		wanted, found := option.GetOptionValue(), false
		for i, old := range kept {
			if old.GetOptionValue().Key == wanted.Key {
				kept[i], found = option, true
			}
		}
		if !found {
			kept = append(kept, option)
		}
	}
	return kept
}
