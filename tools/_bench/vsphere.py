# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A site of hosts, networks, datastores and settings: this collection and a bare script, each on its own vCenter."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import sys
import time
import typing as t
from pathlib import Path

from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.vsphere import Connection, VsphereClient
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.guards import Consent
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.reconcile import Request, reconcile
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.script import Timing
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.secrets import Secrets
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.wishes import parse
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.vsphere.registry import KINDS
from tools._bench.commands import PLAYBOOK, ROOT, timed
from twin.vcenter import VcenterHost
from twin.vcenter_hosts import Disk, KnownHost

FIRST, AGAIN = "from empty", "no change"
_PASSWORD = "Benched-only-7"
_GIB = 2048
_SERVICES = {"ntpd": ("on", True), "TSM": ("off", False), "TSM-SSH": ("off", False)}
_SETTINGS = {
    "ntp_servers": ["ntp1.example.com", "ntp2.example.com"],
    "log_host": "tcp://log.example.com:1514",
    "services": {name: {"policy": policy, "running": runs} for name, (policy, runs) in _SERVICES.items()},
}
Row = dict[str, t.Any]
Times = dict[tuple[str, str], list[float]]


@dataclasses.dataclass(frozen=True)
class Size:
    """How many of each stand on a site, and how many sites: a volume is shared by the hosts of one site, for no vendor
    lets hundreds mount it."""

    hosts: int = 27
    groups: int = 64
    datastores: int = 64
    sites: int = 1

    def __str__(self) -> str:
        numbers = [self.sites * number for number in (self.hosts, self.groups, self.datastores)]
        return "{} hosts, {} port groups, {} datastores".format(*numbers)

    def racked(self) -> list[KnownHost]:
        """The hosts as they stand in the racks, those of a site with the same disks behind them."""
        return [host for site in range(self.sites) for host in self._rack(site)]

    def wishes(self) -> list[Row]:
        """Resources as roles give them to vsphere_resources."""
        wishes: list[Row] = [{"kind": "datacenter", "name": "bench"}]
        for site in range(self.sites):
            wishes += self._site(f"bench-{site}", site)
        return wishes

    def _rack(self, site: int) -> list[KnownHost]:
        disks = tuple(Disk(_device(site, number), _GIB) for number in range(self.datastores))
        return [
            KnownHost(name=f"esx-{site}-{n:02}", address=f"10.40.{site}.{n + 10}", password=_PASSWORD, disks=disks)
            for n in range(self.hosts)
        ]

    def _site(self, name: str, site: int) -> list[Row]:
        racked = self._rack(site)
        names = [host.name for host in racked]
        members = [{"host": host, "adapters": {"uplink1": "vmnic1"}} for host in names]
        return [
            {"kind": "cluster", "name": name, "datacenter": "bench", "drs": {"enabled": True}},
            *(
                {"kind": "esxi_host", "name": host.name, "cluster": name, "address": host.address,
                 "thumbprint": host.thumbprint, "username": "root", "password": {"$secret": "root"}}
                for host in racked
            ),
            {"kind": "distributed_switch", "name": name, "datacenter": "bench", "mtu": 9000,
             "uplinks": ["uplink1"], "hosts": members},
            *(
                {"kind": "distributed_port_group", "name": f"net-{site}-{n:02}", "switch": name, "vlan": 100 + n}
                for n in range(self.groups)
            ),
            *(
                {"kind": "datastore", "name": f"store-{site}-{n:02}", "datacenter": "bench", "hosts": names,
                 "type": "vmfs", "device": _device(site, n)}
                for n in range(self.datastores)
            ),
            *({"kind": "host_settings", "name": host, **_SETTINGS} for host in names),
        ]  # fmt: skip


def _device(site: int, number: int) -> str:
    return f"naa.60a98000{site:04x}{number:020x}"


def ours(vcenter: Row, wishes: list[Row]) -> float:
    """Seconds from building the client to the result."""
    began = time.monotonic()
    request = Request(
        "bench",
        parse(wishes, KINDS),
        timing=Timing(0.5, 30, 600),
        consent=Consent(),
        secrets=Secrets({"root": _PASSWORD}),
    )
    with contextlib.closing(_client(vcenter)) as client:
        report = reconcile(request, KINDS, client, lambda _line: None)
    if report.error:
        raise SystemExit(f"ours failed: {report.error}")
    return time.monotonic() - began


