# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Streams as wishes: what is sent of them, under which name, and what is refused with its place."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.kube_discovery import Resource, Resources
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import Unavailable
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.plan import PlanErrors
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.normal import normalise
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.objects import Manifest
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.yaml_stream import load_documents
from tests.unit.kubernetes.samples import Body, thing
from tests.unit.kubernetes.streams import STREAMS, documents

RESOURCES = Resources(
    [
        Resource("", "v1", "ConfigMap", "configmaps", True),
        Resource("", "v1", "Secret", "secrets", True),
        Resource("", "v1", "Namespace", "namespaces", False),
        Resource("apps", "v1", "Deployment", "deployments", True),
        Resource("batch", "v1", "CronJob", "cronjobs", True),
        Resource("example.com", "v1", "Widget", "widgets", True),
        Resource("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", False),
    ],
    stale={"metrics.k8s.io"},
)


def normal(bodies: Iterable[Any], resources: Resources | None = None) -> list[Manifest]:
    """As the wishes of one set. Each comes with where it was read."""
    pairs = [(body, f"a.yaml, document {number}") for number, body in enumerate(bodies, 1)]
    return normalise(pairs, estate="pit", set_name="ml", resources=resources)


def one(body: Body) -> Any:
    """The only wish's body."""
    (found,) = normal([body])
    return found.body


def refused(bodies: Iterable[Any], resources: Resources | None = RESOURCES) -> list[str]:
    """What is told."""
    with pytest.raises(PlanErrors) as raised:
        normal(bodies, resources)
    return [str(error) for error in raised.value.errors]


def definition(kind: str = "Widget", group: str = "example.com", scope: str = "Namespaced") -> Body:
    """A CRD."""
    plural = f"{kind.lower()}s"
    return thing(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        f"{plural}.{group}",
        spec={
            "group": group,
            "scope": scope,
            "names": {"kind": kind, "plural": plural},
            "versions": [{"name": "v1", "served": True}, {"name": "v0", "served": False}],
        },
    )


def test_what_servers_write_is_not_sent_and_labels_prove_whose_it_is() -> None:
    body = thing("v1", "ConfigMap", "c", "n", data={"a": "b"}, status={"x": 1})
    body["metadata"] |= {
        "uid": "u",
        "resourceVersion": "1",
        "creationTimestamp": None,
        "managedFields": [],
        "labels": None,
    }
    body["metadata"]["annotations"] = {"kubectl.kubernetes.io/last-applied-configuration": "{}"}
    before = copy.deepcopy(body)
    labels = {"kubeops.io/estate": "pit", "kubeops.io/set": "ml"}
    assert one(body) == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "c", "namespace": "n", "labels": labels},
        "data": {"a": "b"},
    }
    assert body == before, "the stream itself was changed"


def test_scopes() -> None:
    bodies = [
        thing("v1", "Namespace", "n", "ignored"),
        thing("v1", "ConfigMap", "c"),
        definition("Cell", "example.org", "Cluster"),
        thing("example.org/v1", "Cell", "c", "ignored"),
        thing("example.com/v1", "Widget", "w"),
    ]
    found = [wish.key.place for wish in normal(bodies, RESOURCES)]
    assert found == ["n", "default/c", "cells.example.org", "c", "default/w"]
    assert "namespace" not in normal(bodies, RESOURCES)[0].body["metadata"]
    assert normal(bodies, RESOURCES)[1].body["metadata"]["namespace"] == "default"


