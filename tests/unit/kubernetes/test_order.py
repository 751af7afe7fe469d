# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who must be ready before whom: each reason alone, and circles."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes import order
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.objects import (
    Key,
)
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.webhooks import INJECTED
from tests.unit.kubernetes.samples import (
    configuration,
    definition,
    hook,
    key,
    manifest,
    namespace,
    service,
    thing,
    workload,
)

type Body = dict[str, Any]
CERTIFICATE = thing(
    "cert-manager.io/v1", "Certificate", "cert", "app", spec={"secretName": "tls", "issuerRef": {"name": "self"}}
)
ISSUER = thing("cert-manager.io/v1", "Issuer", "self", "app")
RBAC = "rbac.authorization.k8s.io"
ROLE = thing(f"{RBAC}/v1", "Role", "r", "app")
BINDING = thing(
    f"{RBAC}/v1",
    "RoleBinding",
    "b",
    "app",
    roleRef={"kind": "Role", "name": "r"},
    subjects=[{"kind": "ServiceAccount", "name": "sa"}],
)
ACCOUNT = thing("v1", "ServiceAccount", "sa", "app")
MESH = {"namespaceSelector": {"matchLabels": {"mesh": "on"}}}


def edges(*bodies: Body, live: tuple[Body, ...] = (), told: list[str] | None = None) -> dict[Key, set[Key]]:
    """The needs of these objects."""
    notes: list[str] = [] if told is None else told
    return order.needs([manifest(body) for body in bodies], live, tell=notes.append)


def after(first: Body, then: Body, *others: Body, live: tuple[Body, ...] = ()) -> bool:
    """Whether one of them, directly or through others, waits for the other."""
    found = edges(first, then, *others, live=live)
    left: list[Key] = [key(then)]
    seen: set[Key] = set()
    while left:
        for need in found[left.pop()] - seen:
            seen.add(need)
            left.append(need)
    return key(first) in seen


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (namespace("app"), thing("v1", "ConfigMap", "c", "app")),
        (thing("kubeflow.org/v1", "Profile", "team"), thing("v1", "ConfigMap", "c", "team")),
        (definition("Shop"), thing("example.com/v1", "Shop", "s", "app")),
        (thing("v1", "ConfigMap", "c", "app"), workload("w", volumes=[{"name": "v", "configMap": {"name": "c"}}])),
        (thing("v1", "Secret", "c", "app"), workload("w", volumes=[{"name": "v", "secret": {"secretName": "c"}}])),
        (
            thing("v1", "Secret", "c", "app"),
            workload("w", volumes=[{"name": "v", "projected": {"sources": [{"secret": {"name": "c"}}]}}]),
        ),
        (
            thing("v1", "PersistentVolumeClaim", "p", "app"),
            workload("w", volumes=[{"name": "v", "persistentVolumeClaim": {"claimName": "p"}}]),
        ),
        (
            thing("v1", "ConfigMap", "c", "app"),
            workload("w", containers=[{"name": "m", "envFrom": [{"configMapRef": {"name": "c"}}]}]),
        ),
        (
            thing("v1", "Secret", "c", "app"),
            workload("w", initContainers=[{"env": [{"valueFrom": {"secretKeyRef": {"name": "c"}}}]}]),
        ),
        (CERTIFICATE, workload("w", volumes=[{"name": "v", "secret": {"secretName": "tls"}}])),
        (ISSUER, CERTIFICATE),
        (ROLE, BINDING),
        (ACCOUNT, workload("w", serviceAccountName="sa")),
        (BINDING, workload("w", serviceAccountName="sa")),
        (thing("v1", "ResourceQuota", "q", "app"), workload("w")),
        (thing("networking.k8s.io/v1", "NetworkPolicy", "n", "app"), workload("w")),
        (thing("scheduling.k8s.io/v1", "PriorityClass", "high"), workload("w", priorityClassName="high")),
        (thing("storage.k8s.io/v1", "StorageClass", "gp3"), thing("v1", "PersistentVolumeClaim", "p", "app",
                                                                  spec={"storageClassName": "gp3"})),
        (service("w"), workload("w")),
    ],
    ids=lambda body: body["kind"],
)  # fmt: skip
def test_the_first_is_there_before_the_second(first: Body, then: Body) -> None:
    assert after(first, then)
    assert not after(then, first)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (thing("v1", "ConfigMap", "c", "app"), workload("w")),
        (thing("v1", "Secret", "c", "other"), workload("w", volumes=[{"secret": {"secretName": "c"}}])),
        (service("other"), workload("w")),
        (thing("v1", "ResourceQuota", "q", "other"), workload("w")),
        (workload("w"), thing("autoscaling/v2", "HorizontalPodAutoscaler", "h", "app")),
    ],
    ids=lambda body: body["kind"],
)
def test_what_has_no_reason_to_wait_goes_at_once(one: Body, other: Body) -> None:
    assert not after(one, other)
    assert not after(other, one)


