# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Charts of others in a cluster: each installed, changed, pruned and removed by the same few calls.

Not one line of the installer knows any of them. Runs for about two minutes; what the mirror lacks fails it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.guards import Consent
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.observe import of_estate
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.sorts import PROTECTED
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.yaml_stream import read_stream
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.artifacts.render import render
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.artifacts.request import Request
from tests.contract import cluster_of_streams
from tests.contract.kube_sets import ESTATE, Cluster, namespace, outcomes, verbs

pytestmark = pytest.mark.slow
MIRROR = Path(__file__).resolve().parents[3] / "shared" / "upstream"
PROGRAMS = Path(__file__).resolve().parents[2] / ".venv" / "bin"


@dataclass(frozen=True)
class Chart:
    """What is installed together: artifacts, some with their version, and the namespace that they do not bring.

    web: a Deployment that gets another label. dropped: an object, as kind and name, that is not wished any more.
    """

    artifacts: tuple[str, ...]
    namespace: str
    web: str
    dropped: tuple[str, str]


CHARTS = {
    "kube-prometheus-stack": Chart(
        ("kube-prometheus-stack",),
        "monitoring",
        "kube-prometheus-stack-grafana",
        ("ConfigMap", "kube-prometheus-stack-nodes"),
    ),
    "kueue": Chart(("kueue",), "kueue-system", "kueue-controller-manager", ("ClusterRole", "kueue-job-viewer-role")),
    "external-secrets": Chart(
        ("external-secrets-crds", "external-secrets"),
        "external-secrets",
        "external-secrets",
        ("ClusterRole", "external-secrets-view"),
    ),
    "istio": Chart(
        ("istio-base 1.29.6", "istiod 1.29.6", "istio-cni 1.29.6"),
        "istio-system",
        "istiod",
        ("ConfigMap", "values"),
    ),
    "keda": Chart(("keda",), "keda", "keda-operator", ("ServiceAccount", "keda-webhook")),
}
EVERYTHING = Consent(
    deletes=dict.fromkeys(PROTECTED, 100),
    # Programs of a chart leave things of their own in its namespace, as istiod its authority.
    addresses=frozenset(f"Namespace/{chart.namespace}" for chart in CHARTS.values()),
    teardown=True,
)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster with everything that charts find in one: nodes, certificates, webhooks that are called."""
    with cluster_of_streams.running(tmp_path_factory.mktemp("streams")) as host:
        yield Cluster(host.planes()[cluster_of_streams.NAME])


def rendered(chart: Chart, store: Path) -> list[dict[str, Any]]:
    """The objects of a chart, as a role would hand them on."""
    programs = {name: str(PROGRAMS / name) for name in ("kubectl", "helm")}
    bodies: list[dict[str, Any]] = [namespace(chart.namespace)]
    for artifact in chart.artifacts:
        title, _space, version = artifact.partition(" ")
        request = Request(
            title,
            str(store),
            version,
            mirror=str(MIRROR),
            kubernetes_version="1.35",
            programs=programs,
            namespace=chart.namespace,
        )
        bodies += [dict(document.body) for document in read_stream(render(request).stream)]
    return bodies


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_is_installed_changed_pruned_and_removed(cluster: Cluster, name: str, tmp_path: Path) -> None:
    chart = CHARTS[name]
    bodies = rendered(chart, tmp_path)
    first = cluster.well(name, bodies)
    assert set(outcomes(first).values()) == {"done"}
    assert verbs(cluster.well(name, bodies)) == {}

    changed = [labelled(body) if is_called(body, "Deployment", chart.web) else body for body in bodies]
    wished = [body for body in changed if not is_called(body, *chart.dropped)]
    assert len(wished) == len(bodies) - 1
    foreseen = cluster.well(name, wished, prune=True, dry_run=True, consent=EVERYTHING)
    done = cluster.well(name, wished, prune=True, consent=EVERYTHING)
    assert verbs(done) == verbs(foreseen)
    assert sorted(verbs(done).values()) == ["delete", "update"]
    assert verbs(cluster.well(name, wished, prune=True)) == {}

    removed = cluster.remove(name, consent=EVERYTHING)
    assert removed.error is None, str(removed.error)
    # The inventories' own namespace may still be on its way out.
    assert {key.address for key in of_estate(cluster.client, ESTATE)} <= {"Namespace/kubeops-system"}
    assert cluster.find(f"/api/v1/namespaces/{chart.namespace}") is None


def is_called(body: dict[str, Any], kind: str, name: str) -> bool:
    """Whether an object is of that kind and name."""
    return body["kind"] == kind and body["metadata"]["name"] == name


def labelled(body: dict[str, Any]) -> dict[str, Any]:
    """The same with a label more."""
    metadata = body["metadata"]
    return {**body, "metadata": {**metadata, "labels": {**(metadata.get("labels") or {}), "changed": "yes"}}}
