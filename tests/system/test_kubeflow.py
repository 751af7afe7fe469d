# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Role kubeflow on an empty cluster: installed once, kept, proved, and removed with consent only."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.secrets import is_known_default
from tests.system.kubeflow_cluster import SHAPE, TEAM, KubeflowCluster, kubeflow_cluster

SECRETS = (
    "auth/secrets/dex-oidc-client",
    "auth/secrets/dex-passwords",
    "kubeflow/secrets/mlpipeline-minio-artifact",
    "kubeflow/secrets/mysql-secret",
    "oauth2-proxy/secrets/oauth2-proxy-h675gf55ht",
)
NAMES = {"accesskey", "username", "client-id", "OIDC_CLIENT_ID"}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KubeflowCluster]:
    """Kubeflow with one profile, and what others have in its namespaces."""
    with kubeflow_cluster(tmp_path_factory.mktemp("kubeflow")) as there:
        planned = there.well("main", SHAPE, check=True)
        assert planned.count("create") > 300
        assert there.find("/api/v1/namespaces/kubeflow") is None, "a plan wrote something"
        there.well("main", SHAPE)
        yield there


def values(cluster: KubeflowCluster) -> dict[str, str]:
    """The secret values of Kubeflow's credentials."""
    found = {}
    for place in SECRETS:
        secret = cluster.find(f"/api/v1/namespaces/{place}")
        assert secret is not None, place
        for key, value in secret["data"].items():
            if key not in NAMES:
                found[f"{place}/{key}"] = base64.b64decode(value).decode()
    return found


def test_a_second_run_changes_nothing_and_keeps_every_generated_value(cluster: KubeflowCluster) -> None:
    """Expected: no entry but kept ones; no value is public; a public one that somebody puts back is replaced."""
    before = values(cluster)
    again = cluster.well("main", SHAPE)
    assert again.count("create", "update", "delete", "continue") == 0
    assert values(cluster) == before
    assert all(value and not is_known_default(value) for value in before.values())
    secret = "kubeflow/secrets/mlpipeline-minio-artifact"
    change = {"data": {"secretkey": base64.b64encode(b"minio123").decode()}}
    cluster.api.request("PATCH", f"/api/v1/namespaces/{secret}", change, content_type="application/merge-patch+json")
    told = cluster.use("verify", SHAPE)
    evidence = {one["milestone"]: one for one in told.answer["evidence"]}
    assert not evidence["2.a.v"]["met"]
    assert "it holds what everybody knows" in evidence["2.a.v"]["reason"]
    assert "minio123" not in told.output
    healed = cluster.well("main", SHAPE)
    assert set(healed.entries("update")) == {"Secret/kubeflow/mlpipeline-minio-artifact"}
    assert values(cluster)[f"{secret}/secretkey"] != "minio123"
    assert not [value for value in values(cluster).values() if value in healed.output]


def test_milestones_are_met_with_evidence(cluster: KubeflowCluster) -> None:
    """Expected: 2.a.iii to 2.a.v met, every webhook seen, the profile holds; nothing is written by looking."""
    verified = cluster.well("verify", SHAPE)
    evidence = {one["milestone"]: one for one in verified.answer["evidence"]}
    assert {name: one["reason"] for name, one in evidence.items() if not one["met"]} == {}
    assert set(evidence) == {"2.a.iii", "2.a.iv", "2.a.v"}
    assert evidence["2.a.iv"]["value"]["available"] == evidence["2.a.iv"]["value"]["workloads"]
    assert evidence["2.a.v"]["value"]["profiles"] == {TEAM: "holds"}
    assert cluster.find(f"/api/v1/namespaces/{TEAM}/pods/kubeops-check") is None


def test_what_is_not_as_declared_is_told(cluster: KubeflowCluster) -> None:
    """Cause: a larger quota and another contributor are declared than there are. Expected: both in the reason."""
    profile = {**SHAPE["profiles"][0], "gpus": 4, "contributors": [{"user": "c@example.com"}]}
    told = cluster.use("verify", {**SHAPE, "profiles": [profile]})
    reason = next(one["reason"] for one in told.answer["evidence"] if one["milestone"] == "2.a.v")
    assert f"profile {TEAM}: its quota of requests.nvidia.com/gpu is 2, declared is 4" in reason
    assert "c@example.com may not create pods" in reason


def test_removal_asks_for_what_holds_data_and_leaves_what_others_have(cluster: KubeflowCluster) -> None:
    """Expected: refused as a whole without consent, naming it; with data kept, Kubeflow goes and the rest stays."""
    foreign = cluster.make("/api/v1/namespaces/kubeflow/configmaps", "ConfigMap", "theirs", data={"a": "b"})
    claim = cluster.make(
        f"/api/v1/namespaces/{TEAM}/persistentvolumeclaims",
        "PersistentVolumeClaim",
        "work",
        spec={"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    )
    refused = cluster.use("absent", SHAPE, run={"teardown": "lab"})
    assert refused.code != 0
    assert "kubeops_allow_delete=" in refused.told
    assert "Nothing was deleted" in refused.told
    assert cluster.find("/apis/apps/v1/namespaces/kubeflow/deployments/ml-pipeline")
    removed = cluster.well("absent", SHAPE, run={"teardown": "lab"}, keep_data=True)
    assert removed.count("delete") > 250
    assert cluster.find("/apis/apps/v1/namespaces/kubeflow/deployments/ml-pipeline") is None
    kept = [foreign, claim, f"/api/v1/namespaces/{TEAM}", f"/apis/kubeflow.org/v1/profiles/{TEAM}"]
    assert [path for path in kept if cluster.find(path) is None] == []
    again = cluster.well("absent", SHAPE, run={"teardown": "lab"}, keep_data=True)
    assert again.count("delete") == 0
