# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Conditions of an EKS Anywhere Cluster, from what its groups have: reasons and messages are the controller's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from twin.cluster.objects import Object
from twin.eksa.groups import Group


class Counts(NamedTuple):
    """Replicas of a group; `wanted` is what the cluster's spec says."""

    wanted: int
    total: int
    updated: int
    ready: int


class Condition(NamedTuple):
    """One condition; without a reason it is True."""

    type: str
    reason: str = ""
    message: str = ""


def of_cluster(groups: Sequence[tuple[Group, Counts]], *, initialized: bool, cni: bool) -> list[Condition]:
    """All of them, Ready first."""
    plane = next(counts for group, counts in groups if group.role == "control-plane")
    workers = [counts for group, counts in groups if group.role == "worker"]
    first = Condition("ControlPlaneInitialized")
    if not initialized:
        why = "The first control plane instance is not available yet"
        first = Condition("ControlPlaneInitialized", "ControlPlaneInitializationInProgress", why)
    if initialized:
        control = _replicas("ControlPlaneReady", "control plane", plane)
        work = _replicas("WorkersReady", "worker", Counts(*(sum(column) for column in zip(*workers, strict=True))))
    else:
        control = Condition("ControlPlaneReady", first.reason, first.message)
        work = Condition("WorkersReady", "ControlPlaneNotInitialized")
    network = Condition("DefaultCNIConfigured", "" if cni else "ControlPlaneNotReady")
    found = [first, control, network, work]
    # Ready mirrors the first of the others that is not true, as the Cluster API summarises.
    bad = next((each for each in (control, network, work) if each.reason), Condition("Ready"))
    return [Condition("Ready", bad.reason, bad.message), *found]


def _replicas(kind: str, who: str, counts: Counts) -> Condition:
    named = who.capitalize()
    if counts.total > counts.updated:
        text = f"{named} nodes not up-to-date yet, {counts.total} rolling ({counts.updated} up to date)"
        return Condition(kind, "RollingUpgradeInProgress", text)
    if counts.total < counts.wanted:
        text = f"Scaling up {who} nodes, {counts.wanted} expected ({counts.total} actual)"
        return Condition(kind, "ScalingUp", text)
    if counts.total > counts.wanted:
        text = f"Scaling down {who} nodes, {counts.wanted} expected ({counts.total} actual)"
        return Condition(kind, "ScalingDown", text)
    if counts.ready != counts.wanted:
        text = f"{named} nodes not ready yet, {counts.wanted} expected ({counts.ready} ready)"
        return Condition(kind, "NodesNotReady", text)
    return Condition(kind)


def written(found: Sequence[Condition], before: Sequence[Object], *, severity: bool) -> list[Object]:
    """As the API has them: the time of a condition changes with its status only. `severity` is the older form's."""
    known = {each["type"]: each for each in before}
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    result = []
    for each in found:
        status = "False" if each.reason else "True"
        old = known.get(each.type)
        time = old["lastTransitionTime"] if old and old["status"] == status else now
        entry = {"type": each.type, "status": status, "lastTransitionTime": time}
        if severity:
            entry |= {"severity": "Info", "reason": each.reason} if each.reason else {}
            entry |= {"message": each.message} if each.message else {}
        else:
            entry |= {"reason": each.reason or each.type, "message": each.message}
        result.append(entry)
    return result
