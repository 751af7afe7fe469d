# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The twin's vCenter, asked with the vendor's library: who it is, what others run in it, hosts, clusters, services."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import urllib3
from pyVmomi import vim

from tests.contract.vcenter_client import VcenterClient, connection
from twin.vcenter import VcenterHost
from twin.vcenter_hosts import FOREIGN, HOST_PASSWORD, example_hosts

HOSTS = example_hosts()


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


@pytest.fixture(scope="module")
def cluster(client: VcenterClient, datacenter: Any) -> Any:
    made = client.cluster(datacenter)
    client.join(made, HOSTS[:3])
    return made


def find_host(client: VcenterClient, number: int) -> Any:
    return client.find(vim.HostSystem, HOSTS[number].name)


def test_it_is_a_vcenter_of_version_8(client: VcenterClient, reached: dict[str, Any]) -> None:
    about = client.content.about
    assert (about.version, about.apiVersion, about.apiType) == ("8.0.3", "8.0.3.0", "VirtualCenter")
    assert about.instanceUuid == reached["instance_uuid"]


def test_a_wrong_password_is_refused(reached: dict[str, Any]) -> None:
    with pytest.raises(vim.fault.InvalidLogin):
        VcenterClient({**reached, "password": "wrong"})


def test_others_have_a_world_in_it(client: VcenterClient) -> None:
    assert client.find(vim.Datacenter, FOREIGN.datacenter)
    assert client.find(vim.ResourcePool, FOREIGN.pool)
    assert client.find(vim.Network, FOREIGN.network)
    assert client.find(vim.Datastore, FOREIGN.datastore)
    machine = client.find(vim.VirtualMachine, FOREIGN.machines[0])
    assert client.path(machine, "runtime").powerState == "poweredOn"
    assert client.path(machine, "summary").guest.ipAddress == "192.0.2.10"


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        ({"sslThumbprint": ""}, vim.fault.SSLVerifyFault),
        ({"sslThumbprint": "00:11"}, vim.fault.SSLVerifyFault),
        ({"password": "wrong"}, vim.fault.InvalidLogin),
        ({"hostName": "nowhere"}, vim.fault.NoHost),
    ],
)
def test_a_host_joins_only_with_its_own_proofs(
    client: VcenterClient, cluster: Any, wrong: dict[str, str], fault: type[Exception]
) -> None:
    raised: Any
    with pytest.raises(fault) as raised:
        client.done(cluster.AddHost_Task(spec=connection(HOSTS[5], **wrong), asConnected=True))
    if fault is vim.fault.SSLVerifyFault:
        assert raised.value.thumbprint == HOSTS[5].thumbprint


def test_a_host_is_in_one_place_only(client: VcenterClient, cluster: Any) -> None:
    with pytest.raises(vim.fault.DuplicateName):
        client.done(cluster.AddHost_Task(spec=connection(HOSTS[0]), asConnected=True))
    other = client.cluster(client.datacenter("elsewhere"))
    with pytest.raises(vim.fault.AlreadyConnected):
        client.done(other.AddHost_Task(spec=connection(HOSTS[0]), asConnected=True))


def test_a_host_is_what_stands_in_the_rack(client: VcenterClient, cluster: Any) -> None:
    host = find_host(client, 0)
    hardware = client.path(host, "summary.hardware")
    assert (hardware.memorySize, hardware.numCpuCores, hardware.cpuMhz) == (640 << 30, 16, 3900)
    gpus = [each for each in client.path(host, "hardware.pciDevice") if each.vendorId & 0xFFFF == 0x10DE]
    assert [each.deviceId for each in gpus] == [0x1DB6]
    pnics = client.path(host, "config.network.pnic")
    assert [(nic.device, nic.linkSpeed.speedMb) for nic in pnics] == [("vmnic0", 40000), ("vmnic1", 40000)]
    summary = client.path(cluster, "summary")
    assert (summary.totalCpu, summary.totalMemory) == (3 * 16 * 3900, 3 * (640 << 30))


def test_a_cluster_is_made_as_its_specification_says(client: VcenterClient) -> None:
    policy = vim.cluster.FailoverResourcesAdmissionControlPolicy(
        cpuFailoverResourcesPercent=4, memoryFailoverResourcesPercent=5
    )
    made = client.cluster(
        client.datacenter("specified"),
        dasConfig=vim.cluster.DasConfigInfo(enabled=True, admissionControlPolicy=policy),
        drsConfig=vim.cluster.DrsConfigInfo(enabled=True, vmotionRate=2, defaultVmBehavior="partiallyAutomated"),
    )
    drs, das = (client.path(made, f"configurationEx.{part}") for part in ("drsConfig", "dasConfig"))
    assert (drs.enabled, drs.vmotionRate, drs.defaultVmBehavior) == (True, 2, "partiallyAutomated")
    assert das.admissionControlPolicy.memoryFailoverResourcesPercent == 5
    assert das.hostMonitoring == "enabled"


