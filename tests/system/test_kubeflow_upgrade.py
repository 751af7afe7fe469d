# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kubeflow 1.10.2 becomes 26.03: told before, data and what users made still there after."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.system.kubeflow_cluster import SHAPE, TEAM, KubeflowCluster, kubeflow_cluster

OLD = {**SHAPE, "version": "1.10.2"}
NEW = {
    **SHAPE,
    "components": [
        "pipelines", "katib", "kserve", "trainer", "spark_operator", "notebooks", "dashboard", "tensorboard",
        "volumes_web_app",
    ],
}  # fmt: skip
TRAINING = ("jaxjobs", "mpijobs", "paddlejobs", "pytorchjobs", "tfjobs", "xgboostjobs")
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KubeflowCluster]:
    """Kubeflow 1.10.2 with a profile."""
    with kubeflow_cluster(tmp_path_factory.mktemp("upgrade")) as there:
        there.well("main", OLD)
        yield there


def test_an_upgrade_removes_what_is_old_and_keeps_what_holds_data(cluster: KubeflowCluster) -> None:
    """Expected: the plan is what happens, and what turns away from minio's data waits in it for consent; six
    definitions of training jobs and minio's claim stay and are reported; a notebook, a training job, a claim and
    others' objects are as before; credentials too; then nothing is left to do.
    """
    pods = {"template": {"spec": {"containers": [{"name": "mine", "image": "example.com/x:1"}]}}}
    job = {"template": {"spec": {"containers": [{"name": "pytorch", "image": "example.com/x:1"}]}}, "replicas": 1}
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    of_users = [
        cluster.make(f"/apis/kubeflow.org/v1/namespaces/{TEAM}/notebooks", "Notebook", "mine", spec=pods),
        cluster.make(
            f"/apis/kubeflow.org/v1/namespaces/{TEAM}/pytorchjobs",
            "PyTorchJob",
            "mine",
            spec={"pytorchReplicaSpecs": {"Master": job}},
        ),
        cluster.make(f"/api/v1/namespaces/{TEAM}/persistentvolumeclaims", "PersistentVolumeClaim", "mine", spec=claim),
        cluster.make("/api/v1/namespaces/kubeflow/configmaps", "ConfigMap", "theirs", data={"a": "b"}),
    ]
    kept = ("/api/v1/namespaces/kubeflow/secrets/mysql-secret", "/api/v1/namespaces/auth/secrets/kubeflow-logins")
    before = [_uid(cluster, path) for path in of_users]
    data = [_data(cluster, path) for path in kept]

    planned = cluster.well("main", NEW, check=True)
    assert cluster.find("/apis/apps/v1/namespaces/kubeflow/deployments/seaweedfs") is None
    waiting = {one["name"]: one["for"] for one in planned.answer["waiting"]}
    assert "kubeflow/ml-pipeline" in waiting
    assert "takes the place of PersistentVolumeClaim/kubeflow/minio-pvc" in waiting["kubeflow/ml-pipeline"]
    upgraded = cluster.well("main", NEW, run={"consent": ["irreversible"]})
    assert set(upgraded.entries("delete")) == set(planned.entries("delete"))
    assert "Deployment.apps/kubeflow/minio" in upgraded.entries("delete")
    assert upgraded.count("delete") == 17
    left = {f"{one['kind']}/{one['name']}" for one in upgraded.answer["undeclared"]}
    assert left == {
        "PersistentVolumeClaim/kubeflow/minio-pvc",
        *(f"CustomResourceDefinition.apiextensions.k8s.io/{name}.kubeflow.org" for name in TRAINING),
    }
    assert [_uid(cluster, path) for path in of_users] == before
    assert [_data(cluster, path) for path in kept] == data
    assert cluster.find("/api/v1/namespaces/kubeflow/persistentvolumeclaims/minio-pvc")

    again = cluster.well("main", NEW)
    assert again.count("create", "update", "delete", "continue") == 0
    verified = cluster.well("verify", NEW)
    assert [one["reason"] for one in verified.answer["evidence"] if not one["met"]] == []


def _uid(cluster: KubeflowCluster, path: str) -> str:
    found = cluster.find(path)
    assert found is not None, path
    return str(found["metadata"]["uid"])


def _data(cluster: KubeflowCluster, path: str) -> dict[str, str]:
    found = cluster.find(path)
    assert found is not None, path
    return dict(found["data"])
