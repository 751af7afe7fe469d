# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kind datastore sends for many datastores on many hosts, and what it refuses to take away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import Conflict, EstateError
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.kind import Owner, Seen
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.vsphere.datastore import Datastore
from tests.unit.plan_tables import ESTATE
from tests.unit.vendor_port import VendorPort

CENTER = "Datacenter:datacenter-2"
OFFER = [
    {
        "info": {"_type": "VmfsDatastoreAllExtentOption", "layout": {"partition": []}, "partitionFormatChange": True},
        "spec": {
            "_type": "VmfsDatastoreCreateSpec",
            "diskUuid": "0200",
            "partition": {"totalSectors": 2048},
            "vmfs": {"majorVersion": 6, "volumeName": "", "extent": {"diskName": "naa.1", "partition": 1}},
        },
    }
]


def _hosts(count: int) -> list[dict[str, Any]]:
    return [
        {
            "ref": f"HostSystem:host-{number}",
            "name": f"esx-{number}",
            "configManager.datastoreSystem": f"HostDatastoreSystem:datastoreSystem-{number}",
            "configManager.storageSystem": f"HostStorageSystem:storageSystem-{number}",
        }
        for number in range(1, count + 1)
    ]


def _refs(count: int) -> list[str]:
    return [f"HostSystem:host-{number}" for number in range(1, count + 1)]


def _volume(mounts: Mapping[str, bool], **more: Any) -> dict[str, Any]:
    return {
        "ref": "Datastore:datastore-41",
        "name": "ssd-01",
        "parent": "Folder:group-s5",
        "summary.type": "VMFS",
        "info": {"vmfs": {"uuid": "65f0", "extent": [{"diskName": "naa.1", "partition": 1}]}},
        "browser": "HostDatastoreBrowser:datastoreBrowser-41",
        "host": [{"key": host, "mountInfo": {"accessMode": "readWrite", "mounted": on}} for host, on in mounts.items()],
        **more,
    }


def _share(hosts: list[str]) -> dict[str, Any]:
    info = {"nas": {"remoteHost": "filer", "remotePath": "/a"}}
    return _volume(dict.fromkeys(hosts, True), **{"summary.type": "NFS", "info": info})


def _named(_ref: str, arguments: Mapping[str, Any]) -> str:
    spec = arguments["spec"]
    return f"Datastore:{spec['localPath'] if 'localPath' in spec else spec['vmfs']['volumeName']}"


def _seen(state: Mapping[str, Any] | None = None) -> Seen:
    return Seen("ssd-01", "Datastore:datastore-41", state or {}, Owner.OURS, handle={"estate": ESTATE})


def test_64_volumes_on_27_hosts_are_made_once_each_and_looked_for_once_by_each_host() -> None:
    wishes = {
        f"ssd-{n:02}": {"datacenter": CENTER, "type": "vmfs", "device": f"naa.{n}", "hosts": _refs(27)}
        for n in range(64)
    }
    answers = {"CreateVmfsDatastore": _named}
    port = VendorPort({"HostSystem": _hosts(27), "HostDatastoreSystem.QueryVmfsDatastoreCreateOptions": OFFER}, answers)
    made = Datastore().create_many(port, ESTATE, wishes)
    assert {name: one.id for name, one in made.items() if isinstance(one, Seen)} == {
        n: f"Datastore:{n}" for n in wishes
    }
    assert Counter(port.methods) == {"CreateVmfsDatastore": 64, "RescanVmfs": 27}
    makers = Counter(ref for ref, method, _ in port.sent if method == "CreateVmfsDatastore")
    assert len(makers) >= 20, "few hosts do all of the work"
    # Marks come before the looks: a run that dies between the two leaves nothing that is nobody's.
    last_mark = max(place for place, sent in enumerate(port.sent) if sent[1] == "SetField")
    assert last_mark < min(place for place, sent in enumerate(port.sent) if sent[1] == "RescanVmfs")


def test_a_share_is_mounted_by_one_host_first_and_by_all_others_at_once() -> None:
    wishes = {
        "a": {"datacenter": CENTER, "type": "nfs", "servers": ["filer"], "path": "/a", "hosts": _refs(3)},
        "b": {
            "datacenter": CENTER,
            "type": "nfs41",
            "servers": ["f1", "f2"],
            "path": "/b",
            "access_mode": "read_only",
            "security_type": "SEC_KRB5",
            "hosts": _refs(3),
        },
    }
    rows = [
        {"ref": f"Datastore:{n}", "host": [{"key": h, "mountInfo": {"mounted": True}}]}
        for n, h in zip("ab", _refs(2), strict=True)
    ]
    port = VendorPort({"HostSystem": _hosts(3), "Datastore": rows}, {"CreateNasDatastore": _named})
    made = Datastore().create_many(port, ESTATE, wishes)
    assert not [one for one in made.values() if isinstance(one, EstateError)]
    sent = [
        (arguments["spec"]["localPath"], ref[-1])
        for ref, method, arguments in port.sent
        if method == "CreateNasDatastore"
    ]
    assert sent == [("a", "1"), ("b", "2"), ("a", "2"), ("a", "3"), ("b", "1"), ("b", "3")]
    spec = port.arguments("CreateNasDatastore")[1]["spec"]
    assert spec == {
        "remoteHost": "f1",
        "remotePath": "/b",
        "localPath": "b",
        "accessMode": "readOnly",
        "type": "NFS41",
        "remoteHostNames": ["f1", "f2"],
        "securityType": "SEC_KRB5",
    }


