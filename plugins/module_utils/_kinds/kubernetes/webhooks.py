# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Admission webhooks: what each one guards, who answers for it, and how much of a cluster it can stop. Pure."""

from __future__ import annotations

import dataclasses
import typing as t

from .objects import Body, Key, Manifest, key_of

GROUP = "admissionregistration.k8s.io"
CONFIGURATIONS = frozenset({"MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"})
WORKLOADS = frozenset(
    {
        ("apps", "Deployment"),
        ("apps", "StatefulSet"),
        ("apps", "DaemonSet"),
        ("apps", "ReplicaSet"),
        ("batch", "Job"),
        ("batch", "CronJob"),
    }
)
INJECTED = ("cert-manager.io/inject-ca-from", "cert-manager.io/inject-ca-from-secret")
NAMESPACE_NAME = "kubernetes.io/metadata.name"
# Groups of Kubernetes itself: an own group has a domain that is not k8s.io, but for these projects.
_OTHERS_AT_K8S = ("x-k8s.io", "gateway.networking.k8s.io", "metrics.k8s.io", "sparkoperator.k8s.io")

Labels = t.Mapping[str, str]


@dataclasses.dataclass(frozen=True)
class Webhook:
    """One webhook of a configuration. service: None when it is called by URL. injected: "namespace/name" of the
    certificate (or Secret) that cert-manager is told to take the caBundle from. ca: a caBundle is there."""

    configuration: Key
    name: str
    mutating: bool
    fail: bool
    service: Key | None
    ca: bool
    certificate: str
    injected: bool
    rules: tuple[tuple[frozenset[str], frozenset[str]], ...]
    """Groups and resources of the rules for CREATE or UPDATE."""
    namespaces: Body = dataclasses.field(default_factory=dict)
    objects: Body = dataclasses.field(default_factory=dict)

    @property
    def self_managed(self) -> bool:
        """True when its own component has to find the configuration to write the caBundle into it."""
        return self.service is not None and not self.ca and not self.injected


def parse(body: Body) -> list[Webhook]:
    """The webhooks of one configuration, wished or live. matchConditions may match, so they are not looked at."""
    key = key_of(body, namespaced=False)
    annotations = body["metadata"].get("annotations") or {}
    found = []
    for one in body.get("webhooks") or ():
        config = one.get("clientConfig") or {}
        service = config.get("service")
        found.append(
            Webhook(
                configuration=key,
                name=one["name"],
                mutating=key.kind.startswith("Mutating"),
                # As the API server defaults it.
                fail=one.get("failurePolicy", "Fail") == "Fail",
                service=Key("", "Service", service["namespace"], service["name"]) if service else None,
                ca=bool(config.get("caBundle")),
                certificate=str(annotations.get(INJECTED[0], "")),
                injected=any(annotations.get(name) for name in INJECTED),
                rules=tuple(_rules(one)),
                namespaces=one.get("namespaceSelector") or {},
                objects=one.get("objectSelector") or {},
            )
        )
    return found


def _rules(webhook: Body) -> t.Iterator[tuple[frozenset[str], frozenset[str]]]:
    for rule in webhook.get("rules") or ():
        if not {"*", "CREATE", "UPDATE"}.isdisjoint(rule.get("operations") or ()):
            yield frozenset(rule.get("apiGroups") or ()), frozenset(rule.get("resources") or ())


def selects(selector: Body, labels: Labels) -> bool:
    """Whether a label selector of the API matches; an empty one matches everything."""
    for name, value in (selector.get("matchLabels") or {}).items():
        if labels.get(name) != value:
            return False
    return all(_expression(one, labels) for one in selector.get("matchExpressions") or ())


def _expression(one: Body, labels: Labels) -> bool:
    name, operator, values = one["key"], one["operator"], one.get("values") or ()
    if operator == "In":
        return labels.get(name) in values
    if operator == "NotIn":
        return labels.get(name) not in values
    return bool((name in labels) == (operator == "Exists"))


def plural_of(kind: str) -> str:
    """The resource name of one of Kubernetes' own kinds: CRDs tell theirs themselves."""
    low = kind.lower()
    if low.endswith("endpoints"):
        return low
    if low.endswith("y"):
        return low[:-1] + "ies"
    return low + ("es" if low.endswith("s") else "s")


