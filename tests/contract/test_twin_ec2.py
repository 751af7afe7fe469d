# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated EC2 answers real boto3 clients as EC2 does: states, dependencies, quotas."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.aws_account import REGION, Account, code_of, network, served
from twin.aws.world import Quotas

pytestmark = pytest.mark.slow


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Account]:
    """A fresh account."""
    with served(tmp_path) as fresh:
        yield fresh


def states(answer: dict[str, Any], member: str) -> list[str]:
    """The State of each thing in a listing."""
    return [thing["State"] for thing in answer[member]]


def test_a_dry_run_makes_nothing(account: Account) -> None:
    ec2 = account.client("ec2")
    before = len(ec2.describe_vpcs()["Vpcs"])
    assert code_of(ec2.create_vpc, CidrBlock="10.0.0.0/16", DryRun=True) == "DryRunOperation"
    reader = account.client("ec2", "readonly")
    assert code_of(reader.create_vpc, CidrBlock="10.0.0.0/16", DryRun=True) == "UnauthorizedOperation"
    assert len(ec2.describe_vpcs()["Vpcs"]) == before


def test_a_nat_gateway_takes_its_time_both_ways(account: Account) -> None:
    net, ec2 = network(account), account.client("ec2")
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    params = {
        "SubnetId": net.subnets[0],
        "AllocationId": address,
        "ClientToken": "once",
        "TagSpecifications": [{"ResourceType": "natgateway", "Tags": [{"Key": "Name", "Value": "nat"}]}],
    }
    nat = ec2.create_nat_gateway(**params)["NatGateway"]
    assert nat["State"] == "pending"
    assert nat["NatGatewayAddresses"][0]["PrivateIp"].startswith("10.0.0.")
    assert ec2.create_nat_gateway(**params)["NatGateway"]["NatGatewayId"] == nat["NatGatewayId"]
    assert code_of(ec2.create_nat_gateway, **params | {"ClientToken": "2"}) == "Resource.AlreadyAssociated"
    account.advance(90)
    assert states(ec2.describe_nat_gateways(), "NatGateways") == ["available"]
    tags = ec2.describe_tags(Filters=[{"Name": "resource-type", "Values": ["natgateway"]}])["Tags"]
    assert [tag["Value"] for tag in tags] == ["nat"]
    in_use = {"InternetGatewayId": net.gateway, "VpcId": net.vpc}
    assert code_of(ec2.detach_internet_gateway, **in_use) == "DependencyViolation"
    assert code_of(ec2.delete_subnet, SubnetId=net.subnets[0]) == "DependencyViolation"
    assert code_of(ec2.release_address, AllocationId=address) == "AuthFailure"
    ec2.delete_nat_gateway(NatGatewayId=nat["NatGatewayId"])
    assert states(ec2.describe_nat_gateways(), "NatGateways") == ["deleting"]
    account.advance(60)
    assert states(ec2.describe_nat_gateways(), "NatGateways") == ["deleted"]
    ec2.release_address(AllocationId=address)
    ec2.delete_subnet(SubnetId=net.subnets[0])
    ec2.detach_internet_gateway(**in_use)


def test_a_public_nat_gateway_without_internet_gateway_fails(account: Account) -> None:
    net, ec2 = network(account), account.client("ec2")
    ec2.detach_internet_gateway(InternetGatewayId=net.gateway, VpcId=net.vpc)
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    ec2.create_nat_gateway(SubnetId=net.subnets[0], AllocationId=address)
    account.advance(90)
    failed = ec2.describe_nat_gateways()["NatGateways"][0]
    assert (failed["State"], failed["FailureCode"]) == ("failed", "Gateway.NotAttached")


