# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makers: from short wishes to Kubernetes objects, and every mistake told with its place."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.plan import PlanErrors
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.registry import MAKERS, expand

Entry = dict[str, Any]


def made(**entry: Any) -> list[Any]:
    """The objects of one entry."""
    return [body for body, _source in expand([entry])]


def refused(**entry: Any) -> str:
    """What is said about one wrong entry."""
    with pytest.raises(PlanErrors) as caught:
        expand([entry])
    return str(caught.value)


def test_a_namespace_brings_labels_quota_and_limits() -> None:
    """Expected: one Namespace with the derived labels, one ResourceQuota and one LimitRange in it."""
    objects = made(
        kind="namespace",
        name="ml",
        labels={"team": "vision"},
        pod_security={"enforce": "baseline", "warn": "restricted", "version": "v1.35"},
        quota={"pods": 50, "requests.nvidia.com/gpu": "2"},
        limits=[{"type": "Container", "default": {"memory": "1Gi"}, "default_request": {"cpu": "100m"}}],
        istio_injection=True,
    )
    assert [one["kind"] for one in objects] == ["Namespace", "ResourceQuota", "LimitRange"]
    assert objects[0]["metadata"] == {
        "name": "ml",
        "labels": {
            "team": "vision",
            "pod-security.kubernetes.io/enforce": "baseline",
            "pod-security.kubernetes.io/warn": "restricted",
            "pod-security.kubernetes.io/enforce-version": "v1.35",
            "pod-security.kubernetes.io/warn-version": "v1.35",
            "istio-injection": "enabled",
        },
    }
    assert objects[1]["spec"] == {"hard": {"pods": "50", "requests.nvidia.com/gpu": "2"}}
    assert objects[2]["spec"] == {
        "limits": [{"type": "Container", "default": {"memory": "1Gi"}, "defaultRequest": {"cpu": "100m"}}]
    }
    assert {one["metadata"].get("namespace") for one in objects} == {None, "ml"}


def test_a_bare_namespace_manages_nothing_else() -> None:
    """Cause: a name alone. Expected: no labels that others might set otherwise."""
    assert made(kind="namespace", name="ml") == [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "ml"}}]


def test_a_storage_class_says_whether_it_is_the_default() -> None:
    """Expected: the annotation is text; what is omitted is left out."""
    (one,) = made(
        kind="storage_class",
        name="kubeflow",
        provisioner="ebs.csi.aws.com",
        parameters={"type": "gp3"},
        volume_binding_mode="WaitForFirstConsumer",
        allow_expansion=True,
        default=True,
    )
    assert one == {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {
            "name": "kubeflow",
            "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
        },
        "provisioner": "ebs.csi.aws.com",
        "parameters": {"type": "gp3"},
        "volumeBindingMode": "WaitForFirstConsumer",
        "allowVolumeExpansion": True,
    }


def test_a_secret_holds_placeholders_and_no_values() -> None:
    """Expected: each form as the placeholder that is filled in later; plain text as base64."""
    (one,) = made(
        kind="secret",
        name="login",
        namespace="auth",
        type="Opaque",
        data={
            "given": {"secret": "dex"},
            "made": {"generate": {"length": 16, "alphabet": "hex"}},
            "any": {"generate": None},
            "hash": {"bcrypt": {"object": "Secret/auth/login", "key": "made"}},
            "user": {"value": "admin"},
        },
    )
    assert one["data"] == {
        "given": {"$secret": "dex"},
        "made": {"$generate": {"length": 16, "alphabet": "hex"}},
        "any": {"$generate": {}},
        "hash": {"$bcrypt": {"object": "Secret/auth/login", "key": "made"}},
        "user": base64.b64encode(b"admin").decode(),
    }


@pytest.mark.parametrize(
    ("entry", "kind", "role"),
    [
        ({"cluster_role": "view"}, "ClusterRoleBinding", {"kind": "ClusterRole", "name": "view"}),
        ({"cluster_role": "edit", "namespace": "ml"}, "RoleBinding", {"kind": "ClusterRole", "name": "edit"}),
        ({"role": "runner", "namespace": "ml"}, "RoleBinding", {"kind": "Role", "name": "runner"}),
    ],
)
def test_a_binding_holds_where_it_says(entry: Entry, kind: str, role: Entry) -> None:
    """Expected: with a namespace a RoleBinding, without one a ClusterRoleBinding; subjects in a fixed order."""
    (one,) = made(kind="role_binding", name="them", groups=["b", "a"], service_accounts=["ci/robot"], **entry)
    assert one["kind"] == kind
    assert one["roleRef"] == {"apiGroup": "rbac.authorization.k8s.io", **role}
    assert [subject["name"] for subject in one["subjects"]] == ["a", "b", "robot"]
    assert one["subjects"][2] == {"kind": "ServiceAccount", "namespace": "ci", "name": "robot"}


