# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""A cluster's life as EKS Anywhere tells it: conditions, failures, generations. Pure."""

from __future__ import annotations

from ..._engine.kind import Status
from .documents import GROUP, Row

PAUSED = f"{GROUP}/paused"
CONDITIONS = ("Ready", "ControlPlaneInitialized", "ControlPlaneReady", "DefaultCNIConfigured", "WorkersReady")


def conditions(cluster: Row) -> dict[str, Row]:
    """Conditions by type."""
    return {str(one["type"]): one for one in (cluster.get("status") or {}).get("conditions") or ()}


def seen_generation(cluster: Row) -> bool:
    """Whether the controller has looked at the spec as it is now."""
    return int((cluster.get("status") or {}).get("observedGeneration") or 0) >= int(
        (cluster.get("metadata") or {}).get("generation") or 0
    )


def failure(cluster: Row) -> str:
    """What the controller says went wrong with the spec as it is now, or ''."""
    status = cluster.get("status") or {}
    if not seen_generation(cluster):
        return ""
    told = [str(status[field]) for field in ("failureReason", "failureMessage") if status.get(field)]
    return ": ".join(told)


def newest(cluster: Row) -> str:
    """The newest word about what is missing: failure, or the condition that changed last and does not hold."""
    found = failure(cluster)
    if found:
        return found
    if not seen_generation(cluster):
        return "the controller has not looked at the newest change yet"
    # Ready only sums the others up: it has the last word, if no other says anything.
    missing = [one for one in conditions(cluster).values() if one.get("status") != "True"]
    missing.sort(key=lambda one: (one["type"] != "Ready", str(one.get("lastTransitionTime") or "")))
    if not missing:
        return ""
    last = missing[-1]
    told = [str(last[field]) for field in ("reason", "message") if last.get(field)]
    return f"{last['type']} is {last.get('status')}" + (f" ({': '.join(told)})" if told else "")


def status_of(cluster: Row, *, polled: bool = False) -> tuple[Status, str]:
    """Where a cluster is in its life. polled: somebody waits for it, who has to be told of a failure at once.

    Else a failure is something that is pending: a better spec, or a vCenter that answers again, mends it.
    """
    metadata = cluster.get("metadata") or {}
    if metadata.get("deletionTimestamp"):
        return Status.DELETING, newest(cluster) or "its machines are being deleted"
    if (metadata.get("annotations") or {}).get(PAUSED) == "true":
        return Status.WAITING, f"it is paused; remove the annotation {PAUSED}"
    ready = conditions(cluster).get("Ready", {}).get("status") == "True"
    if seen_generation(cluster) and ready and not failure(cluster):
        return Status.READY, ""
    return (Status.FAILED if polled and failure(cluster) else Status.PENDING), newest(cluster) or "it is not ready yet"