def test_a_cluster_keeps_what_it_is_told(client: VcenterClient, cluster: Any) -> None:
    spec = vim.cluster.ConfigSpecEx(
        drsConfig=vim.cluster.DrsConfigInfo(enabled=True, option=[vim.option.OptionValue(key="TryBalance", value="1")]),
        dpmConfig=vim.cluster.DpmConfigInfo(enabled=True, defaultDpmBehavior="manual", hostPowerActionRate=2),
        infraUpdateHaConfig=vim.cluster.InfraUpdateHaConfigInfo(enabled=True, behavior="Automated"),
        dasConfig=vim.cluster.DasConfigInfo(
            option=[vim.option.OptionValue(key="das.isolationaddress0", value="10.0.0.1")]
        ),
    )
    client.done(cluster.ReconfigureComputeResource_Task(spec=spec, modify=True))
    config = client.path(cluster, "configurationEx")
    assert (config.dpmConfigInfo.enabled, config.dpmConfigInfo.defaultDpmBehavior) == (True, "manual")
    assert (config.infraUpdateHaConfig.behavior, config.drsConfig.option[0].key) == ("Automated", "TryBalance")
    assert config.dasConfig.option[0].value == "10.0.0.1"


@pytest.mark.parametrize(
    "wrong",
    [
        {"drsConfig": vim.cluster.DrsConfigInfo(vmotionRate=9)},
        {"dasConfig": vim.cluster.DasConfigInfo(
            admissionControlPolicy=vim.cluster.FailoverResourcesAdmissionControlPolicy(
                cpuFailoverResourcesPercent=101, memoryFailoverResourcesPercent=1))},
    ],
)  # fmt: skip
def test_a_cluster_refuses_what_cannot_be(client: VcenterClient, cluster: Any, wrong: dict[str, Any]) -> None:
    with pytest.raises(Exception, match=r"InvalidArgument|invalidProperty"):
        client.done(cluster.ReconfigureComputeResource_Task(spec=vim.cluster.ConfigSpecEx(**wrong), modify=True))


def test_evc_is_set_as_far_as_the_processors_go(client: VcenterClient, cluster: Any) -> None:
    manager = cluster.EvcManager()
    assert "intel-skylake" in [mode.key for mode in client.path(manager, "evcState.supportedEVCMode")]
    client.done(manager.ConfigureEvcMode_Task("intel-skylake"))
    assert client.path(manager, "evcState.currentEVCModeKey") == "intel-skylake"
    assert client.path(cluster, "summary").currentEVCModeKey == "intel-skylake"
    with pytest.raises(vim.fault.EVCConfigFault):
        client.done(manager.ConfigureEvcMode_Task("intel-sapphirerapids"))
    client.done(manager.DisableEvcMode_Task())
    assert client.path(manager, "evcState.currentEVCModeKey") is None


def test_a_host_leaves_and_another_joins(client: VcenterClient) -> None:
    cluster = client.cluster(client.datacenter("changing"))
    first, second = client.join(cluster, HOSTS[6:8])
    with pytest.raises(Exception, match="InvalidState"):
        client.done(first.Destroy_Task())
    client.done(first.EnterMaintenanceMode_Task(timeout=0))
    client.done(first.Destroy_Task())
    assert client.path(cluster, "host") == [second]
    (again,) = client.join(cluster, HOSTS[6:7])
    assert client.path(again, "name") == HOSTS[6].name
    for host in (again, second):
        client.done(host.EnterMaintenanceMode_Task(timeout=0))
    client.done(cluster.Destroy_Task())
    assert client.find(vim.HostSystem, HOSTS[6].name) is None


def test_calls_are_counted_and_unknown_ones_named(reached: dict[str, Any], client: VcenterClient) -> None:
    before = urllib3.request("GET", f"{reached['control_url']}/calls").json()[-1]["sequence"]
    client.content.rootFolder.CreateDatacenter("counted")
    with pytest.raises(Exception, match="MethodNotFound"):
        client.content.scheduledTaskManager.RetrieveEntityScheduledTask(client.content.rootFolder)
    calls = urllib3.request("GET", f"{reached['control_url']}/calls?since={before}").json()
    seen = {call["operation"]: call for call in calls}
    assert seen["CreateDatacenter"]["write"]
    assert seen["RetrieveEntityScheduledTask"]["unsupported"]


def test_passwords_are_the_hosts_own() -> None:
    assert all(host.password == HOST_PASSWORD for host in HOSTS)
    assert len({host.thumbprint for host in HOSTS}) == len(HOSTS)


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
