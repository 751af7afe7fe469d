# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands behind a vCenter is read from the inventory, as Ansible reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from twin import vcenter_racks
from twin.contract import TwinError
from twin.vcenter_hosts import HOST_PASSWORD, Disk, Gpu, thumbprint

GIVEN: dict[str, Any] = {
    "size": 640,
    "kubeops_hardware": {
        "big": {"memory_gib": "{{ size }}", "sockets": 2, "cores_per_socket": 8, "uplinks": ["vmnic4"]}
    },
    "kubeops_hosts": [
        {"name": "esx-[01:03]", "address": "10.0.0.[11:13]", "site": "a", "hardware": "big"},
        {"name": "esx-spare", "hardware": "big", "gpus": 0},
    ],
    "kubeops_gpus": {"model": "NVIDIA V100 SXM2 32 GB", "per_host": 2},
    "kubeops_storage": {
        "datastores": [
            {"name": "ds-[01:02]", "size_gib": 100, "disk": "naa.6000[1:2]"},
            {"name": "share", "export": "/exports/share"},
            {"name": "nameless"},
        ]
    },
    "kubeops_networks": [{"name": "one"}, {"name": "nodes", "dhcp": {"first": "10.1.0.5", "last": "10.1.0.9"}}],
    "kubeops_host_profile": {"root_password": {"secret": "root"}},
    "kubeops_secrets": {"root": "{{ lookup('ansible.builtin.env', 'TWIN_TEST_ROOT') }}"},
}


def inventory(directory: Path, variables: dict[str, Any]) -> Path:
    hosts = {"vcenters": {"hosts": {"vcsa.example.com": None}}, "aws_regions": {"hosts": {"us-east-2": None}}}
    (directory / "hosts.yml").write_text(yaml.safe_dump(hosts))
    (directory / "group_vars").mkdir()
    (directory / "group_vars" / "all.yml").write_text(yaml.safe_dump(variables))
    return directory


def test_names_are_expanded_and_templates_filled(tmp_path: Path) -> None:
    racks = vcenter_racks.read([inventory(tmp_path, GIVEN)])
    assert list(racks) == ["vcsa.example.com"]
    rack = racks["vcsa.example.com"]
    hosts = [vcenter_racks.known(data) for data in rack["hosts"]]
    assert [(host.name, host.address) for host in hosts] == [
        ("esx-01", "10.0.0.11"), ("esx-02", "10.0.0.12"), ("esx-03", "10.0.0.13"), ("esx-spare", ""),
    ]  # fmt: skip
    first = hosts[0]
    assert (first.memory_gib, first.site, list(first.nics)) == (640, "a", ["vmnic4"])
    assert [len(host.gpus) for host in hosts] == [2, 2, 2, 0]
    assert first.gpus[0] == Gpu(device="1db5", name="NVIDIA V100 SXM2 32 GB")
    assert first.thumbprint == thumbprint("esx-01")
    assert rack["dhcp"] == ["10.1.0.5", "10.1.0.9"]


def test_each_datastore_that_is_no_share_has_a_lun(tmp_path: Path) -> None:
    (rack,) = vcenter_racks.read([inventory(tmp_path, GIVEN)]).values()
    disks = vcenter_racks.known(rack["hosts"][0]).disks
    assert disks[:2] == (Disk("naa.60001", 100), Disk("naa.60002", 100))
    assert len(disks) == 3
    assert disks[2].name.startswith("naa.6")


@pytest.mark.parametrize(("set_to", "password"), [("from-the-inventory", "from-the-inventory"), ("", HOST_PASSWORD)])
def test_root_s_password_is_the_inventory_s_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, set_to: str, password: str
) -> None:
    monkeypatch.setenv("TWIN_TEST_ROOT", set_to)
    (rack,) = vcenter_racks.read([inventory(tmp_path, GIVEN)]).values()
    assert {host["password"] for host in rack["hosts"]} == {password}


def test_what_cannot_be_filled_is_named(tmp_path: Path) -> None:
    given = {**GIVEN, "kubeops_hosts": [{"name": "{{ nobody }}"}]}
    with pytest.raises(TwinError, match=r"behind vcsa\.example\.com cannot be read.*nobody"):
        vcenter_racks.read([inventory(tmp_path, given)])


def test_without_a_vcenter_there_is_nothing(tmp_path: Path) -> None:
    (tmp_path / "hosts.yml").write_text(yaml.safe_dump({"aws_regions": {"hosts": {"us-east-2": None}}}))
    assert vcenter_racks.read([tmp_path]) == {}
    assert vcenter_racks.read([]) == {}


def test_an_inventory_may_say_nothing_of_it(tmp_path: Path) -> None:
    assert vcenter_racks.read([inventory(tmp_path, {})])["vcsa.example.com"]["hosts"] == []
