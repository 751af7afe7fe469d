# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole twin as a person uses it: its command line, clients of its account, tokens for its clusters."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import botocore.session
import yaml
from botocore.signers import RequestSigner

from twin.__main__ import main


def twin(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


def client(state: Path, service: str) -> Any:
    """A client made of what the overlay says, as the collection makes its own."""
    variables = yaml.safe_load((state / "inventory/host_vars/us-east-2/twin.yml").read_text())
    endpoint = variables["kubeops_aws_endpoint"]
    return session(state, endpoint["profile"]).create_client(
        service, region_name="us-east-2", endpoint_url=endpoint["endpoint_url"]
    )


def session(state: Path, profile: str = "twin") -> Any:
    """Any: the stubs know create_client only for literal names of services."""
    session = botocore.session.Session(profile=profile)
    session.set_config_variable("credentials_file", str(state / "private" / "aws-credentials"))
    return session


def trust(service: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def make_cluster(state: Path, name: str) -> list[str]:
    """A cluster in a network of its own; its subnets."""
    ec2, iam, eks = (client(state, service) for service in ("ec2", "iam", "eks"))
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.9.{index}.0/24", AvailabilityZone=f"us-east-2{zone}")["Subnet"]
        for index, zone in enumerate("abc")
    ]
    ids = [subnet["SubnetId"] for subnet in subnets]
    role = iam.create_role(RoleName=f"{name}-cluster", AssumeRolePolicyDocument=trust("eks.amazonaws.com"))
    eks.create_cluster(
        name=name,
        version="1.35",
        roleArn=role["Role"]["Arn"],
        resourcesVpcConfig={"subnetIds": ids},
        accessConfig={"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": True},
    )
    return ids


def token(session: Any, cluster: str) -> str:
    """What `aws eks get-token` prints: a presigned call that only names its signer and the cluster."""
    sts = session.create_client("sts", region_name="us-east-2")
    signer = RequestSigner(
        sts.meta.service_model.service_id, "us-east-2", "sts", "v4", session.get_credentials(),
        session.get_component("event_emitter"),
    )  # fmt: skip
    request = {
        "method": "GET",
        "url": "https://sts.us-east-2.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15",
        "body": {},
        "headers": {"x-k8s-aws-id": cluster},
        "context": {},
    }
    url = signer.generate_presigned_url(request, region_name="us-east-2", expires_in=60, operation_name="")
    return "k8s-aws-v1." + base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")


def wait_for(service: Any, what: str, **arguments: str) -> None:
    """The vendor's own waiter, looking more often: the twin's states take less than its pause between two looks."""
    waiter = service.get_waiter(what)
    waiter.config.delay = 0.1
    waiter.config.max_attempts = 300
    waiter.wait(**arguments)
