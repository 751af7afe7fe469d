# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""When an object is ready for those that need it, as its own status tells. Pure."""

from __future__ import annotations

import typing as t

from ..._engine.kind import Status
from .objects import Body, Live, Manifest
from .webhooks import built_in

State = tuple[Status, str]
_READY: State = (Status.READY, "")
_POSITIVE = ("Ready", "Available")


def ready(live: Live, manifest: Manifest) -> tuple[bool, str]:
    """Whether what is there does what the wish is for; the reason why not, as far as the object tells."""
    status, reason = state(live.body, manifest.body)
    return status is Status.READY, reason


def state(live: Body, wish: Body) -> State:
    """READY, PENDING, FAILED (its controller gave up) or DELETING, with the newest reason."""
    metadata = live["metadata"]
    if metadata.get("deletionTimestamp"):
        held = ", ".join(metadata.get("finalizers") or ())
        return Status.DELETING, f"it is being deleted{f'; finalizers to run: {held}' if held else ''}"
    group = str(live["apiVersion"]).rpartition("/")[0]
    judge = _KINDS.get((group, str(live["kind"])))
    if judge is not None:
        return judge(live, wish)
    # Kubernetes' own kinds without an entry have no state to wait for.
    return _READY if built_in(group) else _custom(live)


def waits(group: str, kind: str) -> bool:
    """Whether objects of a kind ever have something to wait for: most of Kubernetes' own have not."""
    return (group, kind) in _KINDS or not built_in(group)


def fleeting(wish: Body) -> bool:
    """Whether the cluster takes it away once it is done: that it is not there says nothing then."""
    return wish.get("kind") == "Job" and (wish.get("spec") or {}).get("ttlSecondsAfterFinished") is not None


def condition(live: Body, name: str) -> Body | None:
    """One condition of its status."""
    conditions = (live.get("status") or {}).get("conditions")
    return next((one for one in conditions or () if isinstance(one, dict) and one.get("type") == name), None)


def _told(found: Body | None, otherwise: str) -> str:
    if not found:
        return otherwise
    text = ": ".join(str(found[name]) for name in ("reason", "message") if found.get(name))
    return text or otherwise


def _true(live: Body, name: str, otherwise: str) -> State:
    found = condition(live, name)
    if found and found.get("status") == "True":
        return _READY
    return Status.PENDING, _told(found, otherwise)


def _namespace(live: Body, _wish: Body) -> State:
    phase = (live.get("status") or {}).get("phase")
    return _READY if phase == "Active" else (Status.PENDING, f"phase {phase or 'unknown'}")


def _definition(live: Body, _wish: Body) -> State:
    names = condition(live, "NamesAccepted")
    if names and names.get("status") == "False":
        # Whoever has them has to give them up first: no waiting changes that.
        return Status.FAILED, f"its names are not accepted: {_told(names, 'no reason given')}"
    return _true(live, "Established", "not established yet")


def _seen(live: Body) -> bool:
    """Whether its controller has seen the newest specification."""
    observed = (live.get("status") or {}).get("observedGeneration")
    return observed is not None and observed >= live["metadata"].get("generation", 0)


def _deployment(live: Body, _wish: Body) -> State:
    spec, status = live.get("spec") or {}, live.get("status") or {}
    if not _seen(live):
        return Status.PENDING, "its controller has not seen it yet"
    wanted = spec.get("replicas", 1)
    updated, available = status.get("updatedReplicas", 0), status.get("availableReplicas", 0)
    if updated >= wanted and available >= wanted and status.get("replicas", 0) <= updated:
        return _READY
    failure = condition(live, "ReplicaFailure")
    cause = _told(failure, "") if failure and failure.get("status") == "True" else ""
    text = f"{min(updated, available)} of {wanted} replicas available{f': {cause}' if cause else ''}"
    progressing = condition(live, "Progressing")
    if progressing and progressing.get("reason") == "ProgressDeadlineExceeded":
        return Status.FAILED, f"{text}; no progress for {spec.get('progressDeadlineSeconds', 600)} s"
    return Status.PENDING, text


def _stateful_set(live: Body, _wish: Body) -> State:
    spec, status = live.get("spec") or {}, live.get("status") or {}
    if not _seen(live):
        return Status.PENDING, "its controller has not seen it yet"
    wanted = spec.get("replicas", 1)
    strategy = spec.get("updateStrategy") or {}
    partition = (strategy.get("rollingUpdate") or {}).get("partition") or 0
    by_hand = strategy.get("type") == "OnDelete"
    updated = wanted if by_hand else status.get("updatedReplicas", 0)
    done = min(updated, status.get("readyReplicas", 0))
    if updated >= wanted - partition and status.get("readyReplicas", 0) >= wanted:
        return _READY
    return Status.PENDING, f"{done} of {wanted} replicas ready"


