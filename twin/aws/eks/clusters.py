# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clusters: created, listed, deleted; each state lasts its time, and ends only when the control plane is there."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from typing import Any

from twin.aws import states
from twin.aws.call import Call
from twin.aws.eks import access, logging, network, updates
from twin.aws.eks.addon_catalogue import BOOTSTRAPPED
from twin.aws.eks.finding import cluster_of, invalid
from twin.aws.eks.models import Cluster
from twin.aws.eks.pages import page
from twin.aws.eks.roles import require_role
from twin.aws.eks.versions import supported
from twin.aws.errors import AwsError
from twin.aws.world import World
from twin.contract import ControlPlaneError, TwinError
from twin.pki import Authority

CREATE_SECONDS = 600.0
DELETE_SECONDS = 300.0
# How long to leave a control plane that is not ready yet before looking again.
READY_POLL_SECONDS = 5.0
ENDPOINT_DEFAULTS = {"endpointPublicAccess": True, "endpointPrivateAccess": False, "publicAccessCidrs": ["0.0.0.0/0"]}
# Members of CreateCluster that are kept and shown and change nothing else in the twin.
KEPT = (
    "encryptionConfig",
    "upgradePolicy",
    "zonalShiftConfig",
    "remoteNetworkConfig",
    "computeConfig",
    "storageConfig",
    "deletionProtection",
    "outpostConfig",
)


def create_cluster(world: World, call: Call) -> Mapping[str, Any]:
    """Check as EKS does, begin the control plane, and be CREATING until it is there."""
    existing = world.clusters_of(call.place).get(call.params["name"])
    if existing is not None:
        if existing.token and existing.token == call.params.get("clientRequestToken"):
            return {"cluster": describe(existing)}
        raise AwsError(
            "ResourceInUseException", f"Cluster already exists with name: {existing.name}", clusterName=existing.name
        )
    if len(world.clusters_of(call.place)) >= world.quotas.eks_clusters:
        raise network.too_many("Cluster", world.quotas.eks_clusters)
    cluster = _from_params(world, call)
    cluster.vpc["clusterSecurityGroupId"] = network.create_security_group(world, cluster)
    network.create_interfaces(world, cluster)
    access.bootstrap(world, cluster)
    world.clusters_of(call.place)[cluster.name] = cluster
    _begin(world, call, cluster)
    return {"cluster": describe(cluster)}


def describe_cluster(world: World, call: Call) -> Mapping[str, Any]:
    """One cluster."""
    return {"cluster": describe(cluster_of(world, call))}


def list_clusters(world: World, call: Call) -> Mapping[str, Any]:
    """Names of the account's clusters in this region."""
    return page(call, sorted(world.clusters_of(call.place)), "clusters")


def delete_cluster(world: World, call: Call) -> Mapping[str, Any]:
    """Refuse while anything hangs on it; else be DELETING for a while, then gone with all that EKS made for it."""
    cluster = cluster_of(world, call)
    if cluster.extra.get("deletionProtection"):
        raise AwsError("InvalidRequestException", f"Cluster {cluster.name} has deletion protection enabled")
    if cluster.nodegroups:
        raise AwsError(
            "ResourceInUseException",
            "Cluster has nodegroups attached",
            clusterName=cluster.name,
            nodegroupName=next(iter(cluster.nodegroups)),
        )
    if cluster.status not in ("ACTIVE", "FAILED"):
        message = f"Cannot delete cluster {cluster.name}: it is {cluster.status}"
        raise AwsError("ResourceInUseException", message, clusterName=cluster.name)
    cluster.status = "DELETING"
    states.transition(world, call, DELETE_SECONDS, lambda: _finish_delete(world, cluster))
    return {"cluster": describe(cluster)}


def describe(cluster: Cluster) -> dict[str, Any]:
    """As in DescribeCluster; endpoint and certificate appear when the control plane does."""
    shown = {
        "name": cluster.name,
        "arn": cluster.arn,
        "createdAt": cluster.created_at,
        "version": cluster.version,
        "roleArn": cluster.role_arn,
        "resourcesVpcConfig": cluster.vpc,
        "kubernetesNetworkConfig": cluster.network,
        "logging": logging.shown(cluster.logging),
        "identity": {"oidc": {"issuer": cluster.issuer}},
        "status": cluster.status,
        "certificateAuthority": {},
        "platformVersion": cluster.platform_version,
        "tags": cluster.tags,
        "health": {"issues": cluster.issues},
        "accessConfig": cluster.access,
        **cluster.extra,
    }
    if cluster.endpoint:
        shown["endpoint"] = cluster.endpoint
    if cluster.ca_pem:
        shown["certificateAuthority"] = {"data": base64.b64encode(cluster.ca_pem.encode()).decode()}
    return shown


