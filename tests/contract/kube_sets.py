# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sets of objects in a real cluster, for tests: install them, look at them, disturb them as others would."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.kube import KubeClient
from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.kube_config import load
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.guards import Consent
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.plan import Verb
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.reconcile import Report
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.script import Timing
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.install import Order, install
from twin.control_plane import ControlPlane
from twin.kube_api import KubeApi, KubeApiError

Body = dict[str, Any]
ESTATE = "contract"
TIMING = Timing(poll_interval=0.2, settle_timeout=10, wait_timeout=150)


@dataclass
class Cluster:
    """One control plane, our client of it and somebody else's."""

    plane: ControlPlane
    client: KubeClient = field(init=False)
    others: KubeApi = field(init=False)

    def __post_init__(self) -> None:
        self.client = KubeClient(load(str(self.plane.admin_kubeconfig)))
        self.others = self.plane.api()

    def install(self, name: str, bodies: Sequence[Body], client: KubeClient | None = None, **rest: Any) -> Report:
        """One call for one set."""
        documents = [(body, f"test, object {number}") for number, body in enumerate(bodies)]
        order = Order(ESTATE, name, copy.deepcopy(documents), **{"timing": TIMING, **rest})
        return install(order, client or self.client, lambda _line: None)

    def well(self, name: str, bodies: Sequence[Body], **rest: Any) -> Report:
        """The same, and it must have gone well."""
        report = self.install(name, bodies, **rest)
        assert report.error is None, str(report.error)
        return report

    def remove(self, name: str, **rest: Any) -> Report:
        """Take a set away."""
        return self.install(name, [], absent=True, **rest)

    def versions(self, paths: Sequence[str]) -> dict[str, str | None]:
        """Resource version by path; a write of whatever sort changes it."""
        found = {}
        for path in paths:
            body = self.find(path)
            found[path] = body["metadata"]["resourceVersion"] if body else None
        return found

    def find(self, path: str) -> Body | None:
        """An object by its path, or None."""
        try:
            body: Body = self.others.request("GET", path)
        except KubeApiError as error:
            if error.status != 404:
                raise
            return None
        return body


def verbs(report: Report) -> dict[str, str]:
    """What happened to what, without what was kept."""
    return {entry.address: entry.verb.value for entry in report.plan.entries if entry.verb is not Verb.KEEP}


def outcomes(report: Report) -> dict[str, str]:
    """How entries ended, without what was kept."""
    return {entry.address: entry.outcome.value for entry in report.plan.entries if entry.verb is not Verb.KEEP}


def consent(deletes: Mapping[str, int] | None = None, *addresses: str) -> Consent:
    """What a person allows."""
    return Consent(deletes=deletes or {}, addresses=frozenset(addresses))


def namespace(name: str, **labels: str) -> Body:
    """A namespace."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def config_map(namespace_: str, name: str, **data: str) -> Body:
    """A ConfigMap."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": namespace_},
        "data": data,
    }


def deployment(namespace_: str, name: str, image: str = "example.com/app:1", **selector: str) -> Body:
    """A Deployment of one pod."""
    labels = selector or {"app": name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace_},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "app", "image": image}]}},
        },
    }


def definition(plural: str, kind: str, group: str = "example.com") -> Body:
    """A CRD whose objects may hold anything."""
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"plural": plural, "singular": kind.lower(), "kind": kind},
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}],
        },
    }


def custom(namespace_: str, kind: str, name: str, group: str = "example.com", **spec: Any) -> Body:
    """An object of such a kind."""
    metadata = {"name": name, "namespace": namespace_}
    return {"apiVersion": f"{group}/v1", "kind": kind, "metadata": metadata, "spec": spec}
