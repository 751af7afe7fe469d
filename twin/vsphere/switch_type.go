// Copyright: KubeOps Hybrid contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import "bytes"

// A vCenter's switches are of VMware's own type; the simulator knows only the type that it is derived from, and cannot
// be told another. So the name changes where requests come in and where answers go out.
const (
	innerSwitch = "DistributedVirtualSwitch"
	outerSwitch = "VmwareDistributedVirtualSwitch"
)

func inward(text []byte) []byte { return renameType(text, outerSwitch, innerSwitch) }

func outward(text []byte) []byte { return renameType(text, innerSwitch, outerSwitch) }

func renameType(text []byte, from, to string) []byte {
	if !bytes.Contains(text, []byte(from)) {
		return text
	}
	text = bytes.ReplaceAll(text, []byte(`"`+from+`"`), []byte(`"`+to+`"`))
	return bytes.ReplaceAll(text, []byte(">"+from+"<"), []byte(">"+to+"<"))
}
