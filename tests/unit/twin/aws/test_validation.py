# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values are held against the enumerations, patterns and bounds of the vendor's models."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from botocore.serialize import create_serializer
from moto.core.utils import get_service_model

from twin.aws.validation import QUERY_ENVELOPE, filter_names, problems, wire_names


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


def example(shape: Any, depth: int = 0) -> Any:
    """A value with every member of a shape, three levels deep."""
    if shape.type_name == "structure":
        return {} if depth > 3 else {name: example(member, depth + 1) for name, member in shape.members.items()}
    if shape.type_name == "list":
        return [example(shape.member, depth + 1)]
    if shape.type_name == "map":
        return {"key": example(shape.value, depth + 1)}
    plain = {"boolean": True, "timestamp": datetime(2026, 1, 1), "blob": b"x", "string": "text"}
    return plain.get(shape.type_name, 1)


@pytest.mark.parametrize("service", ["ec2", "iam", "sts", "autoscaling", "elbv2"])
def test_every_parameter_that_a_client_may_send_is_known(service: str) -> None:
    model = get_service_model(service)
    serializer = create_serializer(model.metadata["protocol"], include_validation=False)
    for name in model.operation_names:
        operation = model.operation_model(name)
        if operation.input_shape is not None:
            body = serializer.serialize_to_request(example(operation.input_shape), operation)["body"]
            sent = {key.partition(".")[0] for key in body}
            assert sent <= wire_names(operation, str(model.protocol)) | QUERY_ENVELOPE, name
