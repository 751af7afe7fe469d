# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes of Kubeflow's objects that the inventory asks for: logins, volumes, databases, notebooks, registration."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterator
from typing import Any

import yaml

from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.forms import FINGERPRINT
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.objects import parse_address
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.opened_by import OPENED_BY
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.replaces import REPLACES

from .kubeflow import Kubeflow, Notebooks
from .kubeflow_releases import Release
from .kubeflow_secrets import password_key, users_of

Patch = dict[str, Any]
# Dex keys users by an id; made from the address, it is the same at every run.
_USERS = uuid.UUID("5d8f4c52-6d0b-4a4e-9c1f-2f3d6f0f7b0a")
_ISSUER = "http://dex.auth.svc.cluster.local:5556/dex"


# Databases keep the password that they were made with: claim to the Secret that it was in.
_OPENED_BY = {
    "katib-mysql": "Secret/kubeflow/katib-mysql-secrets",
    "mysql-pv-claim": "Secret/kubeflow/mysql-secret",
}
# Programs that read these Secrets only when they start, by namespace/name of their Deployment.
_READERS = {
    "auth/dex": ("auth/dex-oidc-client", "auth/dex-passwords"),
    "oauth2-proxy/oauth2-proxy": ("oauth2-proxy/{proxy_secret}",),
}


def patches(kubeflow: Kubeflow, release: Release) -> list[Patch]:
    """Entries {kind, namespace, name, merge} for a stream of that release."""
    found = [*_logins(kubeflow), *_readers(release), *_claims(kubeflow, release)]
    if "pipelines" in kubeflow.components:
        found.append(_database())
        found += _replacing(release)
    if "dashboard" in kubeflow.components:
        name, key = release.dashboard
        found.append(_patch("ConfigMap", "kubeflow", name, {"data": {key: "false"}}))
    administrators = [one.user for one in kubeflow.administrators if one.user is not None]
    if administrators:
        settings = {"ADMIN": administrators[0]}
        found += _configured(release.profiles, "profiles-deployment", settings)
    if kubeflow.notebooks is not None and "notebooks" in kubeflow.components:
        found += _notebooks(kubeflow.notebooks, kubeflow.storage_class, release)
    return found


def _patch(kind: str, namespace: str, name: str, merge: dict[str, Any]) -> Patch:
    return {"kind": kind, "namespace": namespace, "name": name, "merge": merge}


def _configured(config_map: str, deployment: str, data: dict[str, str], namespace: str = "kubeflow") -> list[Patch]:
    """A ConfigMap with other data, and its Deployment with the fingerprint: programs read settings when they start."""
    digest = hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:16]
    marked = {"spec": {"template": {"metadata": {"annotations": {"checksum/config": digest}}}}}
    return [
        _patch("ConfigMap", namespace, config_map, {"data": data}),
        _patch("Deployment", namespace, deployment, marked),
    ]


def _logins(kubeflow: Kubeflow) -> list[Patch]:
    """Dex with exactly our users. Nobody can register: there is no other connector."""
    users = [
        {
            "email": user.email,
            "hashFromEnv": password_key(index),
            "username": user.email.partition("@")[0],
            "userID": str(uuid.uuid5(_USERS, user.email)),
        }
        for index, user in enumerate(users_of(kubeflow))
    ]
    client = {
        "idEnv": "OIDC_CLIENT_ID",
        "secretEnv": "OIDC_CLIENT_SECRET",
        "name": "Kubeflow",
        "redirectURIs": ["/oauth2/callback"],
    }
    config = {
        "issuer": _ISSUER,
        "storage": {"type": "kubernetes", "config": {"inCluster": True}},
        "web": {"http": "0.0.0.0:5556"},
        "logger": {"level": "info", "format": "text"},
        "oauth2": {"skipApprovalScreen": True},
        "enablePasswordDB": True,
        "staticPasswords": users,
        "staticClients": [client],
    }
    return _configured("dex", "dex", {"config.yaml": _text(config)}, "auth")


