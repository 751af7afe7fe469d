# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks of the site's milestones: met by a whole site, and by nothing that lacks a part."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.evidence import Evidence
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.vsphere.milestones import judged
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.vsphere.milestones_facts import Facts

CLUSTER, ROOT, POOL, BUSINESS = "ClusterComputeResource:c1", "ResourcePool:r1", "ResourcePool:p1", "ResourcePool:p2"
HOSTS = ["esx-1", "esx-2", "esx-3", "esx-4", "esx-5"]
SITES = {"esx-1": "a", "esx-2": "a", "esx-3": "b", "esx-4": "b", "esx-5": "c"}
CAPACITY = {"cpu": 100_001, "memory": 200_000}
EXPECTED: dict[str, dict[str, Any]] = {
    "1.b.i": {"nodes": ["vcsa-1", "vcsa-2", "vcsa-w"], "sites": SITES},
    "1.b.ii": {"appliances": {"vcsa-1": ["esx-1", "esx-2"], "vcsa-2": ["esx-3", "esx-4"]}, "cluster": "ml"},
    "1.b.iii": {
        "hosts": HOSTS,
        "control_plane": {"per_host": 1, "prefixes": ["k8s-"], "not_prefixes": ["k8s-gpu-", "k8s-etcd-"]},
        "workers": {"per_host": 2, "prefixes": ["k8s-gpu-"]},
    },
    "1.b.iv": {
        "cluster": "ml",
        "capacity": CAPACITY,
        "limits": {"compute": {"cpu": 50, "memory": 50}},
        "reservations": {"business": {"cpu": 50, "memory": 50}},
        "nodes": {"prefixes": ["k8s-"]},
    },
}


def host(name: str) -> dict[str, Any]:
    return {"ref": f"HostSystem:{name}", "name": name, "parent": CLUSTER, "runtime.connectionState": "connected"}


def machine(name: str, on: str, pool: str = POOL) -> dict[str, Any]:
    return {
        "ref": f"VirtualMachine:{name}",
        "name": name,
        "runtime.host": f"HostSystem:{on}",
        "runtime.powerState": "poweredOn",
        "resourcePool": pool,
    }


def pool(ref: str, name: str, parent: str, **config: int) -> dict[str, Any]:
    allocations = {
        f"{side}Allocation": {key: config.get(f"{side}_{key}", 0) for key in ("reservation", "limit")}
        for side in ("cpu", "memory")
    }
    return {"ref": ref, "name": name, "owner": CLUSTER, "parent": parent, "config": allocations}


