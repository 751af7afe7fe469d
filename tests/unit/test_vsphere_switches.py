# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kinds of distributed switches send, in which order, and what they refuse to send."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import Conflict
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.kind import Owner, Seen
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.vsphere.distributed_port_group import (
    DistributedPortGroup,
)
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.vsphere.distributed_switch import DistributedSwitch
from tests.unit.plan_tables import ESTATE
from tests.unit.vendor_port import VendorPort

SWITCH = "VmwareDistributedVirtualSwitch:dvs-21"
ONE, TWO, THREE = (f"HostSystem:host-{number}" for number in (11, 12, 13))


def _port(key: str, host: str, uplink: str) -> dict[str, Any]:
    return {"key": key, "proxyHost": host, "portgroupKey": "dvportgroup-30", "config": {"name": uplink}}


def _host(ref: str, nics: list[str], *, machine: bool = False, vnic: str = "Management Network") -> dict[str, Any]:
    port = [{"key": "p", "mac": [], "type": "virtualMachine"}] if machine else []
    spec: dict[str, Any] = {
        "_type": "HostVirtualSwitchSpec",
        "numPorts": 128,
        "bridge": {"_type": "HostVirtualSwitchBondBridge", "nicDevice": nics},
        "policy": {"nicTeaming": {"nicOrder": {"activeNic": nics[:1], "standbyNic": nics[1:]}}},
    }
    return {
        "ref": ref,
        "name": ref,
        "configManager.networkSystem": f"HostNetworkSystem:networkSystem-{ref[-2:]}",
        "config.network.vswitch": [{"name": "vSwitch0", "spec": spec}],
        "config.network.portgroup": [{"spec": {"name": "Management Network", "vswitchName": "vSwitch0"}, "port": port}],
        "config.network.vnic": [{"device": "vmk0", "portgroup": vnic}],
    }


def _world(
    members: Mapping[str, list[tuple[str, str]]], hosts: list[dict[str, Any]], ports: list[Any]
) -> dict[str, Any]:
    listed = [
        {"config": {"host": host, "backing": {"pnicSpec": [{"pnicDevice": n, "uplinkPortKey": k} for n, k in specs]}}}
        for host, specs in members.items()
    ]
    config = {"configVersion": "7", "host": listed}
    row = {"ref": SWITCH, "name": "fabric", "config": config, "portgroup": []}
    return {
        "DistributedVirtualSwitch": [row],
        "HostSystem": hosts,
        "VmwareDistributedVirtualSwitch.FetchDVPorts": ports,
    }


def _seen(**state: Any) -> Seen:
    return Seen("fabric", SWITCH, state, Owner.OURS, handle={"estate": ESTATE})


def test_a_switch_is_made_in_its_datacenters_folder() -> None:
    port = VendorPort({SWITCH: []}, {"CreateDVS_Task": SWITCH})
    wish = {
        "datacenter": "Datacenter:datacenter-2",
        "version": "8.0.0",
        "mtu": 9000,
        "uplinks": ["uplink1", "uplink2"],
        "discovery_protocol": {"protocol": None, "operation": "both"},
        "description": "All traffic",
    }
    made = DistributedSwitch().create(port, ESTATE, "fabric", wish)
    assert made.id == SWITCH
    assert [(ref, method) for ref, method, _ in port.sent if method != "SetField"] == [
        ("Folder:group-n6", "CreateDVS_Task")
    ]
    spec = port.arguments("CreateDVS_Task")[0]["spec"]
    assert spec["configSpec"]["linkDiscoveryProtocolConfig"] == {"protocol": "lldp", "operation": "both"}
    assert (spec["configSpec"]["maxMtu"], spec["productInfo"]) == (9000, {"version": "8.0.0"})


def test_hosts_come_in_without_adapters_and_get_them_then() -> None:
    ports = [_port("10", ONE, "uplink1"), _port("12", TWO, "uplink1"), _port("13", TWO, "uplink2")]
    port = VendorPort(_world({ONE: [("vmnic0", "10")]}, [_host(TWO, ["vmnic5"])], ports))
    wish = [{"host": ONE, "adapters": {"uplink1": "vmnic0"}}, {"host": TWO, "adapters": {"uplink2": "vmnic1"}}]
    list(DistributedSwitch().update(port, _seen(hosts=[]), {"hosts": wish}, {"hosts"}))
    assert port.methods == ["ReconfigureDvs_Task", "ReconfigureDvs_Task"]
    first, second = (arguments["spec"] for arguments in port.arguments("ReconfigureDvs_Task"))
    assert first["configVersion"] == "7"
    assert [(row["operation"], row["host"], row["backing"]["pnicSpec"]) for row in first["host"]] == [("add", TWO, [])]
    (row,) = second["host"]
    assert row["backing"]["pnicSpec"] == [
        {"pnicDevice": "vmnic1", "uplinkPortKey": "13", "uplinkPortgroupKey": "dvportgroup-30"}
    ]


