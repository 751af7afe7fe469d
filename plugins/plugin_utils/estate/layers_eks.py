# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the shape of an EKS cluster to the flat list of its resources."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from .aws_network import Vpc
from .checks_eks import cluster_zones
from .eks import AccessEntry, ClusterAdministrator, EksCluster, NodeGroup
from .layers_eks_addons import addon_resources
from .layers_network import Resource, subnet_name

_NODE_POLICIES = ("AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly", "AmazonEKS_CNI_Policy")
_ADMINISTRATOR = "AmazonEKSClusterAdminPolicy"


def partition(region: str) -> str:
    """The AWS partition that a region belongs to."""
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"


def trust_policy(service: str, region: str) -> dict[str, Any]:
    """The policy that lets an AWS service take a role. service: ec2 or eks."""
    # EC2 is the one of the two whose principal has the partition's own domain in China.
    domain = "amazonaws.com.cn" if service == "ec2" and partition(region) == "aws-cn" else "amazonaws.com"
    statement = {"Effect": "Allow", "Principal": {"Service": f"{service}.{domain}"}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def cluster_resources(cluster: EksCluster, vpcs: Sequence[Vpc], region: str) -> Iterator[Resource]:
    """All resources of one cluster, each after those that it refers to."""
    for resource in _parts(cluster, cluster_zones(cluster, vpcs), region):
        if resource["kind"] in {"eks_kubeconfig"}:
            yield resource
            continue
        tags = {**cluster.tags, **resource.pop("tags", {})}
        if cluster.manage != "managed":
            resource.setdefault("manage", cluster.manage)
        yield {**resource, "tags": tags} if tags else resource


def _parts(cluster: EksCluster, zones: Sequence[str], region: str) -> Iterator[Resource]:
    yield _role(cluster, f"{cluster.name}-cluster", "eks", region, ["AmazonEKSClusterPolicy"])
    if cluster.node_groups:
        yield _role(cluster, f"{cluster.name}-node", "ec2", region, list(_NODE_POLICIES))
    for one in cluster.administrators:
        yield from _administrator_role(cluster, one, region)
    yield _cluster(cluster, zones)
    for group in cluster.node_groups:
        if group.manage != "ignore":
            yield from _node_group(cluster, group, zones)
    for one in cluster.administrators:
        yield _administrator_entry(cluster, one)
    for entry in cluster.access_entries:
        yield _access_entry(cluster, entry)
    yield from addon_resources(cluster)
    if cluster.kubeconfig is not None:
        yield {
            "kind": "eks_kubeconfig",
            "name": cluster.name,
            "cluster": cluster.name,
            "path": kubeconfig_path(cluster),
            "context": kubeconfig_context(cluster),
        }


def kubeconfig_path(cluster: EksCluster) -> str:
    """Where the controller's kubeconfig of a cluster is; a relative path starts at the directory of the run."""
    own = cluster.kubeconfig.path if cluster.kubeconfig else None
    return own or f".kubeops/private/kubeconfig-{cluster.name}"


def kubeconfig_context(cluster: EksCluster) -> str:
    """Its context."""
    own = cluster.kubeconfig.context if cluster.kubeconfig else None
    return own or cluster.name


def _role(cluster: EksCluster, name: str, service: str, region: str, policies: list[str]) -> Resource:
    resource: Resource = {
        "kind": "iam_role",
        "name": name,
        "trust_policy": trust_policy(service, region),
        "managed_policies": policies,
    }
    if cluster.permissions_boundary is not None:
        resource["permissions_boundary"] = cluster.permissions_boundary
    return resource


def _administrator_role(cluster: EksCluster, one: ClusterAdministrator, region: str) -> Iterator[Resource]:
    if one.role is None:
        return
    described = {
        "Effect": "Allow",
        "Action": "eks:DescribeCluster",
        "Resource": f"arn:{partition(region)}:eks:{region}:*:cluster/{cluster.name}",
    }
    role = _role(cluster, one.role, "ec2", region, [])
    role["description"] = "Administers Kubernetes clusters from instances"
    role["inline_policies"] = {
        f"describe-{cluster.name}": {"Version": "2012-10-17", "Statement": [described]},
    }
    yield role
    if one.instance_profile:
        yield {"kind": "iam_instance_profile", "name": one.role, "role": one.role}


def _cluster(cluster: EksCluster, zones: Sequence[str]) -> Resource:
    resource: Resource = {
        "kind": "eks_cluster",
        "name": cluster.name,
        "version": cluster.version,
        "role": f"{cluster.name}-cluster",
        "subnets": _subnets(cluster, zones),
        "endpoint_public_access": cluster.endpoint.public,
        "endpoint_private_access": cluster.endpoint.private,
        "logging": list(cluster.logging),
        "authentication_mode": cluster.authentication_mode,
        "bootstrap_cluster_creator_admin_permissions": cluster.creator_is_administrator,
    }
    if cluster.endpoint.public:
        resource["public_access_cidrs"] = cluster.endpoint.public_access_cidrs or ["0.0.0.0/0"]
    optional = {
        "security_groups": cluster.security_groups,
        "service_ipv4_cidr": cluster.service_ipv4_cidr,
        "ip_family": cluster.ip_family,
    }
    return {**resource, **{key: value for key, value in optional.items() if value is not None}}


def _subnets(cluster: EksCluster, zones: Sequence[str]) -> list[str]:
    return [subnet_name(cluster.vpc, cluster.subnets_tier, zone) for zone in zones]


def _node_group(cluster: EksCluster, group: NodeGroup, zones: Sequence[str]) -> Iterator[Resource]:
    template = f"{cluster.name}-{group.name}"
    # Instances carry the shape's tags as well: cost reports read them there.
    instance_tags = {**cluster.tags, **group.tags, "Name": template}
    own: Resource = {} if group.manage == "managed" else {"manage": group.manage}
    yield {
        "kind": "launch_template",
        "name": template,
        "http_tokens": "required",
        # Two hops, or pods outside the host network could not reach the metadata service they are allowed to use.
        "http_put_response_hop_limit": 2,
        "volumes": _volumes(group),
        "instance_tags": instance_tags,
        "tags": group.tags,
        **own,
    }
    scaling = {"min": group.min, "max": group.max, "desired": group.desired}
    yield {
        "kind": "eks_nodegroup",
        "name": group.name,
        "cluster": cluster.name,
        "role": f"{cluster.name}-node",
        "subnets": _subnets(cluster, zones if group.zones == "all" else group.zones),
        "instance_types": group.instance_types,
        "ami_type": group.ami_type,
        "capacity_type": group.capacity_type,
        "scaling": {key: value for key, value in scaling.items() if value is not None},
        "labels": group.labels,
        "taints": [{"key": one.key, "value": one.value, "effect": one.effect} for one in group.taints],
        "launch_template": template,
        # A changed template is a new version, and the nodes follow it.
        "launch_template_version": {"$ref": f"launch_template/{template}#default_version"},
        "update": group.update.model_dump(exclude_none=True),
        "tags": group.tags,
        **own,
    }


def _volumes(group: NodeGroup) -> list[Resource]:
    data = {"encrypted": True, **group.disk.model_dump(exclude_none=True)}
    if group.ami_type.startswith("BOTTLEROCKET"):
        # Its system is on the first device, in the size of its image, images and pods on the second.
        return [{"device": "/dev/xvda", "encrypted": True}, {"device": "/dev/xvdb", **data}]
    return [{"device": "/dev/sda1" if group.ami_type.startswith("WINDOWS") else "/dev/xvda", **data}]


def _administrator_entry(cluster: EksCluster, one: ClusterAdministrator) -> Resource:
    principal = f"iam_role/{one.role}" if one.role is not None else str(one.principal)
    entry: Resource = {
        "kind": "eks_access_entry",
        "name": principal.rsplit("/", 1)[-1],
        "cluster": cluster.name,
        "principal": principal,
        "type": "STANDARD",
        "policies": [{"policy": _ADMINISTRATOR, "scope": "cluster"}],
    }
    if one.username is not None:
        entry["username"] = one.username
    return entry


def _access_entry(cluster: EksCluster, entry: AccessEntry) -> Resource:
    scope: Resource = {"scope": "cluster"}
    if entry.namespaces:
        scope = {"scope": "namespace", "namespaces": entry.namespaces}
    return {
        "kind": "eks_access_entry",
        "name": entry.principal.rsplit("/", 1)[-1],
        "cluster": cluster.name,
        "principal": entry.principal,
        "type": "STANDARD",
        "kubernetes_groups": entry.kubernetes_groups,
        "policies": [{"policy": entry.policy, **scope}] if entry.policy else [],
    }
