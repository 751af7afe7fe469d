# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Fields of a stream that the cluster's own controllers write: they are not sent, so nobody fights over them.

Sources: cert-manager's cainjector; knative.dev/pkg/webhook, which writes rules and namespaceSelector; istiod, which
turns the failurePolicy of its validation to Fail once it is up; Kubernetes' aggregation of ClusterRoles and its
autoscaler.
"""

from __future__ import annotations

import base64
import binascii
import json
import typing as t

from ..._engine.errors import Invalid
from .fields import FieldsV1
from .objects import Body, Key

_INJECTED = frozenset(
    {"cert-manager.io/inject-ca-from", "cert-manager.io/inject-ca-from-secret", "cert-manager.io/inject-apiserver-ca"}
)
# By the end of a webhook's name: what its controller sets once it runs. Until then it is as the stream says.
_TAKEN_OVER = (
    (".knative.dev", frozenset({"rules", "namespaceSelector"})),
    ("validation.istio.io", frozenset({"failurePolicy"})),
)
# The field manager as which the controller of HorizontalPodAutoscalers writes.
_AUTOSCALER = "kube-controller-manager"
_SCALERS = frozenset({("autoscaling", "HorizontalPodAutoscaler"), ("keda.sh", "ScaledObject")})


def without_others(body: dict[str, t.Any], key: Key) -> Body:
    """The object without what others are to write in it, and with the data of Secrets in one field."""
    special = _SPECIAL.get((key.group, key.kind))
    if special:
        return special(body)
    return _without_template_dates(body) if key.group in ("apps", "batch") else body


def scaled(objects: t.Sequence[tuple[Body, Key]]) -> frozenset[Key]:
    """The workloads among the objects that say how many replicas they want and have an autoscaler that decides it."""
    targets = set()
    for body, key in objects:
        if (key.group, key.kind) in _SCALERS:
            target = (body.get("spec") or {}).get("scaleTargetRef") or {}
            group = str(target.get("apiVersion") or "apps/v1").rpartition("/")[0]
            targets.add(Key(group, str(target.get("kind") or "Deployment"), key.namespace, str(target.get("name"))))
    return frozenset(key for body, key in objects if key in targets and "replicas" in (body.get("spec") or {}))


def released(body: Body, ours: FieldsV1) -> Body:
    """A webhook configuration without the fields that its controller has taken over. ours: our set of the live one."""
    items = ours.get("f:webhooks") or {}
    webhooks = []
    for webhook in body.get("webhooks") or ():
        node = items.get("k:" + json.dumps({"name": webhook.get("name")}, separators=(",", ":")))
        name = str(webhook.get("name"))
        theirs = {field for end, fields in _TAKEN_OVER if name.endswith(end) for field in fields}
        gone = {field for field in theirs if node is not None and f"f:{field}" not in node}
        webhooks.append({field: value for field, value in webhook.items() if field not in gone} if gone else webhook)
    return {**body, "webhooks": webhooks} if webhooks != body.get("webhooks") else body


def autoscaled(live: Body) -> bool:
    """Whether the autoscaler of the cluster decides how many replicas of a workload there are, whoever made that one.

    People who scale by hand go the same way under other names: what they did is put back.
    """
    return any(
        one.get("subresource") == "scale"
        and one.get("manager") == _AUTOSCALER
        and "f:replicas" in ((one.get("fieldsV1") or {}).get("f:spec") or {})
        for one in live["metadata"].get("managedFields") or ()
    )


def unscaled(body: Body) -> Body:
    """A workload that leaves open how many replicas of it there are."""
    spec = {name: value for name, value in body["spec"].items() if name != "replicas"}
    return {**body, "spec": spec}


def _webhooks(body: dict[str, t.Any]) -> Body:
    injected = _is_injected(body)
    webhooks = [
        _webhook(one, injected) if isinstance(one, dict) else one for one in _listed(body.get("webhooks"), "webhooks")
    ]
    return {**body, "webhooks": webhooks} if webhooks else body


def _webhook(webhook: Body, injected: bool) -> Body:
    kept = {field: value for field, value in webhook.items() if field != "rules" or value}
    if isinstance(kept.get("clientConfig"), dict):
        kept["clientConfig"] = _without_bundle(kept["clientConfig"], injected)
    return kept


def _definition(body: dict[str, t.Any]) -> Body:
    spec = body.get("spec") or {}
    webhook = (spec.get("conversion") or {}).get("webhook") or {}
    config = webhook.get("clientConfig")
    if not isinstance(config, dict):
        return body
    kept = _without_bundle(config, _is_injected(body))
    conversion = {**spec["conversion"], "webhook": {**webhook, "clientConfig": kept}}
    return {**body, "spec": {**spec, "conversion": conversion}}


def _api_service(body: dict[str, t.Any]) -> Body:
    spec = body.get("spec")
    return {**body, "spec": _without_bundle(spec, _is_injected(body))} if isinstance(spec, dict) else body


def _cluster_role(body: dict[str, t.Any]) -> Body:
    if not body.get("aggregationRule"):
        return body
    return {field: value for field, value in body.items() if field != "rules"}


def _secret(body: dict[str, t.Any]) -> Body:
    """stringData can only be written, so that nobody could tell whose it is: all of it becomes data."""
    given = body.get("stringData")
    if given is None:
        return body
    if not isinstance(given, dict):
        raise Invalid("Secret: stringData is no mapping")
    data = dict(body.get("data") or {})
    for name, value in given.items():
        if isinstance(value, str):
            data[name] = base64.b64encode(value.encode()).decode()
        elif isinstance(value, dict):
            data[name] = value
        elif value is not None:
            raise Invalid(
                f"Secret {body['metadata']['name']}: stringData.{name} is no text", remedy="Put it in quotes."
            )
    kept = {field: value for field, value in body.items() if field != "stringData"}
    return {**kept, "data": data}


def _without_template_dates(body: dict[str, t.Any]) -> Body:
    """Go programs print the date that templates do not have, and the state of claims that are not there yet."""
    spec = body.get("spec")
    if not isinstance(spec, dict):
        return body
    changed = dict(spec)
    if isinstance(spec.get("template"), dict):
        changed["template"] = _undated(spec["template"])
    if isinstance(spec.get("jobTemplate"), dict):
        job = _undated(spec["jobTemplate"])
        inner = job.get("spec")
        if isinstance(inner, dict) and isinstance(inner.get("template"), dict):
            job = {**job, "spec": {**inner, "template": _undated(inner["template"])}}
        changed["jobTemplate"] = job
    if isinstance(spec.get("volumeClaimTemplates"), list):
        changed["volumeClaimTemplates"] = [_claim(one) for one in spec["volumeClaimTemplates"]]
    return {**body, "spec": changed}


def _claim(template: t.Any) -> t.Any:
    if not isinstance(template, dict):
        return template
    return {field: value for field, value in _undated(template).items() if field != "status"}


def _undated(template: Body) -> Body:
    metadata = template.get("metadata")
    if not isinstance(metadata, dict) or metadata.get("creationTimestamp", "") is not None:
        return template
    kept = {name: value for name, value in metadata.items() if name != "creationTimestamp"}
    return {**template, "metadata": kept}


def _is_injected(body: Body) -> bool:
    return not _INJECTED.isdisjoint(body["metadata"].get("annotations") or {})


def _without_bundle(config: Body, injected: bool) -> Body:
    bundle = config.get("caBundle")
    if "caBundle" not in config or (isinstance(bundle, dict) and not injected):
        return config
    if not injected and _is_certificate(bundle):
        return config
    return {field: value for field, value in config.items() if field != "caBundle"}


def _is_certificate(bundle: t.Any) -> bool:
    """Manifests come with placeholders: nothing, a line feed, a word."""
    try:
        return isinstance(bundle, str) and b"-----BEGIN " in base64.b64decode(bundle)
    except (binascii.Error, ValueError):
        return False


def _listed(value: t.Any, field: str) -> list[t.Any]:
    if value is not None and not isinstance(value, list):
        raise Invalid(f"{field} is no list")
    return value or []


_SPECIAL: dict[tuple[str, str], t.Callable[[dict[str, t.Any]], Body]] = {
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"): _webhooks,
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"): _webhooks,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _definition,
    ("apiregistration.k8s.io", "APIService"): _api_service,
    ("rbac.authorization.k8s.io", "ClusterRole"): _cluster_role,
    ("", "Secret"): _secret,
}
