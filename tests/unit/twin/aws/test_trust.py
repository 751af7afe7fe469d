# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which trust policies IAM refuses, and whom the others let in."""

from __future__ import annotations

import json
from typing import Any

import pytest

from twin.aws.errors import AwsError
from twin.aws.iam.trust import allows_service, check_trust_policy, trusts_principal, trusts_service
from twin.aws.principal import Principal

ACCOUNT = "123456789012"


def policy(**statement: Any) -> str:
    """A policy of one statement."""
    base = {"Effect": "Allow", "Principal": {"Service": "eks.amazonaws.com"}, "Action": "sts:AssumeRole"}
    merged = {name: value for name, value in (base | statement).items() if value is not None}
    return json.dumps({"Version": "2012-10-17", "Statement": [merged]})


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("not json", "invalid Json"),
        ("[]", "no Statement"),
        ('{"Version": "2020-01-01", "Statement": [{}]}', "Version"),
        (policy(Effect="Maybe"), "Effect"),
        (policy(Principal=None), "Principal"),
        (policy(Action=None), "Action"),
        (policy(Action="s3:GetObject"), "STS AssumeRole"),
        (policy(Resource="*"), "Resource"),
        (policy(Colour="blue"), "Colour"),
    ],
)
def test_malformed(text: str, about: str) -> None:
    with pytest.raises(AwsError, match=about) as refused:
        check_trust_policy(text)
    assert refused.value.code == "MalformedPolicyDocument"


@pytest.mark.parametrize(
    "text",
    [
        policy(),
        policy(Action=["sts:AssumeRole", "sts:TagSession"]),
        policy(Sid="x", Condition={"StringEquals": {"sts:ExternalId": "x"}}),
        json.dumps({"Statement": json.loads(policy())["Statement"][0]}),
    ],
)
def test_well_formed(text: str) -> None:
    check_trust_policy(text)


def test_services() -> None:
    both = policy(Principal={"Service": ["ec2.amazonaws.com", "eks.amazonaws.com"]})
    assert trusts_service(both, "eks.amazonaws.com")
    assert not trusts_service(policy(), "ec2.amazonaws.com")
    assert not trusts_service(policy(Effect="Deny"), "eks.amazonaws.com")


def test_what_a_service_may_do() -> None:
    assert not allows_service(policy(), "eks.amazonaws.com", "sts:TagSession")
    assert allows_service(policy(Action=["sts:AssumeRole", "sts:TagSession"]), "eks.amazonaws.com", "sts:TagSession")
    assert allows_service(policy(Action="sts:*"), "eks.amazonaws.com", "sts:TagSession")
    assert not allows_service(policy(Principal="*"), "eks.amazonaws.com", "sts:AssumeRole")


@pytest.mark.parametrize(
    ("trusted", "expected"),
    [
        (f"arn:aws:iam::{ACCOUNT}:root", True),
        (ACCOUNT, True),
        ("*", True),
        (f"arn:aws:iam::{ACCOUNT}:role/deployer", True),
        (f"arn:aws:iam::{ACCOUNT}:role/other", False),
        ("arn:aws:iam::210987654321:root", False),
    ],
)
def test_principals(trusted: str, expected: bool) -> None:
    session = Principal(f"arn:aws:sts::{ACCOUNT}:assumed-role/deployer/run", ACCOUNT, "AROA:run")
    assert trusts_principal(policy(Principal={"AWS": trusted}), session) is expected
