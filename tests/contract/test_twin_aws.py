# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated AWS account answers real boto3 clients as AWS does: network, identity, faults and refusals."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.aws_account import ACCOUNT, REGION, Account, code_of, network, served, trust

pytestmark = pytest.mark.slow


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Account]:
    """A fresh account."""
    with served(tmp_path) as fresh:
        yield fresh


def states(answer: dict[str, Any], member: str) -> list[str]:
    """The State of each thing in a listing."""
    return [thing["State"] for thing in answer[member]]


@pytest.mark.parametrize(
    ("service", "operation", "params"),
    [
        ("directconnect", "describe_locations", {}),  # JSON
        ("grafana", "list_workspaces", {}),  # a service that moto has not
        ("eks", "list_addons", {"clusterName": "demo"}),  # REST-JSON
        ("iam", "simulate_principal_policy", {"PolicySourceArn": "a" * 20, "ActionNames": ["s3:Get"]}),  # Query
        ("ec2", "enable_vgw_route_propagation", {"GatewayId": "vgw-1", "RouteTableId": "rtb-1"}),  # EC2
        ("route53", "list_vpc_association_authorizations", {"HostedZoneId": "Z1"}),  # REST-XML
    ],
)
def test_a_gap_is_a_clean_error_in_every_protocol(
    account: Account, service: str, operation: str, params: dict[str, Any]
) -> None:
    assert code_of(getattr(account.client(service), operation), **params) == "NotImplementedByTwin"
    assert [gap["service"] for gap in account.calls.count()["unsupported"]] == [service]


