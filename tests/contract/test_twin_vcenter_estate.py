# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What hosts of the twin's vCenter share: distributed switches, datastores, pools, and its faults."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import urllib3
from pyVmomi import vim, vmodl

from tests.contract.vcenter_client import VcenterClient
from twin.vcenter import VcenterHost
from twin.vcenter_hosts import example_hosts

Switch = vim.dvs.VmwareDistributedVirtualSwitch
Member = vim.dvs.HostMember


@pytest.fixture(scope="module")
def reached(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    host = VcenterHost(tmp_path_factory.mktemp("vcenter"))
    yield host.start("vcsa", dhcp=("10.9.0.1", "10.9.0.2"))
    host.stop_all()


@pytest.fixture(scope="module")
def client(reached: dict[str, Any]) -> VcenterClient:
    return VcenterClient(reached)


@pytest.fixture(scope="module")
def datacenter(client: VcenterClient) -> Any:
    return client.datacenter("pittsburgh")


@pytest.fixture(scope="module")
def cluster(client: VcenterClient, datacenter: Any) -> Any:
    made = client.cluster(
        datacenter,
        drsConfig=vim.cluster.DrsConfigInfo(enabled=True),
        dasConfig=vim.cluster.DasConfigInfo(enabled=True),
    )
    client.join(made, example_hosts()[:3])
    return made


def hosts_of(client: VcenterClient, cluster: Any) -> list[Any]:
    return list(client.path(cluster, "host"))


def member(host: Any, operation: str, *devices: str) -> Any:
    backing = Member.PnicBacking(pnicSpec=[Member.PnicSpec(pnicDevice=device) for device in devices])
    return Member.ConfigSpec(operation=operation, host=host, backing=backing)


def test_a_distributed_switch_keeps_hosts_and_their_uplinks(
    client: VcenterClient, datacenter: Any, cluster: Any
) -> None:
    hosts = hosts_of(client, cluster)
    config = Switch.ConfigSpec(name="astromined", maxMtu=9000)
    create = vim.DistributedVirtualSwitch.CreateSpec(configSpec=config)
    switch = client.done(client.path(datacenter, "networkFolder").CreateDVS_Task(create))
    assert isinstance(switch, Switch)
    assert client.find(Switch, "astromined") == client.find(vim.DistributedVirtualSwitch, "astromined") == switch

    def change(**other: Any) -> None:
        version = client.path(switch, "config.configVersion")
        client.done(switch.ReconfigureDvs_Task(Switch.ConfigSpec(configVersion=version, **other)))

    with pytest.raises(vim.fault.ResourceInUse):
        change(host=[member(hosts[0], "add", "vmnic0")])
    change(host=[member(host, "add", "vmnic1") for host in hosts])
    members = client.path(switch, "config.host")
    assert [each.config.backing.pnicSpec[0].pnicDevice for each in members] == ["vmnic1"] * 3
    # The group for uplinks lists a port for every uplink of every host, which is how others find a free one.
    (uplinks,) = client.path(switch, "config.uplinkPortgroup")
    ports = switch.FetchDVPorts(vim.dvs.PortCriteria(uplinkPort=True))
    assert ports
    assert set(client.path(uplinks, "portKeys")) == {port.key for port in ports}
    with pytest.raises(vim.fault.ConcurrentAccess):
        client.done(switch.ReconfigureDvs_Task(Switch.ConfigSpec(configVersion="0", maxMtu=1500)))
    link = vim.host.LinkDiscoveryProtocolConfig(protocol="lldp", operation="both")
    change(linkDiscoveryProtocolConfig=link, maxMtu=1500)
    assert client.path(switch, "config").linkDiscoveryProtocolConfig.protocol == "lldp"
    assert client.path(hosts[0], "config.network.proxySwitch")[0].dvsName == "astromined"

    vlan = Switch.VlanIdSpec(vlanId=200, inherited=False)
    setting = Switch.VmwarePortConfigPolicy(vlan=vlan)
    spec = vim.dvs.DistributedVirtualPortgroup.ConfigSpec(name="kubernetes", type="earlyBinding", numPorts=8)
    spec.defaultPortConfig = setting
    client.done(switch.AddDVPortgroup_Task([spec]))
    group = client.find(vim.dvs.DistributedVirtualPortgroup, "kubernetes")
    assert len(client.path(group, "host")) == 3
    with pytest.raises(vim.fault.ConcurrentAccess):
        client.done(group.ReconfigureDVPortgroup_Task(type(spec)(configVersion="7", description="x")))
    spec = type(spec)(configVersion=client.path(group, "config.configVersion"), description="nodes")
    client.done(group.ReconfigureDVPortgroup_Task(spec))
    kept = client.path(group, "config")
    assert (kept.description, kept.defaultPortConfig.vlan.vlanId, kept.configVersion) == ("nodes", 200, "1")

    network = client.path(hosts[0], "configManager.networkSystem")
    port = vim.dvs.PortConnection(switchUuid=client.path(switch, "uuid"), portgroupKey=kept.key)
    nic = vim.host.VirtualNic.Specification(ip=vim.host.IpConfig(dhcp=True), distributedVirtualPort=port)
    device = network.AddVirtualNic("", nic)
    for refused in (group.Destroy_Task, switch.Destroy_Task):
        with pytest.raises(vim.fault.ResourceInUse):
            client.done(refused())
    network.RemoveVirtualNic(device)
    client.done(group.Destroy_Task())
    field = client.content.customFieldsManager.AddFieldDefinition(name="owner", moType=Switch)
    client.content.customFieldsManager.SetField(entity=switch, key=field.key, value="us")
    assert client.path(switch, "customValue")[0].value == "us"
    client.done(switch.Destroy_Task())
    assert client.find(Switch, "astromined") is None


def test_every_host_that_sees_a_lun_has_its_datastore(client: VcenterClient, cluster: Any) -> None:
    hosts = hosts_of(client, cluster)
    system = client.path(hosts[0], "configManager.datastoreSystem")
    disks = [each for each in system.QueryAvailableDisksForVmfs() if not each.localDisk]
    option = system.QueryVmfsDatastoreCreateOptions(disks[0].devicePath)[0]
    option.spec.vmfs.volumeName = "ds-ssd-01"
    datastore = system.CreateVmfsDatastore(option.spec)
    assert {mount.key for mount in client.path(datastore, "host")} == set(hosts)
    other = client.path(hosts[1], "configManager.datastoreSystem")
    assert disks[0].canonicalName not in [each.canonicalName for each in other.QueryAvailableDisksForVmfs()]
    with pytest.raises(vim.fault.ResourceInUse):
        other.CreateVmfsDatastore(option.spec)
    option = system.QueryVmfsDatastoreCreateOptions(disks[1].devicePath)[0]
    option.spec.vmfs.volumeName = "ds-ssd-01"
    with pytest.raises(vim.fault.DuplicateName):
        system.CreateVmfsDatastore(option.spec)
    datastore.RenameDatastore("ds-ssd-02")
    assert client.path(datastore, "summary.name") == "ds-ssd-02"
    system.RemoveDatastore(datastore)
    assert client.find(vim.Datastore, "ds-ssd-02") is None
    assert client.path(hosts[2], "datastore") in (None, [])


def test_shares_are_mounted_host_by_host(client: VcenterClient, cluster: Any) -> None:
    hosts = hosts_of(client, cluster)
    systems = [client.path(host, "configManager.datastoreSystem") for host in hosts]
    spec = vim.host.NasVolume.Specification(
        remoteHost="nas", remotePath="/backup", localPath="backup", accessMode="readWrite", type="NFS"
    )
    datastore = systems[0].CreateNasDatastore(spec)
    assert systems[1].CreateNasDatastore(spec) == datastore
    with pytest.raises(vim.fault.AlreadyExists):
        systems[1].CreateNasDatastore(spec)
    spec.remotePath = "/other"
    with pytest.raises(vim.fault.DuplicateName):
        systems[2].CreateNasDatastore(spec)
    systems[0].RemoveDatastore(datastore)
    assert [mount.key for mount in client.path(datastore, "host")] == [hosts[1]]
    systems[1].RemoveDatastore(datastore)
    assert client.find(vim.Datastore, "backup") is None


def pool_spec(cpu: int, memory: int) -> Any:
    def allocation(reservation: int) -> Any:
        shares = vim.SharesInfo(level="high", shares=0)
        return vim.ResourceAllocationInfo(reservation=reservation, limit=-1, expandableReservation=False, shares=shares)

    return vim.ResourceConfigSpec(cpuAllocation=allocation(cpu), memoryAllocation=allocation(memory))


def test_pools_give_no_more_than_there_is(client: VcenterClient, cluster: Any) -> None:
    root = client.path(cluster, "resourcePool")
    whole = client.path(root, "runtime").cpu.maxUsage
    assert whole == 3 * 16 * 3900
    pool = root.CreateResourcePool("business", pool_spec(whole // 2, 3 * 320 * 1024))
    shares = client.path(pool, "config").cpuAllocation.shares
    assert (shares.level, shares.shares) == ("high", 8000)
    with pytest.raises(vim.fault.InsufficientCpuResourcesFault):
        root.CreateResourcePool("compute", pool_spec(whole // 2 + 1, 0))
    with pytest.raises(vim.fault.InsufficientMemoryResourcesFault):
        pool.CreateResourcePool("inside", pool_spec(0, 3 * 320 * 1024 + 1))
    assert client.path(root, "runtime").cpu.unreservedForPool == whole - whole // 2
    pool.UpdateConfig(name="critical", config=pool_spec(0, 0))
    assert client.path(pool, "name") == "critical"
    client.done(pool.Destroy_Task())


def machine(client: VcenterClient, datacenter: Any, cluster: Any, name: str, host: Any) -> Any:
    config = vim.vm.ConfigSpec(name=name, guestId="otherGuest64", numCPUs=1, memoryMB=64)
    config.files = vim.vm.FileInfo(vmPathName="[machines]")
    pool = client.path(cluster, "resourcePool")
    return client.done(client.path(datacenter, "vmFolder").CreateVM_Task(config=config, pool=pool, host=host))


@pytest.fixture(scope="module")
def machines(client: VcenterClient, datacenter: Any, cluster: Any) -> list[Any]:
    """Three machines on the first host, all off."""
    first = hosts_of(client, cluster)[0]
    system = client.path(first, "configManager.datastoreSystem")
    disk = next(each for each in system.QueryAvailableDisksForVmfs() if not each.localDisk)
    option = system.QueryVmfsDatastoreCreateOptions(disk.devicePath)[0]
    option.spec.vmfs.volumeName = "machines"
    system.CreateVmfsDatastore(option.spec)
    return [machine(client, datacenter, cluster, f"node-{number}", first) for number in range(3)]


def test_machines_that_start_ask_for_an_address(client: VcenterClient, machines: list[Any]) -> None:
    for each in machines:
        client.done(each.PowerOnVM_Task())
    given = [client.path(each, "guest.ipAddress") for each in machines]
    assert given == ["10.9.0.1", "10.9.0.2", None]
    client.done(machines[0].PowerOffVM_Task())
    assert client.path(machines[0], "guest.ipAddress") in (None, "")
    client.done(machines[0].PowerOnVM_Task())
    assert client.path(machines[0], "guest.ipAddress") == "10.9.0.1"


def test_drs_empties_a_host_that_goes_into_maintenance(
    client: VcenterClient, cluster: Any, machines: list[Any]
) -> None:
    first = hosts_of(client, cluster)[0]
    client.done(first.EnterMaintenanceMode_Task(timeout=0))
    assert client.path(first, "vm") in (None, [])
    assert all(client.path(each, "runtime.host") != first for each in machines)
    client.done(first.ExitMaintenanceMode_Task(timeout=0))
    off = vim.cluster.ConfigSpecEx(drsConfig=vim.cluster.DrsConfigInfo(defaultVmBehavior="manual"))
    client.done(cluster.ReconfigureComputeResource_Task(spec=off, modify=True))
    busy = client.path(machines[0], "runtime.host")
    with pytest.raises(vim.fault.Timedout):
        client.done(busy.EnterMaintenanceMode_Task(timeout=1))


class Faults:
    def __init__(self, url: str) -> None:
        self.url = f"{url}/faults"

    def add(self, kind: str, **other: Any) -> None:
        assert urllib3.request("POST", self.url, json={"id": kind, "kind": kind, **other}).status == 200

    def clear(self) -> None:
        urllib3.request("DELETE", self.url)


@pytest.fixture
def faults(reached: dict[str, Any]) -> Iterator[Faults]:
    made = Faults(reached["control_url"])
    yield made
    made.clear()


def test_calls_fail_on_demand(client: VcenterClient, faults: Faults) -> None:
    faults.add("deny", operation="CreateDatacenter", count=1)
    with pytest.raises(vim.fault.NoPermission):
        client.content.rootFolder.CreateDatacenter("denied")
    client.content.rootFolder.CreateDatacenter("denied")
    faults.add("error", operation="CreateFolder", code="ResourceInUse")
    with pytest.raises(vim.fault.ResourceInUse):
        client.content.rootFolder.CreateFolder("busy")


def test_a_lost_site_answers_no_more(client: VcenterClient, cluster: Any, faults: Faults) -> None:
    states = ["runtime.connectionState", "overallStatus"]
    faults.add("site-lost", name="pit1")
    assert all(
        client.get(host, *states)["runtime.connectionState"] == "notResponding" for host in hosts_of(client, cluster)
    )
    assert client.path(cluster, "summary").numEffectiveHosts == 0
    faults.clear()
    assert all(
        client.get(host, *states)["runtime.connectionState"] == "connected" for host in hosts_of(client, cluster)
    )


def test_a_full_datastore(client: VcenterClient, machines: list[Any], faults: Faults) -> None:
    datastore = client.find(vim.Datastore, "machines")
    faults.add("datastore-full", name="machines")
    assert client.path(datastore, "summary").freeSpace == 0


def test_sessions_end(reached: dict[str, Any], faults: Faults) -> None:
    short = VcenterClient(reached)
    faults.add("session-expired")
    with pytest.raises(vim.fault.NotAuthenticated):
        short.content.rootFolder.CreateFolder("late")
    assert VcenterClient(reached).content.about.version == "8.0.3"
    assert issubclass(vim.fault.NotAuthenticated, vmodl.MethodFault)