def _from_params(world: World, call: Call) -> Cluster:
    params = call.params
    version = supported(params.get("version"))
    require_role(world, call.account, params["roleArn"], "eks.amazonaws.com")
    asked = params["resourcesVpcConfig"]
    ec2 = world.ec2(call.place)
    subnet_ids = list(asked.get("subnetIds") or [])
    vpc_id = network.check_subnets(ec2, subnet_ids)
    group_ids = list(asked.get("securityGroupIds") or [])
    network.check_security_groups(ec2, group_ids, vpc_id)
    endpoints = network.endpoint_access(ENDPOINT_DEFAULTS, asked)
    own = call.account == world.config.account_id
    key = f"{call.region}-{params['name']}" if own else f"{call.account}-{call.region}-{params['name']}"
    return Cluster(
        name=params["name"],
        key=key,
        arn=f"arn:aws:eks:{call.region}:{call.account}:cluster/{params['name']}",
        account=call.account,
        region=call.region,
        role_arn=params["roleArn"],
        version=version.name,
        platform_version=version.platform,
        issuer=f"https://oidc.eks.{call.region}.amazonaws.com/id/{secrets.token_hex(16).upper()}",
        creator=call.principal.role_arn,
        created_at=world.now(),
        vpc={"subnetIds": subnet_ids, "securityGroupIds": group_ids, "vpcId": vpc_id, **endpoints},
        network=_kubernetes_network(params.get("kubernetesNetworkConfig") or {}),
        logging=logging.merged({}, params.get("logging")),
        access=access.config(params.get("accessConfig") or {}),
        tags=dict(params.get("tags") or {}),
        extra={name: params[name] for name in KEPT if params.get(name) is not None},
        token=params.get("clientRequestToken"),
        self_managed=set(BOOTSTRAPPED) if params.get("bootstrapSelfManagedAddons", True) else set(),
    )


def _kubernetes_network(asked: Mapping[str, Any]) -> dict[str, Any]:
    family = asked.get("ipFamily") or "ipv4"
    if family == "ipv6" and asked.get("serviceIpv4Cidr"):
        raise invalid("serviceIpv4Cidr cannot be specified with ipFamily ipv6")
    if family == "ipv6":
        return {"serviceIpv6Cidr": "fd00:ec2::/108", "ipFamily": family}
    return {"serviceIpv4Cidr": asked.get("serviceIpv4Cidr") or "172.20.0.0/16", "ipFamily": family}


def _begin(world: World, call: Call, cluster: Cluster) -> None:
    if world.config.control_planes:
        service_cidr = cluster.network.get("serviceIpv4Cidr", "172.20.0.0/16")
        try:
            world.config.host.begin(cluster.key, cluster.version, cluster.issuer, service_cidr=service_cidr)
        except TwinError as error:
            reason = str(error)
            world.schedule.after(CREATE_SECONDS, lambda: _fail(cluster, "InternalFailure", reason))
            return
    states.transition(
        world,
        call,
        CREATE_SECONDS,
        lambda: _finish_create(world, cluster),
        lambda code: _fail(cluster, code or "InternalFailure", "injected by the twin"),
    )


def _finish_create(world: World, cluster: Cluster) -> float | None:
    if not world.config.control_planes:
        identity = cluster.issuer.rpartition("/")[2]
        cluster.endpoint = f"https://{identity}.gr7.{cluster.region}.eks.amazonaws.com"
        # Nobody answers there, and nobody keeps the key.
        cluster.ca_pem = Authority(f"kubernetes {cluster.key}"[:64]).keypair.certificate.decode()
        cluster.status = "ACTIVE"
        return None
    try:
        endpoint = world.config.host.ready(cluster.key)
    except ControlPlaneError as error:
        _fail(cluster, "InternalFailure", str(error))
        return None
    if endpoint is None:
        return READY_POLL_SECONDS
    cluster.endpoint, cluster.ca_pem = endpoint.url, endpoint.ca_pem
    cluster.status = "ACTIVE"
    return None


def _fail(cluster: Cluster, code: str, message: str) -> None:
    cluster.status = "FAILED"
    cluster.issues = [{"code": code, "message": message, "resourceIds": [cluster.name]}]


def _finish_delete(world: World, cluster: Cluster) -> None:
    if world.config.control_planes:
        world.config.host.stop(cluster.key)
    network.remove(world, cluster)
    world.clusters_of(cluster.place).pop(cluster.name, None)


def update_cluster_version(world: World, call: Call) -> Mapping[str, Any]:
    """A real control plane cannot change its version in place: named, and refused."""
    cluster = cluster_of(world, call)
    updates.require_idle(cluster)
    wanted = supported(call.params["version"]).name
    if wanted == cluster.version:
        raise invalid(f"Cluster is already at version {wanted}")
    raise AwsError("NotImplementedByTwin", "The twin cannot upgrade a control plane in place", 501)
