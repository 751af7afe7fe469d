// Copyright: KubeOps Hybrid contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// Command vsphere is one vCenter on loopback: vsphere SETTINGS.json.
package main

import (
	"log"
	"net/http"
	"os"
)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: vsphere SETTINGS.json")
	}
	settings, err := readSettings(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	center, err := newCenter(settings)
	if err != nil {
		log.Fatal(err)
	}
	if err := center.serve(); err != nil {
		log.Fatal(err)
	}
	log.Printf("%s answers at https://%s", settings.Name, settings.Listen)
	// The control address is opened last: who reaches it finds everything ready.
	log.Fatal(http.ListenAndServe(settings.Control, center.control()))
}
