# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The twin's ESXi hosts keep their settings, and refuse what a real one refuses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pyVmomi import VmomiSupport, vim, vmodl

from tests.contract.vcenter_client import VcenterClient
from twin.vcenter import VcenterHost
from twin.vcenter_hosts import example_hosts


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VcenterClient]:
    host = VcenterHost(tmp_path_factory.mktemp("vcenter"))
    yield VcenterClient(host.start("vcsa"))
    host.stop_all()


@pytest.fixture(scope="module")
def hosts(client: VcenterClient) -> list[Any]:
    cluster = client.cluster(client.datacenter("pittsburgh"), drsConfig=vim.cluster.DrsConfigInfo(enabled=True))
    return client.join(cluster, example_hosts()[:3])


@pytest.fixture
def host(hosts: list[Any]) -> Any:
    return hosts[0]


def manager(client: VcenterClient, host: Any, name: str) -> Any:
    return client.path(host, f"configManager.{name}")


def test_time_servers(client: VcenterClient, host: Any) -> None:
    config = vim.host.DateTimeConfig(ntpConfig=vim.host.NtpConfig(server=["ntp1", "ntp2"]))
    manager(client, host, "dateTimeSystem").UpdateDateTimeConfig(config)
    assert client.path(host, "config.dateTimeInfo").ntpConfig.server == ["ntp1", "ntp2"]


def test_services(client: VcenterClient, host: Any) -> None:
    system = manager(client, host, "serviceSystem")
    system.StartService("ntpd")
    system.UpdateServicePolicy("ntpd", "on")
    service = next(each for each in client.path(host, "config.service").service if each.key == "ntpd")
    assert (service.running, service.policy) == (True, "on")
    with pytest.raises(vim.fault.InvalidState):
        system.StartService("ntpd")
    with pytest.raises(vim.fault.NotFound):
        system.StopService("nothing")
    with pytest.raises(vmodl.fault.InvalidArgument):
        system.UpdateServicePolicy("ntpd", "sometimes")


def test_advanced_options_have_types_and_ranges(client: VcenterClient, host: Any) -> None:
    options = manager(client, host, "advancedOption")
    known = {each.key: each.optionType for each in client.path(options, "supportedOption")}
    assert isinstance(known["UserVars.ESXiShellTimeOut"], vim.option.LongOption)
    options.UpdateOptions([vim.option.OptionValue(key="Syslog.global.logHost", value="tcp://log:1514")])
    options.UpdateOptions(
        [vim.option.OptionValue(key="UserVars.ESXiShellTimeOut", value=VmomiSupport.vmodlTypes["long"](300))]
    )
    values = {each.key: each.value for each in client.path(host, "config.option")}
    assert (values["Syslog.global.logHost"], values["UserVars.ESXiShellTimeOut"]) == ("tcp://log:1514", 300)
    with pytest.raises(vim.fault.InvalidName):
        options.UpdateOptions([vim.option.OptionValue(key="No.such", value="x")])
    with pytest.raises(vmodl.fault.InvalidArgument):
        options.UpdateOptions([vim.option.OptionValue(key="UserVars.ESXiShellTimeOut", value="300")])


def test_firewall_rule_sets_are_each_host_s_own(client: VcenterClient, hosts: list[Any]) -> None:
    firewall = manager(client, hosts[0], "firewallSystem")
    allowed = vim.host.Ruleset.IpList(ipAddress=["10.1.1.1"], allIp=False)
    firewall.UpdateRuleset("sshServer", vim.host.Ruleset.RulesetSpec(allowedHosts=allowed))
    firewall.EnableRuleset("sshServer")

    def ssh(host: Any) -> Any:
        return next(each for each in client.path(host, "config.firewall").ruleset if each.key == "sshServer")

    assert (ssh(hosts[0]).allowedHosts.ipAddress, ssh(hosts[1]).allowedHosts.allIp) == (["10.1.1.1"], True)
    with pytest.raises(vim.fault.NotFound):
        firewall.EnableRuleset("nothing")


def test_lockdown_power_and_users(client: VcenterClient, host: Any) -> None:
    access = manager(client, host, "hostAccessManager")
    access.ChangeLockdownMode("lockdownNormal")
    access.UpdateLockdownExceptions(["backup"])
    assert (client.path(host, "config.lockdownMode"), access.QueryLockdownExceptions()) == (
        "lockdownNormal",
        ["backup"],
    )
    manager(client, host, "powerSystem").ConfigurePowerPolicy(1)
    assert client.path(host, "config.powerSystemInfo").currentPolicy.shortName == "static"
    users = manager(client, host, "accountManager")
    users.CreateUser(vim.host.LocalAccountManager.AccountSpecification(id="ops", password="Long-enough-1"))
    with pytest.raises(vim.fault.AlreadyExists):
        users.CreateUser(vim.host.LocalAccountManager.AccountSpecification(id="ops", password="Long-enough-1"))
    users.RemoveUser("ops")
    with pytest.raises(vim.fault.UserNotFound):
        users.RemoveUser("ops")


def test_name_servers(client: VcenterClient, host: Any) -> None:
    config = vim.host.DnsConfig(dhcp=False, hostName="esx", domainName="example.com", address=["10.1.1.2"])
    manager(client, host, "networkSystem").UpdateDnsConfig(config)
    assert client.path(host, "config.network.dnsConfig").address == ["10.1.1.2"]


