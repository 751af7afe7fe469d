# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Services of the twin's vCenter itself: vCenter HA, licences and tags."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import urllib3
from pyVmomi import vim

from tests.contract.vcenter_client import VcenterClient
from twin.vcenter import VcenterHost


@pytest.fixture(scope="module")
def reached(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    host = VcenterHost(tmp_path_factory.mktemp("vcenter"))
    yield host.start("vcsa")
    host.stop_all()


@pytest.fixture(scope="module")
def client(reached: dict[str, Any]) -> VcenterClient:
    return VcenterClient(reached)


@pytest.fixture(scope="module")
def datacenter(client: VcenterClient) -> Any:
    return client.datacenter("pittsburgh")


def test_vcenter_ha(client: VcenterClient, datacenter: Any) -> None:
    configurator = client.content.failoverClusterConfigurator
    manager = client.content.failoverClusterManager
    assert configurator.getVchaConfig().state == "notConfigured"
    with pytest.raises(Exception, match="InvalidState"):
        manager.getClusterMode()

    def fixed(address: str) -> Any:
        ip = vim.vm.customization.FixedIp(ipAddress=address)
        return vim.vm.customization.IPSettings(ip=ip, subnetMask="255.255.255.0")

    folder = client.path(datacenter, "vmFolder")
    configuration = vim.vcha.FailoverClusterConfigurator
    passive = configuration.PassiveNodeDeploymentSpec(folder=folder, nodeName="passive", ipSettings=fixed("10.0.0.2"))
    witness = configuration.NodeDeploymentSpec(folder=folder, nodeName="witness", ipSettings=fixed("10.0.0.3"))
    credential = vim.ServiceLocator.NamePassword(username="a", password="b")
    service = vim.ServiceLocator(instanceUuid="i", url="https://vcsa", credential=credential)
    source = configuration.SourceNodeSpec(managementVc=service, activeVc=client.find(vim.VirtualMachine, "erp-01"))
    network = configuration.ClusterNetworkConfigSpec(
        networkPortGroup=client.find(vim.Network, "legacy-network"), ipSettings=fixed("10.0.0.1")
    )
    spec = configuration.VchaClusterDeploymentSpec(
        passiveDeploymentSpec=passive, witnessDeploymentSpec=witness, activeVcSpec=source, activeVcNetworkConfig=network
    )
    client.done(configurator.deployVcha_Task(spec))
    assert configurator.getVchaConfig().state == "configured"
    health = manager.GetVchaClusterHealth().runtimeInfo
    assert (health.clusterState, health.clusterMode) == ("healthy", "enabled")
    client.done(manager.initiateFailover_Task(planned=True))
    active = next(node for node in manager.GetVchaClusterHealth().runtimeInfo.nodeInfo if node.nodeRole == "active")
    assert active.nodeIp == "10.0.0.2"
    with pytest.raises(Exception, match="InvalidState"):
        client.done(configurator.destroyVcha_Task())
    client.done(manager.setClusterMode_Task("disabled"))
    client.done(configurator.destroyVcha_Task())


def test_licences(client: VcenterClient) -> None:
    manager = client.content.licenseManager
    key = "AAAAA-BBBBB-CCCCC-DDDDD-EEEEE"
    assert manager.AddLicense(key).editionKey == "esx.enterprisePlus.cpuPackage"
    assert key in [each.licenseKey for each in client.path(manager, "licenses")]
    assert [each.key for each in manager.AddLicense("nonsense").properties] == ["diagnostic"]


def test_tags_under_api(reached: dict[str, Any], client: VcenterClient) -> None:
    http = urllib3.PoolManager(ca_certs=reached["ca_bundle"])
    base = f"https://{reached['address']}:{reached['port']}/api"
    login = urllib3.make_headers(basic_auth=f"{reached['username']}:{reached['password']}")
    token = {"vmware-api-session-id": http.request("POST", f"{base}/session", headers=login).json()}

    def ask(method: str, path: str, body: object = None) -> Any:
        answer = http.request(method, f"{base}/cis/tagging/{path}", json=body, headers=token)
        return answer.json() if answer.data else answer.status

    category = {"name": "tier", "description": "ours", "cardinality": "SINGLE", "associable_types": ["VirtualMachine"]}
    made = ask("POST", "category", category)
    assert ask("POST", "category", category)["error_type"] == "ALREADY_EXISTS"
    assert ask("GET", f"category/{made}")["name"] == "tier"
    tag = ask("POST", "tag", {"name": "gold", "description": "", "category_id": made})
    subject = {"type": "VirtualMachine", "id": client.find(vim.VirtualMachine, "erp-01")._moId}
    assert ask("POST", f"tag-association/{tag}?action=attach", {"object_id": subject}) == 204
    assert ask("POST", "tag-association?action=list-attached-tags", {"object_id": subject}) == [tag]
    assert ask("DELETE", f"tag/{tag}") == 204
    assert ask("GET", f"tag/{tag}")["error_type"] == "NOT_FOUND"
