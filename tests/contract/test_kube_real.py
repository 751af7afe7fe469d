# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sets where others live too: autoscalers, other estates; upgrades that the old rules would refuse; new passwords."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import EstateError
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.secrets import Secrets
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.install import Order, install
from tests.contract.kube_sets import (
    ESTATE,
    TIMING,
    Cluster,
    config_map,
    consent,
    custom,
    definition,
    deployment,
    namespace,
    outcomes,
    verbs,
)
from twin.build import build
from twin.contract import NodeSpec
from twin.host import LocalClusterHost

pytestmark = pytest.mark.slow
type Body = dict[str, Any]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster with one node, whose pods are ready at once."""
    host = LocalClusterHost(tmp_path_factory.mktemp("twin"), programs=build, scale=600)
    host.start("real", "1.35", "https://kubernetes.default.svc")
    host.set_nodes("real", [NodeSpec("node", "aws:///us-east-2a/i-1", "us-east-2a", "m5.xlarge")])
    yield Cluster(host.planes()["real"])
    host.stop_all()


def test_replicas_that_an_autoscaler_of_the_cluster_chose_stay(cluster: Cluster) -> None:
    bodies = [namespace("scaled"), deployment("scaled", "web")]
    cluster.well("scaled", bodies)
    path = "/apis/apps/v1/namespaces/scaled/deployments/web"
    scale = {
        "apiVersion": "autoscaling/v1",
        "kind": "Scale",
        "metadata": {"name": "web", "namespace": "scaled"},
        "spec": {"replicas": 3},
    }
    cluster.others.request("PUT", f"{path}/scale?fieldManager=kube-controller-manager", scale)
    assert "update" not in verbs(cluster.well("scaled", bodies)).values()
    newer = [namespace("scaled"), deployment("scaled", "web", "example.com/app:2")]
    assert outcomes(cluster.well("scaled", newer)) == {"Deployment.apps/scaled/web": "done"}
    assert (cluster.find(path) or {})["spec"]["replicas"] == 3
    cluster.others.request("PUT", f"{path}/scale?fieldManager=somebody", {**scale, "spec": {"replicas": 5}})
    assert verbs(cluster.well("scaled", newer)) == {"Deployment.apps/scaled/web": "update"}
    assert (cluster.find(path) or {})["spec"]["replicas"] == 1


def strict(*fields: str) -> Body:
    """A definition that knows these fields and no others."""
    body = definition("gadgets", "Gadget")
    spec = {"type": "object", "properties": {name: {"type": "integer"} for name in fields}}
    body["spec"]["versions"][0]["schema"] = {
        "openAPIV3Schema": {"type": "object", "properties": {"spec": spec}},
    }
    return body


def test_an_upgrade_brings_objects_that_only_its_own_definition_knows(cluster: Cluster) -> None:
    cluster.well("gadgets", [namespace("gadgets"), strict("a"), custom("gadgets", "Gadget", "one", a=1)])
    wider = [namespace("gadgets"), strict("a", "b"), custom("gadgets", "Gadget", "one", a=1, b=2)]
    assert set(verbs(cluster.well("gadgets", wider, dry_run=True)).values()) == {"update"}
    cluster.well("gadgets", wider)
    assert (cluster.find("/apis/example.com/v1/namespaces/gadgets/gadgets/one") or {})["spec"] == {"a": 1, "b": 2}
    with pytest.raises(EstateError, match=r"spec\.c: field not declared"):
        cluster.install("gadgets", [*wider[:2], custom("gadgets", "Gadget", "one", a=1, c=2)])


def test_two_estates_keep_sets_of_one_name_in_one_cluster(cluster: Cluster) -> None:
    cluster.well("shared", [namespace("shared-one"), config_map("shared-one", "c", a="1")])

    def other(*bodies: Body, **rest: Any) -> dict[str, str]:
        documents = [(body, "test") for body in bodies]
        order = Order("other", "shared", documents, timing=TIMING, **rest)
        report = install(order, cluster.client, lambda _line: None)
        assert report.error is None, str(report.error)
        return verbs(report)

    theirs = [namespace("shared-two"), config_map("shared-two", "c", a="1")]
    assert set(other(*theirs).values()) == {"create"}
    assert verbs(cluster.well("shared", [namespace("shared-one"), config_map("shared-one", "c", a="1")])) == {}
    everything = consent({"Namespace": 1, "ConfigMap": 1})
    assert set(other(absent=True, consent=everything).values()) == {"delete"}
    assert cluster.find(f"/api/v1/namespaces/kubeops-system/configmaps/inventory.{ESTATE}.shared.0")
    assert verbs(cluster.well("shared", [namespace("shared-one"), config_map("shared-one", "c", a="1")])) == {}


def test_a_new_password_starts_who_reads_it_again(cluster: Cluster) -> None:
    reader = deployment("login", "reader")
    mark = {"checksum/secrets": {"$fingerprint": ["Secret/login/password"]}}
    reader["spec"]["template"]["metadata"]["annotations"] = mark
    secret = {**config_map("login", "password"), "kind": "Secret", "data": {"word": {"$secret": "word"}}}
    bodies = [namespace("login"), secret, reader]
    first, second = Secrets({"word": "the first of two"}), Secrets({"word": "the second of two"})
    cluster.well("login", bodies, secrets=first)
    assert verbs(cluster.well("login", bodies, secrets=first)) == {}
    changed = verbs(cluster.well("login", bodies, secrets=second))
    assert changed == {"Secret/login/password": "update", "Deployment.apps/login/reader": "update"}