def _daemon_set(live: Body, _wish: Body) -> State:
    spec, status = live.get("spec") or {}, live.get("status") or {}
    if not _seen(live):
        return Status.PENDING, "its controller has not seen it yet"
    wanted = status.get("desiredNumberScheduled", 0)
    by_hand = (spec.get("updateStrategy") or {}).get("type") == "OnDelete"
    updated = wanted if by_hand else status.get("updatedNumberScheduled", 0)
    if updated >= wanted and status.get("numberAvailable", 0) >= wanted:
        return _READY
    return Status.PENDING, f"{min(updated, status.get('numberAvailable', 0))} of {wanted} pods available"


def _job(live: Body, _wish: Body) -> State:
    for name in ("Failed", "FailureTarget"):
        failed = condition(live, name)
        if failed and failed.get("status") == "True":
            return Status.FAILED, f"the job failed: {_told(failed, 'no reason given')}"
    if (live.get("spec") or {}).get("suspend"):
        return _READY
    found = condition(live, "Complete")
    if found and found.get("status") == "True":
        return _READY
    status = live.get("status") or {}
    return Status.PENDING, f"{status.get('succeeded', 0)} pods succeeded, {status.get('failed', 0)} failed"


def _claim(live: Body, _wish: Body) -> State:
    phase = (live.get("status") or {}).get("phase")
    if phase == "Bound":
        return _READY
    if phase == "Lost":
        return Status.FAILED, "its volume is lost"
    return Status.PENDING, f"phase {phase or 'unknown'}"


def _service(live: Body, _wish: Body) -> State:
    if (live.get("spec") or {}).get("type") != "LoadBalancer":
        return _READY
    balancer = (live.get("status") or {}).get("loadBalancer") or {}
    return _READY if balancer.get("ingress") else (Status.PENDING, "it has no load balancer address yet")


def _quota(live: Body, _wish: Body) -> State:
    """Until what is there was counted once, it holds nobody back."""
    counted = (live.get("status") or {}).get("hard") or {}
    wanted = (live.get("spec") or {}).get("hard") or {}
    return _READY if wanted.keys() <= counted.keys() else (Status.PENDING, "nothing is counted yet")


def _api_service(live: Body, _wish: Body) -> State:
    return _true(live, "Available", "not available yet")


def _webhooks(live: Body, _wish: Body) -> State:
    without = [
        one["name"]
        for one in live.get("webhooks") or ()
        # Nobody waits for one that may be left out, and an address outside may be trusted without.
        if one.get("failurePolicy", "Fail") == "Fail"
        and (one.get("clientConfig") or {}).get("service")
        and not (one.get("clientConfig") or {}).get("caBundle")
    ]
    return (Status.PENDING, f"no caBundle yet for {', '.join(without[:3])}") if without else _READY


def _issued(live: Body, _wish: Body) -> State:
    return _condition_now(live, "Ready") or (Status.PENDING, "not issued yet")


def _condition_now(live: Body, name: str) -> State | None:
    """By one condition, None when it says nothing about the newest specification."""
    found = condition(live, name)
    if found is None or found.get("status") not in ("True", "False", "Unknown"):
        return None
    observed = found.get("observedGeneration", (live.get("status") or {}).get("observedGeneration"))
    if observed is not None and observed < live["metadata"].get("generation", 0):
        return Status.PENDING, "its controller has not seen the newest change yet"
    # Unknown: its controller is at it.
    return _READY if found["status"] == "True" else (Status.PENDING, _told(found, f"{name} is {found['status']}"))


def _custom(live: Body) -> State:
    """By the conditions that the field agrees on; who has none of them is ready."""
    for name in _POSITIVE:
        verdict = _condition_now(live, name)
        if verdict is not None:
            return verdict
    return _READY


_KINDS: dict[tuple[str, str], t.Callable[[Body, Body], State]] = {
    ("", "Namespace"): _namespace,
    ("", "PersistentVolumeClaim"): _claim,
    ("", "ResourceQuota"): _quota,
    ("", "Service"): _service,
    ("apps", "Deployment"): _deployment,
    ("apps", "StatefulSet"): _stateful_set,
    ("apps", "DaemonSet"): _daemon_set,
    ("batch", "Job"): _job,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _definition,
    ("apiregistration.k8s.io", "APIService"): _api_service,
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"): _webhooks,
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"): _webhooks,
    ("cert-manager.io", "Certificate"): _issued,
    ("cert-manager.io", "Issuer"): _issued,
    ("cert-manager.io", "ClusterIssuer"): _issued,
}