def _readers(release: Release) -> Iterator[Patch]:
    """A new password counts when whoever checks it has read it."""
    for reader, secrets in _READERS.items():
        namespace, _slash, name = reader.partition("/")
        addresses = [f"Secret/{one.format(proxy_secret=release.proxy_secret)}" for one in secrets]
        marked = {"template": {"metadata": {"annotations": {"checksum/secrets": {FINGERPRINT: addresses}}}}}
        yield _patch("Deployment", namespace, name, {"spec": marked})


def _claims(kubeflow: Kubeflow, release: Release) -> Iterator[Patch]:
    for place, component in release.claims.items():
        if component in kubeflow.components:
            namespace, _slash, name = place.partition("/")
            merge: dict[str, Any] = {"spec": {"storageClassName": kubeflow.storage_class}}
            if name in _OPENED_BY:
                merge["metadata"] = {"annotations": {OPENED_BY: _OPENED_BY[name]}}
            yield _patch("PersistentVolumeClaim", namespace, name, merge)


def _database() -> Patch:
    """Upstream's database takes root without a password, whatever the Secret says; ours takes the Secret's."""
    password = {"valueFrom": {"secretKeyRef": {"name": "mysql-secret", "key": "password"}}}
    container = {"env[name=MYSQL_ROOT_PASSWORD]": password}
    merge = {"spec": {"template": {"spec": {"containers[name=mysql]": container}}}}
    return _patch("Deployment", "kubeflow", "mysql", merge)


def _replacing(release: Release) -> Iterator[Patch]:
    """What turns away from data of an earlier release says so: that is done by consent only."""
    for replaced, addresses in release.replaces.items():
        for address in addresses:
            key = parse_address(address)
            yield _patch(key.kind, key.namespace, key.name, {"metadata": {"annotations": {REPLACES: replaced}}})


def _notebooks(notebooks: Notebooks, storage_class: str, release: Release) -> Iterator[Patch]:
    if notebooks.images:
        form = {"spawner_ui_config.yaml": _text(_form(notebooks, storage_class))}
        yield from _configured(release.spawner, "jupyter-web-app-deployment", form)
    culling = notebooks.culling
    settings = {"ENABLE_CULLING": "false"}
    if culling is not None:
        settings = {
            "ENABLE_CULLING": "true",
            "CULL_IDLE_TIME": str(culling.idle_minutes),
            "IDLENESS_CHECK_PERIOD": str(culling.check_minutes),
        }
    yield from _configured(release.notebook_controller, "notebook-controller-deployment", settings)


def _form(notebooks: Notebooks, storage_class: str) -> dict[str, Any]:
    """The form of the notebooks' web application, in its words."""
    vendors = [{"limitsKey": one.resource, "uiName": one.name} for one in notebooks.gpu_vendors]
    claim = {
        "metadata": {"name": "{notebook-name}-workspace"},
        "spec": {
            "storageClassName": storage_class,
            "resources": {"requests": {"storage": notebooks.workspace}},
            "accessModes": ["ReadWriteOnce"],
        },
    }
    fields: dict[str, Any] = {
        "allowCustomImage": notebooks.custom_images,
        "hideRegistry": True,
        "hideTag": False,
        "imagePullPolicy": {"readOnly": True, "value": "IfNotPresent"},
        "image": {"value": notebooks.images[0], "options": list(notebooks.images)},
        "cpu": {"readOnly": False, "value": notebooks.cpu, "limitFactor": "1.2"},
        "memory": {"readOnly": False, "value": notebooks.memory, "limitFactor": "1.2"},
        "gpus": {"readOnly": not vendors, "value": {"num": "none", "vendor": "", "vendors": vendors}},
        "workspaceVolume": {"readOnly": False, "value": {"mount": "/home/jovyan", "newPvc": claim}},
        "dataVolumes": {"readOnly": False, "value": []},
        "affinityConfig": {"readOnly": False, "value": "", "options": []},
        "tolerationGroup": {"readOnly": False, "value": "", "options": []},
        "shm": {"readOnly": False, "value": True},
        "configurations": {"readOnly": False, "value": []},
        "environment": {"readOnly": False, "value": {}},
    }
    return {"spawnerFormDefaults": fields}


def _text(document: dict[str, Any]) -> str:
    return yaml.safe_dump(document, sort_keys=False, width=1000)
