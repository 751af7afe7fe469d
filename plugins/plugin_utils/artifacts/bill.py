# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A bill of materials: what a stand-in has to know of an object, and nothing of what it says.

Names, ports, selectors, rules and references are facts; text, programs, schemas and values of settings stay with
upstream.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Facts = dict[str, Any]
Body = Mapping[str, Any]

_CA = "cert-manager.io/inject"
_POD_LABELS = ("app", "app.kubernetes.io/name", "sidecar.istio.io/inject", "istio", "control-plane")


def facts(body: Body) -> Facts:
    """What is to be known of an object beside its kind and names; empty values are left out."""
    taken = _TAKEN.get(body["kind"], _nothing)(body)
    return {name: value for name, value in taken.items() if value not in (None, "", [], {})}


def _nothing(_body: Body) -> Facts:
    return {}


def _namespace(body: Body) -> Facts:
    return {"labels": body["metadata"].get("labels")}


def _definition(body: Body) -> Facts:
    spec = body["spec"]
    return {
        "plural": spec["names"]["plural"],
        "of": spec["names"]["kind"],
        "scope": spec["scope"],
        "versions": [
            f"{one['name']}{'+' if one['storage'] else ''}{'/' if 'status' in (one.get('subresources') or {}) else ''}"
            for one in spec["versions"]
            if one["served"]
        ],
    }


def _workload(body: Body) -> Facts:
    spec = body["spec"]
    template = spec["template"]
    pod = template["spec"]
    labels = (template.get("metadata") or {}).get("labels") or {}
    selector = (spec.get("selector") or {}).get("matchLabels") or {}
    return {
        "selector": selector,
        "labels": {name: value for name, value in labels.items() if name in _POD_LABELS and name not in selector},
        "account": pod.get("serviceAccountName"),
        "containers": [[one["name"], one["image"], *_ports(one)] for one in pod["containers"]],
        "secrets": _secrets(pod, optional=False),
        "optional_secrets": _secrets(pod, optional=True),
        "service": spec.get("serviceName"),
    }


def _secrets(pod: Body, *, optional: bool) -> list[str]:
    """Names of what the pod mounts; without an optional one it starts all the same."""
    mounted = [one["secret"] for one in pod.get("volumes") or () if "secret" in one]
    return [one["secretName"] for one in mounted if bool(one.get("optional")) is optional]


def _ports(container: Body) -> list[list[Any]]:
    return [[one["containerPort"], one.get("name", "")] for one in container.get("ports") or ()]


def _service(body: Body) -> Facts:
    spec = body["spec"]
    return {
        "ports": [[one.get("name", ""), one["port"], one.get("targetPort")] for one in spec.get("ports") or ()],
        "selector": spec.get("selector"),
        "type": spec.get("type") if spec.get("type") != "ClusterIP" else None,
        "headless": spec.get("clusterIP") == "None",
    }


def _webhooks(body: Body) -> Facts:
    annotations = body["metadata"].get("annotations") or {}
    return {
        "annotations": {name: value for name, value in annotations.items() if name.startswith(_CA)},
        "webhooks": [_webhook(one) for one in body.get("webhooks") or ()],
    }


def _webhook(one: Body) -> Facts:
    service = one["clientConfig"]["service"]
    told = {
        "name": one["name"],
        "service": [service["namespace"], service["name"], service.get("path", ""), service.get("port", 443)],
        "rules": [
            [rule["apiGroups"], rule["apiVersions"], rule["operations"], rule["resources"], rule.get("scope", "*")]
            for rule in one.get("rules") or ()
        ],
        "ignore": one.get("failurePolicy") == "Ignore",
        "reviews": one["admissionReviewVersions"],
        "effects": one["sideEffects"],
        "namespaces": one.get("namespaceSelector"),
        "objects": one.get("objectSelector"),
    }
    return {name: value for name, value in told.items() if value}


def _role(body: Body) -> Facts:
    aggregated = (body.get("aggregationRule") or {}).get("clusterRoleSelectors")
    labels = {name: on for name, on in (body["metadata"].get("labels") or {}).items() if "aggregate-to" in name}
    # What people may do counts; what a program may that does not run here does not.
    return {
        "rules": [_rule(rule) for rule in body.get("rules") or ()] if labels and not aggregated else None,
        "aggregated": aggregated,
        "labels": labels,
    }


