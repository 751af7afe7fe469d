# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""What holds something that is to go, in words: finalizers, whose controllers run or not, and APIs without a server."""

from __future__ import annotations

import typing as t

from ..._clients.kube import Port
from ..._clients.kube_discovery import Resource, Resources
from ..._engine.kind import Status
from . import gates
from .contents import contents
from .objects import Body, Key, Live, key_of

_NAMESPACES = Resource("", "v1", "Namespace", "namespaces", False)
_API_SERVICES = Resource("apiregistration.k8s.io", "v1", "APIService", "apiservices", False)
_ROLES = Resource("rbac.authorization.k8s.io", "v1", "ClusterRole", "clusterroles", False)
_BINDINGS = Resource("rbac.authorization.k8s.io", "v1", "ClusterRoleBinding", "clusterrolebindings", False)
_WORKLOADS = (
    Resource("apps", "v1", "Deployment", "deployments", True),
    Resource("apps", "v1", "StatefulSet", "statefulsets", True),
)
# Finalizers of Kubernetes itself: what each waits for.
_KNOWN = {
    "kubernetes.io/pvc-protection": "a pod still uses the claim",
    "kubernetes.io/pv-protection": "a claim is still bound to the volume",
    "foregroundDeletion": "what it owns is still there",
    "orphan": "the garbage collector has not let go what it owns",
    "service.kubernetes.io/load-balancer-cleanup": "the cloud's load balancer is still there",
    "batch.kubernetes.io/job-tracking": "the job controller has not counted it yet",
    "customresourcecleanup.apiextensions.k8s.io": "objects of this kind are still there",
}
_MOST = 8


def explain_namespace(port: Port, name: str) -> str:
    """What holds a namespace that is being deleted, and what to do. Raises EstateError if it cannot be read."""
    body = port.get(_NAMESPACES, "", name)
    if body is None:
        return f"namespace {name} is gone"
    if not body["metadata"].get("deletionTimestamp"):
        return f"namespace {name} was not told to go"
    resources = port.resources(fresh=True)
    told = [*_unserved(port), *_held(port, resources, name)]
    # Its own conditions name what neither of the two finds.
    return "; ".join(told) or _conditions(body) or f"namespace {name} is being emptied"


def explain_object(port: Port, live: Live) -> str:
    """What holds one object. Raises EstateError if it cannot be read."""
    resource = port.resources().find(live.key.group, live.key.kind)
    row = port.get(resource, live.key.namespace, live.key.name) if resource else None
    if resource is None or row is None:
        return f"{live.key.address} is gone"
    if not row["metadata"].get("deletionTimestamp"):
        return f"{live.key.address} was not told to go"
    if live.key.sort == "Namespace":
        return explain_namespace(port, live.key.name)
    return _Controllers(port).told(resource, row) or f"{live.key.address} has no finalizer left and goes now"


def _unserved(port: Port) -> t.Iterator[str]:
    """APIs whose server is away: while one is, no namespace can be emptied, since nobody knows what is in it."""
    for row in port.listed(_API_SERVICES):
        found = gates.condition(row, "Available")
        service = row["spec"].get("service")
        if service and found and found.get("status") == "False":
            why = found.get("message") or found.get("reason")
            behind = f"Service {service['namespace']}/{service['name']}"
            yield (
                f"APIService {row['metadata']['name']} is not available ({why}): "
                f"bring the pods behind {behind} back, or delete the APIService"
            )


def _held(port: Port, resources: Resources, namespace: str) -> t.Iterator[str]:
    controllers = _Controllers(port)
    held = [
        (resource, row)
        # What holds a namespace may be just that a server is away; the rest is told all the same.
        for resource, row in contents(port, resources, namespace, readable=True)
        if row["metadata"].get("deletionTimestamp") and row["metadata"].get("finalizers")
    ]
    for resource, row in held[:_MOST]:
        yield controllers.told(resource, row)
    if len(held) > _MOST:
        yield f"and {len(held) - _MOST} more"


def _conditions(namespace: Body) -> str:
    found = (namespace.get("status") or {}).get("conditions") or ()
    return "; ".join(f"{one['type']}: {one.get('message', '')}" for one in found if one.get("status") == "True")


class _Controllers:
    """Finds who may run a finalizer: the workloads that may write the finalizers of a kind."""

    def __init__(self, port: Port) -> None:
        self._port = port
        self._roles: list[Body] | None = None
        self._bindings: list[Body] = []
        self._workloads: list[Body] = []

    def told(self, resource: Resource, row: Body) -> str:
        """The object, its finalizers, and what each waits for; empty when it has none."""
        finalizers = row["metadata"].get("finalizers") or []
        if not finalizers:
            return ""
        key = key_of({**row, "apiVersion": resource.api_version, "kind": resource.kind}, resource.namespaced)
        reasons = [_KNOWN[one] for one in finalizers if one in _KNOWN]
        if len(reasons) < len(finalizers):
            reasons.append(self._missing(resource, key))
        return f"{key.address} is held by {', '.join(finalizers)}: {', '.join(reasons)}"

    def _missing(self, resource: Resource, key: Key) -> str:
        self._load()
        roles = {one["metadata"]["name"] for one in self._roles or () if _may_finalize(one, resource)}
        accounts = {
            (subject.get("namespace"), subject["name"])
            for binding in self._bindings
            if binding["roleRef"]["name"] in roles
            for subject in binding.get("subjects") or ()
            if subject.get("kind") == "ServiceAccount"
        }
        found = [one for one in self._workloads if _account(one) in accounts]
        remedy = f"start it again, or if nothing is left to clean up remove the finalizers of {key.address}"
        if not found:
            return f"no controller with the right to run them is in the cluster; {remedy}"
        for one in found:
            status, reason = gates.state(one, one)
            name = f"{one['kind']} {one['metadata']['namespace']}/{one['metadata']['name']}"
            if status is not Status.READY or not one["spec"].get("replicas", 1):
                return f"its controller {name} does not run ({reason or 'scaled to nothing'}); {remedy}"
        names = ", ".join(f"{one['metadata']['namespace']}/{one['metadata']['name']}" for one in found[:3])
        return f"its controller ({names}) runs and has not finished: see its log"

    def _load(self) -> None:
        if self._roles is None:
            self._roles = list(self._port.listed(_ROLES))
            self._bindings = list(self._port.listed(_BINDINGS))
            self._workloads = [row for resource in _WORKLOADS for row in self._port.listed(resource)]


def _account(workload: Body) -> tuple[str, str]:
    pod = workload["spec"]["template"]["spec"]
    return workload["metadata"]["namespace"], pod.get("serviceAccountName") or "default"


def _may_finalize(role: Body, resource: Resource) -> bool:
    """Whether a role names a kind to write to it. Rights to everything are an administrator's, not a controller's."""
    for rule in role.get("rules") or ():
        if resource.group not in (rule.get("apiGroups") or ()):
            continue
        named = {resource.plural, f"{resource.plural}/finalizers"} & set(rule.get("resources") or ())
        if named and {"update", "patch", "*"} & set(rule.get("verbs") or ()):
            return True
    return False