def test_endpoints_are_made_changed_in_place_and_deleted(account: Account) -> None:
    net, ec2 = network(account), account.client("ec2")
    table = ec2.create_route_table(VpcId=net.vpc)["RouteTable"]["RouteTableId"]
    group = ec2.create_security_group(GroupName="endpoints", Description="x", VpcId=net.vpc)["GroupId"]
    service = f"com.amazonaws.{REGION}."
    gateway = {"VpcId": net.vpc, "ServiceName": service + "s3", "RouteTableIds": [table]}
    s3 = ec2.create_vpc_endpoint(**gateway)["VpcEndpoint"]["VpcEndpointId"]
    assert code_of(ec2.create_vpc_endpoint, **gateway) == "RouteAlreadyExists"
    interface = {"VpcId": net.vpc, "VpcEndpointType": "Interface", "SubnetIds": net.subnets[:2]}
    assert code_of(ec2.create_vpc_endpoint, ServiceName=service + "nothing", **interface) == "InvalidServiceName"
    interface |= {"ServiceName": service + "ecr.api", "SecurityGroupIds": [group]}
    made = ec2.create_vpc_endpoint(**interface)["VpcEndpoint"]
    assert made["State"] == "pending"
    changed = {"VpcEndpointId": made["VpcEndpointId"], "AddSubnetIds": [net.subnets[2]], "PrivateDnsEnabled": False}
    assert code_of(ec2.modify_vpc_endpoint, **changed) == "InvalidState"
    assert code_of(ec2.delete_security_group, GroupId=group) == "DependencyViolation"
    account.advance(60)
    ec2.modify_vpc_endpoint(**changed)
    found = ec2.describe_vpc_endpoints(VpcEndpointIds=[made["VpcEndpointId"]])["VpcEndpoints"][0]
    assert set(found["SubnetIds"]) == set(net.subnets)
    assert len(found["NetworkInterfaceIds"]) == 3
    assert found["PrivateDnsEnabled"] is False
    ec2.delete_vpc_endpoints(VpcEndpointIds=[s3, made["VpcEndpointId"]])
    account.advance(60)
    assert ec2.describe_vpc_endpoints()["VpcEndpoints"] == []
    assert ec2.describe_network_interfaces()["NetworkInterfaces"] == []
    assert len(ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]) == 1, "the local route"
    ec2.delete_security_group(GroupId=group)


def test_a_vpc_is_deleted_last(account: Account) -> None:
    net, ec2 = network(account), account.client("ec2")
    odd = {"GroupName": "left", "Description": "it's left", "VpcId": net.vpc}
    assert code_of(ec2.create_security_group, **odd) == "InvalidParameterValue"
    group = ec2.create_security_group(GroupName="left", Description="x", VpcId=net.vpc)["GroupId"]
    for subnet in net.subnets:
        ec2.delete_subnet(SubnetId=subnet)
    assert code_of(ec2.delete_vpc, VpcId=net.vpc) == "DependencyViolation"
    ec2.delete_security_group(GroupId=group)
    assert code_of(ec2.delete_vpc, VpcId=net.vpc) == "DependencyViolation"
    ec2.detach_internet_gateway(InternetGatewayId=net.gateway, VpcId=net.vpc)
    ec2.delete_vpc(VpcId=net.vpc)


def test_quotas_are_those_of_a_new_account(account: Account) -> None:
    ec2 = account.client("ec2")
    for index in range(4):
        ec2.create_vpc(CidrBlock=f"10.{index}.0.0/16")
    assert code_of(ec2.create_vpc, CidrBlock="10.9.0.0/16") == "VpcLimitExceeded"
    for _ in range(5):
        ec2.allocate_address(Domain="vpc")
    assert code_of(ec2.allocate_address, Domain="vpc") == "AddressLimitExceeded"


