# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A site as a bare pyvmomi script: no plan, no marks, no second look, tasks started together: the least that it costs.

usage: bare_vsphere.py RESOURCES VCENTER; both JSON files; prints the seconds between logging in and being done.
"""

from __future__ import annotations

import json
import ssl
import sys
import time
import typing as t
from pathlib import Path

from pyVim import connect
from pyVim.task import WaitForTasks
from pyVmomi import vim, vmodl

Row = dict[str, t.Any]
_LOG_HOST = "Syslog.global.logHost"


class Bare:
    """Everything by hand, in order; what is there is left as it is."""

    def __init__(self, wishes: list[Row], vcenter: Row) -> None:
        self.wishes = wishes
        context = ssl.create_default_context(cafile=vcenter["ca_bundle"])
        self.service = connect.SmartConnect(
            host=vcenter["address"],
            port=vcenter["port"],
            user=vcenter["username"],
            pwd=vcenter["password"],
            sslContext=context,
        )
        self.content = self.service.RetrieveContent()

    def of(self, kind: str) -> list[Row]:
        """The wishes of a kind."""
        return [wish for wish in self.wishes if wish["kind"] == kind]

    def there(self, kind: type, *paths: str) -> dict[str, Row]:
        """All objects of a type by name, each with what was asked for and itself as `self`: one call."""
        views = self.content.viewManager
        view = views.CreateContainerView(self.content.rootFolder, [kind], True)
        query = vmodl.query.PropertyCollector
        spec = query.FilterSpec(
            objectSet=[
                query.ObjectSpec(
                    obj=view,
                    skip=True,
                    selectSet=[query.TraversalSpec(name="all", path="view", skip=False, type=vim.view.ContainerView)],
                )
            ],
            propSet=[query.PropertySpec(type=kind, pathSet=["name", *paths])],
        )
        found = self.content.propertyCollector.RetrieveContents([spec])
        view.Destroy()
        rows = [{"self": one.obj, **{each.name: each.val for each in one.propSet}} for one in found]
        return {row["name"]: row for row in rows}

    def run(self) -> None:
        """Make what is missing."""
        datacenter = self.datacenter()
        hosts = self.hosts(datacenter)
        self.switches(datacenter, hosts)
        self.datastores(hosts)
        self.settings(hosts)

    def datacenter(self) -> t.Any:
        """The only one."""
        (wish,) = self.of("datacenter")
        found = self.there(vim.Datacenter).get(wish["name"])
        return found["self"] if found else self.content.rootFolder.CreateDatacenter(wish["name"])

    def hosts(self, datacenter: t.Any) -> dict[str, Row]:
        """The cluster and its hosts, by the names of the wishes."""
        (wish,) = self.of("cluster")
        found = self.there(vim.ClusterComputeResource).get(wish["name"])
        spec = vim.cluster.ConfigSpecEx(drsConfig=vim.cluster.DrsConfigInfo(enabled=True))
        cluster = found["self"] if found else datacenter.hostFolder.CreateClusterEx(wish["name"], spec)
        have = self.there(vim.HostSystem)
        tasks = [
            cluster.AddHost_Task(
                vim.host.ConnectSpec(
                    hostName=one["address"],
                    userName=one["username"],
                    password=one["password"],
                    sslThumbprint=one["thumbprint"],
                    force=False,
                ),
                True,
            )
            for one in self.of("esxi_host")
            if one["address"] not in have
        ]
        if tasks:
            WaitForTasks(tasks, self.service)
        paths = ("configManager", "config.option", "config.dateTimeInfo.ntpConfig", "config.service.service")
        have = self.there(vim.HostSystem, *paths)
        return {one["name"]: have[one["address"]] for one in self.of("esxi_host")}

    def switches(self, datacenter: t.Any, hosts: dict[str, Row]) -> None:
        """The switch with its hosts, then all port groups by one task."""
        dvs = vim.dvs
        (wish,) = self.of("distributed_switch")
        found = self.there(vim.DistributedVirtualSwitch, "portgroup")
        switch = found.get(wish["name"], {}).get("self")
        if switch is None:
            spec = vim.DistributedVirtualSwitch.CreateSpec(
                configSpec=vim.dvs.VmwareDistributedVirtualSwitch.ConfigSpec(
                    name=wish["name"],
                    maxMtu=wish["mtu"],
                    uplinkPortPolicy=vim.DistributedVirtualSwitch.NameArrayUplinkPortPolicy(
                        uplinkPortName=wish["uplinks"]
                    ),
                )
            )
            task = datacenter.networkFolder.CreateDVS_Task(spec)
            WaitForTasks([task], self.service)
            switch = task.info.result
            members = [
                dvs.HostMember.ConfigSpec(
                    operation="add",
                    host=hosts[member["host"]]["self"],
                    backing=dvs.HostMember.PnicBacking(
                        pnicSpec=[dvs.HostMember.PnicSpec(pnicDevice=device) for device in member["adapters"].values()]
                    ),
                )
                for member in wish["hosts"]
            ]
            version = switch.config.configVersion
            spec = vim.dvs.VmwareDistributedVirtualSwitch.ConfigSpec(host=members, configVersion=version)
            WaitForTasks([switch.ReconfigureDvs_Task(spec)], self.service)
        have = self.there(dvs.DistributedVirtualPortgroup)
        specs = [
            dvs.DistributedVirtualPortgroup.ConfigSpec(
                name=one["name"],
                type="earlyBinding",
                defaultPortConfig=vim.dvs.VmwareDistributedVirtualSwitch.VmwarePortConfigPolicy(
                    vlan=vim.dvs.VmwareDistributedVirtualSwitch.VlanIdSpec(vlanId=one["vlan"], inherited=False)
                ),
            )
            for one in self.of("distributed_port_group")
            if one["name"] not in have
        ]
        if specs:
            WaitForTasks([switch.AddDVPortgroup_Task(specs)], self.service)

    def datastores(self, hosts: dict[str, Row]) -> None:
        """Made in turns by the hosts, then seen by all of them."""
        have, looking = self.there(vim.Datastore), set()
        for turn, one in enumerate(self.of("datastore")):
            if one["name"] in have:
                continue
            system = hosts[one["hosts"][turn % len(one["hosts"])]]["configManager"].datastoreSystem
            spec = system.QueryVmfsDatastoreCreateOptions(f"/vmfs/devices/disks/{one['device']}")[0].spec
            spec.vmfs.volumeName = one["name"]
            system.CreateVmfsDatastore(spec)
            looking |= set(one["hosts"])
        for name in sorted(looking):
            hosts[name]["configManager"].storageSystem.RescanVmfs()

    def settings(self, hosts: dict[str, Row]) -> None:
        """Time, log and services of each host."""
        for one in self.of("host_settings"):
            row = hosts[one["name"]]
            managers = row["configManager"]
            if list(row["config.dateTimeInfo.ntpConfig"].server) != one["ntp_servers"]:
                config = vim.host.NtpConfig(server=one["ntp_servers"])
                managers.dateTimeSystem.UpdateDateTimeConfig(vim.host.DateTimeConfig(ntpConfig=config))
            if {each.key: each.value for each in row["config.option"]}.get(_LOG_HOST) != one["log_host"]:
                managers.advancedOption.UpdateOptions([vim.option.OptionValue(key=_LOG_HOST, value=one["log_host"])])
            have = {each.key: each for each in row["config.service.service"]}
            for name, wish in one["services"].items():
                if have[name].policy != wish["policy"]:
                    managers.serviceSystem.UpdateServicePolicy(name, wish["policy"])
                if have[name].running != wish["running"]:
                    change = managers.serviceSystem
                    (change.StartService if wish["running"] else change.StopService)(name)


def main() -> int:
    """See the module."""
    wishes, vcenter = (json.loads(Path(path).read_text(encoding="utf-8")) for path in sys.argv[1:])
    began = time.monotonic()
    Bare(wishes, vcenter).run()
    print(f"seconds: {time.monotonic() - began:.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
