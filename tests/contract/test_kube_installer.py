# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Applying and removing on a real control plane: real streams, and everything that can keep an object back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.plan import Outcome
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.migrate import migrate
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.objects import (
    ESTATE_LABEL,
    SET_LABEL,
    key_of,
)
from tests.contract.kube_sets import config_map, custom, definition, deployment, namespace
from tests.contract.kube_steps import SHORT, TIMING, Cluster, guard, shop
from tests.contract.upstream_stream import MIRROR, stream
from twin.build import build
from twin.contract import NodeSpec
from twin.host import LocalClusterHost

pytestmark = pytest.mark.slow
LABELS = {ESTATE_LABEL: "lab", SET_LABEL: "test"}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster with three nodes whose pods are ready soon."""
    host = LocalClusterHost(tmp_path_factory.mktemp("twin"), programs=build, scale=600)
    host.start("installer", "1.35", "https://kubernetes.default.svc")
    capacity = {"cpu": "64", "memory": "256Gi", "pods": "110"}
    nodes = [NodeSpec(f"node-{n}", f"aws:///us-east-2a/i-{n}", "us-east-2a", "m5.16xlarge", capacity=capacity)
             for n in range(3)]  # fmt: skip
    host.set_nodes("installer", nodes)
    yield Cluster(host)
    host.stop_all()


def test_kinds_and_their_objects_in_one_run_in_any_order(cluster: Cluster) -> None:
    cluster.well(shop("first", 20))
    cluster.well(shop("first", 20))


def test_istio_s_definitions_and_kueue_with_its_cluster_wide_webhooks(cluster: Cluster) -> None:
    if not MIRROR.exists():
        # A clone without the mirror: the same is shown on small objects in the unit tests.
        return
    base = [namespace("istio-system"), *stream("istio-base-1.29")]
    cluster.well(base)
    bodies = stream("kueue")
    flavor = custom("", "ResourceFlavor", "gpu", group="kueue.x-k8s.io")
    flavor["metadata"].pop("namespace")
    flavor |= {"apiVersion": "kueue.x-k8s.io/v1beta2"}
    entries = cluster.well([namespace("kueue-system"), *bodies, flavor])
    hooks = {address: entry for address, entry in entries.items() if "WebhookConfiguration" in address}
    assert len(hooks) == 2
    # What it may stop from now on is still made: the webhooks answer.
    cluster.well(shop("after-kueue"))
    gone = cluster.remove([*bodies, flavor])
    assert Counter(entry.outcome for entry in gone.values()) == {Outcome.DONE: len(gone)}


def test_an_object_that_is_wrong_is_told_at_once_and_the_rest_goes_on(cluster: Cluster) -> None:
    wrong = config_map("wrong", "wrong")
    wrong["datum"] = {"a": "b"}
    entries = cluster.apply([wrong, *shop("wrong")])
    assert "Failed to create ConfigMap wrong/wrong: " in entries["ConfigMap/wrong/wrong"].reason
    assert ".datum: field not declared in schema" in entries["ConfigMap/wrong/wrong"].reason
    assert entries["ConfigMap/wrong/wrong"].waited < SHORT.wait_timeout
    assert {entry.outcome for address, entry in entries.items() if not address.endswith("/wrong/wrong")} == {
        Outcome.DONE
    }


def test_a_quota_that_is_used_up_is_no_matter_of_time(cluster: Cluster) -> None:
    quota = custom("tight", "ResourceQuota", "one", hard={"count/secrets": "0", "pods": "0"})
    quota["apiVersion"] = "v1"
    secret = {**config_map("tight", "more"), "kind": "Secret", "data": {}}
    cluster.well([namespace("tight"), quota])
    entries = cluster.apply([secret, deployment("tight", "web")], SHORT)
    assert "exceeded quota: one" in entries["Secret/tight/more"].reason
    assert "not ready after" in entries["Deployment.apps/tight/web"].reason
    assert "exceeded quota: one" in entries["Deployment.apps/tight/web"].reason


def test_a_definition_whose_names_are_taken_stops_only_its_own_objects(cluster: Cluster) -> None:
    cluster.well([definition("cars", "Car", group="taken.example.com")])
    again = definition("autos", "Auto", group="taken.example.com")
    again["spec"]["names"]["shortNames"] = ["cars"]
    again["spec"]["names"]["kind"] = "Car"
    entries = cluster.apply([namespace("taken"), again, custom("taken", "Car", "c", group="taken.example.com")], SHORT)
    entry = entries["CustomResourceDefinition.apiextensions.k8s.io/autos.taken.example.com"]
    assert "its names are not accepted" in entry.reason
    assert entry.waited < SHORT.wait_timeout
    assert entries["Car.taken.example.com/taken/c"].outcome is Outcome.NOT_TRIED
    cluster.remove([again])


def test_a_dead_webhook_is_named_with_all_that_is_behind_it(cluster: Cluster) -> None:
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "guard", "namespace": "guarded"},
        "spec": {"selector": {"app": "guard"}, "ports": [{"port": 443}]},
    }
    backend = deployment("guarded", "guard")
    backend["spec"]["replicas"] = 0
    cluster.well([namespace("guarded"), service, backend])
    body = guard("guarded")
    body["metadata"]["labels"] = LABELS
    resource = cluster.client.resources().find("admissionregistration.k8s.io", body["kind"])
    assert resource
    cluster.client.apply(resource, body, manager="somebody")
    reason = cluster.apply([config_map("guarded", "settings")], SHORT)["ConfigMap/guarded/settings"].reason
    assert "Failed to create ConfigMap guarded/settings: still refused after" in reason
    assert 'failed calling webhook "guarded.example.com"' in reason
    assert "ValidatingWebhookConfiguration guard-guarded has no caBundle yet" in reason
    cluster.client.delete(resource, "", "guard-guarded")
    cluster.well([config_map("guarded", "settings")])


def test_pods_that_cannot_be_placed_are_told(cluster: Cluster) -> None:
    body = deployment("crowded", "huge")
    pod = body["spec"]["template"]["spec"]
    pod["containers"][0]["resources"] = {"requests": {"cpu": "5000"}}
    reason = cluster.apply([namespace("crowded"), body], SHORT)["Deployment.apps/crowded/huge"].reason
    assert "FailedScheduling" in reason
    assert "Insufficient cpu" in reason


def test_a_claim_without_a_class_tells_why_it_is_not_bound(cluster: Cluster) -> None:
    claim = custom("claims", "PersistentVolumeClaim", "data", accessModes=["ReadWriteOnce"],
                   resources={"requests": {"storage": "1Gi"}})  # fmt: skip
    claim["apiVersion"] = "v1"
    reason = cluster.apply([namespace("claims"), claim], SHORT)["PersistentVolumeClaim/claims/data"].reason
    assert "no storage class is set" in reason


def test_what_cannot_change_in_place_is_made_anew(cluster: Cluster) -> None:
    cluster.well([namespace("anew"), deployment("anew", "web")])
    before = cluster.body(deployment("anew", "web"))["metadata"]["uid"]
    other = deployment("anew", "web", app="other")
    assert "immutable" in cluster.apply([other])["Deployment.apps/anew/web"].reason
    entries = cluster.apply([other], recreate=True)
    assert entries["Deployment.apps/anew/web"].outcome is Outcome.DONE
    body = cluster.body(other)
    assert body["metadata"]["uid"] != before
    assert body["spec"]["selector"] == {"matchLabels": {"app": "other"}}


def test_fields_of_others_are_left_to_them_unless_it_was_said(cluster: Cluster) -> None:
    mine = config_map("fields", "shared", colour="blue")
    cluster.well([namespace("fields"), mine])
    resource = cluster.client.resources().find("", "ConfigMap")
    assert resource
    cluster.client.apply(resource, config_map("fields", "shared", colour="red"), manager="somebody", force=True)
    reason = cluster.apply([mine])["ConfigMap/fields/shared"].reason
    assert "held by somebody" in reason
    assert cluster.body(mine)["data"] == {"colour": "red"}
    assert cluster.apply([mine], force=True)["ConfigMap/fields/shared"].outcome is Outcome.DONE
    assert cluster.body(mine)["data"] == {"colour": "blue"}


def test_removal_waits_for_finalizers_and_explains_who_does_not_run_them(cluster: Cluster) -> None:
    bodies = shop("stuck")
    bodies[0]["metadata"]["finalizers"] = ["stuck.example.com/clean"]
    cluster.well(bodies)
    entries = cluster.remove(bodies, SHORT)
    address = "Shop.stuck.example.com/stuck/shop-0"
    assert "held by stuck.example.com/clean: no controller" in entries[address].reason
    assert entries["Namespace/stuck"].outcome is Outcome.NOT_TRIED
    resource = cluster.client.resources().find("stuck.example.com", "Shop")
    assert resource
    cluster.client.merge(resource, "stuck", "shop-0", {"metadata": {"finalizers": []}}, manager="somebody")
    entries = cluster.remove(bodies)
    assert {entry.outcome for entry in entries.values()} == {Outcome.DONE}


def test_a_namespace_that_others_use_stays(cluster: Cluster) -> None:
    cluster.well(shop("shared"))
    resource = cluster.client.resources().find("", "ConfigMap")
    assert resource
    cluster.client.apply(resource, config_map("shared", "theirs"), manager="somebody")
    entries = cluster.remove(shop("shared"))
    assert "others have 1 objects in it: ConfigMap/shared/theirs" in entries["Namespace/shared"].reason
    assert cluster.client.get(resource, "shared", "theirs")
    entries = cluster.remove([namespace("shared")], with_contents=["shared"])
    assert entries["Namespace/shared"].outcome is Outcome.DONE


def test_objects_of_an_older_version_are_stored_in_the_newest(cluster: Cluster) -> None:
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    crd = definition("boats", "Boat", group="moved.example.com")
    old = [{"name": "v1", "served": True, "storage": True, "schema": schema}]
    new = [{"name": "v1", "served": True, "storage": False, "schema": schema},
           {"name": "v2", "served": True, "storage": True, "schema": schema}]  # fmt: skip
    crd["spec"]["versions"] = old
    cluster.well(
        [namespace("moved"), crd, *(custom("moved", "Boat", f"b{n}", group="moved.example.com") for n in range(5))]
    )
    crd["spec"]["versions"] = new
    cluster.well([crd])
    assert cluster.body(crd)["status"]["storedVersions"] == ["v1", "v2"]
    assert migrate(cluster.client, key_of(crd), timing=TIMING, tell=lambda _line: None) == 5
    assert cluster.body(crd)["status"]["storedVersions"] == ["v2"]
    assert migrate(cluster.client, key_of(crd), timing=TIMING, tell=lambda _line: None) == 0
