# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster in memory behind the port: objects, what is refused, and controllers that take a few looks to act."""

from __future__ import annotations

import copy
import itertools
import threading
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.kube import Row
from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.kube_discovery import Resource, Resources
from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.kube_errors import (
    Heals,
    MissingNamespace,
    UnknownKind,
)
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import Conflict, EstateError, NotFound
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.objects import Key, key_of
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.webhooks import plural_of, selects

type Body = dict[str, Any]
_BUILT_IN = [
    ("", "v1", "ConfigMap Secret Service Pod Event PersistentVolumeClaim ServiceAccount", True),
    ("", "v1", "Namespace", False),
    ("apps", "v1", "Deployment StatefulSet DaemonSet", True),
    ("batch", "v1", "Job", True),
    ("rbac.authorization.k8s.io", "v1", "ClusterRole ClusterRoleBinding", False),
    ("storage.k8s.io", "v1", "StorageClass", False),
    ("apiextensions.k8s.io", "v1", "CustomResourceDefinition", False),
    ("apiregistration.k8s.io", "v1", "APIService", False),
    ("admissionregistration.k8s.io", "v1", "MutatingWebhookConfiguration ValidatingWebhookConfiguration", False),
]


class MemoryCluster:
    """Implements the port. late: how many looks a workload takes to be available, by its name.

    away: groups whose server does not answer. hidden: those of which discovery does not tell anything either.
    refusals: errors for the next writes of an address, first to last. log: addresses as they were written or deleted,
    the latter with a minus sign.
    """

    def __init__(self) -> None:
        self.objects: dict[Key, Body] = {}
        self.refusals: dict[str, list[EstateError]] = {}
        self.late: dict[str, int] = {}
        self.dead: set[str] = set()
        self.away: set[str] = set()
        self.hidden: set[str] = set()
        self.log: list[str] = []
        self.on_write: Callable[[Key], None] = lambda _key: None
        self._numbers = itertools.count(1)
        self._lock = threading.RLock()

    def put(self, body: Body) -> Body:
        """As somebody else would make it, or a controller change it."""
        return self._store(copy.deepcopy(body))

    def resources(self, *, fresh: bool = False) -> Resources:
        """Built-in kinds, and those of definitions."""
        listed = [
            Resource(group, version, kind, plural_of(kind), namespaced)
            for group, version, kinds, namespaced in _BUILT_IN
            for kind in kinds.split()
        ]
        with self._lock:
            for key, body in self.objects.items():
                if key.kind == "CustomResourceDefinition" and key.name not in self.dead:
                    spec = body["spec"]
                    names, scope = spec["names"], spec["scope"] == "Namespaced"
                    listed += [
                        Resource(spec["group"], one["name"], names["kind"], names["plural"], scope)
                        for one in spec["versions"]
                    ]
        return Resources([one for one in listed if one.group not in self.hidden], self.hidden)

    def version(self) -> tuple[int, int]:
        """As of now."""
        return 1, 34

    def listed(
        self,
        resource: Resource,
        namespace: str = "",
        *,
        labels: str = "",
        fields: str = "",
        metadata_only: bool = False,
    ) -> list[Row]:
        """Objects of a kind."""
        pairs = [pair for pair in labels.split(",") if pair]
        wanted = dict(pair.split("=") for pair in pairs if "=" in pair)
        there = [{"key": pair, "operator": "Exists"} for pair in pairs if "=" not in pair]
        name = fields.removeprefix("metadata.name=") if fields.startswith("metadata.name=") else ""
        with self._lock:
            if resource.group in self.away:
                raise Heals("the server is currently unable to handle the request (status 503)")
            self._look(resource)
            return [
                copy.deepcopy(body)
                for key, body in self.objects.items()
                if (key.group, key.kind) == (resource.group, resource.kind)
                and (not namespace or key.namespace == namespace)
                and (not name or key.name == name)
                and selects({"matchLabels": wanted, "matchExpressions": there}, body["metadata"].get("labels") or {})
            ]

    def get(self, resource: Resource, namespace: str, name: str) -> Body | None:
        """One object."""
        with self._lock:
            found = self.objects.get(Key(resource.group, resource.kind, namespace, name))
            return copy.deepcopy(found) if found else None

    def apply(
        self, resource: Resource, body: Mapping[str, Any], *, manager: str, force: bool = False, dry_run: bool = False
    ) -> Body:
        """Server-side apply by one manager."""
        key = key_of(body, resource.namespaced)
        with self._lock:
            self._refuse(key, resource)
            if force:
                self.log.append(f"force {key.address}")
            self.on_write(key)
            return copy.deepcopy(self._store(copy.deepcopy(dict(body)), log=True))

    def merge(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        change: Mapping[str, Any],
        *,
        manager: str,
        subresource: str = "",
    ) -> Body:
        """A merge patch of the first two levels."""
        with self._lock:
            key = Key(resource.group, resource.kind, namespace, name)
            if key not in self.objects:
                raise NotFound(f"{key.address} not found")
            body = self.objects[key]
            for field, value in change.items():
                body[field] = {**body.get(field, {}), **value}
            self.log.append(f"merge {key.address}")
            return copy.deepcopy(body)

    def create(
        self, resource: Resource, body: Mapping[str, Any], *, dry_run: bool = False, subresource: str = ""
    ) -> Body:
        """Only dry runs are asked for."""
        with self._lock:
            self._refuse(key_of(body, resource.namespaced), resource)
        return dict(body)

    def delete(
        self, resource: Resource, namespace: str, name: str, *, uid: str = "", propagation: str = "Background"
    ) -> bool:
        """Gone at once, or when its finalizers are."""
        key = Key(resource.group, resource.kind, namespace, name)
        with self._lock:
            self._refuse(key, None)
            body = self.objects.get(key)
            if body is None:
                return False
            if uid and body["metadata"]["uid"] != uid:
                raise Conflict("the uid in the precondition is not the uid in record")
            self.log.append(f"-{key.address}")
            if body["metadata"].get("finalizers"):
                body["metadata"]["deletionTimestamp"] = "now"
            else:
                del self.objects[key]
            return True

    def raw(self, path: str) -> Any:
        """Nothing is asked for by path."""
        raise NotFound(path)

    def _refuse(self, key: Key, resource: Resource | None) -> None:
        errors = self.refusals.get(key.address)
        if errors:
            raise errors.pop(0)
        if key.namespace and Key("", "Namespace", "", key.namespace) not in self.objects:
            raise MissingNamespace(f'namespaces "{key.namespace}" not found')
        if resource and self.resources().find(resource.group, resource.kind, resource.version) is None:
            raise UnknownKind("the server does not serve this kind")

    def _store(self, body: Body, *, log: bool = False) -> Body:
        group = str(body["apiVersion"]).rpartition("/")[0]
        known = self.resources().find(group, str(body["kind"]))
        key = key_of(body, known.namespaced if known else None)
        old = self.objects.get(key)
        metadata = {**body["metadata"]}
        metadata.setdefault("uid", old["metadata"]["uid"] if old else f"uid-{next(self._numbers)}")
        metadata["generation"] = (old["metadata"]["generation"] if old else 0) + 1
        body["metadata"] = metadata
        if key.kind == "Namespace":
            body["status"] = {"phase": "Active"}
        elif old and "status" in old:
            body.setdefault("status", old["status"])
        self.objects[key] = body
        if log:
            self.log.append(key.address)
        return body

    def _look(self, resource: Resource) -> None:
        """Each look brings workloads nearer to being available."""
        for key, body in self.objects.items():
            if (key.group, key.kind) != ("apps", resource.kind) or key.name in self.dead:
                continue
            self.late[key.name] = self.late.get(key.name, 1) - 1
            if self.late[key.name] <= 0:
                done = dict.fromkeys(("replicas", "updatedReplicas", "availableReplicas", "readyReplicas"), 1)
                body["status"] = {"observedGeneration": body["metadata"]["generation"], **done}