def test_an_adapter_is_taken_from_a_standard_switch_that_keeps_another() -> None:
    ports = [_port("12", TWO, "uplink1")]
    port = VendorPort(_world({TWO: []}, [_host(TWO, ["vmnic0", "vmnic1"])], ports))
    wish = [{"host": TWO, "adapters": {"uplink1": "vmnic1"}}]
    list(DistributedSwitch().update(port, _seen(hosts=[]), {"hosts": wish}, {"hosts"}))
    assert port.methods == ["UpdateVirtualSwitch", "ReconfigureDvs_Task"]
    (change,) = port.arguments("UpdateVirtualSwitch")
    assert change["spec"]["bridge"]["nicDevice"] == ["vmnic0"]
    assert change["spec"]["policy"]["nicTeaming"]["nicOrder"] == {"activeNic": ["vmnic0"], "standbyNic": []}


@pytest.mark.parametrize(
    ("host", "told"),
    [
        (_host(TWO, ["vmnic1"]), "vSwitch0 of HostSystem:host-12 would lose its last adapter but carries vmk0"),
        (_host(TWO, ["vmnic1"], machine=True, vnic="elsewhere"), "carries machines on Management Network"),
    ],
)
def test_the_last_adapter_of_a_switch_that_carries_something_is_not_taken(host: dict[str, Any], told: str) -> None:
    port = VendorPort(_world({TWO: []}, [host], [_port("12", TWO, "uplink1")]))
    wish = [{"host": TWO, "adapters": {"uplink1": "vmnic1"}}]
    with pytest.raises(Conflict, match=told):
        list(DistributedSwitch().update(port, _seen(hosts=[]), {"hosts": wish}, {"hosts"}))
    assert port.sent == []


def test_the_last_adapter_of_a_switch_that_carries_nothing_is_taken() -> None:
    host = _host(TWO, ["vmnic1"], vnic="elsewhere")
    port = VendorPort(_world({TWO: []}, [host], [_port("12", TWO, "uplink1")]))
    wish = [{"host": TWO, "adapters": {"uplink1": "vmnic1"}}]
    list(DistributedSwitch().update(port, _seen(hosts=[]), {"hosts": wish}, {"hosts"}))
    assert "bridge" not in port.arguments("UpdateVirtualSwitch")[0]["spec"]


def test_a_host_whose_management_is_on_the_switch_does_not_leave() -> None:
    busy = {
        **_port("44", TWO, ""),
        "connectee": {"connectedEntity": TWO, "nicKey": "vmk0", "type": "hostVmkVnic"},
    }
    uplink = {**_port("45", TWO, "uplink1"), "connectee": {"connectedEntity": TWO, "nicKey": "vmnic0", "type": "pnic"}}
    other = {**_port("46", ONE, ""), "connectee": {"connectedEntity": ONE, "nicKey": "vmk0", "type": "hostVmkVnic"}}
    port = VendorPort(_world({ONE: [], TWO: []}, [], [busy, uplink, other]))
    with pytest.raises(Conflict, match=r"still use it: vmk0 of HostSystem:host-12\. Move") as refused:
        list(DistributedSwitch().update(port, _seen(hosts=[]), {"hosts": [{"host": ONE}]}, {"hosts"}))
    assert "host-11" not in str(refused.value)
    assert port.sent == []


def test_an_idle_host_leaves() -> None:
    port = VendorPort(_world({ONE: [], TWO: []}, [], []))
    list(DistributedSwitch().update(port, _seen(hosts=[]), {"hosts": [{"host": ONE}]}, {"hosts"}))
    assert [row["operation"] for row in port.arguments("ReconfigureDvs_Task")[0]["spec"]["host"]] == ["remove"]


def test_who_changed_it_meanwhile_is_a_reason_to_try_again() -> None:
    refused = Conflict("The operation cannot be completed because the object has changed (X.Y: ConcurrentAccess)")
    assert DistributedSwitch().not_yet(refused)
    assert DistributedPortGroup().not_yet(refused)
    assert not DistributedSwitch().not_yet(Conflict("in use (X.Y: ResourceInUse)"))