def _rule(rule: Body) -> list[Any]:
    fields = ("apiGroups", "resources", "verbs", "resourceNames", "nonResourceURLs")
    told = [rule.get(field) or [] for field in fields]
    while told and not told[-1]:
        told.pop()
    return told


def _binding(body: Body) -> Facts:
    return {
        "role": [body["roleRef"]["kind"], body["roleRef"]["name"]],
        "subjects": [[one["kind"], one.get("namespace", ""), one["name"]] for one in body.get("subjects") or ()],
    }


def _keys(body: Body) -> Facts:
    keys = sorted({*(body.get("data") or {}), *(body.get("stringData") or {}), *(body.get("binaryData") or {})})
    kind = body.get("type")
    return {"keys": keys, "type": kind if kind != "Opaque" else None}


def _volume_claim(body: Body) -> Facts:
    spec = body["spec"]
    return {"size": spec["resources"]["requests"]["storage"], "modes": spec["accessModes"]}


def _autoscaler(body: Body) -> Facts:
    spec = body["spec"]
    return {"target": spec["scaleTargetRef"]["name"], "replicas": [spec.get("minReplicas", 1), spec["maxReplicas"]]}


def _certificate(body: Body) -> Facts:
    spec = body["spec"]
    # Knative's kind of that name has no issuer.
    issuer = spec.get("issuerRef")
    return {
        "secret": spec["secretName"],
        "issuer": [issuer.get("kind", "Issuer"), issuer["name"]] if issuer else None,
        "names": spec.get("dnsNames"),
        "common": spec.get("commonName"),
        "authority": spec.get("isCA"),
    }


def _issuer(body: Body) -> Facts:
    return {"secret": (body["spec"].get("ca") or {}).get("secretName")}


def _priority(body: Body) -> Facts:
    return {"value": body["value"]}


def _profile(body: Body) -> Facts:
    return {"owner": body["spec"]["owner"]["name"]}


def _route(body: Body) -> Facts:
    spec = body["spec"]
    targets = [
        [one["destination"]["host"], (one["destination"].get("port") or {}).get("number", 0)]
        for http in spec.get("http") or ()
        for one in http.get("route") or ()
    ]
    return {"hosts": spec["hosts"], "gateways": spec.get("gateways"), "targets": targets[:1]}


def _gateway(body: Body) -> Facts:
    spec = body["spec"]
    servers = [[one["port"]["number"], one["port"]["protocol"], one["hosts"]] for one in spec["servers"]]
    return {"selector": spec.get("selector"), "servers": servers}


def _host(body: Body) -> Facts:
    return {"host": body["spec"]["host"]}


def _runtime(body: Body) -> Facts:
    spec = body["spec"]
    return {
        "formats": [one["name"] for one in spec.get("supportedModelFormats") or ()],
        "containers": [[one["name"], one["image"]] for one in spec.get("containers") or ()],
    }


def _image(body: Body) -> Facts:
    return {"image": body["spec"]["image"]}


_TAKEN: dict[str, Callable[[Body], Facts]] = {
    "Namespace": _namespace,
    "CustomResourceDefinition": _definition,
    "Deployment": _workload,
    "StatefulSet": _workload,
    "DaemonSet": _workload,
    "Service": _service,
    "ValidatingWebhookConfiguration": _webhooks,
    "MutatingWebhookConfiguration": _webhooks,
    "Role": _role,
    "ClusterRole": _role,
    "RoleBinding": _binding,
    "ClusterRoleBinding": _binding,
    "ConfigMap": _keys,
    "Secret": _keys,
    "PersistentVolumeClaim": _volume_claim,
    "HorizontalPodAutoscaler": _autoscaler,
    "Certificate": _certificate,
    "Issuer": _issuer,
    "ClusterIssuer": _issuer,
    "PriorityClass": _priority,
    "Profile": _profile,
    "VirtualService": _route,
    "Gateway": _gateway,
    "DestinationRule": _host,
    "ClusterServingRuntime": _runtime,
    "Image": _image,
}
