# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Milestones 2.a.i to 2.a.iii: met by what a cluster shows, and unmet with the reason."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.kube_discovery import Resource, Resources
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import Invalid
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.milestones import gather
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.quantities import same_amount

Row = dict[str, Any]
READY = {"conditions": [{"type": "Ready", "status": "True"}], "nodeInfo": {"kubeletVersion": "v1.35.2"}}
CLUSTER = {
    "milestone": "2.a.i",
    "cluster": "lab",
    "version": "1.35",
    "nodes": 2,
    "workloads": ["Deployment kube-system/coredns"],
}
STORAGE = {"milestone": "2.a.ii", "cluster": "lab", "storage_class": "fast", "provisioner": "ebs", "default": True}
NAMESPACE = {
    "milestone": "2.a.iii",
    "cluster": "lab",
    "namespace": "kubeflow",
    "labels": {"istio-injection": "enabled"},
    "quota": {"pods": "10", "requests.memory": "1Gi"},
}


def row(kind: str, name: str, **rest: Any) -> Row:
    """An object as a list call shows it."""
    metadata = {"name": name, **rest.pop("metadata", {})}
    return {"kind": kind, "metadata": metadata, **rest}


def world() -> dict[str, list[Row]]:
    """A cluster as it should be, by kind."""
    return {
        "Node": [row("Node", "a", status=READY), row("Node", "b", status=READY)],
        "Deployment": [row("Deployment", "coredns", spec={"replicas": 2}, status={"availableReplicas": 2})],
        "DaemonSet": [row("DaemonSet", "cni", status={"desiredNumberScheduled": 2, "numberAvailable": 2})],
        "StorageClass": [
            row(
                "StorageClass",
                "fast",
                provisioner="ebs",
                metadata={"annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
            )
        ],
        "CSIDriver": [row("CSIDriver", "ebs")],
        "PersistentVolumeClaim": [
            row("PersistentVolumeClaim", "data", metadata={"namespace": "ml"}, spec={}, status={"phase": "Bound"})
        ],
        "Namespace": [
            row(
                "Namespace", "kubeflow", metadata={"labels": {"istio-injection": "enabled"}}, status={"phase": "Active"}
            )
        ],
        "ResourceQuota": [row("ResourceQuota", "q", spec={"hard": {"pods": "10", "requests.memory": "1024Mi"}})],
    }


class Cluster:
    """The port's reads on lists of rows. Whoever wants to write fails."""

    def __init__(self, rows: dict[str, list[Row]], *, allowed: bool = True, health: str = "ok") -> None:
        self._rows = rows
        self._allowed = allowed
        self._health = health

    def resources(self, *, fresh: bool = False) -> Resources:
        groups = {
            "apps": ("Deployment", "DaemonSet"),
            "storage.k8s.io": ("StorageClass", "CSIDriver"),
            "": ("Node", "PersistentVolumeClaim", "Namespace", "ResourceQuota"),
            "authentication.k8s.io": ("SelfSubjectReview",),
            "authorization.k8s.io": ("SelfSubjectAccessReview",),
        }
        return Resources(
            [Resource(group, "v1", kind, kind.lower(), False) for group in groups for kind in groups[group]]
        )

    def version(self) -> tuple[int, int]:
        return 1, 35

    def listed(self, resource: Resource, namespace: str = "", **_selectors: Any) -> list[Row]:
        return copy.deepcopy(self._rows[resource.kind])

    def get(self, resource: Resource, namespace: str, name: str) -> Row | None:
        return next((one for one in self._rows[resource.kind] if one["metadata"]["name"] == name), None)

    def create(self, resource: Resource, body: Any, *, dry_run: bool = False, subresource: str = "") -> Row:
        assert dry_run
        return dict(body)

    def review(self, resource: Resource, body: Any) -> Row:
        if resource.kind == "SelfSubjectReview":
            return {"status": {"userInfo": {"username": "admin", "groups": ["g"]}}}
        return {"status": {"allowed": self._allowed}}

    def raw(self, path: str) -> Any:
        return self._health


@pytest.mark.parametrize("expected", [CLUSTER, STORAGE, NAMESPACE])
def test_a_cluster_as_it_should_be_meets_them(expected: Row) -> None:
    """Expected: met, with what was seen and what was looked at."""
    (one,) = gather(Cluster(world()), [expected])
    assert (one.milestone, one.met, one.reason) == (expected["milestone"], True, "")
    assert one.value
    assert one.ids
    assert expected.get("namespace", "lab") in one.check


def nodes_asleep(rows: dict[str, list[Row]]) -> None:
    rows["Node"][0]["status"] = {"conditions": [{"type": "Ready", "status": "False"}], "nodeInfo": READY["nodeInfo"]}


def one_node(rows: dict[str, list[Row]]) -> None:
    del rows["Node"][1]


def ancient_node(rows: dict[str, list[Row]]) -> None:
    rows["Node"][1]["status"] = {**READY, "nodeInfo": {"kubeletVersion": "v1.31.0"}}


def newer_node(rows: dict[str, list[Row]]) -> None:
    rows["Node"][1]["status"] = {**READY, "nodeInfo": {"kubeletVersion": "v1.36.0"}}


def half_an_addon(rows: dict[str, list[Row]]) -> None:
    rows["DaemonSet"][0]["status"]["numberAvailable"] = 1


def unseen_change(rows: dict[str, list[Row]]) -> None:
    rows["Deployment"][0]["metadata"]["generation"] = 3


def no_addon(rows: dict[str, list[Row]]) -> None:
    rows["Deployment"].clear()


def no_class(rows: dict[str, list[Row]]) -> None:
    rows["StorageClass"][0]["metadata"]["name"] = "slow"


def two_defaults(rows: dict[str, list[Row]]) -> None:
    rows["StorageClass"].append(
        {**rows["StorageClass"][0], "metadata": {**rows["StorageClass"][0]["metadata"], "name": "gp2"}}
    )


def no_default(rows: dict[str, list[Row]]) -> None:
    rows["StorageClass"][0]["metadata"]["annotations"] = {}


def other_driver(rows: dict[str, list[Row]]) -> None:
    rows["StorageClass"][0]["provisioner"] = "nfs"


def lost_claim(rows: dict[str, list[Row]]) -> None:
    rows["PersistentVolumeClaim"][0]["status"]["phase"] = "Lost"


def leaving(rows: dict[str, list[Row]]) -> None:
    rows["Namespace"][0]["status"] = {
        "phase": "Terminating",
        "conditions": [{"type": "X", "status": "True", "message": "1 pods left"}],
    }


def no_namespace(rows: dict[str, list[Row]]) -> None:
    rows["Namespace"].clear()


def no_label(rows: dict[str, list[Row]]) -> None:
    rows["Namespace"][0]["metadata"]["labels"] = {}


def less_quota(rows: dict[str, list[Row]]) -> None:
    rows["ResourceQuota"][0]["spec"]["hard"] = {"pods": "5"}


@pytest.mark.parametrize(
    ("expected", "change", "reason"),
    [
        (CLUSTER, nodes_asleep, "nodes that are not ready: a"),
        (CLUSTER, one_node, "there are 1 nodes, declared are 2 at least"),
        (CLUSTER, ancient_node, "nodes whose kubelet does not fit version 1.35: b"),
        (CLUSTER, newer_node, "nodes whose kubelet does not fit version 1.35: b"),
        (CLUSTER, half_an_addon, "of the system is not available: DaemonSet kube-system/cni (1 of 2 ready)"),
        (CLUSTER, unseen_change, "Deployment kube-system/coredns (its controller has not seen the newest version yet)"),
        (CLUSTER, no_addon, "of the system is not there: Deployment kube-system/coredns"),
        (STORAGE, no_class, "there is no StorageClass fast; there are: slow"),
        (STORAGE, two_defaults, "default is also gp2; list them in no_longer_default"),
        (STORAGE, no_default, "it is not the default class"),
        (STORAGE, other_driver, "its provisioner is nfs, declared is ebs; its driver nfs is not installed"),
        (STORAGE, lost_claim, "claims that lost their volume: ml/data"),
        (NAMESPACE, leaving, "it is Terminating: 1 pods left"),
        (NAMESPACE, no_namespace, "there is no namespace kubeflow"),
        (NAMESPACE, no_label, "labels: istio-injection is not set, declared is enabled"),
        (NAMESPACE, less_quota, "quota: pods is 5, declared is 10; requests.memory is not limited, declared is 1Gi"),
    ],
)
def test_what_is_missing_is_the_reason(expected: Row, change: Any, reason: str) -> None:
    """Expected: unmet, and the reason names what is not as declared."""
    rows = world()
    change(rows)
    (one,) = gather(Cluster(rows), [expected])
    assert not one.met
    assert reason in one.reason


def test_a_sick_api_and_missing_rights_are_told() -> None:
    """Cause: /readyz says more than ok, reviews deny. Expected: both told, with who we are."""
    (one,) = gather(Cluster(world(), allowed=False, health="etcd failed"), [CLUSTER])
    assert not one.met
    assert "the API server says it is not ready: etcd failed" in one.reason
    assert "we (admin) may not create customresourcedefinitions, create mutatingwebhookconfigurations" in one.reason


def test_a_milestone_of_another_endpoint_is_refused() -> None:
    """Cause: a milestone that no cluster knows. Expected: an error, since silence would look like no demand."""
    with pytest.raises(Invalid, match=r"1\.a\.i has no check in a cluster"):
        gather(Cluster(world()), [{"milestone": "1.a.i"}])


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("1", "1000m", True),
        ("1Gi", "1024Mi", True),
        ("1G", "1Gi", False),
        ("0.5", "500m", True),
        ("x", "x", True),
        ("x", "y", False),
    ],
)
def test_amounts_compare_by_what_they_stand_for(one: str, other: str, same: bool) -> None:
    """Expected: 1Gi is 1024Mi."""
    assert same_amount(one, other) is same
