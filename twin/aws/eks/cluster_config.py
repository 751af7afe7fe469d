# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""UpdateClusterConfig: one kind of change in a call, refused if nothing would change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from twin.aws.call import Call
from twin.aws.eks import access, logging, network, updates
from twin.aws.eks.finding import cluster_of, invalid
from twin.aws.eks.models import Cluster
from twin.aws.errors import Unsupported
from twin.aws.world import World

Change = tuple[str, Mapping[str, Any], Callable[[], None]]


def update_cluster_config(world: World, call: Call) -> Mapping[str, Any]:
    """Begin the one change that the call asks for."""
    cluster = cluster_of(world, call)
    wanted = {name: value for name, value in call.params.items() if name not in ("name", "clientRequestToken")}
    kinds = _kinds(wanted)
    if len(kinds) != 1:
        raise invalid(
            "Only one type of update can be allowed." if kinds else "No changes needed for the cluster config provided"
        )
    updates.require_idle(cluster)
    plan = PLANS.get(kinds[0])
    if plan is None:
        raise Unsupported("eks", "UpdateClusterConfig", f"of {kinds[0]}")
    kind, changes, apply = plan(world, cluster, wanted)
    return updates.begin(
        world, call, cluster, kind=kind, changes=changes, apply=apply, seconds=updates.CLUSTER_UPDATE_SECONDS
    )


def _kinds(wanted: Mapping[str, Any]) -> list[str]:
    vpc = wanted.get("resourcesVpcConfig") or {}
    kinds = [name for name in wanted if name != "resourcesVpcConfig"]
    if any(name in vpc for name in network.ENDPOINT_MEMBERS):
        kinds.append("endpointAccess")
    if any(name in vpc for name in network.NETWORK_MEMBERS):
        kinds.append("vpcConfig")
    return kinds


def _endpoint_access(world: World, cluster: Cluster, wanted: Mapping[str, Any]) -> Change:
    new = network.endpoint_access(cluster.vpc, wanted["resourcesVpcConfig"])
    if new == {name: cluster.vpc[name] for name in network.ENDPOINT_MEMBERS}:
        raise invalid(
            "Cluster is already at the desired configuration with "
            f"endpointPrivateAccess: {str(new['endpointPrivateAccess']).lower()}, "
            f"endpointPublicAccess: {str(new['endpointPublicAccess']).lower()}, "
            f"and Public Endpoint Restrictions: [{', '.join(new['publicAccessCidrs'])}]"
        )
    changes = {
        "EndpointPublicAccess": new["endpointPublicAccess"],
        "EndpointPrivateAccess": new["endpointPrivateAccess"],
        "PublicAccessCidrs": new["publicAccessCidrs"],
    }
    return "EndpointAccessUpdate", changes, lambda: cluster.vpc.update(new)


def _vpc_config(world: World, cluster: Cluster, wanted: Mapping[str, Any]) -> Change:
    asked = wanted["resourcesVpcConfig"]
    ec2 = world.ec2(cluster.place)
    new = {name: list(asked.get(name, cluster.vpc[name])) for name in network.NETWORK_MEMBERS}
    if network.check_subnets(ec2, new["subnetIds"]) != cluster.vpc["vpcId"]:
        raise invalid("Provided subnets belong to a different VPC than the cluster's")
    network.check_security_groups(ec2, new["securityGroupIds"], cluster.vpc["vpcId"])
    if all(set(new[name]) == set(cluster.vpc[name]) for name in network.NETWORK_MEMBERS):
        raise invalid(
            "Provided subnets and security groups are already the cluster's: already at the desired configuration"
        )

    def apply() -> None:
        cluster.vpc.update(new)
        network.rebuild_interfaces(world, cluster)

    return "VpcConfigUpdate", {"Subnets": new["subnetIds"], "SecurityGroups": new["securityGroupIds"]}, apply


def _logging(world: World, cluster: Cluster, wanted: Mapping[str, Any]) -> Change:
    new = logging.merged(cluster.logging, wanted["logging"])
    if new == cluster.logging:
        raise invalid("No changes needed for the logging config provided: already at the desired configuration")
    return "LoggingUpdate", {"ClusterLogging": logging.shown(new)}, lambda: cluster.logging.update(new)


def _access_config(world: World, cluster: Cluster, wanted: Mapping[str, Any]) -> Change:
    mode = access.next_mode(cluster, wanted["accessConfig"])
    return "AccessConfigUpdate", {"AuthenticationMode": mode}, lambda: cluster.access.update(authenticationMode=mode)


def _kept(member: str, kind: str, parameter: str) -> Callable[[World, Cluster, Mapping[str, Any]], Change]:
    def plan(world: World, cluster: Cluster, wanted: Mapping[str, Any]) -> Change:
        if cluster.extra.get(member) == wanted[member]:
            raise invalid(f"Cluster is already at the desired configuration of {member}")
        return kind, {parameter: wanted[member]}, lambda: cluster.extra.update({member: wanted[member]})

    return plan


PLANS: dict[str, Callable[[World, Cluster, Mapping[str, Any]], Change]] = {
    "endpointAccess": _endpoint_access,
    "vpcConfig": _vpc_config,
    "logging": _logging,
    "accessConfig": _access_config,
    "upgradePolicy": _kept("upgradePolicy", "UpgradePolicyUpdate", "UpgradePolicy"),
    "deletionProtection": _kept("deletionProtection", "DeletionProtectionUpdate", "DeletionProtection"),
    "zonalShiftConfig": _kept("zonalShiftConfig", "ZonalShiftConfigUpdate", "ZonalShiftConfig"),
}
