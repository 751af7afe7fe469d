# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One control plane with nodes and volumes, for streams of the mirror; and what shows that they work."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.contract.upstream_stream import Object
from twin.build import build
from twin.contract import NodeSpec
from twin.host import LocalClusterHost
from twin.kube_api import KubeApi

NAME = "us-east-2-demo"
SCALE = 300.0
ADMISSION = "/apis/admissionregistration.k8s.io/v1"
_CAPACITY = {"cpu": "64", "memory": "256Gi", "pods": "110", "nvidia.com/gpu": "8"}


@contextmanager
def running(directory: Path, *, volumes: int = 0, scale: float = SCALE) -> Iterator[LocalClusterHost]:
    """A host with one control plane named NAME, ten nodes, and volumes that any claim without class is bound to."""
    host = LocalClusterHost(directory, programs=build, scale=scale)
    try:
        host.start(NAME, "1.35", "https://oidc.example.org/id/0")
        nodes = [
            NodeSpec(f"node-{n}", f"aws:///us-east-2a/i-{n:017x}", "us-east-2a", "m5.4xlarge", capacity=_CAPACITY)
            for n in range(10)
        ]
        host.set_nodes(NAME, nodes)
        host.settle(NAME)
        for index in range(volumes):
            api_of(host).apply(f"/api/v1/persistentvolumes/volume-{index}", _volume(f"volume-{index}"))
        yield host
    finally:
        host.stop_all()


def api_of(host: LocalClusterHost) -> KubeApi:
    """The API with the administrator's rights."""
    files = host.admin_kubeconfig(NAME).parent / "pki"
    url = host.ready(NAME)
    assert url is not None
    return KubeApi(url.url, ca=files / "ca.crt", certificate=files / "admin.crt", key=files / "admin.key")


def condition(thing: Object, kind: str) -> str:
    """The status of a condition, "" without it."""
    found = (thing.get("status") or {}).get("conditions") or []
    return next((entry["status"] for entry in found if entry["type"] == kind), "")


def without(api: KubeApi, path: str, kind: str) -> list[str]:
    """The names of those objects of a collection that have not this condition True."""
    return [
        thing["metadata"]["name"] for thing in api.request("GET", path)["items"] if condition(thing, kind) != "True"
    ]


def configurations(api: KubeApi) -> list[Object]:
    """All webhook configurations."""
    return [
        thing
        for sort in ("mutating", "validating")
        for thing in api.request("GET", f"{ADMISSION}/{sort}webhookconfigurations")["items"]
    ]


def without_bundle(api: KubeApi) -> list[str]:
    """The names of webhook configurations that lack a certificate authority."""
    return [
        thing["metadata"]["name"]
        for thing in configurations(api)
        if not all(is_certificate(webhook["clientConfig"].get("caBundle", "")) for webhook in thing["webhooks"])
    ]


def is_certificate(bundle: str) -> bool:
    """Whether base64 holds a certificate in PEM."""
    return base64.b64decode(bundle).startswith(b"-----BEGIN CERTIFICATE-----")


def _volume(name: str) -> Object:
    return {
        "apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name},
        "spec": {
            "capacity": {"storage": "100Gi"}, "accessModes": ["ReadWriteOnce"], "hostPath": {"path": "/data"},
            "persistentVolumeReclaimPolicy": "Retain",
        },
    }  # fmt: skip
