# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Update records: one change at a time, in progress for a while, then successful or failed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from twin.aws import states
from twin.aws.call import Call
from twin.aws.eks.finding import cluster_of
from twin.aws.eks.models import Addon, Cluster, Nodegroup, Update
from twin.aws.eks.pages import page
from twin.aws.errors import AwsError
from twin.aws.world import World

CLUSTER_UPDATE_SECONDS = 180.0
NODEGROUP_UPDATE_SECONDS = 60.0


def begin(
    world: World,
    call: Call,
    target: Cluster | Nodegroup | Addon,
    *,
    kind: str,
    changes: Mapping[str, Any],
    apply: Callable[[], None],
    seconds: float,
) -> Mapping[str, Any]:
    """Start an update of a cluster, node group or add-on; ``apply`` runs when it succeeds.

    :param changes: EKS's names of what changes (``EndpointPublicAccess``) and the new values.
    """
    cluster = target if isinstance(target, Cluster) else world.clusters_of(call.place)[target.cluster]
    params = [
        {"type": name, "value": value if isinstance(value, str) else json.dumps(value)}
        for name, value in changes.items()
    ]
    nodegroup = target.name if isinstance(target, Nodegroup) else None
    addon = target.name if isinstance(target, Addon) else None
    update = Update(kind, params, world.now(), nodegroup, addon)
    cluster.updates[update.id] = update
    target.status = "UPDATING"

    def done() -> None:
        apply()
        _end(target, update, "Successful")

    def failed(code: str) -> None:
        default = "NodeCreationFailure" if nodegroup else "ConfigurationConflict" if addon else "OperationNotPermitted"
        error = {"errorCode": code or default, "errorMessage": "injected by the twin", "resourceIds": [target.name]}
        update.errors.append(error)
        _end(target, update, "Failed")

    states.transition(world, call, seconds, done, failed)
    return {"update": update.describe()}


def _end(target: Cluster | Nodegroup | Addon, update: Update, status: str) -> None:
    update.status = status
    if target.status == "UPDATING":
        target.status = "UPDATE_FAILED" if isinstance(target, Addon) and status == "Failed" else "ACTIVE"


def require_idle(cluster: Cluster) -> None:
    """Refuse while the cluster changes or is not there yet.

    :raises AwsError: ResourceInUseException.
    """
    running = cluster.running_update()
    if running is not None:
        message = f"Cannot {running.type} because cluster {cluster.name} currently has update {running.id} in progress"
        raise AwsError("ResourceInUseException", message, clusterName=cluster.name)
    if cluster.status != "ACTIVE":
        message = f"Cluster is not in ACTIVE status: {cluster.name} is {cluster.status}"
        raise AwsError("ResourceInUseException", message, clusterName=cluster.name)


def require_idle_nodegroup(nodegroup: Nodegroup) -> None:
    """Refuse while the node group changes or is not there yet.

    :raises AwsError: ResourceInUseException.
    """
    if nodegroup.status not in ("ACTIVE", "DEGRADED"):
        message = f"Nodegroup cannot be updated as it is currently not in Active State: {nodegroup.status}"
        raise AwsError("ResourceInUseException", message, clusterName=nodegroup.cluster, nodegroupName=nodegroup.name)


def describe_update(world: World, call: Call) -> Mapping[str, Any]:
    """One update record."""
    update = cluster_of(world, call).updates.get(str(call.params["updateId"]))
    part = (call.params.get("nodegroupName"), call.params.get("addonName"))
    if update is None or (update.nodegroup, update.addon) != part:
        raise AwsError("ResourceNotFoundException", f"No update found for ID: {call.params['updateId']}")
    return {"update": update.describe()}


def list_updates(world: World, call: Call) -> Mapping[str, Any]:
    """Ids of the updates of the cluster, or of a node group or an add-on of it."""
    cluster = cluster_of(world, call)
    part = (call.params.get("nodegroupName"), call.params.get("addonName"))
    return page(call, [u.id for u in cluster.updates.values() if (u.nodegroup, u.addon) == part], "updateIds")
