# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The overlay says how endpoints are reached, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.vars.manager import VariableManager

from twin import overlay
from twin.contract import TwinError


@pytest.fixture
def estate(tmp_path: Path) -> Path:
    directory = tmp_path / "estate"
    (directory / "host_vars" / "ohio").mkdir(parents=True)
    (directory / "group_vars").mkdir()
    (directory / "hosts.yml").write_text(
        yaml.safe_dump(
            {
                "aws_regions": {"hosts": {"us-west-2": None, "ohio": {"region": "us-east-2"}}},
                "vcenters": {"hosts": {"vc1": None}},
            }
        )
    )
    mine = yaml.safe_dump({"kubeops_timing": {"poll_interval": 15}, "kubeops_aws_endpoint": {"profile": "real"}})
    (directory / "host_vars" / "ohio" / "a.yml").write_text(mine)
    (directory / "group_vars" / "all.yml").write_text(mine)
    (directory / "group_vars" / "aws_regions.yml").write_text(mine)
    return directory


def write(directory: Path, hosts: list[str]) -> None:
    endpoint = overlay.aws_endpoint("http://127.0.0.1:1", Path("/private/aws-credentials"))
    overlay.write(directory, hosts=hosts, endpoint=endpoint, timing=overlay.timing(60))


def test_it_beats_the_inventory_that_it_is_put_behind(estate: Path, tmp_path: Path) -> None:
    target = tmp_path / "overlay"
    write(target, list(overlay.aws_regions([estate])))
    loader = DataLoader()
    inventory = InventoryManager(loader=loader, sources=[str(estate), str(target)])
    variables = VariableManager(loader=loader, inventory=inventory)
    for name in ("ohio", "us-west-2"):
        found = variables.get_vars(host=inventory.get_host(name))
        assert found["kubeops_aws_endpoint"]["endpoint_url"] == "http://127.0.0.1:1"
        assert found["kubeops_timing"]["poll_interval"] == 0.25
    elsewhere = variables.get_vars(host=inventory.get_host("vc1"))
    assert elsewhere["kubeops_timing"]["lease_ttl"] == 30
    assert elsewhere["kubeops_aws_endpoint"] == {"profile": "real"}


def test_regions_are_the_hosts_of_their_group(estate: Path) -> None:
    assert overlay.aws_regions([estate]) == {"us-west-2": "us-west-2", "ohio": "us-east-2"}
    assert overlay.aws_regions([]) == {}


def test_vcenters_are_told_how_they_are_reached(tmp_path: Path) -> None:
    reached = {"address": "127.0.0.1", "port": 8443, "username": "u", "ca_bundle": "/ca", "control_url": "http://x"}
    endpoints = overlay.vsphere_endpoints(reached, Path("/private/vc.password"), Path("/private/vc.hosts.password"))
    overlay.write(tmp_path / "overlay", hosts=[], endpoint={}, timing=overlay.timing(60), vcenters={"vc1": endpoints})
    found = yaml.safe_load((tmp_path / "overlay/host_vars/vc1/twin.yml").read_text())
    assert found["kubeops_esxi_endpoint"] == {"password_file": "/private/vc.hosts.password"}
    assert found["kubeops_vsphere_endpoint"] == {
        "address": "127.0.0.1", "port": 8443, "username": "u", "ca_bundle": "/ca",
        "password_file": "/private/vc.password",
    }  # fmt: skip
    assert yaml.safe_load((tmp_path / "overlay/hosts.yml").read_text())["vcenters"] == {"hosts": {"vc1": None}}


def test_a_missing_inventory_is_named(tmp_path: Path) -> None:
    with pytest.raises(TwinError, match="there is no inventory"):
        overlay.aws_regions([tmp_path / "nowhere"])


def test_only_address_credentials_and_timing_are_set(tmp_path: Path) -> None:
    write(tmp_path / "overlay", ["a", "b"])
    found: dict[str, set[str]] = {}
    for path in (tmp_path / "overlay").glob("*_vars/**/*.yml"):
        for name, value in yaml.safe_load(path.read_text()).items():
            found.setdefault(name, set()).update(value)
    assert found == {
        "kubeops_aws_endpoint": {"endpoint_url", "profile", "shared_credentials_file"},
        "kubeops_timing": {"poll_interval", "settle_timeout", "wait_timeout", "lease_ttl"},
    }


@pytest.mark.parametrize(
    ("file", "content", "named"),
    [
        ("host_vars/a/x.yml", {"kubeops_estate": {"protected": False}}, "kubeops_estate"),
        ("host_vars/a/x.yml", {"kubeops_aws_endpoint": {"region": "x"}}, "kubeops_aws_endpoint.region"),
        ("group_vars/all/x.yml", {"aws_network_vpcs": []}, "aws_network_vpcs"),
        ("hosts.yml", {"aws_regions": {"hosts": {"a": {"eks_clusters": []}}}}, "aws_regions.hosts"),
        ("hosts.yml", {"aws_regions": {"vars": {"eks_clusters": []}}}, "aws_regions.vars"),
    ],
)
def test_anything_else_is_refused(tmp_path: Path, file: str, content: object, named: str) -> None:
    write(tmp_path / "overlay", ["a"])
    path = tmp_path / "overlay" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content))
    with pytest.raises(TwinError, match=f"may not set {named}"):
        overlay.refuse_others(tmp_path / "overlay")


@pytest.mark.parametrize(("scale", "poll", "settle"), [(1, 15, 60), (2, 7.5, 30), (60, 0.25, 15), (1000, 0.1, 15)])
def test_polling_scales_and_has_a_floor(scale: float, poll: float, settle: float) -> None:
    timing = overlay.timing(scale)
    assert (timing["poll_interval"], timing["settle_timeout"]) == (poll, settle)
    assert (timing["wait_timeout"], timing["lease_ttl"]) == (180, 30)
