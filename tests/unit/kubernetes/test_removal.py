# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""In which order things go: whoever cleans up after an object still runs when it goes."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.kind import Owner
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.normal import normalise
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.objects import Key, Live, key_of
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.removal import Wave, order, wave_of
from tests.unit.kubernetes.samples import Body, namespace, thing, workload
from tests.unit.kubernetes.streams import STREAMS, documents

RBAC, HOOKS, STORAGE = "rbac.authorization.k8s.io/v1", "admissionregistration.k8s.io/v1", "storage.k8s.io/v1"
CSI = [{"name": "csi-provisioner", "image": "example.com/p:1"}]


def live(body: Body) -> Live:
    """Ours."""
    return Live(key_of(body), body, Owner.OURS)


@pytest.mark.parametrize(
    ("body", "wave"),
    [
        (thing("kubeflow.org/v1", "Profile", "p"), Wave.PROFILES),
        (thing("example.com/v1", "Widget", "w", "n"), Wave.CUSTOM),
        (thing("serving.knative.dev/v1", "Service", "s", "n"), Wave.CUSTOM),
        (thing("cert-manager.io/v1", "Certificate", "c", "n"), Wave.GROUND),
        (thing("networking.istio.io/v1", "Gateway", "g", "n"), Wave.GROUND),
        (thing("apiextensions.k8s.io/v1", "CustomResourceDefinition", "c"), Wave.DEFINITIONS),
        (thing("v1", "Service", "s", "n", spec={"type": "LoadBalancer"}), Wave.OUTSIDE),
        (thing("networking.k8s.io/v1", "Ingress", "i", "n"), Wave.OUTSIDE),
        (thing("autoscaling/v2", "HorizontalPodAutoscaler", "h", "n"), Wave.OUTSIDE),
        (thing(HOOKS, "MutatingWebhookConfiguration", "m"), Wave.ADMISSION),
        (thing("apiregistration.k8s.io/v1", "APIService", "v1.x"), Wave.ADMISSION),
        (workload("w"), Wave.WORKLOADS),
        (workload("w", containers=CSI), Wave.STORAGE),
        (thing("v1", "PersistentVolumeClaim", "c", "n"), Wave.CLAIMS),
        (thing("v1", "PersistentVolume", "v"), Wave.CLAIMS),
        (thing(STORAGE, "StorageClass", "s"), Wave.STORAGE),
        (thing(STORAGE, "CSIDriver", "s"), Wave.STORAGE),
        (thing("v1", "Service", "s", "n"), Wave.SERVICES),
        (thing("v1", "Secret", "s", "n"), Wave.CONFIGURATION),
        (thing("networking.k8s.io/v1", "NetworkPolicy", "s", "n"), Wave.CONFIGURATION),
        (thing(RBAC, "ClusterRole", "r"), Wave.ACCESS),
        (thing(RBAC, "ClusterRole", "r", aggregationRule={"clusterRoleSelectors": []}), Wave.GATHERED_ACCESS),
        (thing("v1", "ServiceAccount", "s", "n"), Wave.ACCESS),
        (namespace("n"), Wave.NAMESPACES),
    ],
)
def test_waves(body: Body, wave: Wave) -> None:
    assert wave_of(live(body)) is wave


def test_webhooks_that_nobody_answers_go_first() -> None:
    bodies = [thing("example.com/v1", "Widget", "w", "n"), thing(HOOKS, "MutatingWebhookConfiguration", "dead")]
    lives = [live(body) for body in bodies]
    assert [[key.name for key in wave] for wave in order(lives)] == [["w"], ["dead"]]
    assert [[key.name for key in wave] for wave in order(lives, dead={lives[1].key})] == [["dead"], ["w"]]


def test_nothing_to_remove() -> None:
    assert order([]) == []


def wished(name: str) -> list[Live]:
    """A stream as it is once it was installed."""
    found = normalise(documents(name), estate="pit", set_name="ml", resources=None)
    return [Live(wish.key, wish.body, Owner.OURS) for wish in found]


@pytest.mark.slow
@pytest.mark.parametrize("name", STREAMS)
def test_real_streams_go_without_leaving_anybody_alone(name: str) -> None:
    lives = wished(name)
    waves = order(lives)
    assert sorted(key for wave in waves for key in wave) == sorted(one.key for one in lives)
    number = {key: at for at, wave in enumerate(waves) for key in wave}
    defined = {(one.body["spec"]["group"], one.body["spec"]["names"]["kind"]): one.key for one in definitions(lives)}
    workloads = [one.key for one in lives if one.key.group == "apps"]
    for one in lives:
        if (one.key.group, one.key.kind) in defined:
            assert number[one.key] < number[defined[one.key.group, one.key.kind]], "before its definition"
            assert all(number[one.key] < number[key] for key in workloads), "before whoever takes finalizers away"
        for service in backends(one):
            if service in number:
                assert number[one.key] < number[service], "before its backend's Service"
                assert all(number[one.key] < number[key] for key in workloads if key.namespace == service.namespace)
        within = Key("", "Namespace", "", one.key.namespace)
        assert number[one.key] < number.get(within, len(waves)), "before its namespace"


def definitions(lives: Iterable[Live]) -> list[Live]:
    """CRDs."""
    return [one for one in lives if one.key.kind == "CustomResourceDefinition"]


def backends(one: Live) -> list[Key]:
    """Services that the API server calls for an object."""
    configs = [webhook.get("clientConfig") or {} for webhook in one.body.get("webhooks") or ()]
    if one.key.kind == "APIService":
        configs.append(one.body["spec"])
    return [Key("", "Service", c["service"]["namespace"], c["service"]["name"]) for c in configs if c.get("service")]