def test_objects_know_their_place() -> None:
    """Expected: index, kind and name of the entry that each comes from."""
    entries = [{"kind": "namespace", "name": "a"}, {"kind": "namespace", "name": "b", "quota": {"pods": "1"}}]
    assert [source for _body, source in expand(entries)] == [
        "resources[0] (namespace a)",
        "resources[1] (namespace b)",
        "resources[1] (namespace b)",
    ]


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        (
            {"kind": "namespce", "name": "x"},
            "resources[0].kind: 'namespce' is no kind of kube_resources. There are: na",
        ),
        ({"kind": "namespace"}, "resources[0] (namespace ?): missing required arguments: name"),
        ({"kind": "namespace", "name": "x", "qota": {}}, "qota: did you mean quota?"),
        ({"kind": "namespace", "name": "X"}, "name 'X' is no name of a Kubernetes object"),
        ({"kind": "namespace", "name": "a.b"}, "name 'a.b' is no name of a Kubernetes object"),
        ({"kind": "namespace", "name": "x", "labels": {"a": True}}, "labels.a: True is no text; write it in quotes"),
        ({"kind": "namespace", "name": "x", "labels": {"kubeops.io/set": "a"}}, "knows what is its own"),
        (
            {"kind": "namespace", "name": "x", "labels": {"istio-injection": "enabled"}, "istio_injection": False},
            "istio-injection is said twice",
        ),
        ({"kind": "namespace", "name": "x", "pod_security": {"enforce": "strict"}}, "privileged, baseline, restricted"),
        ({"kind": "namespace", "name": "x", "pod_security": {"version": "v1.35"}}, "says nothing"),
        (
            {"kind": "namespace", "name": "x", "limits": [{"type": "Pod", "default": {"cpu": "1"}}]},
            "limits: Pod takes no default; only containers do",
        ),
        ({"kind": "storage_class", "name": "x"}, "missing required arguments: provisioner"),
        (
            {"kind": "storage_class", "name": "x", "provisioner": "p", "parameters": {"encrypted": True}},
            "parameters.encrypted: True is no text; write it in quotes",
        ),
        ({"kind": "secret", "name": "s", "namespace": "n", "data": {"k": "plain"}}, "data.k: it is not one of secret"),
        ({"kind": "secret", "name": "s", "namespace": "n", "data": {"k": {"generat": {}}}}, "there are generate"),
        ({"kind": "role_binding", "name": "x", "groups": ["a"]}, "it needs either cluster_role or role"),
        ({"kind": "role_binding", "name": "x", "groups": ["a"], "role": "r"}, "a role holds in its namespace only"),
        ({"kind": "role_binding", "name": "x", "cluster_role": "view"}, "it names nobody"),
    ],
)
def test_a_wrong_entry_is_told_with_its_place(entry: Entry, told: str) -> None:
    """Expected: what is wrong and what there is instead, before anything is looked at."""
    assert told in refused(**entry)


def test_a_wrong_secret_is_not_repeated() -> None:
    """Cause: somebody writes a password where a reference belongs. Expected: the message does not show it."""
    assert "hunter2" not in refused(kind="secret", name="s", namespace="n", data={"k": "hunter2"})


def test_all_mistakes_are_told_at_once() -> None:
    """Expected: one error with a line for each wrong entry."""
    with pytest.raises(PlanErrors) as caught:
        expand([{"kind": "nothing"}, {"kind": "namespace", "name": "good"}, {"kind": "storage_class", "name": "x"}])
    assert len(caught.value.errors) == 2


def test_every_maker_is_described() -> None:
    """Expected: what documentation is made of is there."""
    for name, maker in MAKERS.items():
        assert maker.name == name
        assert maker.description
        assert maker.source
        assert all(option.description for option in maker.options.values())
