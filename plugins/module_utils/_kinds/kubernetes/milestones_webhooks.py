# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Evidence about admission: webhooks whose backends answer, and certificates that hold for a while."""

from __future__ import annotations

import base64
import binascii
import datetime
import typing as t

from ..._clients.kube import Row
from ..._clients.kube_discovery import Resource
from ..._clients.kube_errors import WebhookDown
from ..._engine.errors import EstateError
from .objects import Key
from .reads import Reads
from .steps import Record

try:
    from cryptography import x509

    HAS_CRYPTOGRAPHY = True
except ImportError:
    HAS_CRYPTOGRAPHY = False

Judgement = tuple[t.Any, t.Sequence[str], t.Sequence[str]]
_ADMISSION = "admissionregistration.k8s.io"
_KINDS = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
_SOON = datetime.timedelta(days=1)
_TRIED = "kubeops-check"


def answering(reads: Reads, records: t.Mapping[Key, Record]) -> Judgement:
    """Each webhook's backend has ready endpoints and a valid authority; tried objects are answered by it."""
    configurations = [
        row
        for kind in _KINDS
        for row in reads.all(kind, _ADMISSION)
        if Key(_ADMISSION, kind, "", str(row["metadata"]["name"])) in records
    ]
    webhooks = [(_place(row), webhook) for row in configurations for webhook in row.get("webhooks") or ()]
    missing: list[str] = []
    for place, webhook in webhooks:
        wrong = _backend(reads, webhook) or _authority(webhook)
        if wrong:
            missing.append(f"webhook {webhook['name']} of {place}: {wrong}")
    tried, silent = _tried(reads, [webhook for _place_, webhook in webhooks])
    value = {"configurations": len(configurations), "webhooks": len(webhooks), "tried": sorted(tried)}
    return value, sorted(_place(row) for row in configurations), missing + silent


def _place(row: Row) -> str:
    return f"{row['kind']} {row['metadata']['name']}"


def _backend(reads: Reads, webhook: Row) -> str:
    service = webhook["clientConfig"].get("service")
    if service is None:
        return ""
    namespace, name = str(service["namespace"]), str(service["name"])
    for piece in reads.all("EndpointSlice", "discovery.k8s.io", namespace):
        if (piece["metadata"].get("labels") or {}).get("kubernetes.io/service-name") != name:
            continue
        if any((one.get("conditions") or {}).get("ready") for one in piece.get("endpoints") or ()):
            return ""
    return f"its service {namespace}/{name} has no ready endpoint"


def _authority(webhook: Row) -> str:
    """What is wrong with the certificates that the API server trusts for it, or ''."""
    bundle = webhook["clientConfig"].get("caBundle")
    if not bundle:
        return "it has no caBundle"
    try:
        text = base64.b64decode(bundle)
    except binascii.Error:
        return "its caBundle is no base64"
    if not HAS_CRYPTOGRAPHY:
        return "its caBundle cannot be read: the Python library cryptography is missing"
    try:
        found = x509.load_pem_x509_certificates(text)
    except ValueError:
        return "its caBundle holds no certificates"
    now = datetime.datetime.now(datetime.UTC)
    if not any(one.not_valid_before_utc <= now < one.not_valid_after_utc for one in found):
        return f"its caBundle holds no certificate that is valid now, the last ended {_last(found)}"
    return ""


def _last(found: t.Sequence[t.Any]) -> str:
    return str(max(one.not_valid_after_utc for one in found).isoformat())


def _tried(reads: Reads, webhooks: t.Sequence[Row]) -> tuple[set[str], list[str]]:
    """Kinds of which an object was tried by a dry run, and webhooks that were not reached.

    A copy of what is there comes furthest; without one an empty object reaches at least those that come before the
    check of its content. What they say does not matter, only that they do.
    """
    tried: set[str] = set()
    silent: list[str] = []
    for resource in _guarded(reads, webhooks):
        rows = reads.port.listed(resource)
        body = _copy(resource, rows[0]) if rows else _empty(resource)
        try:
            reads.port.create(resource, body, dry_run=True)
        except WebhookDown as error:
            silent.append(str(error))
            continue
        except EstateError:
            # Refused for what it is: whoever refuses it was asked.
            pass
        tried.add(f"{resource.kind}.{resource.group}")
    return tried, silent


def _guarded(reads: Reads, webhooks: t.Sequence[Row]) -> list[Resource]:
    """Custom kinds whose creation some webhook wants to see. Pods are tried in profiles."""
    wanted: set[tuple[str, str]] = set()
    for webhook in webhooks:
        for rule in webhook.get("rules") or ():
            if {"CREATE", "*"} & set(rule.get("operations") or ()):
                wanted |= {(group, plural) for group in rule.get("apiGroups") or () for plural in rule["resources"]}
    named = {group for group, _plural in wanted if "." in group}
    return [
        one
        for one in reads.port.resources().all()
        if one.group in named and ({(one.group, one.plural), (one.group, "*"), (one.group, "*/*")} & wanted)
    ]


def _copy(resource: Resource, row: Row) -> Row:
    metadata = {name: row["metadata"][name] for name in ("namespace", "labels") if row["metadata"].get(name)}
    rest = {name: value for name, value in row.items() if name not in ("metadata", "status")}
    return {**rest, "metadata": {**metadata, "name": _TRIED}, **_named(resource)}


def _empty(resource: Resource) -> Row:
    metadata = {"name": _TRIED, **({"namespace": "default"} if resource.namespaced else {})}
    return {**_named(resource), "metadata": metadata, "spec": {}}


def _named(resource: Resource) -> dict[str, str]:
    return {"apiVersion": f"{resource.group}/{resource.version}", "kind": resource.kind}


def certificates(reads: Reads, records: t.Mapping[Key, Record]) -> Judgement:
    """Each Certificate of the set is ready, and does not end within a day."""
    wanted = [key for key in records if key.kind == "Certificate" and key.group == "cert-manager.io"]
    if not wanted:
        return {"certificates": 0}, (), ()
    there = {
        (str(row["metadata"]["namespace"]), str(row["metadata"]["name"])): row
        for row in reads.all("Certificate", "cert-manager.io")
    }
    missing = [
        f"certificate {key.place}: {why}" for key in wanted if (why := _unsound(there.get((key.namespace, key.name))))
    ]
    ends = [str((row.get("status") or {}).get("notAfter") or "") for row in there.values()]
    value = {"certificates": len(wanted), "first_to_end": min((end for end in ends if end), default="")}
    return value, sorted(key.place for key in wanted), missing


def _unsound(row: Row | None) -> str:
    if row is None:
        return "it is not there"
    status = row.get("status") or {}
    ready = next((one for one in status.get("conditions") or () if one["type"] == "Ready"), None)
    if ready is None or ready["status"] != "True":
        return str((ready or {}).get("message") or "it is not ready")
    end = status.get("notAfter")
    if not end:
        return "nothing says when it ends"
    moment = datetime.datetime.fromisoformat(str(end).replace("Z", "+00:00"))
    left = moment - datetime.datetime.now(datetime.UTC)
    return "" if left > _SOON else f"it ends {end}"
