# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects that tests put into a twin's cluster, and how they look for what becomes of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twin.kube_api import KubeApi, KubeApiError
from twin.processes import wait_until

DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


def definition(
    group: str, kind: str, *, plural: str = "", version: str = "v1", scope: str = "Namespaced"
) -> dict[str, Any]:
    """A CustomResourceDefinition that takes any spec and status."""
    open_object = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    shape = {"type": "object", "properties": {"spec": open_object, "status": open_object}}
    served = {
        "name": version, "served": True, "storage": True,
        "schema": {"openAPIV3Schema": shape}, "subresources": {"status": {}},
    }  # fmt: skip
    plural = plural or f"{kind.lower()}s"
    names = {"plural": plural, "singular": kind.lower(), "kind": kind}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {"group": group, "scope": scope, "names": names, "versions": [served]},
    }


def workload(kind: str, name: str, namespace: str, *, container: Any = None, **spec: Any) -> dict[str, Any]:
    """A Deployment or StatefulSet of one pod, whose spec is `spec` besides its one container."""
    labels = {"app": name}
    pod = {"containers": [{"name": "c", "image": "example.org/none", **(container or {})}], **spec}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": pod}},
    }


def seen[T](look: Callable[[], T | None], what: str) -> T:
    """What `look` finds at last."""
    return wait_until(look, seconds=60, interval=0.1, what=what)


def found(api: KubeApi, path: str) -> dict[str, Any] | None:
    """The object at a path, None while there is none."""
    try:
        thing: dict[str, Any] = api.request("GET", path)
    except KubeApiError as error:
        # 429: a new kind's storage comes into being.
        if error.status not in (404, 429):
            raise
        return None
    return thing
