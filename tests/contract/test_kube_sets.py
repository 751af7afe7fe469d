# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sets of objects in a real cluster: made, kept without a write, put right, pruned, removed; others' left alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.kube import KubeClient
from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.kube_config import load
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import EstateError, Fenced
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.install import Order, install
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.sweep import sweep
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


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster with one node, whose pods are ready at once."""
    host = LocalClusterHost(tmp_path_factory.mktemp("twin"), programs=build, scale=600)
    host.start("sets", "1.35", "https://kubernetes.default.svc")
    host.set_nodes("sets", [NodeSpec("node", "aws:///us-east-2a/i-1", "us-east-2a", "m5.xlarge")])
    yield Cluster(host.planes()["sets"])
    host.stop_all()


def shop(name: str, **changes: str) -> list[dict[str, Any]]:
    """A namespace of that name with a ConfigMap, a Deployment, a CRD and an object of it, last things first."""
    plural = f"{name}s"
    return [
        custom(name, "Shop", "one", group=f"{name}.example.com", size=1),
        deployment(name, "web", changes.get("image", "example.com/app:1")),
        config_map(name, "settings", colour=changes.get("colour", "blue")),
        definition(plural, "Shop", group=f"{name}.example.com"),
        namespace(name),
    ]


def test_a_set_is_made_in_its_order_and_kept_without_a_write(cluster: Cluster) -> None:
    first = cluster.well("made", shop("made"))
    assert set(verbs(first).values()) == {"create"}
    paths = ["/api/v1/namespaces/made/configmaps/settings", "/apis/apps/v1/namespaces/made/deployments/web"]
    before = cluster.versions([*paths, f"/api/v1/namespaces/kubeops-system/configmaps/inventory.{ESTATE}.made.0"])
    again = cluster.well("made", shop("made"))
    assert verbs(again) == {}
    assert not again.changed
    assert cluster.versions(list(before)) == before


def test_a_dry_run_foresees_what_a_run_does(cluster: Cluster) -> None:
    foreseen = cluster.well("foreseen", shop("foreseen"), dry_run=True)
    assert cluster.find("/api/v1/namespaces/foreseen") is None
    assert verbs(cluster.well("foreseen", shop("foreseen"))) == verbs(foreseen)
    change = shop("foreseen", colour="green")
    assert verbs(cluster.well("foreseen", change, dry_run=True)) == {"ConfigMap/foreseen/settings": "update"}
    done = cluster.well("foreseen", change)
    assert [change.field for entry in done.plan.changing for change in entry.changes] == ["data.colour"]


def test_a_change_of_ours_by_others_is_seen_and_put_right_and_their_own_fields_stay(cluster: Cluster) -> None:
    cluster.well("shared", shop("shared"))
    path = "/api/v1/namespaces/shared/configmaps/settings"
    theirs = {"data": {"colour": "red", "size": "xl"}, "metadata": {"annotations": {"team": "theirs"}}}
    cluster.others.request("PATCH", path, theirs, content_type="application/merge-patch+json")
    assert verbs(cluster.well("shared", shop("shared"))) == {"ConfigMap/shared/settings": "update"}
    body = cluster.others.request("GET", path)
    assert body["data"] == {"colour": "blue", "size": "xl"}
    assert body["metadata"]["annotations"] == {"team": "theirs"}
    assert verbs(cluster.well("shared", shop("shared"))) == {}


def test_what_is_not_wished_any_more_is_told_and_pruned_only_when_asked_for(cluster: Cluster) -> None:
    bodies = [*shop("pruned"), *(config_map("pruned", f"extra-{number}") for number in range(11))]
    cluster.well("pruned", bodies)
    left = cluster.well("pruned", bodies[:-1])
    assert [(kind, seen.name) for kind, seen in left.undeclared] == [("ConfigMap", "pruned/extra-10")]
    assert cluster.find("/api/v1/namespaces/pruned/configmaps/extra-10")
    pruned = cluster.well("pruned", bodies[:-1], prune=True)
    assert verbs(pruned) == {"ConfigMap/pruned/extra-10": "delete"}
    assert pruned.undeclared == []
    assert cluster.find("/api/v1/namespaces/pruned/configmaps/extra-10") is None
    assert verbs(cluster.well("pruned", bodies[:-1], prune=True)) == {}


def test_data_is_not_pruned_unless_its_kind_is_named(cluster: Cluster) -> None:
    cluster.well("kept", shop("kept"))
    without = [body for body in shop("kept") if body["kind"] not in ("CustomResourceDefinition", "Shop")]
    spared = cluster.well("kept", without, prune=True, consent=consent({"Shop.kept.example.com": 1}))
    assert verbs(spared) == {"Shop.kept.example.com/kept/one": "delete"}
    assert cluster.find("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/kepts.kept.example.com")
    allowed = consent({"CustomResourceDefinition.apiextensions.k8s.io": 1})
    cluster.well("kept", without, prune=True, consent=allowed)
    assert cluster.find("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/kepts.kept.example.com") is None


def test_more_than_a_tenth_needs_consent_and_nothing_is_written_without(cluster: Cluster) -> None:
    cluster.well("shrunk", shop("shrunk"))
    smaller = [body for body in shop("shrunk", colour="green") if body["kind"] != "Deployment"]
    refused = cluster.install("shrunk", smaller, prune=True)
    assert "kubeops_allow_delete=Deployment.apps:1" in str(refused.error)
    assert set(outcomes(refused).values()) == {"not_tried"}
    assert cluster.others.request("GET", "/api/v1/namespaces/shrunk/configmaps/settings")["data"] == {"colour": "blue"}


def test_a_name_that_others_have_is_refused_before_anything_is_written(cluster: Cluster) -> None:
    cluster.others.request("POST", "/api/v1/namespaces", namespace("taken"))
    cluster.others.request("POST", "/api/v1/namespaces/taken/configmaps", config_map("taken", "settings", colour="red"))
    with pytest.raises(EstateError, match="ConfigMap taken/settings"):
        cluster.install("taken", shop("taken"), adopt=["Namespace/taken"])
    assert cluster.find("/apis/apps/v1/namespaces/taken/deployments/web") is None


def test_what_is_adopted_is_changed_and_never_deleted(cluster: Cluster) -> None:
    cluster.others.request("POST", "/api/v1/namespaces", namespace("adopted", team="theirs"))
    cluster.others.request("POST", "/api/v1/namespaces/adopted/configmaps", config_map("adopted", "theirs", a="b"))
    cluster.well("adopted", shop("adopted"), adopt=["Namespace/adopted"])
    assert verbs(cluster.well("adopted", shop("adopted"), adopt=["Namespace/adopted"])) == {}
    everything = consent({"Namespace": 1, "CustomResourceDefinition.apiextensions.k8s.io": 1})
    removed = cluster.remove("adopted", consent=cluster_teardown(everything))
    assert removed.error is None, str(removed.error)
    body = cluster.others.request("GET", "/api/v1/namespaces/adopted")
    assert body["metadata"]["labels"]["team"] == "theirs"
    assert not [name for name in body["metadata"]["labels"] if name.startswith("kubeops.io/")]
    assert cluster.find("/api/v1/namespaces/adopted/configmaps/theirs")
    assert cluster.find("/apis/apps/v1/namespaces/adopted/deployments/web") is None


def cluster_teardown(agreed: Any) -> Any:
    """The same consent, in a teardown."""
    return type(agreed)(deletes=agreed.deletes, addresses=agreed.addresses, teardown=True)


def test_an_immutable_field_waits_for_consent_and_is_then_made_anew(cluster: Cluster) -> None:
    cluster.well("fixed", shop("fixed"))
    other = [body for body in shop("fixed", colour="green") if body["kind"] != "Deployment"]
    other.append(deployment("fixed", "web", app="other"))
    waits = cluster.install("fixed", other)
    assert waits.error is None
    assert outcomes(waits) == {"Deployment.apps/fixed/web": "waiting", "ConfigMap/fixed/settings": "done"}
    assert "spec.selector" in waits.waiting[0].reason
    assert "kubeops_consent=Deployment.apps/fixed/web" in waits.waiting[0].reason
    cluster.well("fixed", other, consent=consent(None, "Deployment.apps/fixed/web"))
    body = cluster.others.request("GET", "/apis/apps/v1/namespaces/fixed/deployments/web")
    assert body["spec"]["selector"]["matchLabels"] == {"app": "other"}
    assert verbs(cluster.well("fixed", other)) == {}


@pytest.mark.parametrize("writes", [1, 2, 4, 6])
def test_a_run_that_ends_in_the_middle_is_finished_by_the_next(cluster: Cluster, writes: int) -> None:
    name = f"ended-{writes}"
    left = iter(range(writes))

    def guard() -> None:
        if next(left, None) is None:
            raise Fenced("another run holds the lease")

    client = KubeClient(load(str(cluster.plane.admin_kubeconfig)), guard=guard)
    try:
        ended = cluster.install(name, shop(name), client=client)
        assert ended.error is not None
    except Fenced:
        pass
    cluster.well(name, shop(name))
    assert verbs(cluster.well(name, shop(name))) == {}
    everything = consent({"Namespace": 1, "CustomResourceDefinition.apiextensions.k8s.io": 1})
    removed = cluster.remove(name, consent=cluster_teardown(everything))
    assert removed.error is None, str(removed.error)
    assert cluster.find(f"/api/v1/namespaces/{name}") is None


def test_a_removal_asks_for_data_and_can_leave_it(cluster: Cluster) -> None:
    cluster.well("gone", shop("gone"))
    refused = cluster.remove("gone")
    assert "kubeops_allow_delete=" in str(refused.error)
    assert cluster.find("/apis/apps/v1/namespaces/gone/deployments/web")
    kept = cluster.remove("gone", keep_data=True, consent=cluster_teardown(consent()))
    assert kept.error is None, str(kept.error)
    assert cluster.find("/apis/apps/v1/namespaces/gone/deployments/web") is None
    assert {kind for kind, _seen in kept.undeclared} == {"Namespace", "CustomResourceDefinition.apiextensions.k8s.io"}
    everything = consent({"Namespace": 1, "CustomResourceDefinition.apiextensions.k8s.io": 1})
    gone = cluster.remove("gone", consent=cluster_teardown(everything))
    assert gone.error is None, str(gone.error)
    assert cluster.find("/api/v1/namespaces/gone") is None
    assert verbs(cluster.remove("gone")) == {}


def test_a_lost_inventory_is_found_again_by_what_is_there(cluster: Cluster) -> None:
    cluster.well("lost", shop("lost"))
    cluster.others.delete(f"/api/v1/namespaces/kubeops-system/configmaps/inventory.{ESTATE}.lost.0")
    assert verbs(cluster.well("lost", shop("lost"))) == {}
    cluster.others.delete(f"/api/v1/namespaces/kubeops-system/configmaps/inventory.{ESTATE}.lost.0")
    everything = consent({"Namespace": 1, "CustomResourceDefinition.apiextensions.k8s.io": 1})
    assert cluster.remove("lost", consent=cluster_teardown(everything)).error is None
    assert cluster.find("/api/v1/namespaces/lost") is None


def test_a_sweep_finds_what_no_declared_set_holds(cluster: Cluster) -> None:
    cluster.well("swept", shop("swept"))
    found = {f"{kind}/{seen.name}" for kind, seen in sweep(cluster.client, ESTATE, ["made"])}
    assert {"Deployment.apps/swept/web", "Namespace/swept"} <= found
    assert not {address for address in found if "/made/" in address}


def test_a_cluster_that_is_still_to_come_gets_everything() -> None:
    documents = [(body, "test") for body in shop("future")]
    report = install(Order(ESTATE, "future", documents, dry_run=True, timing=TIMING), None, lambda _line: None)
    assert set(verbs(report).values()) == {"create"}
    assert len(verbs(report)) == 5