def test_launch_templates_merge_their_source_and_keep_their_tags_apart(account: Account) -> None:
    ec2 = account.client("ec2")
    tags = [{"ResourceType": "launch-template", "Tags": [{"Key": "Name", "Value": "nodes"}]}]
    data = {"InstanceType": "m5.large", "UserData": "aGVsbG8="}
    template = ec2.create_launch_template(LaunchTemplateName="nodes", LaunchTemplateData=data, TagSpecifications=tags)
    template_id = template["LaunchTemplate"]["LaunchTemplateId"]
    ec2.create_launch_template_version(
        LaunchTemplateId=template_id, SourceVersion="1", LaunchTemplateData={"InstanceType": "m5.xlarge"}
    )
    versions = ec2.describe_launch_template_versions(LaunchTemplateId=template_id, Versions=["1", "2"])
    found = {one["VersionNumber"]: one["LaunchTemplateData"] for one in versions["LaunchTemplateVersions"]}
    assert found == {1: data, 2: data | {"InstanceType": "m5.xlarge"}}


def test_instances_have_all_that_their_template_says(account: Account) -> None:
    net, ec2, iam = network(account), account.client("ec2"), account.client("iam")
    iam.create_instance_profile(InstanceProfileName="nodes")
    data = {"IamInstanceProfile": {"Name": "nodes"}, "MetadataOptions": {"HttpTokens": "required"}}
    ec2.create_launch_template(LaunchTemplateName="nodes", LaunchTemplateData=data)
    ec2.run_instances(
        ImageId="ami-12345678",
        MinCount=1,
        MaxCount=1,
        SubnetId=net.subnets[0],
        LaunchTemplate={"LaunchTemplateName": "nodes"},
    )
    instance = ec2.describe_instances()["Reservations"][0]["Instances"][0]
    assert instance["MetadataOptions"]["HttpTokens"] == "required"
    assert instance["IamInstanceProfile"]["Arn"].endswith("/nodes")
    ec2.terminate_instances(InstanceIds=[instance["InstanceId"]])
    assert ec2.describe_network_interfaces()["NetworkInterfaces"] == []


def test_quotas_can_be_read_where_they_are_enforced(account: Account) -> None:
    quotas = account.client("service-quotas")
    addresses = quotas.get_service_quota(ServiceCode="ec2", QuotaCode="L-0263D0A3")["Quota"]
    assert (addresses["QuotaName"], addresses["Value"]) == ("EC2-VPC Elastic IPs", 5.0)
    assert code_of(quotas.get_service_quota, ServiceCode="ec2", QuotaCode="L-0") == "NoSuchResourceException"
    assert len(quotas.list_service_quotas(ServiceCode="vpc")["Quotas"]) == 7


def test_a_vpc_holds_as_much_as_its_quotas_say(account: Account) -> None:
    ec2, net = account.client("ec2"), network(account)
    have = len(ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [net.vpc]}])["Subnets"])
    account.app.world.quotas = Quotas(subnets_per_vpc=have + 1, route_tables_per_vpc=2, interface_endpoints_per_vpc=1)
    ec2.create_subnet(VpcId=net.vpc, CidrBlock="10.0.200.0/24")
    assert code_of(ec2.create_subnet, VpcId=net.vpc, CidrBlock="10.0.201.0/24") == "SubnetLimitExceeded"
    ec2.create_route_table(VpcId=net.vpc)
    assert code_of(ec2.create_route_table, VpcId=net.vpc) == "RouteTableLimitExceeded"
    interface = {"VpcId": net.vpc, "VpcEndpointType": "Interface", "SubnetIds": net.subnets[:1]}
    ec2.create_vpc_endpoint(ServiceName="com.amazonaws.us-east-2.ecr.api", **interface)
    refused = code_of(ec2.create_vpc_endpoint, ServiceName="com.amazonaws.us-east-2.sts", **interface)
    assert refused == "VpcEndpointLimitExceeded"


def test_routes_to_what_is_gone_are_black_holes(account: Account) -> None:
    net, ec2 = network(account), account.client("ec2")
    table = ec2.create_route_table(VpcId=net.vpc)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=net.gateway)

    def state() -> str:
        routes = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
        return str(next(route["State"] for route in routes if route["DestinationCidrBlock"] == "0.0.0.0/0"))

    assert state() == "active"
    ec2.detach_internet_gateway(InternetGatewayId=net.gateway, VpcId=net.vpc)
    assert state() == "blackhole"
