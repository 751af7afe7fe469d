# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A simulated AWS account served in a thread, and clients of it: for the contract tests of the AWS simulator."""

from __future__ import annotations

import configparser
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from werkzeug.serving import WSGIRequestHandler, make_server

from twin.aws.app import AwsApplication, create
from twin.aws.world import Quotas
from twin.calls import CallLog
from twin.clock import ManualClock
from twin.contract import ClusterHost, TwinConfig
from twin.faults import FaultRules

ACCOUNT = "123456789012"
REGION = "us-east-2"


@dataclass
class Account:
    """The application behind ``url``, with its fault rules and its call log."""

    app: AwsApplication
    url: str
    faults: FaultRules
    calls: CallLog
    clock: ManualClock
    state_dir: Path

    def keys(self, profile: str = "twin") -> tuple[str, str]:
        """Access key and secret of a profile."""
        parser = configparser.RawConfigParser()
        parser.read(self.state_dir / "private" / "aws-credentials")
        return parser[profile]["aws_access_key_id"], parser[profile]["aws_secret_access_key"]

    def advance(self, seconds: float) -> None:
        """Let time pass in the account."""
        self.clock.advance(seconds)

    def client(self, service: str, profile: str = "twin", region: str = REGION, **keys: str) -> Any:
        """A boto3 client without retries."""
        key, secret = self.keys(profile)
        credentials = {"aws_access_key_id": key, "aws_secret_access_key": secret} | keys
        return boto3.client(  # type: ignore[call-overload]  # the stubs know services by literal name
            service,
            endpoint_url=self.url,
            region_name=region,
            config=Config(retries={"total_max_attempts": 1}, inject_host_prefix=False),
            **credentials,
        )


class _Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing: the call log knows."""


class NoHost:
    """A cluster host for accounts whose clusters have no control planes: nobody may call it."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"the cluster host was asked to {name}")


@contextmanager
def served(state_dir: Path, *, quotas: Quotas | None = None, host: ClusterHost | None = None) -> Iterator[Account]:
    """Serve a fresh account on loopback; its time stands still until ``advance``.

    With a host, clusters have control planes there; without, they are ACTIVE with an endpoint that nobody answers.
    """
    faults, calls, clock = FaultRules(), CallLog(), ManualClock()
    config = TwinConfig(
        account_id=ACCOUNT,
        regions=(REGION,),
        scale=1.0,
        state_dir=state_dir,
        control_planes=host is not None,
        host=host or NoHost(),
        faults=faults,
        calls=calls,
        clock=clock,
    )
    app = create(config, quotas)
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield Account(app, f"http://127.0.0.1:{server.port}", faults, calls, clock, state_dir)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def trust(service: str) -> str:
    """A trust policy for a service."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def code_of(call: Callable[..., Any], **params: Any) -> str:
    """The error code that a call is refused with; fails if it is not refused."""
    try:
        answer = call(**params)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    raise AssertionError(f"not refused: {answer}")


@dataclass
class Network:
    """A VPC over three zones with an internet gateway, and the roles that EKS needs."""

    vpc: str
    subnets: list[str]
    gateway: str
    cluster_role: str
    node_role: str


def network(account: Account, name: str = "demo") -> Network:
    """Make one."""
    ec2, iam = account.client("ec2"), account.client("iam")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    subnets = []
    for index, zone in enumerate("abc"):
        made = ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{index}.0/24", AvailabilityZone=REGION + zone)
        subnets.append(made["Subnet"]["SubnetId"])
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    roles = []
    for kind, service in (("cluster", "eks"), ("node", "ec2")):
        policy = trust(f"{service}.amazonaws.com")
        roles.append(iam.create_role(RoleName=f"{name}-{kind}", AssumeRolePolicyDocument=policy)["Role"]["Arn"])
    return Network(vpc, subnets, gateway, *roles)


def cluster(account: Account, net: Network, name: str = "demo", **options: Any) -> None:
    """Make an ACTIVE cluster whose access entries count."""
    params = {
        "name": name,
        "roleArn": net.cluster_role,
        "resourcesVpcConfig": {"subnetIds": net.subnets},
        "accessConfig": {"authenticationMode": "API"},
    }
    account.client("eks").create_cluster(**(params | options))
    account.advance(600)
