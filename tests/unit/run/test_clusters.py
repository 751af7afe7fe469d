# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Layers of clusters in a run: what they need of others, and when they are passed over."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.store import DirectoryStore
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.run import clusters, summary
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.run.record import Record
from tests.unit.estate.inventories import read


def run(tmp_path: Path, verb: str = "site", layer: str = "us-east-2.eks", **rest: Any) -> dict[str, Any]:
    """A run that knows one cluster, whose kubeconfig would be in tmp_path."""
    cluster = {"cluster": "c", "kubeconfig": str(tmp_path / "kubeconfig"), "layer": layer}
    return {"verb": verb, "clusters": {"host": cluster}, **rest}


@pytest.fixture
def record(tmp_path: Path) -> Record:
    """A run that has begun."""
    record = Record(DirectoryStore(str(tmp_path)), "r1")
    record.begin("site", "lab", "digest")
    return record


def test_a_layer_waits_for_a_layer_of_another_place(record: Record) -> None:
    """Cause: a cluster's layer needs the region's. Expected: held back until that is done, naming it."""
    assert record.blockers("lab-eks", ["us-east-2.eks"]) == ["us-east-2.eks is not_tried: it did not run"]
    record.layer("us-east-2", "eks", "failed", "no quota")
    assert record.blockers("lab-eks", ["us-east-2.eks"]) == ["us-east-2.eks is failed: no quota"]
    record.layer("us-east-2", "eks", "done")
    assert record.blockers("lab-eks", ["us-east-2.eks"]) == []


def test_a_host_s_name_may_have_dots(record: Record) -> None:
    """Expected: the layer is what stands behind the last one."""
    record.layer("eks.lab.example.com", "cluster_base", "done")
    assert record.blockers("us-east-2", ["eks.lab.example.com.cluster_base"]) == []


@pytest.mark.parametrize("outcome", [clusters.NOT_COVERED, clusters.IGNORED])
def test_what_is_passed_over_is_no_obstacle(record: Record, outcome: str) -> None:
    """Cause: a teardown of a region whose cluster is gone already. Expected: the region goes on."""
    record.layer("lab-eks", "cluster_base", outcome, "why")
    assert record.blockers("us-east-2", ["lab-eks.cluster_base"]) == []


@pytest.mark.parametrize(
    ("verb", "layer", "there", "outcome"),
    [
        ("site", "us-east-2.eks", False, ""),
        ("plan", "us-east-2.eks", False, ""),
        ("teardown", "us-east-2.eks", True, ""),
        ("teardown", "us-east-2.eks", False, clusters.NOT_COVERED),
        ("site", "", False, clusters.NOT_COVERED),
        ("site", "", True, ""),
    ],
)
def test_a_cluster_is_passed_over_that_nobody_makes(
    tmp_path: Path, verb: str, layer: str, there: bool, outcome: str
) -> None:
    """Cause: no layer makes it, and there is no kubeconfig; or it is torn down already. Expected: the reason says."""
    if there:
        (tmp_path / "kubeconfig").touch()
    found, reason = clusters.passed_over(run(tmp_path, verb, layer), "host", "cluster_base")
    assert found == outcome
    assert ("there is no kubeconfig" in reason) is bool(outcome)


def test_only_clusters_are_passed_over(tmp_path: Path) -> None:
    """Expected: a region never is."""
    assert clusters.passed_over(run(tmp_path, layer=""), "us-east-2", "eks") == ("", "")


def test_an_ignored_layer_is_not_looked_at(tmp_path: Path) -> None:
    """Cause: kubeops_estate.layers.kubeflow is ignore. Expected: passed over, whether the cluster is there or not."""
    (tmp_path / "kubeconfig").touch()
    found, reason = clusters.passed_over(run(tmp_path, ignored=["kubeflow"]), "host", "kubeflow")
    assert (found, reason) == (clusters.IGNORED, "kubeops_estate.layers.kubeflow is ignore")


def test_the_result_tells_each_place_once(record: Record) -> None:
    """Cause: two layers of a cluster that nobody makes. Expected: one line; what is ignored is wished so."""
    record.layer("lab-onprem", "cluster_base", clusters.NOT_COVERED, "why")
    record.layer("lab-onprem", "kubeflow", clusters.NOT_COVERED, "why")
    record.layer("lab-eks", "kubeflow", clusters.IGNORED, "wished")
    assert summary.passed_over(record.document()) == [{"place": "lab-onprem", "reason": "why"}]
    assert summary.failures(record.document(), {}) == []


def test_relative_kubeconfigs_start_where_the_person_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Expected: the same file that role eks writes, whatever the working directory of a module is."""
    monkeypatch.setenv("PWD", str(tmp_path))
    facts = clusters.facts(read("lab").estate())
    assert facts["lab-eks"]["kubeconfig"] == str(tmp_path / ".kubeops/private/kubeconfig-lab-eks")


def test_a_region_goes_after_what_is_in_its_clusters(tmp_path: Path) -> None:
    """Expected: the layer that makes clusters, to the last layer of each."""
    assert clusters.dependents(run(tmp_path)["clusters"]) == {"us-east-2.eks": ["host.cluster_base"]}
    assert clusters.dependents(run(tmp_path, layer="")["clusters"]) == {}
