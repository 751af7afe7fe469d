# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated AWS account answers real boto3 clients as AWS does: identity, gaps, faults and refusals."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.aws_account import ACCOUNT, Account, code_of, network, served, trust

pytestmark = pytest.mark.slow


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Account]:
    """A fresh account."""
    with served(tmp_path) as fresh:
        yield fresh


@pytest.mark.parametrize(
    ("service", "operation", "params"),
    [
        ("directconnect", "describe_locations", {}),  # JSON
        ("grafana", "list_workspaces", {}),  # a service that moto has not
        ("eks", "list_insights", {"clusterName": "demo"}),  # REST-JSON
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
