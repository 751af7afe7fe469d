# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The internals of moto that the simulated account stands on: if one of these fails, moto has changed under us."""

from __future__ import annotations

import inspect
from importlib.metadata import version

import moto.ec2.models.elastic_ip_addresses as elastic
import pytest
from moto.autoscaling.models import ASG_NAME_TAG, AutoScalingBackend, FakeAutoScalingGroup, InstanceState
from moto.backend_index import backend_url_patterns
from moto.core import responses
from moto.core.model_instances import reset_model_data
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.serialize import SERIALIZERS, XFormedAttributePicker, get_serializer_class
from moto.core.utils import get_service_model
from moto.ec2.models import EC2Backend, ec2_backends
from moto.ec2.models.instances import Instance, InstanceBackend
from moto.ec2.models.launch_templates import LaunchTemplate
from moto.ec2.models.nat_gateways import NatGateway
from moto.ec2.models.route_tables import Route
from moto.ec2.models.subnets import Subnet
from moto.ec2.models.vpcs import VPCBackend, VPCEndPoint
from moto.ec2.responses import EC2Response
from moto.ec2.utils import EC2_PREFIX_TO_RESOURCE
from moto.iam.models import AWSManagedPolicy, IAMBackend
from moto.server import DomainDispatcherApplication, create_backend_app

PROTOCOLS = ("ec2", "query", "json", "rest-json", "rest-xml")


def parameters(function: object) -> list[str]:
    """Names of a function's parameters, without self."""
    assert callable(function)
    return [name for name in inspect.signature(function).parameters if name not in ("self", "cls")]


def test_the_version_is_the_pinned_one() -> None:
    assert version("moto") == "5.2.5"


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_protocol_can_be_read_and_written(protocol: str) -> None:
    assert protocol in PROTOCOL_PARSERS
    assert protocol in SERIALIZERS


def test_reading_and_writing_follow_the_vendors_model() -> None:
    model = get_service_model("eks")
    request = Request.from_primitives("GET", "http://localhost/clusters/demo", {})
    operation, found = get_service_router("eks").match(request)
    assert (operation.name, found) == ("DescribeCluster", {"name": "demo"})
    assert determine_request_protocol(model, "application/json") == "rest-json"
    parsed = PROTOCOL_PARSERS["rest-json"](operation).parse(
        {
            "method": "GET",
            "values": request.values,
            "headers": request.headers,
            "body": b"",
            "url_path": request.path,
            "url_params": found,
        }
    )
    assert parsed == {"name": "demo"}
    picker = XFormedAttributePicker(response_transformers=EC2Response.RESPONSE_KEY_PATH_TO_TRANSFORMER)
    answer = get_serializer_class("eks", "rest-json")(operation, value_picker=picker).serialize(
        {"cluster": {"name": "demo"}}
    )
    assert answer["body"] == '{"cluster": {"name": "demo"}}'


@pytest.mark.parametrize(
    ("function", "needed"),
    [
        (EC2Backend.create_nat_gateway, ["subnet_id", "allocation_id", "tags", "connectivity_type"]),
        (EC2Backend.associate_address, ["instance", "eni", "address", "allocation_id"]),
        (EC2Backend.disassociate_address, ["address"]),
        (EC2Backend.create_network_interface, ["subnet", "private_ip_address", "group_ids", "description"]),
        (EC2Backend.create_vpc_endpoint, ["vpc_id", "service_name", "endpoint_type", "policy_document"]),
        (EC2Backend.create_launch_template, ["name", "description", "template_data", "tag_spec"]),
        (EC2Backend.create_security_group, ["name", "description", "vpc_id", "tags"]),
        (EC2Backend.authorize_security_group_ingress, ["group_name_or_id", "ip_protocol", "source_groups", "vpc_id"]),
        (EC2Backend.create_route, ["route_table_id", "destination_cidr_block", "destination_prefix_list_id"]),
        (EC2Backend.delete_route, ["route_table_id", "destination_cidr_block", "destination_prefix_list_id"]),
        (EC2Backend._get_template_from_args, ["launch_template_arg"]),
        (InstanceBackend.run_instances, ["image_id", "count", "user_data", "security_group_names", "kwargs"]),
        (Instance.terminate, []),
        (FakeAutoScalingGroup.replace_autoscaling_group_instances, ["count_needed", "propagated_tags"]),
        (FakeAutoScalingGroup.set_desired_capacity, ["new_capacity"]),
        (AutoScalingBackend.create_auto_scaling_group, ["name", "launch_template", "vpc_zone_identifier", "tags"]),
        (LaunchTemplate.create_version, ["data", "description"]),
        (LaunchTemplate.get_version, ["num"]),
        (Subnet.get_available_subnet_ip, ["instance"]),
        (Subnet.del_subnet_ip, ["ip"]),
        (VPCBackend._collect_default_endpoint_services, ["account_id", "region"]),
        (AWSManagedPolicy.from_data, ["name", "account_id", "region_name", "data"]),
        (IAMBackend.create_instance_profile, ["name", "path", "tags"]),
        (IAMBackend.add_role_to_instance_profile, ["profile_name", "role_name"]),
        (DomainDispatcherApplication, ["create_app"]),
    ],
)
def test_signatures(function: object, needed: list[str]) -> None:
    if not hasattr(function, "__wrapped__"):
        assert set(needed) <= set(parameters(function))


def test_state_is_where_we_reach_for_it() -> None:
    ec2 = ec2_backends["123456789012"]["us-east-2"]
    for shelf in (
        "vpcs",
        "subnets",
        "internet_gateways",
        "nat_gateways",
        "route_tables",
        "groups",
        "vpc_end_points",
        "launch_templates",
        "addresses",
        "enis",
    ):
        assert hasattr(ec2, shelf), shelf
    assert {"roles", "instance_profiles", "managed_policies"} <= set(vars(IAMBackend("aws", "123456789012")))
    assert isinstance(inspect.getattr_static(Route, "state"), property)
    assert "nat" in EC2_PREFIX_TO_RESOURCE
    assert callable(vars(elastic)["random_ip"])
    assert VPCEndPoint.DEFAULT_POLICY["Statement"]
    assert {"_eni", "address_set", "state", "private_ip"} <= set(
        inspect.getsource(NatGateway).replace(".", " ").split()
    )
    assert ASG_NAME_TAG == "aws:autoscaling:groupName"
    assert "protected_from_scale_in" in parameters(InstanceState.__init__)
    assert {name for name, _ in backend_url_patterns} >= {"ec2", "iam", "sts", "autoscaling"}
    assert callable(reset_model_data)
    assert callable(create_backend_app)


def test_names_of_operations_are_looked_up_where_we_replace_the_lookup() -> None:
    assert "method_names_from_class(self.__class__)" in inspect.getsource(responses.BaseResponse.call_action)
    assert "method_names_from_class" in vars(responses)
