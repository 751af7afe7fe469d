# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look up what a call names, or refuse as EKS does."""

from __future__ import annotations

from twin.aws.call import Call
from twin.aws.eks.models import Cluster, Nodegroup
from twin.aws.errors import AwsError
from twin.aws.world import World


def cluster_of(world: World, call: Call) -> Cluster:
    """The cluster that the call names.

    :raises AwsError: ResourceNotFoundException.
    """
    name = str(call.params.get("clusterName") or call.params.get("name"))
    found = world.clusters_of(call.place).get(name)
    if found is None:
        raise AwsError("ResourceNotFoundException", f"No cluster found for name: {name}.", clusterName=name)
    return found


def active_cluster_of(world: World, call: Call) -> Cluster:
    """The cluster that the call names, if it can be worked with.

    :raises AwsError: InvalidRequestException while it is not ACTIVE.
    """
    cluster = cluster_of(world, call)
    if cluster.status not in ("ACTIVE", "UPDATING"):
        message = f"Cluster '{cluster.name}' is not in ACTIVE status"
        raise AwsError("InvalidRequestException", message, clusterName=cluster.name)
    return cluster


def nodegroup_of(world: World, call: Call) -> tuple[Cluster, Nodegroup]:
    """Cluster and node group that the call names.

    :raises AwsError: ResourceNotFoundException.
    """
    cluster = cluster_of(world, call)
    name = str(call.params["nodegroupName"])
    found = cluster.nodegroups.get(name)
    if found is None:
        message = f"No node group found for name: {name}."
        raise AwsError("ResourceNotFoundException", message, clusterName=cluster.name, nodegroupName=name)
    return cluster, found


def invalid(message: str) -> AwsError:
    """EKS's refusal of a parameter."""
    return AwsError("InvalidParameterException", message)
