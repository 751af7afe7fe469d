# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who the API server calls, and with which authority: the same few fields in five kinds of objects."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import NamedTuple

from twin.cluster.api import ClusterApi
from twin.cluster.cluster import DEFINITIONS
from twin.cluster.objects import Object
from twin.cluster.secrets import encoded

_ADMISSION = "/apis/admissionregistration.k8s.io/v1"
MUTATING = f"{_ADMISSION}/mutatingwebhookconfigurations"
VALIDATING = f"{_ADMISSION}/validatingwebhookconfigurations"
API_SERVICES = "/apis/apiregistration.k8s.io/v1/apiservices"


class Client(NamedTuple):
    """`config` is the part of the object that has, or shall get, a caBundle."""

    config: Object
    namespace: str
    service: str


def clients(thing: Object) -> Iterator[Client]:
    """All services that a webhook configuration, APIService or definition makes the API server call."""
    spec = thing.get("spec") or {}
    configs = [webhook["clientConfig"] for webhook in thing.get("webhooks") or []]
    configs += [spec] if "groupPriorityMinimum" in spec else []
    configs += [c for c in [((spec.get("conversion") or {}).get("webhook") or {}).get("clientConfig")] if c]
    for config in configs:
        if service := config.get("service"):
            yield Client(config, service["namespace"], service["name"])


def set_bundles(thing: Object, bundles: dict[tuple[str, str], bytes]) -> Object | None:
    """A copy with the authority (PEM) of each (namespace, service); None when it has them already."""
    changed = copy.deepcopy(thing)
    for client in clients(changed):
        pem = bundles.get((client.namespace, client.service))
        if pem and not client.config.get("insecureSkipTLSVerify"):
            client.config["caBundle"] = encoded(pem)
    return None if changed == thing else changed


def whole(api: ClusterApi, path: str, thing: Object) -> Object | None:
    """The object itself, where the informer holds only its metadata."""
    return api.found(f"{path}/{thing['metadata']['name']}") if path == DEFINITIONS else thing


def update(api: ClusterApi, path: str, thing: Object, *, manager: str) -> None:
    """Write it back; a conflict with somebody else's change raises KubeApiError and is tried again."""
    api.request("PUT", f"{path}/{thing['metadata']['name']}?fieldManager={manager}", thing)
