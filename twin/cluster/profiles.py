# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kubeflow's profile controller: a namespace with its owner's rights for each Profile.

Its settings are those of the Deployment that is there: the ConfigMaps that it mounts and takes its environment from.
Not played: plugins (cloud identities). Contributors' bindings are made by whoever adds them, as with the real one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import yaml

from twin.cluster.cluster import DEPLOYMENTS
from twin.cluster.controller import Controller, Item
from twin.cluster.objects import Object, annotation, is_deleted, key_of

PROFILES = "/apis/kubeflow.org/v1/profiles"
NAMESPACES = "/api/v1/namespaces"
ACCOUNTS = "/api/v1/serviceaccounts"
BINDINGS = "/apis/rbac.authorization.k8s.io/v1/rolebindings"
DEPLOYMENT = ("kubeflow", "profiles-deployment")
_FINALIZER = "profile-finalizer"
_MANAGER = "profile-controller"
_OWN_NAMES = frozenset({"default-editor", "default-viewer", "namespaceAdmin"})
_RBAC = "rbac.authorization.k8s.io"


class Profiles(Controller):
    """Works while its Deployment is available."""

    watches: ClassVar[Sequence[str]] = (PROFILES, NAMESPACES, ACCOUNTS, BINDINGS, DEPLOYMENTS)

    def related(self, path: str, thing: Object) -> Sequence[Item] | None:
        """What a Profile has made leads back to it; its Deployment to all."""
        namespace, name = key_of(thing)
        if path == PROFILES:
            return None
        if path == NAMESPACES:
            return [Item(PROFILES, "", name)]
        if path in (ACCOUNTS, BINDINGS):
            return [Item(PROFILES, "", namespace)] if name in _OWN_NAMES else []
        profiles = self.cluster.informer(PROFILES).all() if (namespace, name) == DEPLOYMENT else []
        return [Item(PROFILES, "", profile["metadata"]["name"]) for profile in profiles]

    def reconcile(self, path: str, thing: Object) -> float | None:
        """Make what the Profile stands for, or let it go: its namespace ends with it by owner reference."""
        if not self.cluster.available(*DEPLOYMENT):
            return None
        finalizers = thing["metadata"].get("finalizers") or []
        if is_deleted(thing):
            if _FINALIZER in finalizers:
                self._set_finalizers(thing, [one for one in finalizers if one != _FINALIZER])
            return None
        if (left := self.left("profile", thing["metadata"]["uid"])) > 0:
            return left
        if not self._namespace(thing):
            return None
        for at, wish in self._objects(thing):
            self.api.apply(at, {**wish, "metadata": {**wish["metadata"], **_owned(thing)}}, manager=_MANAGER)
        if _FINALIZER not in finalizers:
            self._set_finalizers(thing, [*finalizers, _FINALIZER])
        return None

    def _set_finalizers(self, profile: Object, finalizers: list[str]) -> None:
        path = f"{PROFILES}/{profile['metadata']['name']}"
        self.api.merge(path, {"metadata": {"finalizers": finalizers}}, manager=_MANAGER)

    def _namespace(self, profile: Object) -> bool:
        """Make or keep the namespace; False, and a condition, when one of that name is somebody else's."""
        name, owner = profile["metadata"]["name"], profile["spec"]["owner"]["name"]
        found = self.api.found(f"{NAMESPACES}/{name}")
        labels = _mounted_labels(self._config_map("volumes"))
        if found is None:
            wish = {"istio-injection": "enabled", **{key: value for key, value in labels.items() if value}}
            metadata = {"name": name, "annotations": {"owner": owner}, "labels": wish, **_owned(profile)}
            self.api.request("POST", NAMESPACES, {"metadata": metadata})
            return True
        if annotation(found, "owner") != owner:
            self._fail(profile, f"namespace already exist, but not owned by profile creator {owner}")
            return False
        have = found["metadata"].get("labels") or {}
        # A label that somebody has set stays as it is; one without a value is taken away.
        change = {key: value or None for key, value in labels.items() if (key in have) == (not value)}
        if change:
            self.api.merge(f"{NAMESPACES}/{name}", {"metadata": {"labels": change}}, manager=_MANAGER)
        return True

    def _fail(self, profile: Object, message: str) -> None:
        conditions = (profile.get("status") or {}).get("conditions") or []
        failed = {"type": "Failed", "message": message}
        if not any(failed.items() <= condition.items() for condition in conditions):
            path = f"{PROFILES}/{profile['metadata']['name']}/status"
            self.api.merge(path, {"status": {"conditions": [*conditions, failed]}}, manager=_MANAGER)

    def _objects(self, profile: Object) -> list[tuple[str, dict[str, Any]]]:
        space, owner = profile["metadata"]["name"], profile["spec"]["owner"]
        policy = _policy(space, owner["name"], self._config_map("environment"))
        made = [(f"/apis/security.istio.io/v1beta1/namespaces/{space}/authorizationpolicies", policy)]
        for account, role in (("default-editor", "kubeflow-edit"), ("default-viewer", "kubeflow-view")):
            made.append(
                (f"/api/v1/namespaces/{space}/serviceaccounts", _object("v1", "ServiceAccount", account, space))
            )
            subject = {"kind": "ServiceAccount", "name": account, "namespace": space}
            made.append((_bindings(space), _binding(account, space, role, subject)))
        admin = _binding("namespaceAdmin", space, "kubeflow-admin", owner)
        admin["metadata"]["annotations"] = {"user": owner["name"], "role": "admin"}
        made.append((_bindings(space), admin))
        quota = profile["spec"].get("resourceQuotaSpec") or {}
        if quota.get("hard"):
            wish = {**_object("v1", "ResourceQuota", "kf-resource-quota", space), "spec": quota}
            made.append((f"/api/v1/namespaces/{space}/resourcequotas", wish))
        return [(f"{at}/{wish['metadata']['name']}", wish) for at, wish in made]

    def _config_map(self, sort: str) -> Mapping[str, str]:
        """Data of the ConfigMap that the Deployment mounts ("volumes") or takes its environment from."""
        namespace, name = DEPLOYMENT
        deployment = self.cluster.known(DEPLOYMENTS, namespace, name) or {}
        spec = deployment["spec"]["template"]["spec"]
        if sort == "volumes":
            names = [volume["configMap"]["name"] for volume in spec.get("volumes") or [] if "configMap" in volume]
        else:
            sources = [source for container in spec["containers"] for source in container.get("envFrom") or []]
            names = [source["configMapRef"]["name"] for source in sources if "configMapRef" in source]
        found = self.api.found(f"{NAMESPACES}/{namespace}/configmaps/{names[0]}") if names else None
        return (found or {}).get("data") or {}