def test_a_disk_that_cannot_be_taken_whole_is_told_and_the_others_are_made() -> None:
    def offered(ref: str) -> Any:
        return [] if ref.endswith("-1") else OFFER

    observed = {
        f"HostDatastoreSystem:datastoreSystem-{n}.QueryVmfsDatastoreCreateOptions": offered(f"-{n}") for n in (1, 2)
    }
    wish = {"datacenter": CENTER, "type": "vmfs"}
    wishes = {
        "taken": {**wish, "device": "naa.7", "hosts": ["HostSystem:host-1"]},
        "free": {**wish, "device": "naa.8", "hosts": ["HostSystem:host-2"]},
    }
    port = VendorPort({"HostSystem": _hosts(2), **observed}, {"CreateVmfsDatastore": _named})
    made = Datastore().create_many(port, ESTATE, wishes)
    assert "naa.7 cannot become a datastore" in str(made["taken"])
    assert isinstance(made["free"], Seen)


def test_a_host_that_does_not_get_its_share_fails_that_datastore_only_and_it_is_ours() -> None:
    def mount(ref: str, arguments: Mapping[str, Any]) -> str:
        if ref.endswith("-2") and arguments["spec"]["localPath"] == "a":
            raise Conflict("no route to the server")
        return _named(ref, arguments)

    wish = {"datacenter": CENTER, "type": "nfs", "servers": ["filer"]}
    wishes = {
        "a": {**wish, "path": "/a", "hosts": _refs(2)},
        "b": {**wish, "path": "/b", "hosts": ["HostSystem:host-1"]},
    }
    rows = [
        {"ref": f"Datastore:{n}", "host": [{"key": "HostSystem:host-1", "mountInfo": {"mounted": True}}]} for n in "ab"
    ]
    port = VendorPort({"HostSystem": _hosts(2), "Datastore": rows}, {"CreateNasDatastore": mount})
    made = Datastore().create_many(port, ESTATE, wishes)
    assert str(made["a"]) == "no route to the server"
    assert isinstance(made["b"], Seen)
    assert {"entity": "Datastore:a", "key": 101, "value": ESTATE} in port.arguments("SetField")


def test_new_hosts_mount_before_others_go() -> None:
    row = _volume({"HostSystem:host-1": True, "HostSystem:host-2": False})
    port = VendorPort({"HostSystem": _hosts(3), "Datastore": [row]})
    wish = {"type": "vmfs", "hosts": ["HostSystem:host-2", "HostSystem:host-3"]}
    list(Datastore().update(port, _seen(), wish, {"hosts"}))
    assert [(method, ref[-1]) for ref, method, _ in port.sent] == [
        ("MountVmfsVolume", "2"),
        ("RescanVmfs", "3"),
        ("RescanAllHba", "3"),
        ("RescanVmfs", "3"),
        ("UnmountVmfsVolume", "1"),
    ]


def test_a_share_leaves_hosts_by_their_own_removal() -> None:
    port = VendorPort({"HostSystem": _hosts(3), "Datastore": [_share(_refs(2))]})
    wish = {"type": "nfs", "servers": ["filer"], "path": "/a", "hosts": ["HostSystem:host-2", "HostSystem:host-3"]}
    list(Datastore().update(port, _seen(), wish, {"hosts"}))
    assert [(method, ref[-1]) for ref, method, _ in port.sent] == [
        ("CreateNasDatastore", "3"),
        ("RemoveDatastore", "1"),
    ]


def test_what_machines_or_templates_lie_on_is_not_deleted() -> None:
    row = _volume({"HostSystem:host-1": True}, vm=["VirtualMachine:vm-1"])
    port = VendorPort({"Datastore": [row], "VirtualMachine": [{"ref": "VirtualMachine:vm-1", "name": "erp"}]})
    with pytest.raises(Conflict, match="virtual machines or templates are on it: erp"):
        list(Datastore().delete(port, _seen()))
    assert port.sent == []


def test_files_of_somebody_are_not_deleted() -> None:
    files = [{"path": path} for path in (".fdc.sf", ".vSphere-HA", "isos", ".locker", ".dvsData")]
    answers = {"SearchDatastore_Task": {"_type": "HostDatastoreBrowserSearchResults", "file": files}}
    port = VendorPort({"Datastore": [_volume({"HostSystem:host-1": True})]}, answers)
    with pytest.raises(Conflict, match=r"files are on it that we did not put there: \.locker, isos\. Move"):
        list(Datastore().delete(port, _seen()))
    assert port.methods == ["SearchDatastore_Task"]


def test_an_empty_volume_is_unmounted_everywhere_and_removed_by_the_last_host() -> None:
    row = _volume({"HostSystem:host-2": True, "HostSystem:host-1": True, "HostSystem:host-3": False})
    answers = {"SearchDatastore_Task": {"file": [{"path": ".fbb.sf"}]}}
    port = VendorPort({"HostSystem": _hosts(3), "Datastore": [row]}, answers)
    list(Datastore().delete(port, _seen()))
    assert [(method, ref[-1]) for ref, method, _ in port.sent[1:]] == [
        ("UnmountVmfsVolume", "2"),
        ("RemoveDatastore", "1"),
        ("RescanVmfs", "2"),
        ("RescanVmfs", "3"),
    ]


def test_a_removal_that_died_after_the_last_unmounting_goes_on() -> None:
    row = _volume({"HostSystem:host-1": False})
    port = VendorPort({"HostSystem": _hosts(1), "Datastore": [row]}, {"SearchDatastore_Task": None})
    list(Datastore().delete(port, _seen()))
    assert port.methods[1:] == ["MountVmfsVolume", "RemoveDatastore"]


def test_one_that_is_gone_is_gone() -> None:
    port = VendorPort({"Datastore": []})
    list(Datastore().delete(port, _seen()))
    assert port.sent == []
