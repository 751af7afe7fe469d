# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the layers of vSphere consist of, and what each part of a shape adds."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.wishes import parse
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.vsphere.registry import KINDS
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate import layers_vsphere
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate.declared import vcenter_declared
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate.identity import Layer
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate.problems import InvalidEstate
from tests.unit.estate.inventories import NAMES, changed
from tests.unit.estate.onsite import site

Resource = dict[str, Any]
LAYERS = tuple(layers_vsphere.LAYERS)
# What the inventories of the repository do not use.
EVERYTHING: tuple[dict[str, Any], ...] = (
    {"path": "kubeops_vcenter.folders", "value": ["templates"]},
    {
        "path": "kubeops_vcenter.licenses",
        "value": [
            {"name": "vcenter", "key": {"secret": "vcenter_password"}, "assign_to": "vcenter"},
            {"name": "hosts", "key": {"secret": "esxi_root_password"}, "assign_to": "hosts"},
        ],
    },
    {"path": "kubeops_vcenter.roles", "value": [{"name": "nodes", "privileges": ["Resource.AssignVMToPool"]}]},
    {
        "path": "kubeops_vcenter.permissions",
        "value": [
            {"principal": "VSPHERE.LOCAL\\nodes", "role": "nodes", "on": place}
            for place in ("root", "datacenter", "cluster")
        ],
    },
    {
        "path": "kubeops_vcenter.tags",
        "value": [{"name": "team", "multiple": True, "types": ["VirtualMachine"], "tags": ["ml", "business"]}],
    },
    {"path": "kubeops_host_profile.options", "value": {"UserVars.SuppressShellWarning": 1}},
)


def entries(name: str, layer: Layer, *changes: dict[str, Any], manage: Any = "managed") -> list[Resource]:
    """A layer of an inventory."""
    return layers_vsphere.vsphere_resources(layer, site(name, *changes), estate=name, manage=manage)


def named(found: list[Resource], kind: str) -> dict[str, Resource]:
    """The entries of a kind by their address."""
    return {layers_vsphere.address(entry)[1]: entry for entry in found if entry["kind"] == kind}


def test_the_reference_estate_has_so_many_of_each() -> None:
    found = Counter(entry["kind"] for layer in LAYERS for entry in entries("astromined", layer))
    assert found == {
        "datacenter": 1,
        # Of the appliances, and of each cluster.
        "folder": 3,
        "cluster": 1,
        "esxi_host": 27,
        "distributed_switch": 1,
        "distributed_port_group": 64,
        "datastore": 64,
        "resource_pool": 2,
        # One for each site; hosts and machine of each of three appliances.
        "drs_group": 3 + 6,
        "drs_rule": 3,
        "host_settings": 27,
        "vmkernel_adapter": 81,
        "vcenter_ha": 1,
    }


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("layer", LAYERS)
def test_every_entry_has_an_address_of_its_own(name: str, layer: Layer) -> None:
    found = [layers_vsphere.address(entry) for entry in entries(name, layer)]
    assert [address for address, count in Counter(found).items() if count > 1] == []


