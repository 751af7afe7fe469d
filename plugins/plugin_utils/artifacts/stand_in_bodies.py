# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bodies of stand-ins: as little as an API server and the other stand-ins need."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Facts = dict[str, Any]
Body = dict[str, Any]

_PERMISSIVE = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
_RULE = ("apiGroups", "resources", "verbs", "resourceNames", "nonResourceURLs")
_SUBJECTS = {"User", "Group"}
# What Pod Security "restricted" wants to see, which upstream's namespaces enforce.
_POD_SECURITY = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
_CONTAINER_SECURITY = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}


def fill(body: Body, facts: Facts) -> Body:
    """The object with what its kind needs. facts: of the bill."""
    metadata = body["metadata"]
    if facts.get("annotations"):
        metadata["annotations"] = facts["annotations"]
    if body["kind"] in _LABELLED:
        metadata["labels"].update(facts.get("labels") or {})
    body.update(_MADE.get(body["kind"], _custom if "." in body["apiVersion"] else _empty)(body, facts))
    return body


def _empty(_body: Body, _facts: Facts) -> Body:
    return {}


def _custom(_body: Body, _facts: Facts) -> Body:
    return {"spec": {}}


def _definition(body: Body, facts: Facts) -> Body:
    group = body["metadata"]["name"].partition(".")[2]
    if group.endswith((".k8s.io", ".kubernetes.io")):
        # Kubernetes wants to know who approved names in its own domain.
        body["metadata"].setdefault("annotations", {})["api-approved.kubernetes.io"] = "unapproved, a stand-in"
    versions = []
    for told in facts["versions"]:
        version: Body = {
            "name": told.rstrip("+/"), "served": True, "storage": "+" in told,
            "schema": {"openAPIV3Schema": _PERMISSIVE},
        }  # fmt: skip
        if told.endswith("/"):
            version["subresources"] = {"status": {}}
        versions.append(version)
    kind = facts["of"]
    names = {"plural": facts["plural"], "kind": kind, "singular": kind.lower(), "listKind": f"{kind}List"}
    return {"spec": {"group": group, "scope": facts["scope"], "names": names, "versions": versions}}


def _workload(body: Body, facts: Facts) -> Body:
    selector = facts.get("selector") or {}
    containers = []
    for name, image, *ports in facts["containers"]:
        container: Body = {"name": name, "image": image, "securityContext": _CONTAINER_SECURITY}
        if ports:
            container["ports"] = [
                {"containerPort": port, **({"name": called} if called else {})} for port, called in ports
            ]
        containers.append(container)
    pod: Body = {"securityContext": _POD_SECURITY, "containers": containers}
    if facts.get("account"):
        pod["serviceAccountName"] = facts["account"]
    secrets: list[Body] = [{"secretName": name} for name in facts.get("secrets") or ()]
    secrets += [{"secretName": name, "optional": True} for name in facts.get("optional_secrets") or ()]
    if secrets:
        pod["volumes"] = [{"name": f"secret-{number}", "secret": secret} for number, secret in enumerate(secrets)]
    labels = {**selector, **(facts.get("labels") or {})}
    spec: Body = {"selector": {"matchLabels": selector}, "template": {"metadata": {"labels": labels}, "spec": pod}}
    if body["kind"] == "StatefulSet":
        spec["serviceName"] = facts.get("service") or body["metadata"]["name"]
    return {"spec": spec}


def _service(_body: Body, facts: Facts) -> Body:
    ports = [
        {"port": port, **({"name": name} if name else {}), **({"targetPort": target} if target else {})}
        for name, port, target in facts.get("ports") or ()
    ]
    spec: Body = {"ports": ports} if ports else {}
    if facts.get("selector"):
        spec["selector"] = facts["selector"]
    if facts.get("type"):
        spec["type"] = facts["type"]
    if facts.get("headless"):
        spec["clusterIP"] = "None"
    return {"spec": spec}


def _webhooks(_body: Body, facts: Facts) -> Body:
    return {"webhooks": [_webhook(one) for one in facts.get("webhooks") or ()]}


def _webhook(facts: Facts) -> Body:
    namespace, name, path, port = facts["service"]
    service: Body = {"namespace": namespace, "name": name, "port": port}
    if path:
        service["path"] = path
    made: Body = {
        "name": facts["name"],
        "clientConfig": {"service": service},
        "rules": [
            {"apiGroups": groups, "apiVersions": versions, "operations": verbs, "resources": resources, "scope": scope}
            for groups, versions, verbs, resources, scope in facts.get("rules") or ()
        ],
        "failurePolicy": "Ignore" if facts.get("ignore") else "Fail",
        "admissionReviewVersions": facts["reviews"],
        "sideEffects": facts["effects"],
    }
    for selector, told in (("namespaceSelector", "namespaces"), ("objectSelector", "objects")):
        if facts.get(told):
            made[selector] = facts[told]
    return made


