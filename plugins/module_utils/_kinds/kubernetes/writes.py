# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""One object's write: deleted first when it is made anew, its pods' webhooks asked before a workload is let loose."""

from __future__ import annotations

import threading
import typing as t

from ..._clients.kube import Port
from ..._clients.kube_discovery import Resource, Resources
from ..._clients.kube_errors import Heals, UnknownKind
from ..._engine.errors import EstateError
from . import webhooks
from .causes import CONFIGURATIONS, PODS
from .objects import MANAGER, Body, Manifest
from .steps import Step
from .waiting import Job
from .webhooks import NAMESPACE_NAME, Labels, Webhook

# Characters from which on a definition keeps an API server busy for seconds: many at once only time out together.
_LARGE = 200_000
_LARGE_AT_ONCE = 2
_NAMESPACES = Resource("", "v1", "Namespace", "namespaces", False)


def propagation(step: Step) -> str:
    """What becomes of what an object owns when it is made anew.

    The pods of a StatefulSet outlive it when the new one will take them over: its selector is the same. All others
    take theirs along, since nobody else would ever remove them.
    """
    if step.key.sort == "StatefulSet.apps" and step.live and step.manifest:
        same = _selector(step.live.body) == _selector(step.manifest.body)
        return "Orphan" if same else "Background"
    return "Background"


def _selector(body: Body) -> t.Any:
    return (body.get("spec") or {}).get("selector")


class Writer:
    """Writes from many threads."""

    def __init__(self, port: Port, resources: Resources, manifests: t.Sequence[Manifest]) -> None:
        self._port = port
        self._resources = resources
        self._manifests = manifests
        self._hooks: list[Webhook] = []
        self._proved: set[tuple[str, str]] = set()
        self._labels: dict[str, Labels] = {}
        self._lock = threading.Lock()
        self._busy = threading.BoundedSemaphore(_LARGE_AT_ONCE)

    def surroundings(self) -> tuple[list[Body], dict[str, Labels]]:
        """Webhook configurations that are there, and labels of namespaces by name."""
        live = [row for resource in CONFIGURATIONS for row in self._port.listed(resource)]
        rows = self._port.listed(_NAMESPACES, metadata_only=True)
        namespaces = {row["metadata"]["name"]: row["metadata"].get("labels") or {} for row in rows}
        wished = [one.body for one in self._manifests if one.key.kind in webhooks.CONFIGURATIONS]
        self._hooks = [
            hook
            for body in [*live, *wished]
            for hook in webhooks.parse(body)
            if hook.fail and webhooks.covers(hook, "", "pods")
        ]
        self._labels = {name: {NAMESPACE_NAME: name, **labels} for name, labels in namespaces.items()}
        for one in self._manifests:
            if one.key.sort == "Namespace":
                self._labels[one.key.name] = {NAMESPACE_NAME: one.key.name, **webhooks.labels_of(one.body)}
        return live, namespaces

    def resources(self, group: str = "") -> Resources:
        """What the cluster serves; asked anew where definitions are waited for."""
        if group == "apiextensions.k8s.io":
            fresh = self._port.resources(fresh=True)
            with self._lock:
                self._resources = fresh
        return self._resources

    def write(self, job: Job) -> Body | None:
        """The object as it is then; None when its old one was told to go first."""
        step, manifest = job.step, job.manifest
        resource = self._resource(manifest)
        live = step.live
        if step.recreate and live and not job.removed:
            uid = str(live.metadata.get("uid") or "")
            there = self._port.delete(
                resource, live.key.namespace, live.key.name, uid=uid, propagation=propagation(step)
            )
            if there:
                return None
        self._ask_webhooks(manifest)
        if step.key.kind == "CustomResourceDefinition" and len(str(manifest.body)) > _LARGE:
            with self._busy:
                return self._port.apply(resource, manifest.body, manager=MANAGER, force=job.force)
        return self._port.apply(resource, manifest.body, manager=MANAGER, force=job.force)

    def _resource(self, manifest: Manifest) -> Resource:
        key = manifest.key
        found = self._resources.find(key.group, key.kind, manifest.version)
        if found is None:
            found = self.resources("apiextensions.k8s.io").find(key.group, key.kind, manifest.version)
        if found is None:
            raise UnknownKind(f"the server does not serve {key.kind} of {manifest.api_version}")
        return found

    def _ask_webhooks(self, manifest: Manifest) -> None:
        """Raises what keeps a workload's pods from being made for want of a webhook.

        Its controller would be refused instead, and comes back only after minutes.
        """
        template = webhooks.pod_template(manifest.body)
        if template is None:
            return
        labels = self._labels.get(manifest.key.namespace) or {NAMESPACE_NAME: manifest.key.namespace}
        asked = {
            (one.configuration.kind, one.name) for one in self._hooks if webhooks.guards_pods(one, manifest, labels)
        }
        if asked <= self._proved:
            return
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                **(template.get("metadata") or {}),
                "name": "kubeops-asks",
                "namespace": manifest.key.namespace,
            },
            "spec": {**template["spec"]},
        }
        try:
            self._port.create(PODS, pod, dry_run=True)
        except Heals:
            raise
        except EstateError:
            # Refused for another reason: the webhooks answered, or were never reached; the controller will tell.
            return
        self._proved |= asked
