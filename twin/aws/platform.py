# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What controllers inside an EKS cluster make in its account: volumes and load balancers, with the real ones' tags.

They do not come over the AWS API: their calls are nobody's whose calls are counted, and their roles are not asked.
Left out: listeners, targets and health checks of load balancers, attaching volumes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from moto.core.exceptions import ServiceException
from moto.ec2.models import EC2Backend
from moto.elb.models import elb_backends
from moto.elbv2.models import elbv2_backends

from twin.aws.ec2 import interfaces
from twin.aws.eks.models import Cluster
from twin.aws.errors import AwsError
from twin.aws.world import World
from twin.contract import TwinError

_ROLE_TAGS = {"internet-facing": "kubernetes.io/role/elb", "internal": "kubernetes.io/role/internal-elb"}


class UnknownClusterError(TwinError):
    """No cluster of AWS has this control plane: another cloud's, or none's."""


class Platform:
    """Safe to use from several threads. All methods raise UnknownClusterError, and TwinError in the words of AWS."""

    def __init__(self, world: World) -> None:
        self._world = world

    def create_volume(self, cluster: str, wish: Mapping[str, Any]) -> dict[str, Any]:
        """A volume from {gib, zone, type, iops, throughput, encrypted, kms_key, tags}: {"id"}.

        One that has the wish's CSIVolumeName already is answered instead of made again.
        """

        def create(known: Cluster) -> dict[str, Any]:
            ec2 = self._world.ec2(known.place)
            name = wish["tags"]["CSIVolumeName"]
            for volume in ec2.volumes.values():
                if any((tag["key"], tag["value"]) == ("CSIVolumeName", name) for tag in volume.get_tags()):
                    return {"id": volume.id}
            volume = ec2.create_volume(
                size=wish["gib"],
                zone_name=wish["zone"],
                volume_type=wish["type"],
                iops=wish.get("iops"),
                throughput=wish.get("throughput"),
                encrypted=bool(wish.get("encrypted")),
                kms_key_id=wish.get("kms_key"),
            )
            volume.add_tags({**wish["tags"], "ebs.csi.aws.com/cluster": "true", **_owned(known)})
            return {"id": volume.id}

        return self._in(cluster, create)

    def grow_volume(self, cluster: str, volume: str, gib: int) -> dict[str, Any]:
        """Make it `gib` large at least."""

        def grow(known: Cluster) -> dict[str, Any]:
            found = self._world.ec2(known.place).get_volume(volume)
            found.size = max(int(found.size), gib)
            return {"gib": found.size}

        return self._in(cluster, grow)

    def delete_volume(self, cluster: str, volume: str) -> dict[str, Any]:
        """Delete it; one that is gone is no error."""

        def delete(known: Cluster) -> dict[str, Any]:
            ec2 = self._world.ec2(known.place)
            if volume in ec2.volumes:
                ec2.delete_volume(volume)
            return {}

        return self._in(cluster, delete)

    def create_load_balancer(self, cluster: str, wish: Mapping[str, Any]) -> dict[str, Any]:
        """A load balancer from {name, sort: classic | network, scheme, ports, tags}: {"hostname"}; made only once."""

        def create(known: Cluster) -> dict[str, Any]:
            subnets = _subnets(self._world.ec2(known.place), known, wish["scheme"])
            make = _classic if wish["sort"] == "classic" else _network
            tags = {**wish["tags"], **_owned(known)}
            return {"hostname": make(self._world.ec2(known.place), known, wish, subnets, tags)}

        return self._in(cluster, create)

    def delete_load_balancer(self, cluster: str, name: str) -> dict[str, Any]:
        """Delete it and its security group; what is gone is no error."""

        def delete(known: Cluster) -> dict[str, Any]:
            classic = elb_backends[known.account][known.region]
            found = classic.load_balancers.pop(name, None)
            network = elbv2_backends[known.account][known.region]
            for arn in [arn for arn, balancer in network.load_balancers.items() if balancer.name == name]:
                network.delete_load_balancer(arn)
            ec2 = self._world.ec2(known.place)
            for eni in [eni for eni in interfaces.present(ec2) if eni.description == _description(name)]:
                interfaces.remove(ec2, eni.id)
            for group in found.security_groups if found else ():
                ec2.delete_security_group(group_id=group)
            return {}

        return self._in(cluster, delete)

    def _in(self, cluster: str, act: Callable[[Cluster], dict[str, Any]]) -> dict[str, Any]:
        with self._world.lock:
            known = next(
                (one for place in self._world.clusters.values() for one in place.values() if one.key == cluster), None
            )
            if known is None:
                raise UnknownClusterError(f"AWS has no cluster with the control plane {cluster}")
            try:
                return act(known)
            except (ServiceException, AwsError) as error:
                raise TwinError(f"api error {error.code}: {error.message}") from error


