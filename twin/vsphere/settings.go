// Copyright: KubeOps Hybrid contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"encoding/json"
	"fmt"
	"os"
)

// settings is what the Python side writes before it starts this program.
type settings struct {
	Name         string      `json:"name"`
	InstanceUUID string      `json:"instance_uuid"`
	Listen       string      `json:"listen"`
	Control      string      `json:"control"`
	Certificate  string      `json:"certificate"`
	Key          string      `json:"key"`
	Username     string      `json:"username"`
	Password     string      `json:"password"`
	Scratch      string      `json:"scratch"`
	Hosts        []knownHost `json:"hosts"`
	Dhcp         []string    `json:"dhcp"`
	Licenses     []string    `json:"licenses"`
	Foreign      foreignSpec `json:"foreign"`
}

// knownHost is an ESXi host that stands in a rack and answers by one of its names.
type knownHost struct {
	Name       string   `json:"name"`
	Address    string   `json:"address"`
	Thumbprint string   `json:"thumbprint"`
	Password   string   `json:"password"`
	Site       string   `json:"site"`
	CPUModel   string   `json:"cpu_model"`
	Sockets    int16    `json:"sockets"`
	Cores      int16    `json:"cores_per_socket"`
	Mhz        int32    `json:"clock_mhz"`
	MemoryGiB  int64    `json:"memory_gib"`
	Nics       []string `json:"nics"`
	NicGbit    int32    `json:"nic_gbit"`
	GPUs       []gpu    `json:"gpus"`
	Disks      []disk   `json:"disks"`
}

// gpu is a PCI device that a machine could be given; ids are those of the PCI registry, in hexadecimal.
type gpu struct {
	Vendor string `json:"vendor"`
	Device string `json:"device"`
	Name   string `json:"name"`
}

// disk is a LUN. Hosts with the same canonical name see the same one.
type disk struct {
	Name        string `json:"name"`
	CapacityGiB int64  `json:"capacity_gib"`
	SSD         bool   `json:"ssd"`
	Local       bool   `json:"local"`
}

// foreignSpec is what other people already run in this vCenter.
type foreignSpec struct {
	Datacenter string   `json:"datacenter"`
	Cluster    string   `json:"cluster"`
	Hosts      []string `json:"hosts"`
	Pool       string   `json:"pool"`
	Network    string   `json:"network"`
	Datastore  string   `json:"datastore"`
	Machines   []string `json:"machines"`
	Tag        string   `json:"tag"`
	Category   string   `json:"category"`
}

func readSettings(path string) (*settings, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	read := new(settings)
	if err := json.Unmarshal(text, read); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return read, nil
}

// host finds a known host by its name or address.
func (s *settings) host(name string) *knownHost {
	for i := range s.Hosts {
		if s.Hosts[i].Name == name || s.Hosts[i].Address == name {
			return &s.Hosts[i]
		}
	}
	return nil
}