def pod_template(body: Body) -> Body | None:
    """What a workload's pods are made from; None of everything else."""
    group = str(body["apiVersion"]).rpartition("/")[0]
    if (group, body["kind"]) not in WORKLOADS:
        return None
    spec = body.get("spec") or {}
    if body["kind"] == "CronJob":
        spec = (spec.get("jobTemplate") or {}).get("spec") or {}
    return t.cast("Body | None", spec.get("template"))


def labels_of(body: Body) -> Labels:
    """Labels of an object or of a pod template."""
    return t.cast(Labels, (body.get("metadata") or {}).get("labels") or {})


def covers(webhook: Webhook, group: str, plural: str) -> bool:
    """Whether its rules name that resource, in whatever version."""
    return any(
        ("*" in groups or group in groups) and not resources.isdisjoint((plural, "*", "*/*"))
        for groups, resources in webhook.rules
    )


def guards(webhook: Webhook, manifest: Manifest, namespace: Labels, plural: str = "") -> bool:
    """Whether it is asked about the object, or about the pods that a workload makes.

    namespace: labels of the object's namespace. plural: resource name of the object's kind.
    """
    key = manifest.key
    if covers(webhook, key.group, plural or plural_of(key.kind)) and _selected(webhook, manifest, namespace):
        return True
    return guards_pods(webhook, manifest, namespace)


def _selected(webhook: Webhook, manifest: Manifest, namespace: Labels) -> bool:
    own = labels_of(manifest.body)
    if manifest.key.sort == "Namespace":
        namespace = {NAMESPACE_NAME: manifest.key.name, **own}
    elif not manifest.key.namespace:
        return selects(webhook.objects, own)
    return selects(webhook.namespaces, namespace) and selects(webhook.objects, own)


def guards_pods(webhook: Webhook, manifest: Manifest, namespace: Labels) -> bool:
    """Whether it is asked about the pods that a workload makes."""
    template = pod_template(manifest.body)
    if template is None or not covers(webhook, "", "pods"):
        return False
    return selects(webhook.namespaces, namespace) and selects(webhook.objects, labels_of(template))


def wide(webhook: Webhook) -> bool:
    """Whether its failure stops Kubernetes' own kinds nearly everywhere: such a webhook comes last."""
    if not webhook.fail or not (_excludes_only(webhook.namespaces) and _excludes_only(webhook.objects)):
        return False
    return any(group == "*" or built_in(group) for groups, _resources in webhook.rules for group in groups)


def _excludes_only(selector: Body) -> bool:
    if selector.get("matchLabels"):
        return False
    return all(one["operator"] in ("NotIn", "DoesNotExist") for one in selector.get("matchExpressions") or ())


def built_in(group: str) -> bool:
    """Whether an API group is Kubernetes' own."""
    return "." not in group or (group.endswith(".k8s.io") and not group.endswith(_OTHERS_AT_K8S))


def backends(service: Body, workloads: t.Iterable[Manifest]) -> set[Key]:
    """The workloads of the Service's namespace whose pods it leads to."""
    selector = (service.get("spec") or {}).get("selector") or {}
    if not selector:
        return set()
    return {
        one.key
        for one in workloads
        if one.key.namespace == service["metadata"].get("namespace")
        and selector.items() <= labels_of(pod_template(one.body) or {}).items()
    }


def backend(webhook: Webhook, manifests: t.Iterable[Manifest]) -> set[Key]:
    """The workloads behind its Service, as far as they are among the manifests."""
    manifests = list(manifests)
    service = next((one for one in manifests if one.key == webhook.service), None)
    return backends(service.body, manifests) if service else set()


def left_to_others(manifests: t.Iterable[Manifest]) -> set[Key]:
    """Configurations that a component which is none of these objects has to fill in: nobody can wait for that here."""
    manifests = list(manifests)
    there = {one.key for one in manifests}
    hooks = [hook for one in manifests if one.key.kind in CONFIGURATIONS for hook in parse(one.body)]
    return {hook.configuration for hook in hooks if hook.self_managed and hook.service not in there}
