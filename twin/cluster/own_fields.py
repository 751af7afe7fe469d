# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What components write into their webhook configurations besides the caBundle."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import NamedTuple

from twin.cluster.objects import Object


class _Written(NamedTuple):
    """What Knative's webhook sets in the configuration of a name."""

    path: str
    groups: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    operations: tuple[str, ...] = ("CREATE", "UPDATE")


_CONFIG_MAPS: tuple[tuple[str, ...], tuple[str, ...]] = (("",), ("configmaps",))
_EVENTING = ("eventing.knative.dev", "messaging.knative.dev", "sources.knative.dev", "flows.knative.dev",
             "sinks.knative.dev")  # fmt: skip
_ALL_OF_GROUP = ("*", "*/status")
_KNATIVE: Mapping[str, _Written] = {
    "webhook.serving.knative.dev": _Written("/defaulting"),
    "validation.webhook.serving.knative.dev": _Written("/resource-validation"),
    "config.webhook.serving.knative.dev": _Written("/config-validation", *_CONFIG_MAPS),
    "webhook.istio.networking.internal.knative.dev": _Written(
        "/defaulting", ("networking.istio.io",), ("virtualservices",)
    ),
    "config.webhook.istio.networking.internal.knative.dev": _Written("/config-validation", *_CONFIG_MAPS),
    "webhook.eventing.knative.dev": _Written("/defaulting", _EVENTING, _ALL_OF_GROUP),
    "validation.webhook.eventing.knative.dev": _Written(
        "/resource-validation", _EVENTING, _ALL_OF_GROUP, ("CREATE", "UPDATE", "DELETE")
    ),
    "config.webhook.eventing.knative.dev": _Written("/config-validation", *_CONFIG_MAPS),
    "sinkbindings.webhook.sources.knative.dev": _Written(
        "/sinkbindings", ("apps", "batch"), ("deployments", "statefulsets", "daemonsets", "jobs", "cronjobs")
    ),
}


def own_fields(thing: Object, bundles: Mapping[tuple[str, str], bytes]) -> Object | None:
    """A copy with the other fields that the owners of these (namespace, service) write; None when it has them."""
    changed = copy.deepcopy(thing)
    for webhook in changed.get("webhooks") or []:
        service = webhook["clientConfig"].get("service") or {}
        if (service.get("namespace"), service.get("name")) not in bundles:
            continue
        if written := _KNATIVE.get(changed["metadata"]["name"]):
            service["path"] = written.path
            if written.resources:
                webhook["rules"] = _rules(written)
        elif service["name"] == "istiod" and "ValidatingWebhook" in thing.get("kind", ""):
            # istiod lets go of Ignore once it has seen itself refuse an invalid object.
            webhook["failurePolicy"] = "Fail"
    return None if changed == thing else changed


def _rules(written: _Written) -> list[Object]:
    return [
        {
            "apiGroups": list(written.groups),
            "apiVersions": ["v1"] if written.groups == ("",) else ["*"],
            "operations": list(written.operations),
            "resources": list(written.resources),
            "scope": "Namespaced" if written.groups == ("",) else "*",
        }
    ]
