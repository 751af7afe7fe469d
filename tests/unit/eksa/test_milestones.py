# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evidence of clusters on site: what is said of conditions, nodes and hosts, and what is missing."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.kind import Owner, Seen
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.eksa import life, milestones

HOSTS = [{"ref": f"HostSystem:host-{n}", "name": f"esx-{n}"} for n in (1, 2)]
EXPECTED = {"cluster": "demo", "version": "1.35", "control_plane": 2, "workers": {"general": 2, "gpu": 2}}
PER_HOST = {"cluster": "demo", "hosts": ["esx-1", "esx-2"], "control_plane": 1, "workers": 2}


def node(name: str, *, control_plane: bool = False, ready: bool = True, provider: str = "") -> dict[str, Any]:
    """A node of Kubernetes."""
    labels = {milestones.CONTROL_PLANE: ""} if control_plane else {}
    return {
        "metadata": {"name": name, "labels": labels},
        "spec": {"providerID": provider} if provider else {},
        "status": {"conditions": [{"type": "Ready", "status": "True" if ready else "False"}]},
    }


def nodes() -> list[dict[str, Any]]:
    """Two control-plane nodes and four workers."""
    return [*(node(f"cp-{n}", control_plane=True) for n in (1, 2)), *(node(f"w-{n}") for n in (1, 2, 3, 4))]


def machines() -> list[dict[str, Any]]:
    """Their machines, spread over both hosts."""
    return [
        {"ref": f"VirtualMachine:{one['metadata']['name']}", "name": one["metadata"]["name"], "runtime.host": host}
        for one, host in zip(nodes(), ["HostSystem:host-1", "HostSystem:host-2"] * 3, strict=True)
    ]


def cluster(**conditions: str) -> Seen:
    """A cluster with all conditions, some of them otherwise."""
    held = {**dict.fromkeys(life.CONDITIONS, "True"), **conditions}
    attributes = {"conditions": held, "kubernetes_version": "1.35"}
    return Seen("demo", "demo/demo", {}, Owner.OURS, attributes=attributes)


def test_a_whole_cluster_is_evidence() -> None:
    found = milestones.installed(EXPECTED, cluster(), nodes())
    assert found.met
    assert found.value["nodes"] == {"control_plane": 2, "workers": 4}
    assert found.ids[0] == "demo/demo"
    assert len(found.ids) == 7


@pytest.mark.parametrize(
    ("seen", "there", "reason"),
    [
        (None, [], "there is no such cluster"),
        (cluster(WorkersReady="False"), nodes(), "WorkersReady is False"),
        (cluster(), nodes()[:-1], "3 of 4 workers nodes are ready"),
        (
            cluster(),
            [*nodes()[1:], node("cp-1", control_plane=True, ready=False)],
            "1 of 2 control_plane nodes are ready",
        ),
    ],
)
def test_what_is_missing_is_told(seen: Seen | None, there: list[dict[str, Any]], reason: str) -> None:
    found = milestones.installed(EXPECTED, seen, there)
    assert not found.met
    assert reason in found.reason


def test_another_version_is_not_met() -> None:
    found = milestones.installed({**EXPECTED, "version": "1.36"}, cluster(), nodes())
    assert found.reason == "it runs Kubernetes 1.35, not 1.36"


def test_a_table_host_by_host() -> None:
    found = milestones.housed(PER_HOST, milestones.placement(nodes(), machines(), HOSTS))
    assert found.met, found.reason
    assert found.value == [
        {"host": "esx-1", "control_plane": 1, "worker": 2},
        {"host": "esx-2", "control_plane": 1, "worker": 2},
    ]


def test_a_host_without_its_nodes_is_named() -> None:
    there = [{**row, "runtime.host": "HostSystem:host-1"} for row in machines()]
    found = milestones.housed(PER_HOST, milestones.placement(nodes(), there, HOSTS))
    assert not found.met
    assert found.reason == "esx-2 has 0 of 1 control_plane nodes; esx-2 has 0 of 2 worker nodes"


def test_machines_are_found_by_the_cloud_provider_s_identifier() -> None:
    (line,) = milestones.placement(
        [node("w-1", provider="vsphere://420F-AB")],
        [
            {
                "ref": "VirtualMachine:vm-9",
                "name": "other",
                "config.uuid": "420f-ab",
                "runtime.host": "HostSystem:host-2",
            }
        ],
        HOSTS,
    )
    assert line == {"node": "w-1", "role": "worker", "machine": "VirtualMachine:vm-9", "host": "esx-2"}


def test_a_node_without_a_machine_is_told() -> None:
    found = milestones.housed(PER_HOST, milestones.placement([*nodes(), node("w-9")], machines(), HOSTS))
    assert found.reason == "nobody knows where w-9 run"
    assert milestones.housed(PER_HOST, []).reason == "the cluster has no nodes"
