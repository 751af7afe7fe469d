# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values are held against the enumerations, patterns and bounds of the vendor's models."""

from __future__ import annotations

from typing import Any

import pytest
from moto.core.utils import get_service_model

from twin.aws.validation import filter_names, problems


def found(service: str, operation: str, params: dict[str, Any]) -> list[str]:
    """Problems of the parameters."""
    return list(problems(get_service_model(service).operation_model(operation).input_shape, params, ""))


@pytest.mark.parametrize(
    ("service", "operation", "params", "about"),
    [
        ("eks", "CreateCluster", {"name": "-demo"}, "pattern"),
        ("eks", "CreateCluster", {"name": "x" * 101}, "above the maximum of 100"),
        ("eks", "CreateCluster", {"accessConfig": {"authenticationMode": "MAYBE"}}, "accessConfig.authenticationMode"),
        ("eks", "CreateNodegroup", {"taints": [{"key": "a", "effect": "NEVER"}]}, "taints.1.effect"),
        ("eks", "CreateNodegroup", {"scalingConfig": {"maxSize": 0}}, "below the minimum of 1"),
        ("ec2", "CreateVpc", {"InstanceTenancy": "shared"}, "InstanceTenancy"),
        ("iam", "CreateRole", {"RoleName": "a b"}, "RoleName"),
        ("iam", "CreateRole", {"MaxSessionDuration": 60}, "MaxSessionDuration"),
    ],
)
def test_refused(service: str, operation: str, params: dict[str, Any], about: str) -> None:
    answers = found(service, operation, params)
    assert len(answers) == 1
    assert about in answers[0]


@pytest.mark.parametrize(
    ("service", "operation", "params"),
    [
        ("eks", "CreateCluster", {"name": "demo-1", "tags": {"a": "b"}, "version": None}),
        ("eks", "CreateNodegroup", {"scalingConfig": {"minSize": 0, "maxSize": 1, "desiredSize": 0}}),
        ("ec2", "CreateVpc", {"CidrBlock": "10.0.0.0/16", "InstanceTenancy": "dedicated"}),
        ("iam", "CreateRole", {"RoleName": "astromined-node", "Path": "/kubeops/"}),
    ],
)
def test_accepted(service: str, operation: str, params: dict[str, Any]) -> None:
    assert found(service, operation, params) == []


def test_filters_are_those_that_the_vendor_documents() -> None:
    names = filter_names(get_service_model("ec2").operation_model("DescribeSubnets"))
    assert {"vpc-id", "availability-zone", "tag-key"} <= names
    assert "colour" not in names