def _owned(cluster: Cluster) -> dict[str, str]:
    return {f"kubernetes.io/cluster/{cluster.name}": "owned"}


def _subnets(ec2: EC2Backend, cluster: Cluster, scheme: str) -> list[str]:
    """One of each zone: those with the role's tag before others; for the internet only those with a way there."""
    best: dict[str, tuple[bool, str]] = {}
    public = _public_subnets(ec2)
    for subnet in ec2.describe_subnets():
        elsewhere = subnet.vpc_id != cluster.vpc["vpcId"]
        if elsewhere or (scheme == "internet-facing" and subnet.id not in public):
            continue
        tagged = any(tag["key"] == _ROLE_TAGS[scheme] for tag in subnet.get_tags())
        known = best.get(subnet.availability_zone)
        if known is None or (not tagged, subnet.id) < known:
            best[subnet.availability_zone] = (not tagged, subnet.id)
    if not best:
        raise TwinError("could not find any suitable subnets for creating the ELB")
    return [subnet for _zone, (_untagged, subnet) in sorted(best.items())]


def _public_subnets(ec2: EC2Backend) -> set[str]:
    """Subnets whose route table, their own or their VPC's main one, leads to an internet gateway."""
    own = {
        association["SubnetId"]: table
        for table in ec2.route_tables.values()
        for association in table.associations
        if "SubnetId" in association
    }
    main = {table.vpc_id: table for table in ec2.route_tables.values() if table.main_association_id}
    public = set()
    for subnet in ec2.describe_subnets():
        table = own.get(subnet.id) or main.get(subnet.vpc_id)
        if table and any(str(getattr(route.gateway, "id", "")).startswith("igw-") for route in table.routes):
            public.add(subnet.id)
    return public


def _description(name: str) -> str:
    return f"ELB {name}"


def _put_into(ec2: EC2Backend, subnets: Sequence[str], groups: Sequence[str], name: str) -> None:
    """Its interfaces, which keep subnets, groups and with them the VPC from being deleted under it."""
    for subnet in subnets:
        interfaces.interface(ec2, interfaces.find_subnet(ec2, subnet), groups, _description(name))


def _classic(
    ec2: EC2Backend, cluster: Cluster, wish: Mapping[str, Any], subnets: Sequence[str], tags: Mapping[str, str]
) -> str:
    elb = elb_backends[cluster.account][cluster.region]
    known = elb.load_balancers.get(wish["name"])
    if known is None:
        group = ec2.create_security_group(
            f"k8s-elb-{wish['name']}",
            f"Security group for Kubernetes ELB {wish['name']}",
            cluster.vpc["vpcId"],
            tags=_owned(cluster),
        )
        ports = [
            {"Protocol": "tcp", "LoadBalancerPort": port["port"], "InstanceProtocol": "tcp",
             "InstancePort": port.get("nodePort") or port["port"], "SSLCertificateId": None}
            for port in wish["ports"]
        ]  # fmt: skip
        known = elb.create_load_balancer(wish["name"], [], ports, wish["scheme"], list(subnets), [group.id])
        _put_into(ec2, subnets, [group.id], wish["name"])
        for key, value in tags.items():
            known.add_tag(key, value)
    return str(known.dns_name)


def _network(
    ec2: EC2Backend, cluster: Cluster, wish: Mapping[str, Any], subnets: Sequence[str], tags: Mapping[str, str]
) -> str:
    elb = elbv2_backends[cluster.account][cluster.region]
    for known in elb.load_balancers.values():
        if known.name == wish["name"]:
            return str(known.dns_name)
    made = elb.create_load_balancer(
        name=wish["name"],
        security_groups=[],
        subnet_ids=list(subnets),
        scheme=wish["scheme"],
        loadbalancer_type="network",
        tags=[{"Key": key, "Value": value} for key, value in tags.items()],
    )
    _put_into(ec2, subnets, [], wish["name"])
    return str(made.dns_name)
