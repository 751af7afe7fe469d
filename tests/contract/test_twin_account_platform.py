# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What controllers inside a cluster ask of its account is made once, marked as theirs, and refused with a reason."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.test import Client

from tests.contract.aws_account import REGION, Account, Network, cluster, network, served
from twin.aws.platform import Platform, UnknownClusterError
from twin.contract import TwinError
from twin.platform_api import PlatformApi

pytestmark = pytest.mark.slow
KEY = f"{REGION}-demo"


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    with served(tmp_path_factory.mktemp("account")) as account:
        yield account


@pytest.fixture(scope="module")
def net(account: Account) -> Network:
    net = network(account)
    cluster(account, net)
    return net


@pytest.fixture
def platform(account: Account, net: Network) -> Platform:
    assert net.subnets
    return Platform(account.app.world)


def volume(name: str, **changes: Any) -> dict[str, Any]:
    return {"gib": 4, "zone": f"{REGION}a", "type": "gp3", "tags": {"CSIVolumeName": name}, **changes}


def balancer(name: str, **changes: Any) -> dict[str, Any]:
    return {"name": name, "sort": "classic", "scheme": "internal", "ports": [{"port": 80}], "tags": {}, **changes}


def test_the_same_volume_is_made_once(platform: Platform, account: Account) -> None:
    first = platform.create_volume(KEY, volume("one"))
    assert platform.create_volume(KEY, volume("one")) == first
    assert platform.create_volume(KEY, volume("two")) != first
    found = account.client("ec2").describe_volumes(VolumeIds=[first["id"]])["Volumes"][0]
    assert {tag["Key"]: tag["Value"] for tag in found["Tags"]} == {
        "CSIVolumeName": "one", "ebs.csi.aws.com/cluster": "true", "kubernetes.io/cluster/demo": "owned"
    }  # fmt: skip
    assert platform.grow_volume(KEY, first["id"], 9) == {"gib": 9}
    for _ in range(2):
        assert platform.delete_volume(KEY, first["id"]) == {}


def test_what_ec2_refuses_is_told_in_its_words(platform: Platform) -> None:
    with pytest.raises(TwinError, match="api error InvalidParameterDependency"):
        platform.create_volume(KEY, volume("fast", type="gp2", iops=9000))


@pytest.mark.parametrize("sort", ["classic", "network"])
def test_the_same_balancer_is_made_once_and_holds_its_network(platform: Platform, account: Account, sort: str) -> None:
    ec2 = account.client("ec2")

    def groups_and_interfaces() -> tuple[int, int]:
        groups = ec2.describe_security_groups()["SecurityGroups"]
        return len(groups), len(ec2.describe_network_interfaces()["NetworkInterfaces"])

    before = groups_and_interfaces()
    first = platform.create_load_balancer(KEY, balancer("lb", sort=sort))
    assert platform.create_load_balancer(KEY, balancer("lb", sort=sort)) == first
    groups, interfaces = groups_and_interfaces()
    assert (groups - before[0], interfaces - before[1]) == (1 if sort == "classic" else 0, 3)
    for _ in range(2):
        assert platform.delete_load_balancer(KEY, "lb") == {}
    assert groups_and_interfaces() == before


def test_subnets_with_the_role_s_tag_are_taken_and_public_ones_where_they_must(
    platform: Platform, account: Account, net: Network
) -> None:
    wish = balancer("public", sort="network", scheme="internet-facing")
    with pytest.raises(TwinError, match="could not find any suitable subnets"):
        platform.create_load_balancer(KEY, wish)
    ec2 = account.client("ec2")
    table = ec2.create_route_table(VpcId=net.vpc)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=net.gateway)
    other = ec2.create_subnet(VpcId=net.vpc, CidrBlock="10.0.9.0/24", AvailabilityZone=f"{REGION}a")
    tagged = other["Subnet"]["SubnetId"]
    for subnet in (net.subnets[0], tagged):
        ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    ec2.create_tags(Resources=[tagged], Tags=[{"Key": "kubernetes.io/role/elb", "Value": "1"}])
    platform.create_load_balancer(KEY, wish)
    found = account.client("elbv2").describe_load_balancers(Names=["public"])["LoadBalancers"][0]
    assert [zone["SubnetId"] for zone in found["AvailabilityZones"]] == [tagged]
    platform.delete_load_balancer(KEY, "public")


def test_a_cluster_of_nobody(platform: Platform) -> None:
    with pytest.raises(UnknownClusterError, match="AWS has no cluster with the control plane elsewhere"):
        platform.delete_volume("elsewhere", "vol-1")


def test_the_way_there_answers_with_reasons(platform: Platform) -> None:
    client = Client(PlatformApi(platform))
    made = client.post(f"/{KEY}/volumes", json=volume("by-http"))
    assert made.status_code == 200
    assert client.patch(f"/{KEY}/volumes/{made.get_json()['id']}", json={"gib": 6}).get_json() == {"gib": 6}
    assert client.delete(f"/{KEY}/volumes/{made.get_json()['id']}").status_code == 200
    assert client.post(f"/{KEY}/load-balancers", json=balancer("by-http")).get_json()["hostname"]
    assert client.delete(f"/{KEY}/load-balancers/by-http").status_code == 200
    refused = client.post(f"/{KEY}/volumes", json=volume("odd", type="gp2", iops=1))
    assert (refused.status_code, "api error" in refused.get_json()["error"]) == (409, True)
    assert client.delete("/elsewhere/volumes/vol-1").status_code == 404
    assert client.get(f"/{KEY}/nothing").status_code == 404
