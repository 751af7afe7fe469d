# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where images are named, and what the same object says with other names."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from ansible_collections.kubeops.hybrid.plugins.plugin_utils.artifacts import images, registry

DIGEST = "sha256:" + "0" * 64
HUB = {"global": {"hub": "gcr.io/istio", "tag": "1.2", "proxy": {"image": "proxyv2"}, "proxy_init": {"image": "init"}}}


def there(image: str) -> str:
    """Its name in a registry."""
    return registry.target(image, "r.io/m")


@pytest.mark.parametrize(
    ("kind", "content", "named", "renamed"),
    [
        (
            "Deployment",
            {"template": {"spec": {"initContainers": [{"image": "mysql:8.0"}], "containers": [{"image": "o/a"}]}}},
            ["mysql:8.0", "o/a"],
            {"template": {"spec": {
                "initContainers": [{"image": "r.io/m/docker.io/library/mysql:8.0"}],
                "containers": [{"image": "r.io/m/docker.io/o/a"}],
            }}},
        ),
        ("ConfigMap", {"a": f"x=quay.io/o/a@{DIGEST}"}, [f"quay.io/o/a@{DIGEST}"],
         {"a": f"x=r.io/m/quay.io/o/a@{DIGEST}"}),
        ("ConfigMap", {"a": f"x=quay.io/o/a:v1@{DIGEST}\n"}, [f"quay.io/o/a:v1@{DIGEST}"],
         {"a": f"x=r.io/m/quay.io/o/a:v1@{DIGEST}\n"}),
        ("ConfigMap", {"a": '{"image" : "o/a:v1", "b": "c:d"}'}, ["o/a:v1"],
         {"a": '{"image" : "r.io/m/docker.io/o/a:v1", "b": "c:d"}'}),
        ("ConfigMap", {"a": "image: ghcr.io/o/a:v1\nother: ghcr.io/o/b:v2\n"}, ["ghcr.io/o/a:v1", "ghcr.io/o/b:v2"],
         {"a": "image: r.io/m/ghcr.io/o/a:v1\nother: r.io/m/ghcr.io/o/b:v2\n"}),
        ("ConfigMap", {"TENSORBOARD_IMAGE": "tf/tf:2"}, ["tf/tf:2"], {"TENSORBOARD_IMAGE": "r.io/m/docker.io/tf/tf:2"}),
        ("ConfigMap", {"cacheImage": "ghcr.io/o/a"}, ["ghcr.io/o/a"], {"cacheImage": "r.io/m/ghcr.io/o/a"}),
        ("Any", {"image": "localhost:5000/a:v1"}, ["localhost:5000/a:v1"], {"image": "r.io/m/localhost:5000/a:v1"}),
        ("Any", {"args": ["--b=quay.io/o/a:v1", "--c"]}, ["quay.io/o/a:v1"],
         {"args": ["--b=r.io/m/quay.io/o/a:v1", "--c"]}),
        ("ClusterPolicy", {"dcgm": {"repository": "nvcr.io/n/c", "image": "dcgm", "version": "1-u"}},
         ["nvcr.io/n/c/dcgm:1-u"], {"dcgm": {"repository": "r.io/m/nvcr.io/n/c", "image": "dcgm", "version": "1-u"}}),
        ("ClusterPolicy", {"dcgm": {"repository": "nvcr.io/n", "image": "dcgm", "version": DIGEST}},
         [f"nvcr.io/n/dcgm@{DIGEST}"],
         {"dcgm": {"repository": "r.io/m/nvcr.io/n", "image": "dcgm", "version": DIGEST}}),
        ("Any", {"i": {"registry": "quay.io", "repository": "o/a", "tag": "v1"}}, ["quay.io/o/a:v1"],
         {"i": {"registry": "r.io/m/quay.io", "repository": "o/a", "tag": "v1"}}),
        ("Any", {"i": {"repository": "quay.io/o/a", "tag": "v1"}}, ["quay.io/o/a:v1"],
         {"i": {"repository": "r.io/m/quay.io/o/a", "tag": "v1"}}),
        ("ConfigMap", {"values": json.dumps(HUB)}, ["gcr.io/istio/proxyv2:1.2", "gcr.io/istio/init:1.2"],
         {"values": json.dumps(HUB).replace("gcr.io/istio", "r.io/m/gcr.io/istio")}),
        ("Any", {"image": "r.io/m/quay.io/o/a:v1"}, ["r.io/m/quay.io/o/a:v1"], {"image": "r.io/m/quay.io/o/a:v1"}),
    ],
)  # fmt: skip
def test_an_image_is_found_and_renamed_in_place(kind: str, content: Any, named: list[str], renamed: Any) -> None:
    body = {"apiVersion": "v1", "kind": kind, "metadata": {"name": "x"}, "spec": copy.deepcopy(content)}
    assert [one.image for one in images.visit(copy.deepcopy(body))] == named
    images.visit(body, there)
    assert body["spec"] == renamed
    once = copy.deepcopy(body)
    images.visit(body, there)
    assert body == once


@pytest.mark.parametrize(
    "text",
    [
        "https://quay.io/o/a:v1", "a.b.svc.cluster.local:80", "http://dex.auth.svc.cluster.local:5556/dex",
        "cluster.local/ns/a/sa/b", "/etc/x/y.yaml:3", "10.0.0.0/8", "{{ .Values.image }}:v1",
        "system:serviceaccount:a:b", "key: value",
    ],
)  # fmt: skip
def test_what_looks_like_an_image_and_is_none_stays(text: str) -> None:
    body: dict[str, Any] = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "data": {"a": text}}
    before = copy.deepcopy(body)
    assert images.visit(body, there) == []
    assert body == before


def test_container_images_are_told_from_others() -> None:
    spec = {"containers": [{"image": "quay.io/o/a:v1", "args": ["quay.io/o/b:v1"]}]}
    for kind, containers in (("Pod", [True, False]), ("ClusterServingRuntime", [False, False])):
        body = {"apiVersion": "v1", "kind": kind, "metadata": {"name": "x"}, "spec": copy.deepcopy(spec)}
        assert [one.container for one in images.visit(body)] == containers


def test_no_two_images_meet_in_a_registry() -> None:
    names = ["mysql:8", "docker.io/mysql:8", "quay.io/mysql:8", "docker.io/library/mysql:8", "o/mysql:8"]
    targets = {registry.target(name, "r.io") for name in names}
    assert registry.target("mysql:8", "r.io/") == "r.io/docker.io/library/mysql:8"
    assert len(targets) == 4
