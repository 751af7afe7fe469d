# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""EKS Anywhere's management cluster: its API takes clusters, and machines, nodes and conditions follow."""

from __future__ import annotations

import base64
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.contract.eksa_clusters import Management, managing, workload
from twin.eksa.kinds import CLUSTER, MACHINE, SECRET, SYSTEM
from twin.eksa.planes import plane_name
from twin.kube_api import KubeApiError

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def management(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Management]:
    with managing(tmp_path_factory.mktemp("twin")) as management:
        management.apply(workload())
        management.wait_ready()
        yield management


def nodes(management: Management) -> list[dict[str, Any]]:
    return list(management.host.api(plane_name("onprem")).request("GET", "/api/v1/nodes")["items"])


def workers(management: Management) -> list[str]:
    return sorted(vm.name for vm in management.machines.vms if vm.name.startswith("onprem-gpu-"))


def set_workers(management: Management, count: int, **changes: Any) -> None:
    things = workload(workers=count, **changes)
    management.apply(things[-1:])
    management.wait_ready()


def test_it_becomes_ready_with_its_machines(management: Management) -> None:
    kinds = Counter(thing["metadata"]["name"].rsplit("-", 1)[0] for thing in management.machine_objects())
    assert kinds == {"onprem": 3, "onprem-etcd": 5, "onprem-gpu": 6}
    assert {thing["status"]["phase"] for thing in management.machine_objects()} == {"Running"}
    # Fourteen machines on nine hosts: nobody has three while another has none.
    assert set(Counter(vm.host for vm in management.machines.vms).values()) == {1, 2}


def test_nodes_are_those_of_the_machines(management: Management) -> None:
    found = {node["metadata"]["name"]: node for node in nodes(management)}
    assert len(found) == 9
    vms = {vm.name: vm for vm in management.machines.vms}
    for name, node in found.items():
        assert node["spec"]["providerID"] == f"vsphere://{vms[name].uuid}"
        assert node["status"]["addresses"][0]["address"] == management.machines.addresses[name]
    gpu = found[workers(management)[0]]
    assert gpu["metadata"]["labels"]["pool"] == "gpu"
    assert gpu["status"]["nodeInfo"]["kubeletVersion"].startswith("v1.34.")


def test_the_kubeconfig_is_in_its_secret(management: Management) -> None:
    secret = management.api.request("GET", SECRET.path(SYSTEM, "onprem-kubeconfig"))
    config = yaml.safe_load(base64.b64decode(secret["data"]["value"]))
    assert config["current-context"] == "onprem-admin@onprem"
    assert config["clusters"][0]["cluster"]["server"].startswith("https://127.0.0.1:")


def test_it_scales(management: Management) -> None:
    before = workers(management)
    set_workers(management, 8)
    assert set(before) < set(workers(management))
    set_workers(management, 6)
    assert len(workers(management)) == 6
    management.wait(lambda: len(nodes(management)) == 9, "the nodes to go")


def test_an_upgrade_replaces_every_machine_that_has_a_version(management: Management) -> None:
    before = {vm.name for vm in management.machines.vms}
    things = workload(version="1.35")
    things[1]["spec"]["template"] = "/pittsburgh/vm/templates/ubuntu-1.35"
    management.apply(things)
    management.wait_ready(seconds=90)
    assert {vm.name for vm in management.machines.vms} & before == set()
    assert {node["status"]["nodeInfo"]["kubeletVersion"][:6] for node in nodes(management)} == {"v1.35."}


def test_a_deleted_machine_is_replaced(management: Management) -> None:
    name = workers(management)[0]
    management.api.delete(MACHINE.path(SYSTEM, name))
    management.wait(lambda: name not in workers(management) and len(workers(management)) == 6, "another machine")
    management.wait_ready()


@pytest.mark.parametrize("prefix", ["onprem-etcd-", "onprem-gpu-"])
def test_a_lost_host_costs_its_machines(management: Management, prefix: str) -> None:
    """Workers and control plane by their health checks, members of etcd by their own controller."""
    vms = management.machines.vms
    host = next(vm.host for vm in vms if vm.name.startswith(prefix))
    lost = {vm.name for vm in vms if vm.host == host}
    management.machines.lose(host)
    management.wait(
        lambda: not lost & {each["metadata"]["name"] for each in management.machine_objects()}, "the lost to go"
    )
    management.wait_ready()


def test_it_goes(management: Management) -> None:
    management.api.delete(CLUSTER.path("default", "onprem"))
    management.wait(lambda: _is_gone(management), "the cluster to go")
    assert management.machines.vms == []
    assert management.machine_objects() == []
    assert plane_name("onprem") not in management.host.describe()


def _is_gone(management: Management) -> bool:
    try:
        management.cluster()
    except KubeApiError as error:
        return error.status == 404
    return False


def test_a_whole_estate_is_ready_in_time(management: Management, capsys: pytest.CaptureFixture[str]) -> None:
    began = time.monotonic()
    management.apply(workload("whole", planes=27, etcd=5, workers=54))
    management.wait_ready("whole", seconds=90)
    with capsys.disabled():
        print(f"\n86 machines: {time.monotonic() - began:.1f} s")
    assert len(management.machine_objects()) == 86
