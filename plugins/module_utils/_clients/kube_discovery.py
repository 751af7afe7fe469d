# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Which kinds a cluster serves, from its aggregated discovery; and which of Kubernetes' own have no namespace."""

from __future__ import annotations

import dataclasses
import typing as t

ACCEPT = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"

# Kubernetes' own kinds that belong to no namespace, by group: for clusters that are still to come.
_CLUSTER_SCOPED = {
    "": {"ComponentStatus", "Namespace", "Node", "PersistentVolume"},
    "admissionregistration.k8s.io": {
        "MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding", "MutatingWebhookConfiguration",
        "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "ValidatingWebhookConfiguration",
    },
    "apiextensions.k8s.io": {"CustomResourceDefinition"},
    "apiregistration.k8s.io": {"APIService"},
    "authentication.k8s.io": {"SelfSubjectReview", "TokenReview"},
    "certificates.k8s.io": {"CertificateSigningRequest", "ClusterTrustBundle"},
    "flowcontrol.apiserver.k8s.io": {"FlowSchema", "PriorityLevelConfiguration"},
    "networking.k8s.io": {"IngressClass", "IPAddress", "ServiceCIDR"},
    "node.k8s.io": {"RuntimeClass"},
    "rbac.authorization.k8s.io": {"ClusterRole", "ClusterRoleBinding"},
    "resource.k8s.io": {"DeviceClass", "ResourceSlice", "DeviceTaintRule"},
    "scheduling.k8s.io": {"PriorityClass"},
    "storage.k8s.io": {"CSIDriver", "CSINode", "StorageClass", "VolumeAttachment", "VolumeAttributesClass"},
}  # fmt: skip
_NAMESPACED_GROUPS = frozenset({"apps", "autoscaling", "batch", "coordination.k8s.io", "discovery.k8s.io",
                                "events.k8s.io", "extensions", "policy"})  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Resource:
    """One kind in one version, as the server serves it."""

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool
    listable: bool = True

    @property
    def api_version(self) -> str:
        """As apps/v1."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str = "", name: str = "", *, subresource: str = "") -> str:
        """Of the collection or of one object, from the server's root."""
        root = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        within = f"/namespaces/{namespace}" if self.namespaced and namespace else ""
        parts = [root + within, self.plural, *([name] if name else []), *([subresource] if subresource else [])]
        return "/".join(parts)


class Resources:
    """All kinds that a cluster serves. stale: groups whose own server did not answer."""

    def __init__(self, listed: t.Iterable[Resource], stale: t.Collection[str] = ()) -> None:
        self.stale = frozenset(stale)
        self._versions: dict[tuple[str, str], dict[str, Resource]] = {}
        for one in listed:
            self._versions.setdefault((one.group, one.kind), {})[one.version] = one

    def find(self, group: str, kind: str, version: str = "") -> Resource | None:
        """The kind in that version; without one in the server's preferred, which discovery lists first."""
        versions = self._versions.get((group, kind)) or {}
        if version:
            return versions.get(version)
        return next(iter(versions.values()), None)

    def all(self) -> list[Resource]:
        """Each kind once, in its preferred version."""
        return [next(iter(versions.values())) for versions in self._versions.values()]

    def __len__(self) -> int:
        return len(self._versions)


def read(documents: t.Iterable[t.Mapping[str, t.Any]]) -> Resources:
    """From the answers of /api and /apis in aggregated form."""
    listed: list[Resource] = []
    stale: set[str] = set()
    for document in documents:
        for group in document["items"]:
            name = group["metadata"].get("name", "")
            for version in group["versions"]:
                if version.get("freshness") == "Stale":
                    stale.add(name)
                for one in version.get("resources") or ():
                    kind = (one.get("responseKind") or {}).get("kind")
                    if kind:
                        scope, listable = one["scope"] == "Namespaced", "list" in one.get("verbs", ())
                        listed.append(Resource(name, version["version"], kind, one["resource"], scope, listable))
    return Resources(listed, stale)


def built_in_scope(group: str, kind: str) -> bool | None:
    """Whether one of Kubernetes' own kinds is namespaced; None for what Kubernetes does not know itself."""
    if kind in _CLUSTER_SCOPED.get(group, ()):
        return False
    known = group == "" or group in _NAMESPACED_GROUPS or group in _CLUSTER_SCOPED
    return True if known else None
