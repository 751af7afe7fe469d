# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every cluster has, in a real cluster: made, held to by the API server, proved, and taken away again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.kube import KubeClient, refuse_writes
from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.kube_config import load
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.milestones import gather
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.registry import expand
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.sweep import sweep
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate.layers_cluster import (
    cluster_base_milestones,
    cluster_base_resources,
)
from tests.contract.kube_sets import ESTATE, Cluster, consent
from twin.build import build
from twin.contract import NodeSpec
from twin.host import LocalClusterHost
from twin.kube_api import KubeApiError

pytestmark = pytest.mark.slow

SET = "cluster-base"
DEFAULT = "storageclass.kubernetes.io/is-default-class"
CLASSES = "/apis/storage.k8s.io/v1/storageclasses"
GP2 = {
    "apiVersion": "storage.k8s.io/v1",
    "kind": "StorageClass",
    "metadata": {"name": "gp2", "annotations": {DEFAULT: "true"}},
    "provisioner": "kubernetes.io/aws-ebs",
    "parameters": {"type": "gp2"},
}
BASE: dict[str, Any] = {
    "storage_classes": [{"name": "fast", "default": True}],
    "namespaces": [{"name": "batch", "quota": {"pods": 1}}],
    "viewers": {"users": ["auditor"]},
}
WITH_GP2 = {**BASE, "no_longer_default": ["gp2"]}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster with one node, the driver's object, and a default class that EKS itself put there."""
    host = LocalClusterHost(tmp_path_factory.mktemp("twin"), programs=build, scale=600)
    host.start("base", "1.35", "https://kubernetes.default.svc")
    host.set_nodes("base", [NodeSpec("node", "aws:///us-east-2a/i-1", "us-east-2a", "m5.xlarge")])
    cluster = Cluster(host.planes()["base"])
    cluster.others.request("POST", CLASSES, GP2)
    driver = {"apiVersion": "storage.k8s.io/v1", "kind": "CSIDriver", "metadata": {"name": "ebs.csi.aws.com"}}
    cluster.others.request("POST", "/apis/storage.k8s.io/v1/csidrivers", {**driver, "spec": {}})
    yield cluster
    host.stop_all()


def bodies(base: dict[str, Any]) -> list[Any]:
    """The objects of a base."""
    return [body for body, _source in expand(cluster_base_resources(base))]


def evidence(cluster: Cluster, base: dict[str, Any]) -> dict[str, Any]:
    """Milestone to evidence, from a client that must not write."""
    client = KubeClient(load(str(cluster.plane.admin_kubeconfig)), guard=refuse_writes)
    found = gather(client, cluster_base_milestones(base, cluster="base", facts={"version": "1.35", "nodes": 1}))
    return {one.milestone: one for one in found}


def is_default(cluster: Cluster, name: str) -> str | None:
    """What a class says of being the default."""
    found = cluster.find(f"{CLASSES}/{name}")
    assert found is not None
    annotation: str | None = (found["metadata"].get("annotations") or {}).get(DEFAULT)
    return annotation


def refused(cluster: Cluster, namespace: str, spec: dict[str, Any]) -> str:
    """What the API server says against a pod, or ''."""
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"generateName": "p-"}, "spec": spec}
    try:
        cluster.others.request("POST", f"/api/v1/namespaces/{namespace}/pods?dryRun=All", pod)
    except KubeApiError as error:
        return str(error)
    return ""


def test_a_base_is_made_and_kept(cluster: Cluster) -> None:
    """Expected: everything is there, the second call changes nothing; the default of another stays as it is."""
    assert cluster.well(SET, bodies(BASE)).changed
    assert not cluster.well(SET, bodies(BASE)).changed
    assert (is_default(cluster, "fast"), is_default(cluster, "gp2")) == ("true", "true")


def test_the_api_server_holds_pods_to_it(cluster: Cluster) -> None:
    """Cause: a privileged pod where baseline is enforced. Expected: refused by the namespace's own level."""
    container = {"name": "c", "image": "example.com/app:1"}
    assert refused(cluster, "batch", {"containers": [container]}) == ""
    privileged = {"containers": [{**container, "securityContext": {"privileged": True}}]}
    assert "violates PodSecurity" in refused(cluster, "batch", privileged)


def test_a_second_default_is_told_with_what_to_do(cluster: Cluster) -> None:
    """Cause: gp2 says that it is the default too. Expected: 2.a.i met, 2.a.ii unmet and the option named."""
    found = evidence(cluster, BASE)
    assert found["2.a.i"].met, found["2.a.i"].reason
    assert not found["2.a.ii"].met
    assert found["2.a.ii"].reason == "default is also gp2; list them in no_longer_default"


def test_another_s_class_is_the_default_no_longer_by_consent(cluster: Cluster) -> None:
    """Cause: no_longer_default lists it, the role adopts it. Expected: that one annotation changes; 2.a.ii is met."""
    before = cluster.find(f"{CLASSES}/gp2")
    adopt = frozenset({"StorageClass.storage.k8s.io/gp2"})
    assert cluster.well(SET, bodies(WITH_GP2), adopt=adopt, take_over=True).changed
    assert not cluster.well(SET, bodies(WITH_GP2), adopt=adopt, take_over=True).changed
    assert is_default(cluster, "gp2") == "false"
    after = cluster.find(f"{CLASSES}/gp2")
    assert before is not None
    assert after is not None
    assert {name: after[name] for name in ("provisioner", "parameters")} == {
        name: before[name] for name in ("provisioner", "parameters")
    }
    found = evidence(cluster, WITH_GP2)
    assert found["2.a.ii"].met, found["2.a.ii"].reason
    assert found["2.a.ii"].value["default"] == ["fast"]


def test_a_base_goes_and_what_was_adopted_stays(cluster: Cluster) -> None:
    """Expected: ours is gone, the namespace by consent, and a sweep finds nothing; the class of another has lost our
    marks only."""
    report = cluster.remove(SET, consent=consent({"Namespace": 1, "StorageClass.storage.k8s.io": 1,
                                                  "ResourceQuota": 1,
                                                  "ClusterRoleBinding.rbac.authorization.k8s.io": 1}))  # fmt: skip
    assert report.error is None, str(report.error)
    assert sweep(cluster.client, ESTATE, ()) == []
    assert cluster.find(f"{CLASSES}/fast") is None
    assert cluster.find("/api/v1/namespaces/batch") is None
    left = cluster.find(f"{CLASSES}/gp2")
    assert left is not None
    assert not [label for label in left["metadata"].get("labels") or {} if label.startswith("kubeops.io/")]
    assert not cluster.others.request("GET", f"{CLASSES}?labelSelector=kubeops.io/estate={ESTATE}")["items"]