def bound(name: str, hosts: list[str]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The groups and the rule that keep an appliance on hosts."""
    groups: list[dict[str, Any]] = [
        {"_type": "ClusterVmGroup", "name": f"demo-{name}", "vm": [f"VirtualMachine:{name}"]},
        {"_type": "ClusterHostGroup", "name": f"demo-{name}-hosts", "host": [f"HostSystem:{one}" for one in hosts]},
    ]
    rule = {"_type": "ClusterVmHostRuleInfo", "enabled": True, "vmGroupName": f"demo-{name}"}
    return groups, {**rule, "affineHostGroupName": f"demo-{name}-hosts"}


def whole() -> Facts:
    """A site as the milestones want it."""
    first, one = bound("vcsa-1", ["esx-1", "esx-2"])
    second, other = bound("vcsa-2", ["esx-3", "esx-4"])
    nodes = [machine(f"k8s-x{name[-1]}", name) for name in HOSTS]
    nodes += [machine(f"k8s-gpu-{name[-1]}{number}", name) for name in HOSTS for number in "ab"]
    appliances = [machine("vcsa-1", "esx-1", ROOT), machine("vcsa-2", "esx-3", ROOT), machine("vcsa-w", "esx-5", ROOT)]
    return Facts(
        hosts=[host(name) for name in HOSTS],
        machines=[*nodes, *appliances, machine("k8s-etcd-1", "esx-1"), machine("business", "esx-1", BUSINESS)],
        pools=[
            pool(ROOT, "Resources", CLUSTER),
            pool(POOL, "compute", ROOT, cpu_limit=50_000, memory_limit=100_000),
            pool(BUSINESS, "business", ROOT, cpu_reservation=50_001, memory_reservation=100_000),
        ],
        clusters=[
            {
                "ref": CLUSTER,
                "name": "ml",
                "configurationEx": {
                    "drsConfig": {"enabled": True, "defaultVmBehavior": "fullyAutomated"},
                    "group": [*first, *second],
                    "rule": [one, other],
                },
            }
        ],
        pair={
            "state": "configured",
            "mode": "enabled",
            "health": {
                "clusterState": "healthy",
                "nodeInfo": [
                    {"nodeRole": role, "nodeState": "up", "nodeIp": f"10.0.0.{number}"}
                    for number, role in enumerate(("active", "passive", "witness"), 1)
                ],
            },
        },
    )


def answer(milestone: str, facts: Facts, **expected: Any) -> Evidence:
    return judged({"milestone": milestone, **EXPECTED[milestone], **expected}, facts)


@pytest.mark.parametrize("milestone", EXPECTED)
def test_a_whole_site_meets_it(milestone: str) -> None:
    evidence = answer(milestone, whole())
    assert (evidence.met, evidence.reason) == (True, "")
    assert evidence.ids


def test_what_was_seen_is_told() -> None:
    facts = whole()
    assert answer("1.b.i", facts).value["machines"]["vcsa-2"] == {"host": "esx-3", "site": "b"}
    told = {"hosts": ["esx-1", "esx-2"], "runs_on": "esx-1", "bound_to": ["esx-1", "esx-2"]}
    assert answer("1.b.ii", facts).value["vcsa-1"] == told
    row = {"control_plane": ["k8s-x1"], "workers": ["k8s-gpu-1a", "k8s-gpu-1b"]}
    assert answer("1.b.iii", facts).value["esx-1"] == row
    value = answer("1.b.iv", facts).value
    assert value["pools"]["compute"] == {"limit": {"cpu": 50_000, "memory": 100_000}}
    assert value["pools"]["business"] == {"reservation": {"cpu": 50_001, "memory": 100_000}}
    assert value["nodes"] == 16


Spoil = Callable[[Facts], None]


def on(name: str, **values: Any) -> Spoil:
    """A machine, host or pool of that name with other values."""

    def spoil(facts: Facts) -> None:
        rows: list[Any] = [*facts.machines, *facts.hosts, *facts.pools]
        for row in rows:
            if row["name"] == name:
                row.update({key.replace("__", "."): value for key, value in values.items()})

    return spoil


def config(**values: Any) -> Spoil:
    return lambda facts: facts.clusters[0]["configurationEx"].update(values)


def without(name: str) -> Callable[[Facts], Facts]:
    def less(rows: Any) -> list[Any]:
        return [row for row in rows if row["name"] != name]

    return lambda facts: dataclasses.replace(
        facts, hosts=less(facts.hosts), machines=less(facts.machines), pools=less(facts.pools)
    )


def node(role: str, **values: Any) -> Spoil:
    def spoil(facts: Facts) -> None:
        for row in facts.pair["health"]["nodeInfo"]:
            if row["nodeRole"] == role:
                row.update(values)

    return spoil


def allocated(name: str, **values: int) -> Spoil:
    return lambda facts: next(row for row in facts.pools if row["name"] == name)["config"]["cpuAllocation"].update(
        values
    )


def no_rule(facts: Facts) -> None:
    facts.clusters[0]["configurationEx"]["rule"].pop()


def switched_off_rule(facts: Facts) -> None:
    facts.clusters[0]["configurationEx"]["rule"][0]["enabled"] = False


def other_hosts(facts: Facts) -> None:
    facts.clusters[0]["configurationEx"]["group"][1]["host"] = ["HostSystem:esx-1"]


BROKEN: list[tuple[str, Callable[[Facts], Any], str]] = [
    ("1.b.i", lambda f: dataclasses.replace(f, pair={"state": "notConfigured"}), "vCenter HA is notConfigured"),
    ("1.b.i", lambda f: dataclasses.replace(f, pair={"state": "configured", "error": "no answer"}), "no answer"),
    ("1.b.i", lambda f: dataclasses.replace(f, pair={**f.pair, "mode": "maintenance"}), "its mode is maintenance"),
    ("1.b.i", lambda f: f.pair["health"].update(clusterState="degraded"), "it is degraded"),
    ("1.b.i", lambda f: f.pair["health"]["nodeInfo"].pop(), "it has no witness node"),
    ("1.b.i", node("passive", nodeState="down"), "its passive node 10.0.0.2 is down"),
    ("1.b.i", on("vcsa-2", runtime__host="HostSystem:esx-2"), "vcsa-1 and vcsa-2 are on the same site, a"),
    ("1.b.i", on("vcsa-w", runtime__host="HostSystem:else"), "vcsa-w is on HostSystem:else, of which no site is known"),
    ("1.b.i", on("vcsa-w", runtime__powerState="poweredOff"), "vcsa-w is not switched on"),
    ("1.b.i", without("vcsa-2"), "there is no virtual machine vcsa-2"),
    ("1.b.ii", on("vcsa-1", runtime__host="HostSystem:esx-5"), "vcsa-1 is on esx-5, not on esx-1 or esx-2"),
    ("1.b.ii", no_rule, "no rule keeps vcsa-2 on its hosts"),
    ("1.b.ii", switched_off_rule, "no rule keeps vcsa-1 on its hosts"),
    ("1.b.ii", other_hosts, "a rule binds vcsa-1 to esx-1"),
    ("1.b.ii", on("esx-2", runtime__connectionState="disconnected"), "esx-2, a host of vcsa-1, is disconnected"),
    ("1.b.ii", without("esx-4"), "esx-4, a host of vcsa-2, is not there"),
    ("1.b.ii", without("vcsa-1"), "there is no virtual machine vcsa-1"),
    ("1.b.iii", without("k8s-x3"), "esx-3 carries 0 of 1 control_plane"),
    ("1.b.iii", without("k8s-gpu-4a"), "esx-4 carries 1 of 2 workers"),
    ("1.b.iii", on("k8s-x1", runtime__powerState="poweredOff"), "esx-1 carries 0 of 1 control_plane"),
    # Moved to where one is already: the table counts hosts, not machines.
    ("1.b.iii", on("k8s-x2", runtime__host="HostSystem:esx-1"), "esx-2 carries 0 of 1 control_plane"),
    ("1.b.iii", without("esx-5"), "esx-5 is not in this vCenter"),
    ("1.b.iv", config(drsConfig={"enabled": False, "defaultVmBehavior": "fullyAutomated"}), "DRS is switched off"),
    ("1.b.iv", config(drsConfig={"enabled": True, "defaultVmBehavior": "manual"}), "DRS is manual"),
    ("1.b.iv", allocated("compute", limit=-1), "limit of cpu of compute is -1 MHz, 50 % of the declared"),
    ("1.b.iv", allocated("business", reservation=0), "reservation of cpu of business is 0 MHz"),
    ("1.b.iv", without("business"), "there is no pool business"),
    ("1.b.iv", on("k8s-x1", resourcePool=ROOT), "1 nodes are outside of the pools with a limit, as k8s-x1"),
    ("1.b.iv", on("compute", owner="ClusterComputeResource:c2"), "there is no pool compute"),
]


@pytest.mark.parametrize(("milestone", "spoil", "reason"), BROKEN)
def test_it_can_fail(milestone: str, spoil: Callable[[Facts], Any], reason: str) -> None:
    facts = copy.deepcopy(whole())
    spoiled = spoil(facts)
    evidence = answer(milestone, spoiled if isinstance(spoiled, Facts) else facts)
    assert not evidence.met
    assert reason in evidence.reason


@pytest.mark.parametrize(
    ("milestone", "expected", "reason"),
    [
        ("1.b.i", {"nodes": ["vcsa-1", "vcsa-2"]}, "2 machines are expected for the pair, it has three"),
        ("1.b.ii", {"appliances": {}}, "no appliance is expected"),
        ("1.b.ii", {"appliances": {"vcsa-1": ["esx-1"]}}, "vcsa-1 has 1 host, not 2"),
        (
            "1.b.ii",
            {"appliances": {"vcsa-1": ["esx-1", "esx-2"], "vcsa-2": ["esx-2", "esx-3"]}},
            "esx-2 is to carry both vcsa-1 and vcsa-2",
        ),
        ("1.b.ii", {"cluster": "other"}, "there is no cluster other"),
        ("1.b.iii", {"hosts": []}, "no hosts are expected"),
        ("1.b.iii", {"workers": {"per_host": 0, "prefixes": ["none-"]}}, "esx-1 carries 0 of 2 workers"),
        ("1.b.iii", {"workers": {"per_host": 3, "prefixes": ["k8s-gpu-"]}}, "esx-1 carries 2 of 3 workers"),
        ("1.b.iii", {"control_plane": {}}, "esx-1 carries 0 of 1 control_plane"),
        ("1.b.iv", {"limits": {}}, "no limits are expected"),
        ("1.b.iv", {"reservations": {}}, "no reservations are expected"),
        ("1.b.iv", {"capacity": {}}, "50 % of the declared capacity is 0"),
    ],
)
def test_what_is_expected_counts(milestone: str, expected: dict[str, Any], reason: str) -> None:
    evidence = answer(milestone, whole(), **expected)
    assert not evidence.met
    assert reason in evidence.reason


def test_appliances_on_hosts_of_no_cluster_need_no_rule() -> None:
    facts = whole()
    no_rule(facts)
    assert answer("1.b.ii", facts, cluster=None).met
