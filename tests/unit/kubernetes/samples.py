# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small objects of the kinds that matter for order and readiness, and real streams where the mirror is there."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.kube_discovery import built_in_scope
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.objects import Key, Manifest, key_of
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.yaml_stream import read_stream

type Body = dict[str, Any]
MIRROR = Path(__file__).resolve().parents[4] / "shared" / "upstream" / "rendered"


def manifest(body: Body) -> Manifest:
    """As normalised: Kubernetes' own kinds are where they belong, others where they say."""
    scope = built_in_scope(str(body["apiVersion"]).rpartition("/")[0], str(body["kind"]))
    return Manifest(key_of(body, scope), str(body["apiVersion"]).rpartition("/")[2], body)


@functools.cache
def mirrored(name: str) -> list[Manifest]:
    """A stream of the mirror as the installer gets it: without a caBundle that is not one. Empty without a mirror."""
    path = MIRROR / f"{name}.yaml.gz"
    found = [manifest(document.body) for document in read_stream(path)] if path.exists() else []
    for one in found:
        for hook in one.body.get("webhooks") or ():
            hook["clientConfig"].pop("caBundle", None)
    return found


def thing(api_version: str, kind: str, name: str, namespace: str = "", **rest: Any) -> Body:
    """Any object. metadata in rest is added to its own."""
    metadata = {"name": name, **({"namespace": namespace} if namespace else {}), **rest.pop("metadata", {})}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **rest}


def namespace(name: str, **labels: str) -> Body:
    """A Namespace."""
    return thing("v1", "Namespace", name, metadata={"labels": labels})


def workload(
    name: str, namespace: str = "app", *, kind: str = "Deployment", labels: Mapping[str, str] | None = None, **pod: Any
) -> Body:
    """A Deployment or its like. pod: fields of its pods' specification."""
    labels = dict(labels or {"app": name})
    spec = {"containers": [{"name": "main", "image": "example.com/main:1"}], **pod}
    return thing(
        "apps/v1",
        kind,
        name,
        namespace,
        spec={
            "replicas": 1,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": spec},
        },
    )


def service(name: str, namespace: str = "app", **selector: str) -> Body:
    """A Service of those pods."""
    return thing("v1", "Service", name, namespace, spec={"selector": selector or {"app": name}})


def definition(kind: str, group: str = "example.com", **spec: Any) -> Body:
    """A definition of a kind without rules."""
    plural = f"{kind.lower()}s"
    names = {"kind": kind, "plural": plural}
    versions = spec.pop("versions", [{"name": "v1", "served": True, "storage": True}])
    spec = {"group": group, "scope": "Namespaced", "names": names, "versions": versions, **spec}
    return thing("apiextensions.k8s.io/v1", "CustomResourceDefinition", f"{plural}.{group}", spec=spec)


def hook(name: str, backend: str, *rules: tuple[str, str], namespace: str = "app", **rest: Any) -> Body:
    """One webhook whose Service has the backend's name. rules: pairs of group and resource."""
    config = {"service": {"namespace": namespace, "name": backend}, **rest.pop("clientConfig", {})}
    listed = [{"apiGroups": [g], "apiVersions": ["*"], "resources": [r], "operations": ["CREATE"]} for g, r in rules]
    return {"name": name, "clientConfig": config, "rules": listed, "failurePolicy": "Fail", **rest}


def configuration(
    name: str, hooks: Sequence[Body], *, mutating: bool = False, annotations: Mapping[str, str] | None = None
) -> Body:
    """A webhook configuration."""
    kind = f"{'Mutating' if mutating else 'Validating'}WebhookConfiguration"
    metadata = {"annotations": annotations or {}}
    return thing("admissionregistration.k8s.io/v1", kind, name, metadata=metadata, webhooks=list(hooks))


def key(body: Body) -> Key:
    """Its key."""
    return key_of(body)
