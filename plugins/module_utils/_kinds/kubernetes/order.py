# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Who must be ready before whom, object by object, so that everything that can go at once goes at once. Pure.

A need is met when its object is ready, but for SOFT kinds, where it is met once the object is there. Where many objects
precede many others a barrier stands between them: a key without a kind, ready when all that it needs is.
"""

from __future__ import annotations

import typing as t

from . import webhooks
from .circles import Edges, opened
from .mounts import Mounts
from .objects import Body, Key, Manifest
from .rights import Rights
from .webhooks import NAMESPACE_NAME, Labels, Webhook

# What a pod may wait for itself: a volume that is bound when its pod comes, an address that a cloud gives later.
SOFT = frozenset(
    {
        ("", "PersistentVolumeClaim"),
        ("", "Service"),
        ("networking.k8s.io", "Ingress"),
        ("cert-manager.io", "Issuer"),
        ("cert-manager.io", "ClusterIssuer"),
    }
)
# What pods also wait for themselves, though not without complaining.
LAZY = SOFT | {("cert-manager.io", "Certificate")}
# How much goes wrong when an edge is left out, most last: a refused call is tried again, a missing kind is no object.
_HINT, _GUARD, _LATE, _USES, _BACKEND, _CERTIFICATE, _HOME = range(7)
_POLICIES = frozenset({("", "LimitRange"), ("", "ResourceQuota"), ("networking.k8s.io", "NetworkPolicy")})
_ISSUING = "cert-manager.io"
EVERYTHING_ELSE = Key("", "", "", "everything but what can stop all of the cluster")
"""The barrier that a cluster-wide webhook waits for: it is open when the others have ended, however they did."""


def is_barrier(key: Key) -> bool:
    """Whether a key names no object but a point that others have to pass."""
    return not key.kind


def _policies(namespace: str) -> Key:
    return Key("", "", namespace, "quotas, limits and network policies")


def _definitions(group: str) -> Key:
    return Key("", "", "", f"definitions of {group}")


def needs(
    manifests: t.Sequence[Manifest],
    live: t.Sequence[Body] = (),
    namespaces: t.Optional[t.Mapping[str, Labels]] = None,
    tell: t.Callable[[str], None] = lambda _text: None,
    *,
    hints: bool = True,
) -> dict[Key, set[Key]]:
    """For each object and barrier what has to be ready before it, among these manifests.

    live: webhook configurations that the cluster has. namespaces: labels of namespaces that are not among the
    manifests. tell: is told which need was left out of a circle. hints: also who only makes another one ready, which
    is no matter to who does not wait for that.
    """
    edges = _Order(manifests, live, namespaces or {}).edges()
    if not hints:
        edges = {key: {need: how for need, how in found.items() if how > _HINT} for key, found in edges.items()}
    return opened(edges, tell)


class _Order:
    """Collects the edges of one set of wishes."""

    def __init__(
        self, manifests: t.Sequence[Manifest], live: t.Sequence[Body], namespaces: t.Mapping[str, Labels]
    ) -> None:
        self._all = {one.key: one for one in manifests}
        self._edges: Edges = {key: {} for key in self._all}
        self._workloads = [one for one in manifests if webhooks.pod_template(one.body) is not None]
        self._mounts = Mounts(self._all, self._workloads)
        self._rights = Rights(self._all, self._workloads)
        self._definitions = {
            (one.body["spec"]["group"], one.body["spec"]["names"]["kind"]): one
            for one in manifests
            if one.key.sort == "CustomResourceDefinition.apiextensions.k8s.io"
        }
        for group in {group for group, _kind in self._definitions}:
            found = [one.key for (owner, _kind), one in self._definitions.items() if owner == group]
            self._edges[_definitions(group)] = dict.fromkeys(found, _USES)
        self._labels = {name: {NAMESPACE_NAME: name, **labels} for name, labels in namespaces.items()}
        for one in manifests:
            if one.key.sort == "Namespace":
                self._labels[one.key.name] = {NAMESPACE_NAME: one.key.name, **webhooks.labels_of(one.body)}
        self._webhooks = self._parsed(manifests, live)

    def _parsed(self, manifests: t.Sequence[Manifest], live: t.Sequence[Body]) -> list[Webhook]:
        """As wished; rules that a controller fills in come from the live ones."""
        there = {(one.configuration, one.name): one for body in live for one in webhooks.parse(body)}
        found = []
        for manifest in manifests:
            if manifest.key.group == webhooks.GROUP and manifest.key.kind in webhooks.CONFIGURATIONS:
                for one in webhooks.parse(manifest.body):
                    old = there.pop((one.configuration, one.name), None)
                    found.append(old if old and not one.rules else one)
        # One that may be left out stops nobody.
        return [one for one in [*found, *there.values()] if one.fail]

    def edges(self) -> Edges:
        """All needs with their strengths."""
        behind = {one.service: self._mounts.backends(one.service) for one in self._webhooks if one.service}
        last = {one.configuration for one in self._webhooks if one.configuration in self._all and webhooks.wide(one)}
        index = self._index()
        agents = {one.key for one in self._workloads if _is_network_agent(one)}
        for one in self._all.values():
            self._home(one)
            self._uses(one)
            self._guards(one, index, behind, agents, last)
        for hook in self._webhooks:
            self._configuration(hook, behind)
        self._last(last, behind)
        return self._edges

    def _need(self, key: Key, need: Key, strength: int) -> None:
        if need in self._edges and need != key:
            old = self._edges[key].get(need, -1)
            self._edges[key][need] = max(old, strength)

    def _home(self, one: Manifest) -> None:
        """Its namespace, its kind, and who answers for other versions of it."""
        key = one.key
        if key.namespace:
            self._need(key, Key("", "Namespace", "", key.namespace), _HOME)
            # A profile's namespace is made by its controller.
            self._need(key, Key("kubeflow.org", "Profile", "", key.namespace), _HOME)
        definition = self._definitions.get((key.group, key.kind))
        if definition is None:
            return
        self._need(key, definition.key, _HOME)
        service = _converter(definition.body, one.version)
        for backend in self._mounts.backends(service) if service else ():
            self._need(key, backend, _BACKEND)

    def _uses(self, one: Manifest) -> None:
        for need in self._mounts.of(one):
            self._need(one.key, need, _USES)
        if webhooks.pod_template(one.body) is not None:
            self._need_policies(one.key)
            # A controller whose kinds are not there ends, and is started again after ever longer pauses.
            for group in self._rights.watched(one):
                self._need(one.key, _definitions(group), _USES)
        elif one.key.group == _ISSUING:
            plural = webhooks.plural_of(one.key.kind)
            for controller in self._rights.writers(_ISSUING, f"{plural}/status"):
                self._need(one.key, controller, _HINT)

    def _need_policies(self, key: Key) -> None:
        barrier = _policies(key.namespace)
        if barrier not in self._edges:
            found = self._mounts.policies(key.namespace, _POLICIES)
            self._edges[barrier] = dict.fromkeys(found, _USES)
        if self._edges[barrier]:
            self._need(key, barrier, _USES)

    def _index(self) -> dict[tuple[str, str], list[Webhook]]:
        """Webhooks by group and resource, either of them "*" where a rule has that."""
        index: dict[tuple[str, str], list[Webhook]] = {}
        for hook in self._webhooks:
            names = {
                (group, "*" if "*" in resource else resource)
                for groups, resources in hook.rules
                for group in groups
                for resource in resources
            }
            for name in names:
                index.setdefault(name, []).append(hook)
        return index

    def _asked(self, one: Manifest, index: t.Mapping[tuple[str, str], list[Webhook]]) -> t.Iterator[Webhook]:
        """The webhooks that guard an object or the pods it makes."""
        definition = self._definitions.get((one.key.group, one.key.kind))
        plural = definition.body["spec"]["names"]["plural"] if definition else webhooks.plural_of(one.key.kind)
        labels = self._labels.get(one.key.namespace) or {NAMESPACE_NAME: one.key.namespace}
        names = {(group, resource) for group in (one.key.group, "*") for resource in (plural, "*")}
        if webhooks.pod_template(one.body) is not None:
            names |= {("", "pods"), ("*", "pods"), ("", "*")}
        for name in names & index.keys():
            yield from (hook for hook in index[name] if webhooks.guards(hook, one, labels, plural))

    def _guards(
        self,
        one: Manifest,
        index: t.Mapping[tuple[str, str], list[Webhook]],
        behind: t.Mapping[Key, set[Key]],
        agents: t.Collection[Key],
        last: t.Collection[Key],
    ) -> None:
        for hook in self._asked(one, index):
            if webhooks.wide(hook) and hook.configuration in last:
                # It comes after all that it guards.
                continue
            self._need(one.key, hook.configuration, _GUARD)
            for backend in behind.get(hook.service, ()) if hook.service else ():
                self._need(one.key, backend, _GUARD)
            if hook.mutating and webhooks.covers(hook, "", "pods"):
                # A sidecar that redirects traffic relies on the node's network being prepared for it.
                for agent in agents:
                    self._need(one.key, agent, _GUARD)

    def _configuration(self, hook: Webhook, behind: t.Mapping[Key, set[Key]]) -> None:
        """A backend comes before its configuration, unless it gets ready only by writing its caBundle into it."""
        key = hook.configuration
        if key not in self._all:
            return
        if hook.certificate:
            namespace, _slash, name = hook.certificate.partition("/")
            self._need(key, Key(_ISSUING, "Certificate", namespace, name), _CERTIFICATE)
        if hook.injected:
            for injector in self._rights.writers(webhooks.GROUP, webhooks.plural_of(key.kind)):
                if _ISSUING in self._rights.watched(self._all[injector]):
                    self._need(key, injector, _HINT)
        if hook.service and not hook.self_managed:
            for backend in behind[hook.service]:
                self._need(key, backend, _BACKEND)

    def _last(self, last: t.Collection[Key], behind: t.Mapping[Key, set[Key]]) -> None:
        """Cluster-wide webhooks and those of their backends that only they make ready; nobody else waits for them."""
        if not last:
            return
        own = {
            backend
            for hook in self._webhooks
            if hook.configuration in last and hook.self_managed and hook.service
            for backend in behind[hook.service]
        }
        followers = _followers(self._edges, {*last, *own})
        others = self._all.keys() - followers
        self._edges[EVERYTHING_ELSE] = dict.fromkeys(others, _LATE)
        for key in {*last, *own}:
            self._need(key, EVERYTHING_ELSE, _LATE)


def _followers(edges: Edges, roots: t.Collection[Key]) -> set[Key]:
    """The roots and all that needs them, through whatever is between."""
    dependents: dict[Key, list[Key]] = {}
    for key, found in edges.items():
        for need in found:
            dependents.setdefault(need, []).append(key)
    reached, left = set(roots), list(roots)
    while left:
        for key in dependents.get(left.pop(), ()):
            if key not in reached:
                reached.add(key)
                left.append(key)
    return reached


def _converter(definition: Body, version: str) -> Key | None:
    """The Service that converts a version which is not the stored one."""
    spec = definition["spec"]
    conversion = spec.get("conversion") or {}
    stored = next((one["name"] for one in spec["versions"] if one.get("storage")), version)
    if conversion.get("strategy") != "Webhook" or version == stored:
        return None
    service = ((conversion.get("webhook") or {}).get("clientConfig") or {}).get("service")
    return Key("", "Service", service["namespace"], service["name"]) if service else None


def _is_network_agent(one: Manifest) -> bool:
    """Whether it puts a network plugin onto the nodes."""
    if one.key.kind != "DaemonSet":
        return False
    volumes = ((webhooks.pod_template(one.body) or {}).get("spec") or {}).get("volumes") or ()
    paths = [str((volume.get("hostPath") or {}).get("path", "")) for volume in volumes]
    return any(path.startswith(("/opt/cni", "/etc/cni")) for path in paths)