def bare(vcenter: Row, wishes: list[Row], directory: Path) -> float:
    """Seconds that the script tells of itself."""
    files = [directory / "wishes.json", directory / "vcenter.json"]
    for file, content in zip(files, (_with_password(wishes), vcenter), strict=True):
        file.write_text(json.dumps(content), encoding="utf-8")
    script = ROOT / "tests" / "bench" / "bare_vsphere.py"
    return t.cast(float, timed([sys.executable, str(script), *map(str, files)]).engine)


def stock(vcenter: Row, wishes: list[Row], directory: Path) -> float:
    """Seconds of the whole playbook."""
    file = directory / "stock.json"
    file.write_text(json.dumps({"wishes": _with_password(wishes), "vcenter": vcenter}), encoding="utf-8")
    play = ROOT / "tests" / "bench" / "stock_vsphere.yml"
    return timed([PLAYBOOK, "-i", "localhost,", "-e", f"@{file}", str(play)]).whole


PEERS: dict[str, t.Callable[[Row, list[Row], Path], float]] = {"bare": bare, "stock": stock}


def _with_password(wishes: list[Row]) -> list[Row]:
    return [{**one, "password": _PASSWORD} if one["kind"] == "esxi_host" else one for one in wishes]


def _client(vcenter: Row) -> VsphereClient:
    access = {name: vcenter[name] for name in ("address", "port", "username", "password", "ca_bundle")}
    return VsphereClient(Connection(**access), lambda: None)


def state(client: VsphereClient) -> Row:
    """What the site is about, by names, whoever made it."""
    hosts = client.collect("HostSystem", [
        "name", "parent", "config.dateTimeInfo.ntpConfig.server", "config.option",
        "config.service.service",
    ])  # fmt: skip
    clusters = {row["ref"]: row for row in client.collect("ClusterComputeResource", ["name", "configurationEx"])}
    named = {row["ref"]: row["name"] for row in hosts}
    switches = client.collect("VmwareDistributedVirtualSwitch", ["name", "config"])
    return {
        "clusters": {row["name"]: row["configurationEx"]["drsConfig"]["enabled"] for row in clusters.values()},
        "hosts": {row["name"]: _host_state(row, clusters) for row in hosts},
        "switches": {
            row["name"]: [row["config"]["maxMtu"], sorted(named[m["config"]["host"]] for m in row["config"]["host"])]
            for row in switches
        },
        "groups": {
            row["name"]: row["config"]["defaultPortConfig"]["vlan"]["vlanId"]
            for row in client.collect("DistributedVirtualPortgroup", ["name", "config"])
            if row["name"].startswith("net-")
        },
        "datastores": {
            row["name"]: sorted(named[mount["key"]] for mount in row["host"] if mount["mountInfo"].get("mounted"))
            for row in client.collect("Datastore", ["name", "host"])
        },
    }


def _host_state(row: t.Mapping[str, t.Any], clusters: t.Mapping[str, t.Mapping[str, t.Any]]) -> Row:
    return {
        "cluster": clusters.get(row["parent"], {}).get("name"),
        "ntp": row["config.dateTimeInfo.ntpConfig.server"],
        "log": [each["value"] for each in row["config.option"] if each["key"] == "Syslog.global.logHost"],
        "services": {each["key"]: [each["policy"], each["running"]] for each in row["config.service.service"]},
    }


@contextlib.contextmanager
def _served(directory: Path, size: Size, *names: str) -> t.Iterator[list[Row]]:
    host = VcenterHost(directory)
    try:
        yield [host.start(name, hosts=size.racked()) for name in names]
    finally:
        host.stop_all()


def run(rounds: int, directory: Path, size: Size, peer: str) -> tuple[Times, bool]:
    """("ours" or the peer, FIRST or AGAIN) to its seconds, and whether both end in the same state."""
    times: Times = {}
    equal = True
    wishes = size.wishes()
    for number in range(rounds):
        place = directory / f"{peer}-{number}"
        with _served(place, size, "ours", peer) as (mine, theirs):
            for what in (FIRST, AGAIN):
                times.setdefault(("ours", what), []).append(ours(mine, wishes))
                times.setdefault((peer, what), []).append(PEERS[peer](theirs, wishes, place))
            with contextlib.closing(_client(mine)) as one, contextlib.closing(_client(theirs)) as other:
                equal = equal and state(one) == state(other)
    return times, equal


def grown(directory: Path, size: Size) -> dict[str, float]:
    """Ours alone: FIRST and AGAIN to seconds."""
    wishes = size.wishes()
    with _served(directory, size, "grown") as (vcenter,):
        return {what: ours(vcenter, wishes) for what in (FIRST, AGAIN)}