def test_a_switch_with_others_port_groups_stays() -> None:
    world = _world({}, [], [])
    world["DistributedVirtualSwitch"][0]["portgroup"] = [
        "DistributedVirtualPortgroup:a",
        "DistributedVirtualPortgroup:b",
    ]
    world["DistributedVirtualSwitch"][0]["config"]["uplinkPortgroup"] = ["DistributedVirtualPortgroup:a"]
    world["DistributedVirtualPortgroup"] = [
        {"ref": "DistributedVirtualPortgroup:a", "name": "uplinks"},
        {"ref": "DistributedVirtualPortgroup:b", "name": "theirs"},
    ]
    port = VendorPort(world)
    with pytest.raises(Conflict, match="port groups are on it that are not ours: theirs"):
        list(DistributedSwitch().delete(port, _seen(hosts=[])))
    assert port.sent == []
    world["DistributedVirtualPortgroup"][1]["marks"] = {"name": "b"}
    list(DistributedSwitch().delete(port, _seen(hosts=[])))
    assert port.methods == ["Destroy_Task"]


def test_64_port_groups_are_made_by_few_tasks() -> None:
    names = [f"team-{number:02}" for number in range(64)]
    rows = [{"ref": f"DistributedVirtualPortgroup:{name}", "name": name} for name in names]
    world = _world({}, [], [])
    world["DistributedVirtualSwitch"][0]["portgroup"] = [row["ref"] for row in rows]
    port = VendorPort({**world, "DistributedVirtualPortgroup": rows})
    wishes = {name: {"switch": SWITCH, "vlan": 1000 + place} for place, name in enumerate(names)}
    made = DistributedPortGroup().create_many(port, ESTATE, wishes)
    assert {name: one.id for name, one in made.items() if isinstance(one, Seen)} == {
        name: f"DistributedVirtualPortgroup:{name}" for name in names
    }
    assert set(port.methods) == {"AddDVPortgroup_Task"}
    specs = [spec for arguments in port.arguments("AddDVPortgroup_Task") for spec in arguments["spec"]]
    assert [spec["name"] for spec in specs] == names
    assert specs[5]["defaultPortConfig"]["vlan"]["vlanId"] == 1005
    assert {spec["type"] for spec in specs} == {"earlyBinding"}
    assert len(port.methods) <= 3


def test_what_a_port_group_does_not_declare_stays_as_it_is() -> None:
    row = {"ref": "DistributedVirtualPortgroup:g", "name": "g", "config": {"configVersion": "4"}}
    port = VendorPort({"DistributedVirtualPortgroup": [row]})
    teaming = {"policy": "loadbalance_ip", "active": ["uplink1"], "standby": ["uplink2"], "failback": True}
    seen = Seen("g", "DistributedVirtualPortgroup:g", {"teaming": teaming, "vlan_trunk": ["1-9"]}, Owner.OURS)
    wish = {"teaming": {"active": ["uplink2"], "standby": []}, "vlan_trunk": []}
    list(DistributedPortGroup().update(port, seen, wish, {"teaming", "vlan_trunk"}))
    (arguments,) = port.arguments("ReconfigureDVPortgroup_Task")
    setting = arguments["spec"]["defaultPortConfig"]
    assert arguments["spec"]["configVersion"] == "4"
    assert setting["vlan"]["vlanId"] == 0
    assert setting["uplinkTeamingPolicy"]["uplinkPortOrder"]["activeUplinkPort"] == ["uplink2"]
    assert setting["uplinkTeamingPolicy"]["policy"]["value"] == "loadbalance_ip"
    assert setting["uplinkTeamingPolicy"]["rollingOrder"]["value"] is False


def test_a_port_group_that_machines_use_stays() -> None:
    rows = [{"ref": "DistributedVirtualPortgroup:g", "name": "g", "vm": ["VirtualMachine:vm-1"]}]
    port = VendorPort(
        {"DistributedVirtualPortgroup": rows, "VirtualMachine": [{"ref": "VirtualMachine:vm-1", "name": "erp"}]}
    )
    seen = Seen("g", "DistributedVirtualPortgroup:g", {}, Owner.OURS, handle={"estate": ESTATE})
    with pytest.raises(Conflict, match="virtual machines use it: erp"):
        list(DistributedPortGroup().delete(port, seen))
    assert port.sent == []
