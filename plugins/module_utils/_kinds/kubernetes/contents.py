# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""What a namespace holds: all of it, and what of it is somebody else's."""

from __future__ import annotations

import concurrent.futures
import typing as t

from ..._clients.kube import Port
from ..._clients.kube_discovery import Resource, Resources
from ..._engine.errors import EstateError, NotFound
from . import webhooks
from .mounts import content
from .objects import ESTATE_LABEL, Body, Key, Live

_LOOKS = 6
# What the cluster keeps itself for every namespace or workload, and what is over as soon as it was told.
_KEPT_BY_CLUSTER = frozenset(
    {
        ("", "Event"),
        ("events.k8s.io", "Event"),
        ("", "Endpoints"),
        ("discovery.k8s.io", "EndpointSlice"),
        ("coordination.k8s.io", "Lease"),
        ("apps", "ControllerRevision"),
        ("metrics.k8s.io", "PodMetrics"),
    }
)
_MADE_BY_CLUSTER = frozenset(
    {
        ("ServiceAccount", "default"),
        ("ConfigMap", "kube-root-ca.crt"),
        # Every namespace of a cluster with Istio has it.
        ("ConfigMap", "istio-ca-root-cert"),
    }
)
_ISSUED = ("cert-manager.io/", "istio.io/", "kubernetes.io/service-account")


def contents(
    port: Port, resources: Resources, namespace: str, *, readable: bool = False
) -> list[tuple[Resource, Body]]:
    """Metadata of everything in a namespace. readable: without what cannot be read, as kinds whose server is away.

    Otherwise raises EstateError when a kind cannot be listed.
    """
    listed = [
        one
        for one in resources.all()
        if one.namespaced and one.listable and (one.group, one.kind) not in _KEPT_BY_CLUSTER
    ]

    def look(resource: Resource) -> list[tuple[Resource, Body]]:
        try:
            return [(resource, row) for row in port.listed(resource, namespace, metadata_only=True)]
        except NotFound:
            # Its definition went meanwhile.
            return []
        except EstateError:
            if readable:
                return []
            raise

    with concurrent.futures.ThreadPoolExecutor(_LOOKS) as pool:
        return [one for found in pool.map(look, listed) for one in found]


def others_in(port: Port, resources: Resources, namespace: str, ours: t.Collection[Key]) -> list[str]:
    """Addresses of what others have there. What an object owns counts as that object's.

    ours: keys of our objects and of what they mount: that was made for them. What the cluster keeps for each namespace
    belongs to nobody. Raises EstateError when a kind cannot be listed: then nobody knows.
    """
    found = []
    for resource, row in contents(port, resources, namespace):
        metadata = row["metadata"]
        key = Key(resource.group, resource.kind, namespace, metadata["name"])
        labels = metadata.get("labels") or {}
        if key in ours or ESTATE_LABEL in labels or metadata.get("ownerReferences"):
            continue
        if metadata.get("deletionTimestamp") or (key.kind, key.name) in _MADE_BY_CLUSTER or _issued(key, metadata):
            continue
        found.append(key.address)
    return sorted(found)


def _issued(key: Key, metadata: Body) -> bool:
    """Whether a controller issued it, as the marks that it leaves tell."""
    if key.sort != "Secret":
        return False
    marks = [*(metadata.get("annotations") or {}), *(metadata.get("labels") or {})]
    return any(mark.startswith(_ISSUED) for mark in marks)


def mounted(lives: t.Iterable[Live]) -> set[Key]:
    """What the pods of workloads mount or take their environment from."""
    found = set()
    for live in lives:
        template = webhooks.pod_template(live.body) if "spec" in live.body else None
        for kind, name in content((template or {}).get("spec") or {}):
            if name:
                found.add(Key("", kind, live.key.namespace, name))
    return found
