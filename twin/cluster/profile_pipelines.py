# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kubeflow Pipelines' profile controller: what a namespace labelled for pipelines gets, by way of the metacontroller.

Releases since Kubeflow 26.03 give each namespace keys of its own to the object store, older ones a copy of the common
Secret. Not played: making those keys known to the store, life cycle rules, the proxy of artifacts beyond its objects,
the DestinationRule and AuthorizationPolicy of Kubeflow 1.8 and before.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from twin.cluster.cluster import DEPLOYMENTS
from twin.cluster.controller import Controller, Item
from twin.cluster.objects import Object, is_deleted, key_of, labels

NAMESPACES = "/api/v1/namespaces"
STATEFUL_SETS = "/apis/apps/v1/statefulsets"
DEPLOYMENT = ("kubeflow", "kubeflow-pipelines-profile-controller")
METACONTROLLER = ("kubeflow", "metacontroller")
_LABEL = "pipelines.kubeflow.org/enabled"
_MANAGER = "metacontroller"
_SECRET = "mlpipeline-minio-artifact"
_ARTIFACTS = "ml-pipeline-ui-artifact"


class ProfilePipelines(Controller):
    """Works while its Deployment is available and the metacontroller, which calls it, is ready."""

    watches: ClassVar[Sequence[str]] = (NAMESPACES, DEPLOYMENTS, STATEFUL_SETS)

    def related(self, path: str, thing: Object) -> Sequence[Item] | None:
        """Its two programs lead to all namespaces."""
        if path == NAMESPACES:
            return None
        if key_of(thing) not in (DEPLOYMENT, METACONTROLLER):
            return []
        return [Item(NAMESPACES, *key_of(space)) for space in self.cluster.informer(NAMESPACES).all()]

    def reconcile(self, path: str, thing: Object) -> float | None:
        """Make the namespace's objects. They end with it; without the label nothing is made any more."""
        if labels(thing).get(_LABEL) != "true" or is_deleted(thing) or not self._works():
            return None
        if (left := self.left("profile", thing["metadata"]["uid"])) > 0:
            return left
        for at, wish in self._objects(thing):
            self.api.apply(at, {**wish, "metadata": {**wish["metadata"], **_owned(thing)}}, manager=_MANAGER)
        return None

    def _works(self) -> bool:
        meta = self.cluster.known(STATEFUL_SETS, *METACONTROLLER)
        ready = meta is not None and ((meta.get("status") or {}).get("readyReplicas") or 0) > 0
        return ready and self.cluster.available(*DEPLOYMENT)

    def _objects(self, namespace: Object) -> list[tuple[str, dict[str, Any]]]:
        space = namespace["metadata"]["name"]
        settings = self._settings()
        core = f"{NAMESPACES}/{space}"
        grpc = {"METADATA_GRPC_SERVICE_HOST": "metadata-grpc-service.kubeflow", "METADATA_GRPC_SERVICE_PORT": "8080"}
        made = [
            (f"{core}/configmaps", {**_object("v1", "ConfigMap", "metadata-grpc-configmap", space), "data": grpc}),
            (f"{core}/secrets", {**_object("v1", "Secret", _SECRET, space), "data": self._keys(space)}),
        ]
        if settings.get("defaultPipelineRoot"):
            root = {"defaultPipelineRoot": settings["defaultPipelineRoot"]}
            made.append((f"{core}/configmaps", {**_object("v1", "ConfigMap", "kfp-launcher", space), "data": root}))
        if settings.get("ARTIFACTS_PROXY_ENABLED", "true") == "true":
            made.append((f"/apis/apps/v1/namespaces/{space}/deployments", _proxy(space, settings)))
            made.append((f"{core}/services", _proxy_service(space)))
        return [(f"{at}/{wish['metadata']['name']}", wish) for at, wish in made]

    def _settings(self) -> Mapping[str, str]:
        found = self.api.found(f"{NAMESPACES}/kubeflow/configmaps/pipeline-install-config")
        return (found or {}).get("data") or {}

    def _keys(self, space: str) -> Mapping[str, str]:
        """The keys that the namespace has already, else new ones or a copy."""
        known = self.api.found(f"{NAMESPACES}/{space}/secrets/{_SECRET}")
        if known is not None:
            return known.get("data") or {}
        if self._has_own_keys():
            pair = {"accesskey": secrets.token_hex(10), "secretkey": secrets.token_hex(20)}
            return {name: base64.b64encode(value.encode()).decode() for name, value in pair.items()}
        common = self.api.found(f"{NAMESPACES}/kubeflow/secrets/{_SECRET}")
        return (common or {}).get("data") or {}

    def _has_own_keys(self) -> bool:
        deployment = self.cluster.known(DEPLOYMENTS, *DEPLOYMENT) or {}
        containers = deployment["spec"]["template"]["spec"]["containers"]
        return any(one["name"] == "OBJECT_STORE_HOST" for container in containers for one in container.get("env") or [])


def _object(version: str, kind: str, name: str, namespace: str) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": namespace}}


def _owned(namespace: Object) -> dict[str, Any]:
    metadata = namespace["metadata"]
    owner = {"apiVersion": "v1", "kind": "Namespace", "name": metadata["name"], "uid": metadata["uid"]}
    return {"ownerReferences": [{**owner, "controller": True, "blockOwnerDeletion": True}]}


def _proxy(space: str, settings: Mapping[str, str]) -> dict[str, Any]:
    selected = {"app": _ARTIFACTS}
    references = [
        {"name": variable, "valueFrom": {"secretKeyRef": {"name": _SECRET, "key": key}}}
        for variable, key in (("MINIO_ACCESS_KEY", "accesskey"), ("MINIO_SECRET_KEY", "secretkey"))
    ]
    container = {
        "name": _ARTIFACTS,
        "image": f"ghcr.io/kubeflow/kfp-frontend:{settings.get('appVersion', 'latest')}",
        "ports": [{"containerPort": 3000}],
        "env": references,
        "resources": {
            "requests": {"cpu": "10m", "memory": "70Mi"},
            "limits": {"cpu": "100m", "memory": "500Mi"},
        },
    }
    template = {
        "metadata": {"labels": selected},
        "spec": {"serviceAccountName": "default-editor", "containers": [container]},
    }
    return {
        **_object("apps/v1", "Deployment", _ARTIFACTS, space),
        "spec": {"selector": {"matchLabels": selected}, "template": template},
    }


def _proxy_service(space: str) -> dict[str, Any]:
    port = {"name": "http", "port": 80, "protocol": "TCP", "targetPort": 3000}
    return {
        **_object("v1", "Service", _ARTIFACTS, space),
        "spec": {"ports": [port], "selector": {"app": _ARTIFACTS}},
    }