def _mounted_labels(data: Mapping[str, str]) -> Mapping[str, str]:
    return yaml.safe_load(data.get("namespace-labels.yaml") or "") or {}


def _owned(profile: Object) -> dict[str, Any]:
    metadata = profile["metadata"]
    owner = {"apiVersion": "kubeflow.org/v1", "kind": "Profile", "name": metadata["name"], "uid": metadata["uid"]}
    return {"ownerReferences": [{**owner, "controller": True, "blockOwnerDeletion": True}]}


def _object(version: str, kind: str, name: str, namespace: str) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": namespace}}


def _bindings(namespace: str) -> str:
    return f"/apis/{_RBAC}/v1/namespaces/{namespace}/rolebindings"


def _binding(name: str, namespace: str, role: str, subject: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **_object(f"{_RBAC}/v1", "RoleBinding", name, namespace),
        "roleRef": {"apiGroup": _RBAC, "kind": "ClusterRole", "name": role},
        "subjects": [dict(subject)],
    }


def _policy(namespace: str, owner: str, settings: Mapping[str, str]) -> dict[str, Any]:
    """Who may reach the services: the owner by the gateway, the namespace itself, probes, the notebook controller."""
    gateways = [settings[key] for key in ("ISTIO_INGRESS_GATEWAY_PRINCIPAL", "KFP_UI_PRINCIPAL") if settings.get(key)]
    header = f"request.headers[{settings.get('USERID_HEADER', 'kubeflow-userid')}]"
    user = f"{settings.get('USERID_PREFIX', '')}{owner}"
    by_owner = {"from": [{"source": {"principals": gateways}}], "when": [{"key": header, "values": [user]}]}
    notebooks = {
        "from": [{"source": {"principals": [settings.get("NOTEBOOK_CONTROLLER_PRINCIPAL", "")]}}],
        "to": [{"operation": {"methods": ["GET"], "paths": ["*/api/kernels"]}}],
    }
    policy = _object("security.istio.io/v1beta1", "AuthorizationPolicy", "ns-owner-access-istio", namespace)
    policy["metadata"]["annotations"] = {"user": owner, "role": "admin"}
    rules = [
        by_owner,
        {"when": [{"key": "source.namespace", "values": [namespace]}]},
        {"to": [{"operation": {"paths": ["/healthz", "/metrics", "/wait-for-drain"]}}]},
        *([notebooks] if settings.get("NOTEBOOK_CONTROLLER_PRINCIPAL") else []),
    ]
    return {**policy, "spec": {"rules": rules}}