def controller(name: str, group: str, *resources: str, verb: str = "update") -> tuple[Body, ...]:
    """A workload with rights of its own."""
    rules = [
        {"apiGroups": [group], "resources": list(resources), "verbs": [verb]},
        {"apiGroups": ["cert-manager.io"], "resources": ["certificates"], "verbs": ["watch"]},
    ]
    subject = {"kind": "ServiceAccount", "namespace": "app", "name": name}
    binding = thing(
        f"{RBAC}/v1", "ClusterRoleBinding", name, roleRef={"kind": "ClusterRole", "name": name}, subjects=[subject]
    )
    return workload(name, serviceAccountName=name), thing(f"{RBAC}/v1", "ClusterRole", name, rules=rules), binding


def test_controllers_come_after_the_definitions_of_what_they_watch() -> None:
    deployment, *rights = controller("shops", "example.com", "shops", verb="watch")
    assert after(definition("Shop"), deployment, *rights)
    assert not after(definition("Shop", "other.com"), deployment, *rights)


def test_who_issues_and_injects_comes_before_what_it_is_to_work_on() -> None:
    issuer, *rights = controller("issuer", "cert-manager.io", "certificates/status")
    assert after(issuer, CERTIFICATE, *rights)
    injector, *rights = controller("injector", "admissionregistration.k8s.io", "validatingwebhookconfigurations")
    injected = configuration("c", [hook("h", "w")], annotations={INJECTED[0]: "app/cert"})
    assert after(injector, injected, *rights)
    assert not after(injector, configuration("c", [hook("h", "w")]), *rights)


def test_who_only_makes_others_ready_is_no_matter_to_who_does_not_wait_for_that() -> None:
    issuer, *rights = controller("issuer", "cert-manager.io", "certificates/status")
    manifests = [manifest(body) for body in (issuer, CERTIFICATE, *rights)]
    assert key(issuer) in order.needs(manifests)[key(CERTIFICATE)]
    assert key(issuer) not in order.needs(manifests, hints=False)[key(CERTIFICATE)]


def test_a_backend_comes_before_a_configuration_that_others_fill() -> None:
    given = configuration("c", [hook("h", "w", ("example.com", "shops"), clientConfig={"caBundle": "UEVN"})])
    injected = configuration("c", [hook("h", "w", ("example.com", "shops"))], annotations={INJECTED[0]: "app/cert"})
    assert after(workload("w"), given, service("w"))
    assert after(workload("w"), injected, service("w"))
    assert after(CERTIFICATE, injected)


def test_a_component_that_fills_its_own_configuration_does_not_wait_for_it_nor_the_other_way() -> None:
    own = configuration("c", [hook("h", "w", ("example.com", "shops"))])
    assert not after(workload("w"), own, service("w"))
    assert not after(own, workload("w"), service("w"))


