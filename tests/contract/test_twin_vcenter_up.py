# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`twin up` starts the vCenters of the inventory, tells how they are reached, counts their calls and steers them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pyVmomi import vim

from tests.contract.vcenter_client import VcenterClient, connection
from tests.contract.whole_twin import twin
from twin import supervisor
from twin.processes import start_time
from twin.vcenter_hosts import KnownHost

NAME = "vcsa.example.com"


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    inventory, state = tmp_path_factory.mktemp("inventory"), tmp_path_factory.mktemp("state") / "twin"
    (inventory / "hosts.yml").write_text(yaml.safe_dump({"vcenters": {"hosts": {NAME: None}}}))
    (inventory / "group_vars").mkdir()
    hosts = [{"name": "esx-[01:02]", "site": "a", "hardware": "big"}]
    variables = {"kubeops_hosts": hosts, "kubeops_hardware": {"big": {"memory_gib": 512}}}
    (inventory / "group_vars" / "all.yml").write_text(yaml.safe_dump(variables))
    assert twin("up", "--state", state, "--inventory", inventory, "--no-control-planes") == 0
    yield state
    pid = json.loads((state / "vcenters" / NAME / "vsphere.pid").read_text())["pid"]
    assert twin("down", "--state", state) == 0
    assert (start_time(pid), state.exists()) == (None, False)


def endpoint(state: Path) -> dict[str, Any]:
    variables = yaml.safe_load((state / "inventory" / "host_vars" / NAME / "twin.yml").read_text())
    found: dict[str, Any] = variables["kubeops_vsphere_endpoint"]
    return found


@pytest.fixture(scope="module")
def client(state: Path) -> VcenterClient:
    """A client made of what the overlay says, as the collection makes its own."""
    reached = endpoint(state)
    return VcenterClient({**reached, "password": Path(reached["password_file"]).read_text()})


def test_the_overlay_says_how_it_is_reached(state: Path, client: VcenterClient) -> None:
    assert client.content.about.version == "8.0.3"
    file = Path(endpoint(state)["password_file"])
    assert file.stat().st_mode & 0o777 == 0o600
    public = [state / "twin.json", state / "daemon.json", *(state / "inventory").rglob("*.yml")]
    assert [path for path in public if file.read_text() in path.read_text()] == []


def test_its_hosts_are_the_inventory_s(client: VcenterClient) -> None:
    cluster = client.cluster(client.datacenter("dc"))
    (host,) = client.join(cluster, [KnownHost("esx-01")])
    assert client.path(host, "summary.hardware").memorySize == 512 << 30
    with pytest.raises(vim.fault.NoHost):
        client.done(cluster.AddHost_Task(spec=connection(KnownHost("esx-03")), asConnected=True))


def test_calls_are_counted(state: Path, client: VcenterClient, capsys: pytest.CaptureFixture[str]) -> None:
    mark = supervisor.ask(state, "GET", "/twin/calls")["mark"]
    client.datacenter("counted")
    with pytest.raises(Exception, match="MethodNotFound"):
        client.content.scheduledTaskManager.RetrieveEntityScheduledTask(client.content.rootFolder)
    calls = supervisor.ask(state, "GET", f"/twin/calls?since={mark}")
    vsphere = calls["vsphere"]
    assert vsphere["by_operation"]["Folder.CreateDatacenter"] == 1
    assert (vsphere["writes"], vsphere["errors"]) == (1, {"MethodNotFound": 1})
    assert [each["operation"] for each in calls["unsupported"]] == ["RetrieveEntityScheduledTask"]
    capsys.readouterr()
    assert twin("calls", "--since", mark, "--state", state) == 0
    assert "Folder.CreateDatacenter" in capsys.readouterr().out


def test_faults_are_steered(state: Path, client: VcenterClient, capsys: pytest.CaptureFixture[str]) -> None:
    host = client.find(vim.HostSystem, "esx-01")
    assert twin("fault", "add", "--state", state, "--id", "gone", "--kind", "site-lost", "--name", "a") == 0
    assert client.path(host, "runtime.connectionState") == "notResponding"
    assert twin("fault", "clear", "gone", "--state", state) == 0
    assert client.path(host, "runtime.connectionState") == "connected"
    add = ["fault", "add", "--state", state, "--kind", "deny", "--service", "vsphere", "--operation", "CreateF*"]
    assert twin(*add, "--count", 1) == 0
    with pytest.raises(vim.fault.NoPermission):
        client.content.rootFolder.CreateFolder("denied")
    assert [each["hits"] for each in supervisor.ask(state, "GET", "/twin/faults")] == [1]
    capsys.readouterr()
    assert twin("fault", "add", "--state", state, "--kind", "site-lost") == 1
    assert "site-lost needs a name" in capsys.readouterr().err


def test_status_names_it(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert twin("status", "--state", state) == 0
    assert f"vCenter {NAME} running" in capsys.readouterr().out
