# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Services that sign with one name are told apart."""

from __future__ import annotations

import pytest
from moto.core.request import Request

from twin.aws.errors import Unsupported
from twin.aws.services import read_operation

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
URL = "http://127.0.0.1:4566"


@pytest.mark.parametrize(
    ("signing_name", "request_", "service", "operation"),
    [
        ("ec2", Request.from_primitives("POST", URL, FORM, b"Action=DescribeVpcs"), "ec2", "DescribeVpcs"),
        ("eks", Request.from_primitives("GET", f"{URL}/clusters/demo", {}), "eks", "DescribeCluster"),
        (
            "elasticloadbalancing",
            Request.from_primitives("POST", URL, FORM, b"Action=DescribeLoadBalancers&Version=2012-06-01"),
            "elb",
            "DescribeLoadBalancers",
        ),
        (
            "elasticloadbalancing",
            Request.from_primitives("POST", URL, FORM, b"Action=DescribeLoadBalancers&Version=2015-12-01"),
            "elbv2",
            "DescribeLoadBalancers",
        ),
        (
            "sso",
            Request.from_primitives("POST", URL, {"X-Amz-Target": "SWBExternalService.ListInstances"}, b"{}"),
            "sso-admin",
            "ListInstances",
        ),
        ("ses", Request.from_primitives("POST", f"{URL}/v2/email/list-identities", {}), "sesv2", "ListEmailIdentities"),
    ],
)
def test_read(signing_name: str, request_: Request, service: str, operation: str) -> None:
    model, _, found, _ = read_operation(signing_name, request_)
    assert (model.service_name, found.name) == (service, operation)


@pytest.mark.parametrize(
    ("signing_name", "request_"),
    [
        ("nothing", Request.from_primitives("GET", URL, {})),
        ("eks", Request.from_primitives("GET", f"{URL}/nowhere", {})),
        ("ec2", Request.from_primitives("POST", URL, FORM, b"Action=InventVpc")),
    ],
)
def test_what_no_model_knows(signing_name: str, request_: Request) -> None:
    with pytest.raises(Unsupported):
        read_operation(signing_name, request_)