def test_passthrough_waits_for_a_restart(client: VcenterClient, host: Any) -> None:
    infos = {each.id: each for each in client.path(host, "config.pciPassthruInfo")}
    gpu = next(each for each in infos.values() if each.passthruCapable)
    other = next(each for each in infos.values() if not each.passthruCapable)
    system = manager(client, host, "pciPassthruSystem")
    with pytest.raises(vim.fault.HostConfigFault):
        system.UpdatePassthruConfig([vim.host.PciPassthruConfig(id=other.id, passthruEnabled=True)])
    system.UpdatePassthruConfig([vim.host.PciPassthruConfig(id=gpu.id, passthruEnabled=True)])

    def state() -> tuple[bool, bool, bool]:
        now = next(each for each in client.path(host, "config.pciPassthruInfo") if each.id == gpu.id)
        return now.passthruEnabled, now.passthruActive, client.path(host, "summary.rebootRequired")

    assert state() == (True, False, True)
    with pytest.raises(Exception, match="InvalidState"):
        client.done(host.RebootHost_Task(force=False))
    client.done(host.EnterMaintenanceMode_Task(timeout=0))
    client.done(host.RebootHost_Task(force=False))
    client.done(host.ExitMaintenanceMode_Task(timeout=0))
    assert state() == (True, True, False)


def test_shared_gpus_have_profiles(client: VcenterClient, host: Any) -> None:
    graphics = manager(client, host, "graphicsManager")
    config = vim.host.GraphicsConfig(
        hostDefaultGraphicsType="sharedDirect", sharedPassthruAssignmentPolicy="performance"
    )
    pci = client.path(host, "config.graphicsInfo")[0].pciId
    config.deviceType = [vim.host.GraphicsConfig.DeviceType(deviceId=pci, graphicsType="sharedDirect")]
    graphics.UpdateGraphicsConfig(config)
    assert "grid_v100d-32c" in client.path(host, "config.sharedPassthruGpuTypes")


def test_vmkernel_adapters_and_what_they_carry(client: VcenterClient, host: Any) -> None:
    network, services = manager(client, host, "networkSystem"), manager(client, host, "virtualNicManager")
    spec = vim.host.PortGroup.Specification(name="vmotion", vlanId=120, vswitchName="vSwitch0")
    spec.policy = vim.host.NetworkPolicy()
    network.AddPortGroup(spec)
    fixed = vim.host.IpConfig(dhcp=False, ipAddress="10.32.20.11", subnetMask="255.255.255.0")
    device = network.AddVirtualNic("vmotion", vim.host.VirtualNic.Specification(ip=fixed, mtu=9000))
    services.SelectVnicForNicType("vmotion", device)
    config = next(
        each for each in client.path(host, "config.virtualNicManagerInfo").netConfig if each.nicType == "vmotion"
    )
    assert config.selectedVnic == [f"vmotion.key-vim.host.VirtualNic-{device}"]
    assert next(nic for nic in config.candidateVnic if nic.device == device).spec.mtu == 9000
    with pytest.raises(vim.fault.ResourceInUse):
        network.RemovePortGroup("vmotion")
    with pytest.raises(vim.fault.AlreadyExists):
        network.AddVirtualNic("vmotion", vim.host.VirtualNic.Specification(ip=vim.host.IpConfig(dhcp=True)))
    with pytest.raises(vim.fault.HostConfigFault):
        network.RemoveVirtualNic("vmk0")
    network.UpdateVirtualNic(device, vim.host.VirtualNic.Specification(mtu=1500))
    network.RemoveVirtualNic(device)
    network.RemovePortGroup("vmotion")


def test_standard_switches_and_groups_of_one_name_on_several_hosts(client: VcenterClient, hosts: list[Any]) -> None:
    for host in hosts[:2]:
        network = manager(client, host, "networkSystem")
        bridge = vim.host.VirtualSwitch.BondBridge(nicDevice=["vmnic1"])
        network.AddVirtualSwitch(
            "vSwitch1", vim.host.VirtualSwitch.Specification(numPorts=128, bridge=bridge, mtu=9000)
        )
        spec = vim.host.PortGroup.Specification(name="storage", vlanId=130, vswitchName="vSwitch1")
        spec.policy = vim.host.NetworkPolicy()
        network.AddPortGroup(spec)
    shared = client.find(vim.Network, "storage")
    assert len(client.path(shared, "host")) == 2
    network = manager(client, hosts[0], "networkSystem")
    spec.vlanId = 131
    network.UpdatePortGroup("storage", spec)
    groups = {each.spec.name: each.spec.vlanId for each in client.path(hosts[0], "config.network.portgroup")}
    assert groups["storage"] == 131
    with pytest.raises(vim.fault.ResourceInUse):
        network.UpdateVirtualSwitch("vSwitch1", vim.host.VirtualSwitch.Specification(
            numPorts=128, bridge=vim.host.VirtualSwitch.BondBridge(nicDevice=["vmnic0"])))  # fmt: skip
    with pytest.raises(vim.fault.NotFound):
        network.RemoveVirtualSwitch("nothing")
    for host in hosts[:2]:
        manager(client, host, "networkSystem").RemoveVirtualSwitch("vSwitch1")
    assert client.find(vim.Network, "storage") is None