@pytest.mark.parametrize(
    ("service", "operation", "unknown", "wrong"),
    [
        ("ec2", "describe_vpcs", "AuthFailure", "AuthFailure"),
        ("sts", "get_caller_identity", "InvalidClientTokenId", "SignatureDoesNotMatch"),
        ("iam", "list_roles", "InvalidClientTokenId", "SignatureDoesNotMatch"),
        ("eks", "list_clusters", "UnrecognizedClientException", "InvalidSignatureException"),
        ("s3", "list_buckets", "InvalidAccessKeyId", "SignatureDoesNotMatch"),
        ("autoscaling", "describe_auto_scaling_groups", "InvalidClientTokenId", "SignatureDoesNotMatch"),
    ],
)
def test_credentials_are_checked(account: Account, service: str, operation: str, unknown: str, wrong: str) -> None:
    def refused(**keys: str) -> str:
        return code_of(getattr(account.client(service, **keys), operation))

    assert refused(aws_access_key_id="AKIAIOSFODNN7EXAMPLE") == unknown
    assert refused(aws_secret_access_key="a secret that is not that of the key") == wrong
    assert getattr(account.client(service), operation)()["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_credentials_are_for_their_owner_alone(account: Account) -> None:
    path = account.state_dir / "private" / "aws-credentials"
    assert oct(path.stat().st_mode)[-3:] == "600"


def test_profiles_are_an_administrator_a_reader_and_a_stranger(account: Account) -> None:
    who = {name: account.client("sts", name).get_caller_identity() for name in ("twin", "readonly", "stranger")}
    assert who["twin"]["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/twin-admin"
    assert who["readonly"]["Account"] == ACCOUNT != who["stranger"]["Account"]
    assert code_of(account.client("ec2", "readonly").create_vpc, CidrBlock="10.0.0.0/16") == "UnauthorizedOperation"
    assert code_of(account.client("eks", "readonly").delete_cluster, name="demo") == "AccessDeniedException"
    assert code_of(account.client("iam", "readonly").delete_role, RoleName="demo") == "AccessDenied"
    account.client("ec2", "readonly").describe_vpcs()
    account.client("ec2").create_vpc(CidrBlock="10.0.0.0/16")
    assert len(account.client("ec2", "stranger").describe_vpcs()["Vpcs"]) == 1, "only its own default VPC"


def test_a_role_is_assumed_by_whom_it_trusts(account: Account) -> None:
    sts, iam = account.client("sts"), account.client("iam")
    policy = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [policy]})
    arn = iam.create_role(RoleName="deployer", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    keys = sts.assume_role(RoleArn=arn, RoleSessionName="run-1")["Credentials"]
    session = account.client(
        "sts",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    assert session.get_caller_identity()["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/deployer/run-1"
    stranger = account.client("sts", "stranger")
    assert code_of(stranger.assume_role, RoleArn=arn, RoleSessionName="run-2") == "AccessDenied"
    missing = f"arn:aws:iam::{ACCOUNT}:role/nobody"
    assert code_of(sts.assume_role, RoleArn=missing, RoleSessionName="run-2") == "AccessDenied"


def test_parameters_are_held_against_the_vendors_model(account: Account) -> None:
    ec2, eks = account.client("ec2"), account.client("eks")
    bogus = [{"Name": "colour", "Values": ["blue"]}]
    assert code_of(ec2.describe_subnets, Filters=bogus) == "InvalidParameterValue"
    assert code_of(ec2.create_vpc, CidrBlock="10.0.0.0/16", InstanceTenancy="shared") == "InvalidParameterValue"
    network_config = {"subnetIds": ["subnet-1"]}
    refused = code_of(eks.create_cluster, name="-x", roleArn="arn:aws:iam::1:role/x", resourcesVpcConfig=network_config)
    assert refused == "InvalidParameterException"


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
    assert code_of(ec2.release_address, AllocationId=address) == "InvalidIPAddress.InUse"
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


def test_trust_policies_and_managed_policies_are_read(account: Account) -> None:
    iam = account.client("iam")
    for document in ("{}", '{"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole"}]}', "not json at all"):
        refused = code_of(iam.create_role, RoleName="bad", AssumeRolePolicyDocument=document)
        assert refused == "MalformedPolicyDocument"
    iam.create_role(RoleName="node", AssumeRolePolicyDocument=trust("ec2.amazonaws.com"))
    for name in (
        "AmazonEKSClusterPolicy",
        "AmazonEKSWorkerNodePolicy",
        "AmazonEKS_CNI_Policy",
        "AmazonEC2ContainerRegistryReadOnly",
        "AmazonEC2ContainerRegistryPullOnly",
        "AmazonSSMManagedInstanceCore",
        "AmazonEBSCSIDriverPolicyV2",
    ):
        iam.attach_role_policy(RoleName="node", PolicyArn=f"arn:aws:iam::aws:policy/{name}")
    bogus = {"RoleName": "node", "PolicyArn": "arn:aws:iam::aws:policy/AmazonNothing"}
    assert code_of(iam.attach_role_policy, **bogus) == "NoSuchEntity"
    assert code_of(iam.delete_role, RoleName="node") == "DeleteConflict"


def test_what_was_just_made_may_be_invisible_for_a_while(account: Account) -> None:
    net, ec2, iam = network(account), account.client("ec2"), account.client("iam")
    account.faults.add({"kind": "invisible", "operation": "Create*", "seconds": 10})
    subnet = ec2.create_subnet(VpcId=net.vpc, CidrBlock="10.0.9.0/24")["Subnet"]["SubnetId"]
    iam.create_role(RoleName="late", AssumeRolePolicyDocument=trust("eks.amazonaws.com"))
    account.faults.clear()
    assert code_of(ec2.describe_subnets, SubnetIds=[subnet]) == "InvalidSubnetID.NotFound"
    assert code_of(ec2.create_nat_gateway, SubnetId=subnet, ConnectivityType="private") == "InvalidSubnetID.NotFound"
    assert code_of(iam.get_role, RoleName="late") == "NoSuchEntity"
    again = {"RoleName": "late", "AssumeRolePolicyDocument": trust("eks.amazonaws.com")}
    assert code_of(iam.create_role, **again) == "EntityAlreadyExists"
    account.advance(10)
    assert iam.get_role(RoleName="late")["Role"]["RoleName"] == "late"
    assert len(ec2.describe_subnets(SubnetIds=[subnet])["Subnets"]) == 1


@pytest.mark.parametrize(
    ("kind", "codes"),
    [
        ("throttle", {"ec2": "RequestLimitExceeded", "eks": "ThrottlingException", "iam": "Throttling"}),
        ("error", {"ec2": "InternalError", "eks": "ServerException", "iam": "ServiceFailure"}),
        ("deny", {"ec2": "UnauthorizedOperation", "eks": "AccessDeniedException", "iam": "AccessDenied"}),
    ],
)
def test_injected_faults_speak_the_language_of_the_service(account: Account, kind: str, codes: dict[str, str]) -> None:
    account.faults.add({"kind": kind})
    operations = {"ec2": "describe_vpcs", "eks": "list_clusters", "iam": "list_roles"}
    assert {name: code_of(getattr(account.client(name), operations[name])) for name in codes} == codes


def test_calls_are_counted_by_operation(account: Account) -> None:
    account.client("ec2").describe_vpcs()
    account.client("ec2").create_vpc(CidrBlock="10.0.0.0/16")
    account.client("eks").list_clusters()
    counted = account.calls.count()["aws"]
    assert counted["by_operation"] == {"ec2.DescribeVpcs": 1, "ec2.CreateVpc": 1, "eks.ListClusters": 1}
    assert counted["writes"] == 1


def test_of_simultaneous_creations_of_one_name_one_wins(account: Account) -> None:
    client, codes = account.client("iam"), []

    def create() -> None:
        try:
            client.create_role(RoleName="same", AssumeRolePolicyDocument=trust("eks.amazonaws.com"))
            codes.append("made")
        except ClientError as error:
            codes.append(error.response["Error"]["Code"])

    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == ["EntityAlreadyExists"] * 7 + ["made"]


def test_quotas_can_be_read_where_they_are_enforced(account: Account) -> None:
    quotas = account.client("service-quotas")
    addresses = quotas.get_service_quota(ServiceCode="ec2", QuotaCode="L-0263D0A3")["Quota"]
    assert (addresses["QuotaName"], addresses["Value"]) == ("EC2-VPC Elastic IPs", 5.0)
    assert code_of(quotas.get_service_quota, ServiceCode="ec2", QuotaCode="L-0") == "NoSuchResourceException"
    assert len(quotas.list_service_quotas(ServiceCode="vpc")["Quotas"]) == 4


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