def _role(body: Body, facts: Facts) -> Body:
    if facts.get("aggregated"):
        # The rules are the controller's.
        return {"aggregationRule": {"clusterRoleSelectors": facts["aggregated"]}}
    # Empty lists at the end of a rule are not written down.
    told = [dict(zip(_RULE, rule, strict=False)) for rule in facts.get("rules") or ()]
    return {"rules": [{field: value for field, value in rule.items() if value} for rule in told]}


def _binding(_body: Body, facts: Facts) -> Body:
    kind, name = facts["role"]
    subjects = []
    for subject, namespace, called in facts.get("subjects") or ():
        one = {"kind": subject, "name": called}
        if subject in _SUBJECTS:
            one["apiGroup"] = "rbac.authorization.k8s.io"
        elif namespace:
            one["namespace"] = namespace
        subjects.append(one)
    return {"roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name}, "subjects": subjects}


def _settings(_body: Body, facts: Facts) -> Body:
    return {"data": dict.fromkeys(facts.get("keys") or (), "")}


def _secret(_body: Body, facts: Facts) -> Body:
    # Never upstream's published ones: made when it is applied.
    made: Body = {"data": {key: {"$generate": {}} for key in facts.get("keys") or ()}}
    if facts.get("type"):
        made["type"] = facts["type"]
    return made


def _volume_claim(_body: Body, facts: Facts) -> Body:
    return {"spec": {"accessModes": facts["modes"], "resources": {"requests": {"storage": facts["size"]}}}}


def _autoscaler(_body: Body, facts: Facts) -> Body:
    least, most = facts["replicas"]
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": facts["target"]}
    return {"spec": {"scaleTargetRef": target, "minReplicas": least, "maxReplicas": most}}


def _certificate(_body: Body, facts: Facts) -> Body:
    spec: Body = {"secretName": facts["secret"]}
    if "issuer" in facts:
        kind, name = facts["issuer"]
        spec["issuerRef"] = {"kind": kind, "name": name, "group": "cert-manager.io"}
    for field, told in (("dnsNames", "names"), ("commonName", "common"), ("isCA", "authority")):
        if facts.get(told):
            spec[field] = facts[told]
    return {"spec": spec}


def _issuer(_body: Body, facts: Facts) -> Body:
    return {"spec": {"ca": {"secretName": facts["secret"]}} if facts.get("secret") else {"selfSigned": {}}}


def _priority(_body: Body, facts: Facts) -> Body:
    return {"value": facts["value"]}


def _profile(_body: Body, facts: Facts) -> Body:
    return {"spec": {"owner": {"kind": "User", "name": facts["owner"]}}}


def _route(_body: Body, facts: Facts) -> Body:
    spec: Body = {"hosts": facts["hosts"]}
    if facts.get("gateways"):
        spec["gateways"] = facts["gateways"]
    targets = [
        {"destination": {"host": host, **({"port": {"number": port}} if port else {})}}
        for host, port in facts.get("targets") or ()
    ]
    if targets:
        spec["http"] = [{"route": targets}]
    return {"spec": spec}


def _gateway(_body: Body, facts: Facts) -> Body:
    servers = [
        {"port": {"number": number, "protocol": protocol, "name": f"{protocol.lower()}-{number}"}, "hosts": hosts}
        for number, protocol, hosts in facts["servers"]
    ]
    return {"spec": {"selector": facts.get("selector") or {}, "servers": servers}}


def _host(_body: Body, facts: Facts) -> Body:
    return {"spec": {"host": facts["host"]}}


def _runtime(_body: Body, facts: Facts) -> Body:
    formats = [{"name": name} for name in facts.get("formats") or ()]
    containers = [{"name": name, "image": image} for name, image in facts.get("containers") or ()]
    return {"spec": {"supportedModelFormats": formats, "containers": containers}}


def _image(_body: Body, facts: Facts) -> Body:
    return {"spec": {"image": facts["image"]}}


def _policy(_body: Body, _facts: Facts) -> Body:
    # Nothing runs that could be reached: everything is let in.
    return {"spec": {"podSelector": {}, "ingress": [{}], "policyTypes": ["Ingress"]}}


def _budget(_body: Body, _facts: Facts) -> Body:
    return {"spec": {"maxUnavailable": 1, "selector": {}}}


_LABELLED = {"Namespace", "ClusterRole", "Role"}
_MADE: dict[str, Callable[[Body, Facts], Body]] = {
    "Namespace": _empty,
    "ServiceAccount": _empty,
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
    "ConfigMap": _settings,
    "Secret": _secret,
    "NetworkPolicy": _policy,
    "PodDisruptionBudget": _budget,
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