def test_pools_are_parts_of_what_is_declared() -> None:
    """27 hosts with 16 cores of 3,900 MHz and 640 GiB: half is reserved, ours never has more than the other."""
    pools = named(entries("astromined", "vsphere_cluster"), "resource_pool")
    whole, memory = 27 * 16 * 3900, 27 * 640 * 1024
    business, ours = pools["astromined/business-critical"], pools["astromined/resource-computing"]
    assert business["cpu"]["reservation"] == whole // 2
    assert business["memory"] == {"reservation": memory // 2, "limit": -1, "shares": "high", "expandable": True}
    assert ours["memory"] == {"reservation": 0, "limit": memory // 2, "shares": "normal", "expandable": True}
    assert ours["cpu"]["limit"] == whole // 2


def test_what_is_reserved_is_rounded_up_and_what_is_allowed_down() -> None:
    changes = [
        {"path": "kubeops_pools[0].memory.reservation_percent", "value": 51},
        {"path": "kubeops_pools[1].memory.limit_percent", "value": 49},
        {"path": "kubeops_hardware.small.memory_gib", "value": 129},
    ]
    pools = named(entries("lab", "vsphere_cluster", *changes), "resource_pool")
    whole = 3 * 129 * 1024
    reserved = pools["lab/business-critical"]["memory"]["reservation"]
    allowed = pools["lab/resource-computing"]["memory"]["limit"]
    assert reserved - 1 < whole * 0.51 <= reserved
    assert allowed <= whole * 0.49 < allowed + 1
    assert reserved + allowed <= whole


def test_hosts_keep_the_adapter_that_their_management_stands_on() -> None:
    (switch,) = named(entries("astromined", "vsphere_cluster"), "distributed_switch").values()
    assert len(switch["hosts"]) == 27
    assert {tuple(row["adapters"].items()) for row in switch["hosts"]} == {(("uplink1", "vmnic1"),)}
    assert switch["uplinks"] == ["uplink1"]


def test_datastores_lie_on_disks_or_exports_and_every_host_mounts_them() -> None:
    stores = named(entries("astromined", "vsphere_cluster"), "datastore")
    assert len({store["device"] for store in stores.values()}) == 64
    assert {len(store["hosts"]) for store in stores.values()} == {27}
    assert stores["ds-bulk-01"]["device"] == "naa.60a98000000000000000000000000301"
    shares = named(entries("lab", "vsphere_cluster"), "datastore")
    assert {key: shares["ds-2"][key] for key in ("type", "servers", "path")} == {
        "type": "nfs", "servers": ["10.72.2.5"], "path": "/vol/ds2",
    }  # fmt: skip


def test_adapters_have_the_addresses_of_the_inventory() -> None:
    adapters = named(entries("astromined", "vsphere_hosts"), "vmkernel_adapter")
    last = adapters["esx-pit3-09/vmk3"]
    assert (last["ip_address"], last["subnet_mask"], last["mtu"]) == ("10.32.31.37", "255.255.255.0", 9000)
    assert last["distributed_port_group"] == "storage-b"
    assert len({adapter["ip_address"] for adapter in adapters.values()}) == 81
    assert "esx-pit1-01/vmk0" not in adapters


def test_an_adapter_without_an_address_asks_dhcp() -> None:
    changes = [{"path": "kubeops_hosts[0].vmkernel_addresses", "value": {}}]
    adapters = named(entries("lab", "vsphere_hosts", *changes), "vmkernel_adapter")
    assert adapters["esx-lab1-1/vmk1"]["dhcp"] is True
    assert "ip_address" not in adapters["esx-lab1-1/vmk1"]


def test_devices_are_passed_through_only_where_there_are_some() -> None:
    changes = [{"path": "kubeops_hosts[0].overrides", "value": {"esx-pit1-03": {"gpus": 0}}}]
    settings = named(entries("astromined", "vsphere_hosts", *changes), "host_settings")
    assert settings["esx-pit1-01"]["passthrough"] == {"10de:1db6": True}
    assert "passthrough" not in settings["esx-pit1-03"]


def test_an_appliance_stays_on_its_hosts_by_a_rule_that_may_be_broken() -> None:
    found = entries("astromined", "vcenter")
    rule = named(found, "drs_rule")["astromined/vcsa-passive"]
    assert rule["mandatory"] is False
    groups = named(found, "drs_group")
    assert groups[f"astromined/{rule['affine_host_group']}"]["hosts"] == ["esx-pit2-01", "esx-pit2-02"]
    assert groups[f"astromined/{rule['vm_group']}"]["vm_prefixes"] == ["vcsa-passive"]
    (pair,) = named(found, "vcenter_ha").values()
    assert pair["witness"] == {"address": "10.32.40.13", "subnet_mask": "255.255.255.0"}
    assert pair["active_node"]["password"] == {"$secret": "vcenter_password"}


def test_appliances_on_hosts_of_others_are_theirs_to_place() -> None:
    changes = [{"path": "kubeops_hosts[0].overrides", "value": {"esx-pit1-01": {"manage": "ignore"}}}]
    assert "astromined/vcsa-active" not in named(entries("astromined", "vcenter", *changes), "drs_rule")


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_of_others_is_only_referred_to_or_not_looked_at(layer: Layer) -> None:
    assert {entry["manage"] for entry in entries("lab", layer, manage="reference")} == {"reference"}
    assert entries("lab", layer, manage="ignore") == []
    assert entries("lab", layer, {"path": "kubeops_vcenter.manage", "value": "ignore"}) == []


def test_each_object_says_how_far_it_is_ours() -> None:
    changes = [
        {"path": "kubeops_networks[1].manage", "value": "reference"},
        {"path": "kubeops_networks[2].manage", "value": "ignore"},
        {"path": "kubeops_vcenter.cluster.manage", "value": "reference"},
        {"path": "kubeops_pools[0].manage", "value": "reference"},
    ]
    found = entries("lab", "vsphere_cluster", *changes)
    groups = named(found, "distributed_port_group")
    assert "manage" not in groups["management"]
    assert groups["storage"]["manage"] == "reference"
    assert "vcenter-ha" not in groups
    assert {layers_vsphere.address(entry)[1] for entry in found if entry.get("manage") == "reference"} == {
        "storage", "lab", "lab/business-critical",
    }  # fmt: skip


def test_only_secrets_of_the_layer_that_have_a_value_are_taken() -> None:
    secrets = {"esxi_root_password": "hush", "vcenter_password": "", "gloo_license": "other"}
    shape = site("lab")
    assert layers_vsphere.credentials("vsphere_cluster", shape, secrets) == {"esxi_root_password": "hush"}
    assert layers_vsphere.credentials("vsphere_hosts", shape, secrets) == {}
    assert layers_vsphere.credentials("vcenter", shape, secrets) == {}
    assert layers_vsphere.credentials("vcenter", shape, secrets, "of a file") == {"vcenter_password": "of a file"}


def test_a_range_that_stands_for_nothing_is_told() -> None:
    with pytest.raises(InvalidEstate, match="counts from 3 down to 1"):
        layers_vsphere.vsphere_resources(
            "vsphere_cluster", {**site("lab"), "networks": [
                {"name": "n-[3:1]", "vlan": "[1:3]", "sites": ["lab1"], "purpose": "dmz"},
            ]}, estate="lab",
        )  # fmt: skip


def test_a_plan_knows_what_the_layers_behind_the_vcenter_will_make() -> None:
    found = vcenter_declared(
        changed("lab", [{"path": "kubeops_estate.layers", "value": {"vcenter": "ignore"}}]).estate()
    )
    assert list(found) == ["vcsa.lab.example.com"]
    names = found["vcsa.lab.example.com"]
    assert names["esxi_host"] == ["esx-lab1-1", "esx-lab1-2", "esx-lab1-3"]
    assert names["vmkernel_adapter"] == ["esx-lab1-1/vmk1", "esx-lab1-2/vmk1", "esx-lab1-3/vmk1"]
    assert "vcenter_ha" not in names
    assert vcenter_declared(changed("lab", [{"path": "kubeops_vcenter", "remove": True}]).estate()) == {}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("layer", LAYERS)
def test_every_entry_is_what_its_kind_takes(name: str, layer: Layer) -> None:
    found = entries(name, layer, *EVERYTHING)
    wishes = parse(found, KINDS)
    assert [(wish.kind, wish.name) for wish in wishes] == [layers_vsphere.address(entry) for entry in found]


@pytest.mark.parametrize("name", NAMES)
def test_every_reference_leads_to_an_entry_before_it(name: str) -> None:
    """Expected: in the order of the layers, and within one."""
    known: set[tuple[str, str]] = set()
    for entry in (entry for layer in LAYERS for entry in entries(name, layer, *EVERYTHING)):
        for field, option in KINDS[entry["kind"]].options.items():
            value = entry.get(field)
            if option.ref in (None, "*") or not value or entry["kind"] == "drs_rule":
                continue
            for target in value if isinstance(value, list) else [value]:
                assert (option.ref, target) in known, f"{layers_vsphere.address(entry)}.{field}"
        known.add(layers_vsphere.address(entry))
