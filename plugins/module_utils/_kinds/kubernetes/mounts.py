# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""What an object names of its own set: what its pods mount and run as, what its rights come from. Pure."""

from __future__ import annotations

import typing as t

from . import webhooks
from .objects import Body, Key, Manifest

_RBAC = "rbac.authorization.k8s.io"
_CERTIFICATES = "cert-manager.io"
Found = t.Iterator[Key]


class Mounts:
    """Looks up references among the manifests of one set."""

    def __init__(self, manifests: t.Mapping[Key, Manifest], workloads: t.Sequence[Manifest]) -> None:
        self._all = manifests
        self._behind: dict[Key, set[Key]] = {}
        self._before: dict[Key, set[Key]] = {}
        self._bindings: dict[tuple[str, str], list[Key]] = {}
        self._issued: dict[tuple[str, str], Key] = {}
        self._policies: dict[str, list[Key]] = {}
        by_label = _by_label(workloads)
        for one in manifests.values():
            if one.key.sort == "Service":
                self._behind[one.key] = _selected(one, by_label)
                for workload in self._behind[one.key]:
                    self._before.setdefault(workload, set()).add(one.key)
            self._note(one)

    def _note(self, one: Manifest) -> None:
        key = one.key
        if key.group == _RBAC and key.kind.endswith("RoleBinding"):
            for subject in one.body.get("subjects") or ():
                if subject.get("kind") == "ServiceAccount":
                    account = (subject.get("namespace") or key.namespace, subject["name"])
                    self._bindings.setdefault(account, []).append(key)
        elif key.group == _CERTIFICATES and key.kind == "Certificate":
            self._issued[key.namespace, str((one.body.get("spec") or {}).get("secretName"))] = key
        elif key.namespace:
            self._policies.setdefault(key.namespace, []).append(key)

    def backends(self, service: Key | None) -> set[Key]:
        """The workloads behind a Service."""
        return self._behind.get(service, set()) if service else set()

    def policies(self, namespace: str, kinds: t.Collection[tuple[str, str]]) -> list[Key]:
        """Objects of those kinds (group, kind) in a namespace."""
        return [key for key in self._policies.get(namespace, ()) if (key.group, key.kind) in kinds]

    def of(self, one: Manifest) -> Found:
        """What it refers to; also what is not of the set."""
        key, spec = one.key, one.body.get("spec") or {}
        template = webhooks.pod_template(one.body)
        if template is not None:
            yield from self._pod(key, template.get("spec") or {})
            yield from self._before.get(key, ())
        elif key.group == _RBAC and "roleRef" in one.body:
            role = one.body["roleRef"]
            yield Key(_RBAC, role["kind"], key.namespace if role["kind"] == "Role" else "", role["name"])
        elif key.group == _CERTIFICATES and "issuerRef" in spec:
            yield from _issuer(key, spec["issuerRef"])
        elif key.sort == "APIService.apiregistration.k8s.io" and spec.get("service"):
            service = Key("", "Service", spec["service"]["namespace"], spec["service"]["name"])
            yield service
            yield from self.backends(service)
        elif key.sort == "PersistentVolumeClaim":
            yield Key("storage.k8s.io", "StorageClass", "", spec.get("storageClassName") or "")

    def _pod(self, key: Key, pod: Body) -> Found:
        account = pod.get("serviceAccountName") or pod.get("serviceAccount") or "default"
        yield Key("", "ServiceAccount", key.namespace, account)
        yield from self._bindings.get((key.namespace, account), ())
        yield Key("scheduling.k8s.io", "PriorityClass", "", pod.get("priorityClassName") or "")
        yield Key("node.k8s.io", "RuntimeClass", "", pod.get("runtimeClassName") or "")
        for kind, name in content(pod):
            yield Key("", kind, key.namespace, name)
            if kind == "Secret" and (key.namespace, name) in self._issued:
                yield self._issued[key.namespace, name]


def content(pod: Body) -> t.Iterator[tuple[str, str]]:
    """Kind and name of the ConfigMaps, Secrets and claims that a pod mounts or takes its environment from."""
    for secret in pod.get("imagePullSecrets") or ():
        yield "Secret", secret.get("name", "")
    for volume in pod.get("volumes") or ():
        sources = [volume, *((volume.get("projected") or {}).get("sources") or ())]
        for source in sources:
            yield "ConfigMap", (source.get("configMap") or {}).get("name", "")
            secret = source.get("secret") or {}
            yield "Secret", secret.get("secretName") or secret.get("name", "")
        yield "PersistentVolumeClaim", (volume.get("persistentVolumeClaim") or {}).get("claimName", "")
    for container in [*(pod.get("initContainers") or ()), *(pod.get("containers") or ())]:
        for source in container.get("envFrom") or ():
            yield from _named(source, "configMapRef", "secretRef")
        for variable in container.get("env") or ():
            yield from _named(variable.get("valueFrom") or {}, "configMapKeyRef", "secretKeyRef")


def _named(source: Body, config: str, secret: str) -> t.Iterator[tuple[str, str]]:
    if config in source:
        yield "ConfigMap", source[config].get("name", "")
    if secret in source:
        yield "Secret", source[secret].get("name", "")


def _issuer(key: Key, reference: Body) -> Found:
    kind = reference.get("kind") or "Issuer"
    group = reference.get("group") or _CERTIFICATES
    yield Key(group, kind, "" if kind == "ClusterIssuer" else key.namespace, reference["name"])


_Label = tuple[str, str, str]


def _by_label(workloads: t.Iterable[Manifest]) -> dict[_Label, list[Manifest]]:
    """Workloads by namespace and one label of their pods."""
    found: dict[_Label, list[Manifest]] = {}
    for one in workloads:
        for name, value in webhooks.labels_of(webhooks.pod_template(one.body) or {}).items():
            found.setdefault((one.key.namespace, name, value), []).append(one)
    return found


def _selected(service: Manifest, by_label: t.Mapping[_Label, list[Manifest]]) -> set[Key]:
    selector = (service.body.get("spec") or {}).get("selector") or {}
    if not selector:
        return set()
    namespace = service.key.namespace
    # Looking through the rarest label keeps ten thousand objects linear.
    fewest = min((by_label.get((namespace, *pair), []) for pair in selector.items()), key=len)
    return webhooks.backends(service.body, fewest)