def test_what_a_webhook_guards_waits_for_it_and_for_its_backend() -> None:
    own = configuration("c", [hook("h", "w", ("example.com", "shops"))])
    shop = thing("example.com/v1", "Shop", "s", "app")
    assert after(own, shop, service("w"), workload("w"))
    assert after(workload("w"), shop, service("w"), own)
    ignored = configuration("c", [hook("h", "w", ("example.com", "shops"), failurePolicy="Ignore")])
    assert not after(ignored, shop, service("w"), workload("w"))


def test_pods_wait_for_the_webhook_that_changes_them_and_for_the_node_s_network() -> None:
    injector = configuration("c", [hook("h", "w", ("", "pods"), namespace="mesh", **MESH)], mutating=True)
    agent = workload(
        "cni", "kube-system", kind="DaemonSet", volumes=[{"name": "bin", "hostPath": {"path": "/opt/cni/bin"}}]
    )
    others = (service("w", "mesh"), workload("w", "mesh"), namespace("app", mesh="on"), namespace("mesh"))
    web = workload("web")
    for first in (injector, others[1], agent):
        assert after(first, web, *[body for body in (injector, agent, *others) if body is not first])
    assert not after(injector, workload("web", "plain"), *others)


def test_rules_that_a_controller_fills_in_are_taken_from_the_live_configuration() -> None:
    empty = configuration("c", [hook("h", "w")])
    live = configuration("c", [hook("h", "w", ("example.com", "shops"))])
    shop = thing("example.com/v1", "Shop", "s", "app")
    assert not after(empty, shop)
    assert after(empty, shop, live=(live,))


def test_a_live_webhook_of_a_backend_that_comes_is_waited_for() -> None:
    live = configuration("c", [hook("h", "w", ("example.com", "shops"))])
    assert after(workload("w"), thing("example.com/v1", "Shop", "s", "app"), service("w"), live=(live,))


def test_a_cluster_wide_webhook_is_last_and_its_friends_follow_it() -> None:
    wide = configuration("c", [hook("p", "w", ("", "pods"), namespace="q"), hook("f", "w", ("q.com", "queues"))])
    backend, friend, other = workload("w", "q"), thing("q.com/v1", "Queue", "x"), workload("web")
    rest = (service("w", "q"), backend, friend, other)
    assert after(other, wide, *rest[:-1])
    assert after(wide, friend, *(one for one in rest if one is not friend))
    # It gets ready only by finding its configuration, so it comes as late.
    assert after(other, backend, wide, service("w", "q"), friend)
    assert not after(wide, other, *rest[:-1])


def test_another_version_than_the_stored_one_needs_who_converts_it() -> None:
    conversion = {
        "strategy": "Webhook",
        "webhook": {"clientConfig": {"service": {"namespace": "app", "name": "w"}}},
    }
    versions = [{"name": "v1", "served": True, "storage": True}, {"name": "v1beta1", "served": True}]
    crd = definition("Shop", conversion=conversion, versions=versions)
    assert after(workload("w"), thing("example.com/v1beta1", "Shop", "s", "app"), crd, service("w"))
    assert not after(workload("w"), thing("example.com/v1", "Shop", "s", "app"), crd, service("w"))


def test_an_aggregated_api_comes_after_its_backend() -> None:
    api = thing("apiregistration.k8s.io/v1", "APIService", "a", spec={"service": {"namespace": "app", "name": "w"}})
    assert after(workload("w"), api, service("w"))


def test_a_circle_is_opened_at_its_weakest_need_and_told() -> None:
    guarded = configuration(
        "c", [hook("h", "w", ("apps", "deployments"), clientConfig={"caBundle": "UEVN"},
                   objectSelector={"matchLabels": {"guarded": "yes"}})]
    )  # fmt: skip
    backend = workload("w")
    backend["metadata"]["labels"] = {"guarded": "yes"}
    told: list[str] = []
    found = edges(guarded, backend, service("w"), told=told)
    assert key(backend) in found[key(guarded)]
    assert key(guarded) not in found[key(backend)]
    assert "does not wait for ValidatingWebhookConfiguration" in told[0]
