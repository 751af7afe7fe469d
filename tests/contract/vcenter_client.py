# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A client of the twin's vCenter that is nothing but the vendor's own library."""

from __future__ import annotations

import ssl
from collections.abc import Mapping, Sequence
from typing import Any

from pyVim import connect
from pyVmomi import vim, vmodl

from twin.processes import wait_until
from twin.vcenter_hosts import HOST_PASSWORD, KnownHost


class VcenterClient:
    """One session. Objects are the vendor's; what they hold is read with the property collector only."""

    def __init__(self, reached: Mapping[str, Any]) -> None:
        """`reached` is what VcenterHost.start answers."""
        trust = ssl.create_default_context(cafile=reached["ca_bundle"])
        smart_connect: Any = connect.SmartConnect
        self.service = smart_connect(
            host=reached["address"], port=reached["port"], user=reached["username"], pwd=reached["password"],
            sslContext=trust,
        )  # fmt: skip
        self.content = self.service.RetrieveContent()

    def get(self, thing: Any, *paths: str) -> dict[str, Any]:
        """Those properties of one object that are set."""
        collector = vmodl.query.PropertyCollector
        kind = collector.PropertySpec(type=type(thing), pathSet=list(paths))
        wanted = collector.FilterSpec(objectSet=[collector.ObjectSpec(obj=thing)], propSet=[kind])
        answer = self.content.propertyCollector.RetrievePropertiesEx([wanted], collector.RetrieveOptions())
        return {each.name: each.val for found in answer.objects for each in found.propSet}

    def path(self, thing: Any, path: str) -> Any:
        """One property, None when it is not set."""
        return self.get(thing, path).get(path)

    def find(self, kind: type, name: str) -> Any:
        """The object of that type and name, None when there is none."""
        view = self.content.viewManager.CreateContainerView(self.content.rootFolder, [kind], True)
        found = [each for each in self.path(view, "view") or [] if self.path(each, "name") == name]
        view.DestroyView()
        return found[0] if found else None

    def done(self, task: Any) -> Any:
        """The result of a task; raises the fault of one that failed."""
        states = ("success", "error")
        wait_until(lambda: self.path(task, "info.state") in states or None, seconds=20, interval=0.01, what="a task")
        if self.path(task, "info.state") == "error":
            raise self.path(task, "info.error")
        return self.path(task, "info.result")

    def datacenter(self, name: str) -> Any:
        """A new data center."""
        return self.content.rootFolder.CreateDatacenter(name)

    def cluster(self, datacenter: Any, name: str = "compute", **spec: Any) -> Any:
        """A new cluster."""
        return self.path(datacenter, "hostFolder").CreateClusterEx(name, vim.cluster.ConfigSpecEx(**spec))

    def join(self, cluster: Any, hosts: Sequence[KnownHost]) -> list[Any]:
        """Hosts that have joined the cluster."""
        tasks = [cluster.AddHost_Task(spec=connection(host), asConnected=True) for host in hosts]
        return [self.done(task) for task in tasks]

    def machine(self, name: str, host: Any, volume: str = "others") -> Any:
        """A machine of other people's on that host, switched off, on a datastore that they make on its first disk."""
        center = cluster = self.path(host, "parent")
        while not isinstance(center, vim.Datacenter):
            center = self.path(center, "parent")
        store = self.path(host, "configManager.datastoreSystem")
        offered = store.QueryVmfsDatastoreCreateOptions(store.QueryAvailableDisksForVmfs()[0].devicePath)[0].spec
        offered.vmfs.volumeName = volume
        store.CreateVmfsDatastore(offered)
        files = vim.vm.FileInfo(vmPathName=f"[{volume}]")
        wished = vim.vm.ConfigSpec(name=name, guestId="otherGuest64", numCPUs=1, memoryMB=512, files=files)
        pool = self.path(cluster, "resourcePool")
        return self.done(self.path(center, "vmFolder").CreateVM_Task(config=wished, pool=pool, host=host))


def connection(host: KnownHost, **other: Any) -> Any:
    """How a host is joined."""
    right = {"hostName": host.name, "userName": "root", "password": HOST_PASSWORD, "sslThumbprint": host.thumbprint}
    return vim.host.ConnectSpec(force=False, **{**right, **other})
