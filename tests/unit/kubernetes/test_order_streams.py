# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order of many objects: any circles, thousands, and real streams."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes import circles, order
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.objects import (
    Key,
    Manifest,
    parse_address,
)
from tests.unit.kubernetes.samples import (
    manifest,
    mirrored,
    namespace,
    service,
    thing,
    workload,
)

type Body = dict[str, Any]


def edges(*bodies: Body) -> dict[Key, set[Key]]:
    """The needs of these objects."""
    return order.needs([manifest(body) for body in bodies])


KEYS = st.builds(lambda name: Key("", "ConfigMap", "a", name), st.sampled_from("abcdefgh"))


@given(st.dictionaries(KEYS, st.dictionaries(KEYS, st.integers(0, 5), max_size=4), max_size=8))
def test_whatever_the_needs_an_order_is_left_and_only_circles_lose_any(graph: dict[Key, dict[Key, int]]) -> None:
    full: circles.Edges = {one: {} for found in graph.values() for one in found} | {
        one: {need: strength for need, strength in found.items() if need != one} for one, found in graph.items()
    }
    told: list[str] = []
    opened = circles.opened(full, told.append)
    left = dict(opened)
    while free := [one for one, found in left.items() if not found & left.keys()]:
        for one in free:
            del left[one]
    assert not left
    assert sum(map(len, full.values())) - sum(map(len, opened.values())) == len(told)


def test_ten_thousand_objects_of_one_namespace_need_few_edges() -> None:
    bodies = [namespace("app"), *(thing("networking.k8s.io/v1", "NetworkPolicy", f"n{i}", "app") for i in range(2000))]
    for number in range(2700):
        bodies += [
            service(f"s{number}", app=f"w{number}"),
            workload(f"w{number}"),
        ]
        bodies.append(thing("v1", "ConfigMap", f"c{number}", "app"))
    assert sum(map(len, edges(*bodies).values())) < 4 * len(bodies)


def depth(found: dict[Key, set[Key]], address: str) -> int:
    """How many have to be ready one after the other before an object is."""
    known: dict[Key, int] = {}

    def of(one: Key) -> int:
        if one not in known:
            known[one] = 1 + max((of(need) for need in found[one]), default=0)
        return known[one]

    return of(parse_address(address))


@pytest.mark.slow
def test_kubeflow_goes_as_its_hazards_ask_for() -> None:
    manifests: list[Manifest] = mirrored("kubeflow-26.03")
    told: list[str] = []
    found = order.needs(manifests, tell=told.append)
    assert told == []
    if not manifests:
        # A clone without the mirror: the reasons above are shown on small objects.
        return
    addresses = {one.address: {need.address for need in needs} for one, needs in found.items()}
    mutating, validating = (
        f"{sort}WebhookConfiguration.admissionregistration.k8s.io/" for sort in ("Mutating", "Validating")
    )
    injected = addresses["Deployment.apps/kubeflow/ml-pipeline"]
    assert {
        f"{mutating}istio-sidecar-injector",
        "Deployment.apps/istio-system/istiod",
        "DaemonSet.apps/kube-system/istio-cni-node",
        "Secret/kubeflow/mysql-secret",
    } <= injected
    assert f"{mutating}istio-sidecar-injector" not in addresses["Deployment.apps/istio-system/istiod"]
    assert f"{validating}cert-manager-webhook" in addresses["Certificate.cert-manager.io/kubeflow/serving-cert"]
    runtime = addresses["ClusterServingRuntime.serving.kserve.io/kserve-lgbserver"]
    assert f"{validating}clusterservingruntime.serving.kserve.io" in runtime
    assert "Certificate.cert-manager.io/kubeflow/katib-webhook-cert" in addresses[f"{mutating}katib.kubeflow.org"]
    assert depth(found, "ClusterServingRuntime.serving.kserve.io/kserve-lgbserver") <= 10


@pytest.mark.slow
def test_kueue_s_configurations_come_after_all_of_kubeflow() -> None:
    manifests = mirrored("kubeflow-26.03") + mirrored("kueue")
    found = order.needs(manifests)
    for one in manifests:
        if one.key.kind.endswith("WebhookConfiguration") and one.key.name.startswith("kueue-"):
            assert order.EVERYTHING_ELSE in found[one.key]
            assert Key("apps", "Deployment", "kubeflow", "ml-pipeline") in found[order.EVERYTHING_ELSE]
