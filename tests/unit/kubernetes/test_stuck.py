# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds a namespace or an object that is to go, in words."""

from __future__ import annotations

from typing import Any

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.kind import Owner
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.objects import Live
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.stuck import (
    explain_namespace,
    explain_object,
)
from tests.unit.kubernetes.memory_cluster import MemoryCluster
from tests.unit.kubernetes.samples import definition, key, namespace, thing

GOING = {"deletionTimestamp": "now"}


def held(kind: str, name: str, *finalizers: str, api_version: str = "v1") -> dict[str, Any]:
    return thing(api_version, kind, name, "app", metadata={**GOING, "finalizers": list(finalizers)})


def cluster(*bodies: dict[str, Any]) -> MemoryCluster:
    made = MemoryCluster()
    app = namespace("app")
    app["metadata"] |= GOING
    for body in (app, *bodies):
        made.put(body)
    return made


def test_an_api_without_a_server_holds_every_namespace() -> None:
    missing = {"type": "Available", "status": "False", "reason": "MissingEndpoints", "message": "no endpoints"}
    api = thing(
        "apiregistration.k8s.io/v1",
        "APIService",
        "v1.metrics.example.com",
        spec={"service": {"namespace": "monitoring", "name": "metrics"}},
        status={"conditions": [missing]},
    )
    told = explain_namespace(cluster(api), "app")
    assert "APIService v1.metrics.example.com is not available (no endpoints)" in told
    assert "Service monitoring/metrics back, or delete the APIService" in told


def test_a_kind_that_cannot_be_listed_does_not_keep_the_rest_from_being_told() -> None:
    made = cluster(held("PersistentVolumeClaim", "data", "kubernetes.io/pvc-protection"), definition("Widget"))
    made.away.add("example.com")
    assert "PersistentVolumeClaim/app/data is held by" in explain_namespace(made, "app")


def test_objects_are_named_with_their_finalizers_and_what_these_wait_for() -> None:
    told = explain_namespace(
        cluster(
            held("PersistentVolumeClaim", "data", "kubernetes.io/pvc-protection"), thing("v1", "Secret", "s", "app")
        ),
        "app",
    )
    assert told == (
        "PersistentVolumeClaim/app/data is held by kubernetes.io/pvc-protection: a pod still uses the claim"
    )  # fmt: skip


def test_a_finalizer_whose_controller_is_gone_is_told_with_the_remedy() -> None:
    world = cluster(definition("Shop"), held("Shop", "one", "example.com/clean", api_version="example.com/v1"))
    told = explain_namespace(world, "app")
    assert "Shop.example.com/app/one is held by example.com/clean: no controller with the right to run them" in told
    assert "remove the finalizers of Shop.example.com/app/one" in told


def test_many_objects_are_not_all_told() -> None:
    told = explain_namespace(cluster(*(held("Secret", f"s{number}", "orphan") for number in range(12))), "app")
    assert told.endswith("and 4 more")


def test_an_object_alone() -> None:
    secret = held("Secret", "s", "orphan")
    world = cluster(secret, thing("v1", "Secret", "stays", "app"))
    assert "the garbage collector" in explain_object(world, Live(key(secret), secret, Owner.OURS))
    stays = thing("v1", "Secret", "stays", "app")
    assert "was not told to go" in explain_object(world, Live(key(stays), stays, Owner.OURS))
    gone = thing("v1", "Secret", "gone", "app")
    assert explain_object(world, Live(key(gone), gone, Owner.OURS)) == "Secret/app/gone is gone"


def test_namespaces_that_are_not_stuck() -> None:
    assert explain_namespace(cluster(), "elsewhere") == "namespace elsewhere is gone"
    world = MemoryCluster()
    world.put(namespace("app"))
    assert explain_namespace(world, "app") == "namespace app was not told to go"
