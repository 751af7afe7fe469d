# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Maker namespace."""

from __future__ import annotations

import typing as t

from ...._engine.options import document, leaves, setting, table
from ..maker import Maker, Values, body, given, wrong_metadata, wrong_name
from ..objects import Body

_LEVELS = ("privileged", "baseline", "restricted")
_MODES = ("enforce", "audit", "warn")
_ISTIO = "istio-injection"
_POD_SECURITY = "pod-security.kubernetes.io/"
# Option to the field of a LimitRange's item.
_LIMITS = {
    "default": "default",
    "default_request": "defaultRequest",
    "min": "min",
    "max": "max",
    "max_ratio": "maxLimitRequestRatio",
}
_OBJECT = "kubeops"
"""Name of the quota and of the limits: one of each, so the namespace's own name would say nothing."""


class Namespace(Maker):
    """A namespace with what every namespace of the estate should have."""

    name = "namespace"
    description = "A namespace, the level of Pod Security in it, and what all its pods may use together."
    source = "v1 Namespace, ResourceQuota, LimitRange"
    options = {
        "name": setting("Name.", needed=True, immutable=True),
        "labels": document("Labels."),
        "annotations": document("Annotations."),
        "pod_security": leaves(
            "Pod Security levels, which the API server holds pods to.",
            {
                "enforce": setting("Pods beyond this level are refused.", choices=_LEVELS),
                "audit": setting("Pods beyond this level are noted in the audit log.", choices=_LEVELS),
                "warn": setting("Whoever makes pods beyond this level is warned.", choices=_LEVELS),
                "version": setting("Kubernetes version of the levels, as V(v1.35); V(latest) unless given."),
            },
        ),
        "quota": document("Hard limits of all pods together, as C({requests.nvidia.com/gpu: 2, pods: 50})."),
        "limits": table(
            "Limits of each container, pod or claim, by type.",
            {
                "type": setting(
                    "What they hold for.", choices=("Container", "Pod", "PersistentVolumeClaim"), needed=True
                ),
                "default": document("Limits of containers that say none."),
                "default_request": document("Requests of containers that say none."),
                "min": document("Smallest amounts."),
                "max": document("Largest amounts."),
                "max_ratio": document("How many times its request a limit may be."),
            },
            keys=("type",),
        ),
        "istio_injection": setting("Whether Istio adds its proxy to pods.", type="bool"),
    }

    def check(self, options: Values) -> str:
        """See Maker."""
        labels = options.get("labels") or {}
        derived = sorted(set(labels) & set(_derived(options)))
        if derived:
            return f"labels: {', '.join(derived)} is said twice; leave it to the option of its own"
        for limit in options.get("limits") or ():
            alone = sorted(name for name in ("default", "default_request") if limit.get(name))
            if alone and limit["type"] != "Container":
                return f"limits: {limit['type']} takes no {' and no '.join(alone)}; only containers do"
        return wrong_name(options["name"], label=True) or wrong_metadata(options) or _wrong_version(options)

    def objects(self, options: Values) -> list[Body]:
        """See Maker."""
        derived = _derived(options)
        labels = {**(options.get("labels") or {}), **derived} if derived else options.get("labels")
        found = [body("v1", "Namespace", {**options, "namespace": None}, labels)]
        inside = {"name": _OBJECT, "namespace": options["name"]}
        if options.get("quota"):
            hard = {name: _quantity(amount) for name, amount in options["quota"].items()}
            found.append(body("v1", "ResourceQuota", inside, spec={"hard": hard}))
        if options.get("limits"):
            rows = [_limit(limit) for limit in options["limits"]]
            found.append(body("v1", "LimitRange", inside, spec={"limits": rows}))
        return found


def _derived(options: Values) -> dict[str, str]:
    """Labels that follow from options of their own."""
    security = given(options.get("pod_security") or {})
    labels = {_POD_SECURITY + mode: security[mode] for mode in _MODES if mode in security}
    if "version" in security:
        labels.update({f"{_POD_SECURITY}{mode}-version": security["version"] for mode in _MODES if mode in security})
    if options.get("istio_injection") is not None:
        labels[_ISTIO] = "enabled" if options["istio_injection"] else "disabled"
    return labels


def _wrong_version(options: Values) -> str:
    security = given(options.get("pod_security") or {})
    version = security.get("version", "latest")
    if version != "latest" and not version.startswith("v1."):
        return f"pod_security.version: {version!r} is neither latest nor a version like v1.35"
    if "version" in security and len(security) == 1:
        return "pod_security: a version without enforce, audit or warn says nothing"
    return ""


def _limit(limit: Values) -> Body:
    amounts: dict[str, t.Any] = {
        field: {name: _quantity(amount) for name, amount in limit[option].items()}
        for option, field in _LIMITS.items()
        if limit.get(option)
    }
    return {"type": limit["type"], **amounts}


def _quantity(amount: t.Any) -> str:
    # The API takes numbers as well, but always answers text.
    return str(amount)
