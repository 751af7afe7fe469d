# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Why something is late: what pods, events and the way to a webhook say. Only read, and only when something is late."""

from __future__ import annotations

import typing as t

from ..._clients.kube import Port
from ..._clients.kube_discovery import Resource
from ..._engine.errors import EstateError
from ..._engine.kind import Owner, Status
from . import gates, webhooks
from .objects import Body, Live, Manifest, key_of

_NEWS = ("FailedBinding", "ExternalProvisioning", "WaitForFirstConsumer", "WaitForPodScheduled")
PODS = Resource("", "v1", "Pod", "pods", True)
_EVENTS = Resource("", "v1", "Event", "events", True)
_SERVICES = Resource("", "v1", "Service", "services", True)
_DEPLOYMENTS = Resource("apps", "v1", "Deployment", "deployments", True)
CONFIGURATIONS = (
    Resource(webhooks.GROUP, "v1", "MutatingWebhookConfiguration", "mutatingwebhookconfigurations", False),
    Resource(webhooks.GROUP, "v1", "ValidatingWebhookConfiguration", "validatingwebhookconfigurations", False),
)


def why_late(port: Port, live: Live) -> str:
    """The newest cause behind an object that is not ready; empty when nothing tells. Never raises."""
    try:
        if webhooks.pod_template(live.body) is not None:
            return _of_workload(port, live)
        # Of what belongs to no namespace nothing is told in events.
        return _warning(port, live.key.namespace, {live.key.name}) if live.key.namespace else ""
    except EstateError as error:
        # The cause is an addition to a message that is told anyway.
        return f"(no cause known: {error.cause})"


def _of_workload(port: Port, live: Live) -> str:
    selector = (live.body["spec"].get("selector") or {}).get("matchLabels") or {}
    labels = ",".join(f"{name}={value}" for name, value in sorted(selector.items()))
    pods = port.listed(PODS, live.key.namespace, labels=labels) if labels else []
    late = [pod for pod in pods if not _is_ready(pod)]
    for pod in late:
        told = _of_pod(pod)
        if told:
            return f"pod {pod['metadata']['name']}: {told}"
    names = {str(pod["metadata"]["name"]) for pod in late} or {live.key.name}
    return _warning(port, live.key.namespace, names, live.key.name)


def _is_ready(pod: Body) -> bool:
    found = gates.condition(pod, "Ready")
    return bool(found and found.get("status") == "True")


def _of_pod(pod: Body) -> str:
    status = pod.get("status") or {}
    for one in [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]:
        waiting = (one.get("state") or {}).get("waiting") or {}
        if waiting.get("reason") and waiting["reason"] not in ("PodInitializing", "ContainerCreating"):
            return f"{one['name']}: {_line(waiting)}"
        ended = (one.get("state") or {}).get("terminated") or {}
        if ended.get("exitCode"):
            return f"{one['name']} ended with {ended['exitCode']}: {_line(ended)}"
    scheduled = gates.condition(pod, "PodScheduled")
    if scheduled and scheduled.get("status") == "False":
        return f"FailedScheduling: {scheduled.get('message', '')}"
    return ""


def _line(state: Body) -> str:
    return ": ".join(str(state[name]) for name in ("reason", "message") if state.get(name))


def _warning(port: Port, namespace: str, names: t.Collection[str], prefix: str = "") -> str:
    """The newest trouble told about objects with those names, or about what a workload of that name made."""
    found = [
        row
        for row in port.listed(_EVENTS, namespace)
        for name in [str(row["involvedObject"].get("name", ""))]
        if name in names or (prefix and name.startswith(f"{prefix}-"))
    ]
    # Claims that cannot be bound are told as if that were normal.
    found = [row for row in found if row.get("type") == "Warning" or row.get("reason") in _NEWS]
    newest = max(found, key=_time, default=None)
    return f"{newest.get('reason')}: {newest.get('message')}" if newest else ""


def _time(event: Body) -> str:
    return str(event.get("lastTimestamp") or event.get("eventTime") or event["metadata"].get("creationTimestamp") or "")


def behind_webhook(port: Port, name: str) -> str:
    """Configuration, service and workload behind a webhook that could not be asked, and what they lack."""
    try:
        for resource in CONFIGURATIONS:
            for body in port.listed(resource):
                for hook in webhooks.parse(body):
                    if hook.name == name:
                        return _trouble(port, hook)
    except EstateError as error:
        return f"(nothing known of the webhook: {error.cause})"
    return "no configuration has this webhook any more"


def _trouble(port: Port, hook: webhooks.Webhook) -> str:
    told = f"{hook.configuration.kind} {hook.configuration.name}"
    if hook.service is None:
        return f"{told} calls an address outside the cluster"
    if not hook.ca:
        return f"{told} has no caBundle yet"
    told = f"{told} calls Service {hook.service.place}"
    service = port.get(_SERVICES, hook.service.namespace, hook.service.name)
    if service is None:
        return f"{told}, which does not exist"
    bodies = [Live(key_of(row), row, Owner.FOREIGN) for row in port.listed(_DEPLOYMENTS, hook.service.namespace)]
    selected = webhooks.backends(service, [Manifest(one.key, "v1", one.body) for one in bodies])
    if not selected:
        return f"{told}, and no Deployment is behind it"
    return "; ".join([told, *(_backend(port, one) for one in bodies if one.key in selected)])


def _backend(port: Port, live: Live) -> str:
    status, reason = gates.state(live.body, live.body)
    name = f"Deployment {live.key.place}"
    if status is not Status.READY:
        cause = why_late(port, live)
        return f"{name}: {reason}{f'; {cause}' if cause else ''}"
    if not live.body["spec"].get("replicas", 1):
        return f"{name} is scaled to nothing"
    return f"{name} is available"