def test_a_cluster_to_come_has_kubernetes_own_kinds_and_those_of_the_stream() -> None:
    (role,) = normal([thing("rbac.authorization.k8s.io/v1", "ClusterRole", "r", "n")])
    assert role.key.namespace == ""
    (message,) = refused([thing("example.com/v1", "Widget", "w")], None)
    assert "nothing brings Widget of example.com" in message
    widget, _crd = normal([thing("example.com/v1", "Widget", "w"), definition()])
    assert widget.key.place == "default/w"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (thing("apps/v1", "Deploymnt", "d"), "Is it Deployment of apps?"),
        (thing("extensions/v1beta1", "Deployment", "d"), "Is it Deployment of apps?"),
        (thing("apps/v1beta2", "Deployment", "d"), "serves Deployment of apps as v1, not as v1beta2"),
        (thing("example.net/v1", "Gadget", "d"), "Add the CRD"),
        (thing("metrics.k8s.io/v1", "NodeMetrics", "d"), "does not answer"),
        (thing("v1", "ConfigMap", "Upper"), "'Upper' has a name that Kubernetes does not take"),
        (thing("v1", "Namespace", "a.b"), "does not take"),
        ({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": 7}}, "is 7, which is no text"),
        (thing("v1", "ConfigMap", "c", "No"), "'No' is no name of a namespace"),
        (
            thing("v1", "ConfigMap", "c", metadata={"labels": {"a": True}}),
            "metadata.labels.a is no text",
        ),
        (thing("v1", "ConfigMap", "c", metadata={"annotations": ["a"]}), "metadata.annotations is no mapping"),
        (thing("v1", "Secret", "s", stringData={"a": 1}), "stringData.a is no text"),
        (thing("v1", "Secret", "s", data=[1]), "Secret default/s: data is no mapping"),
        (thing("v1", "ConfigMap", "c", "n", data={"a": 1}), "ConfigMap n/c: data.a is no text"),
        ({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"generateName": "c-"}}, "give it a name"),
        ({"kind": "ConfigMap", "metadata": {"name": "c"}}, "has no apiVersion"),
        ({"apiVersion": "v1", "kind": "ConfigMap"}, "has no metadata.name"),
        ("text", "is no object"),
        (thing("v1", "ConfigMap", "c", data={"a": "x" * 1_048_577}), "1048577 bytes, and 1048576 are the limit"),
        (thing("v1", "Secret", "s", data={"a": "eHh4" * 350_000}), "1050000 bytes, and 1048576 are the limit"),
        (thing("example.com/v1", "Widget", "w", spec={"a": "x" * 1_572_864}), "are the limit of etcd"),
    ],
)
def test_what_is_refused_before_anything_is_asked(body: Any, told: str) -> None:
    (message,) = refused([body])
    assert told in message
    assert message.startswith("a.yaml, document 1: ")


def test_a_value_of_a_secret_that_is_wrong_is_not_told() -> None:
    (message,) = refused([thing("v1", "Secret", "s", stringData={"a": 12345678})])
    assert "12345678" not in message


def test_an_api_that_another_service_serves_is_known_by_its_apiservice() -> None:
    service = thing(
        "apiregistration.k8s.io/v1", "APIService", "v1.own.io", spec={"group": "own.io", "service": {"name": "s"}}
    )
    assert [wish.key.place for wish in normal([service, thing("own.io/v1", "Thing", "t", "n")])] == ["v1.own.io", "n/t"]


def test_a_stale_api_is_an_outage() -> None:
    with pytest.raises(PlanErrors) as raised:
        normal([thing("metrics.k8s.io/v1", "NodeMetrics", "n")], RESOURCES)
    assert isinstance(raised.value.errors[0], Unavailable)


def test_everything_that_is_wrong_is_told_at_once_with_both_places_of_a_double() -> None:
    body = thing("v1", "ConfigMap", "c", "n")
    told = refused([body, thing("v1", "ConfigMap", "B"), body, thing("apps/v1", "Deploymnt", "d")])
    assert len(told) == 3
    assert "ConfigMap/n/c is wished twice: a.yaml, document 1 and a.yaml, document 3" in told[1]


def test_a_version_that_the_streams_crd_does_not_serve() -> None:
    (message,) = refused([definition(), thing("example.com/v0", "Widget", "w")], RESOURCES)
    assert "serves Widget of example.com as v1, not as v0" in message


def test_lists_are_taken_apart() -> None:
    items = [thing("v1", "ConfigMap", "a"), thing("v1", "ConfigMap", "b")]
    found = normal([{"apiVersion": "v1", "kind": "List", "items": items}])
    assert [(wish.key.name, wish.source) for wish in found] == [
        ("a", "a.yaml, document 1, items[0]"),
        ("b", "a.yaml, document 1, items[1]"),
    ]


def test_documents_bring_their_place() -> None:
    text = "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\n"
    (wish,) = normalise(load_documents(text, "b.yaml"), estate="pit", set_name="ml", resources=None)
    assert wish.source == "b.yaml, document 1, line 2"


@pytest.mark.slow
@pytest.mark.parametrize("name", STREAMS)
def test_real_streams(name: str) -> None:
    """Into a cluster to come, with the CRDs that other streams bring."""
    found = normalise(documents(name), estate="pit", set_name="ml", resources=None)
    assert len(found) == len({wish.key for wish in found})
    assert all(wish.body["metadata"]["labels"]["kubeops.io/set"] == "ml" for wish in found)
    assert not any("caBundle" in config for wish in found for config in client_configs(wish.body))
    assert not any(wish.body.get("aggregationRule") and "rules" in wish.body for wish in found)
    assert not any("status" in wish.body or "stringData" in wish.body for wish in found)


def client_configs(body: Body | Any) -> list[Body]:
    """Of a webhook configuration."""
    return [webhook["clientConfig"] for webhook in body.get("webhooks") or ()]
