# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster's place in the network: its subnets, its security group and its network interfaces."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from typing import Any

from moto.ec2.models import EC2Backend
from moto.ec2.models.subnets import Subnet

from twin.aws.ec2.interfaces import interface
from twin.aws.eks.finding import invalid
from twin.aws.eks.models import Cluster
from twin.aws.errors import AwsError
from twin.aws.world import World

PRIVATE_RANGES = [ipaddress.IPv4Network(cidr) for cidr in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")]
GROUP_DESCRIPTION = (
    "EKS created security group applied to ENI that is attached to EKS Control Plane master nodes, "
    "as well as any managed workloads."
)
ENDPOINT_MEMBERS = ("endpointPublicAccess", "endpointPrivateAccess", "publicAccessCidrs")
NETWORK_MEMBERS = ("subnetIds", "securityGroupIds")


def subnets_of(ec2: EC2Backend, subnet_ids: Sequence[str]) -> list[Subnet]:
    """The subnets by id.

    :raises AwsError: InvalidParameterException naming the first that does not exist, or if they span VPCs.
    """
    known = {subnet.id: subnet for zone in ec2.subnets.values() for subnet in zone.values()}
    missing = [subnet_id for subnet_id in subnet_ids if subnet_id not in known]
    if missing:
        raise invalid(f"The subnet ID '{missing[0]}' does not exist")
    subnets = [known[subnet_id] for subnet_id in subnet_ids]
    if len({subnet.vpc_id for subnet in subnets}) > 1:
        raise invalid("Subnets specified must belong to the same VPC")
    return subnets


def check_subnets(ec2: EC2Backend, subnet_ids: Sequence[str]) -> str:
    """Refuse subnets that a control plane cannot be put into; returns the id of their VPC.

    :raises AwsError: InvalidParameterException.
    """
    if len(set(subnet_ids)) < 2:
        raise invalid("Subnets specified must be in at least two different AZs")
    subnets = subnets_of(ec2, subnet_ids)
    if len({subnet.availability_zone for subnet in subnets}) < 2:
        raise invalid("Subnets specified must be in at least two different AZs")
    return str(subnets[0].vpc_id)


def check_security_groups(ec2: EC2Backend, group_ids: Sequence[str], vpc_id: str) -> None:
    """Refuse security groups that do not exist or belong to another VPC.

    :raises AwsError: InvalidParameterException.
    """
    for group_id in group_ids:
        group = ec2.get_security_group_from_id(group_id)
        if group is None:
            raise invalid(f"The security group '{group_id}' does not exist")
        if group.vpc_id != vpc_id:
            raise invalid(f"Security group(s) [{group_id}] are not in the same VPC as the subnets.")


def endpoint_access(current: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Endpoint access with the given members changed; order and spelling of CIDRs do not matter.

    :raises AwsError: InvalidParameterException for what EKS does not allow.
    """
    access = {name: wanted.get(name, current[name]) for name in ENDPOINT_MEMBERS}
    if not access["endpointPublicAccess"] and not access["endpointPrivateAccess"]:
        raise invalid("Private and public endpoint access cannot both be false")
    access["publicAccessCidrs"] = sorted({_public_cidr(cidr) for cidr in access["publicAccessCidrs"]}) or ["0.0.0.0/0"]
    return access


def _public_cidr(text: str) -> str:
    try:
        network = ipaddress.ip_network(text)
    except ValueError as error:
        raise invalid(f"The following CIDRs are invalid in publicAccessCidrs: [{text}]") from error
    if isinstance(network, ipaddress.IPv4Network) and any(network.subnet_of(private) for private in PRIVATE_RANGES):
        raise invalid(f"The following CIDRs are not allowed in publicAccessCidrs: [{text}] is a private range")
    return str(network)


def create_security_group(world: World, cluster: Cluster) -> str:
    """Make the cluster security group in EC2, marked as EKS marks it; returns its id."""
    ec2 = world.ec2(cluster.place)
    serial = int(cluster.issuer[-8:], 16)
    name = f"eks-cluster-sg-{cluster.name}-{serial}"
    tags = {"Name": name, f"kubernetes.io/cluster/{cluster.name}": "owned", "aws:eks:cluster-name": cluster.name}
    group = ec2.create_security_group(name, GROUP_DESCRIPTION, vpc_id=cluster.vpc["vpcId"], tags=tags)
    ec2.authorize_security_group_ingress(
        group.id, "-1", "-1", "-1", [], source_groups=[{"GroupId": group.id}], vpc_id=cluster.vpc["vpcId"]
    )
    return str(group.id)


def create_interfaces(world: World, cluster: Cluster) -> None:
    """Put the control plane's network interfaces into its subnets, so that these cannot be deleted under it."""
    ec2 = world.ec2(cluster.place)
    groups = [*cluster.vpc["securityGroupIds"], cluster.vpc["clusterSecurityGroupId"]]
    for subnet in subnets_of(ec2, cluster.vpc["subnetIds"]):
        eni = interface(ec2, subnet, groups, f"Amazon EKS {cluster.name}")
        cluster.enis.append(eni.id)


def remove(world: World, cluster: Cluster) -> None:
    """Take away what the cluster had in EC2."""
    ec2 = world.ec2(cluster.place)
    for eni_id in cluster.enis:
        ec2.enis.pop(eni_id, None)
    cluster.enis.clear()
    group_id = cluster.vpc.get("clusterSecurityGroupId")
    if group_id and ec2.get_security_group_from_id(group_id) is not None:
        ec2.delete_security_group(group_id=group_id)


def rebuild_interfaces(world: World, cluster: Cluster) -> None:
    """After subnets or groups have changed."""
    ec2 = world.ec2(cluster.place)
    for eni_id in cluster.enis:
        ec2.enis.pop(eni_id, None)
    cluster.enis.clear()
    create_interfaces(world, cluster)


def too_many(kind: str, limit: int) -> AwsError:
    """EKS's refusal for want of quota."""
    return AwsError("ResourceLimitExceededException", f"{kind} limit exceeded: at most {limit}")
