# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The launch template that a node group is given, and the one that EKS makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.core.exceptions import ServiceException
from moto.ec2.models import EC2Backend
from moto.ec2.models.launch_templates import LaunchTemplate, LaunchTemplateVersion

from twin.aws.eks.finding import invalid
from twin.aws.errors import AwsError

# Launch template data that EKS does not accept in a node group's template.
FORBIDDEN = ("IamInstanceProfile", "InstanceMarketOptions", "HibernationOptions")


def resolve(ec2: EC2Backend, asked: Mapping[str, str]) -> tuple[LaunchTemplate, LaunchTemplateVersion]:
    """Template and version that ``{id | name, version}`` names.

    :raises AwsError: InvalidRequestException for one that does not exist, InvalidParameterException for both or none.
    """
    template_id, name = asked.get("id"), asked.get("name")
    if bool(template_id) == bool(name):
        raise invalid(
            "You must specify either the launch template ID or the launch template name in the request, but not both."
        )
    wanted = asked.get("version") or "$Default"
    try:
        template = ec2.get_launch_template(template_id) if template_id else ec2.get_launch_template_by_name(name or "")
        return template, template.get_version(wanted)
    except (ServiceException, ValueError) as error:
        label = template_id or name
        message = f"Launch template {label} or its version {wanted} cannot be found"
        raise AwsError("InvalidRequestException", message) from error


def check(version: LaunchTemplateVersion, params: Mapping[str, Any]) -> None:
    """Refuse a template that contradicts the other members of the request.

    :raises AwsError: InvalidParameterException.
    """
    data = version.data
    if params.get("diskSize"):
        raise invalid("Disk size must be specified within the launch template.")
    if params.get("remoteAccess"):
        raise invalid("Remote access configuration cannot be specified with a launch template.")
    if data.get("InstanceType") and params.get("instanceTypes"):
        raise invalid("Instance types cannot be specified in both the launch template and the request.")
    if data.get("ImageId") and params.get("amiType") not in (None, "CUSTOM"):
        raise invalid(
            "You cannot specify an AMI Type other than CUSTOM, when specifying an image id in your launch template."
        )
    forbidden = next((name for name in FORBIDDEN if data.get(name)), None)
    if forbidden:
        raise invalid(f"Launch template cannot contain {forbidden} for a managed node group.")


def make(ec2: EC2Backend, name: str, data: dict[str, Any], tags: dict[str, str]) -> LaunchTemplate:
    """EKS's own template for the Auto Scaling group."""
    return ec2.create_launch_template(name, "Created by EKS", data, {"launch-template": tags})


def data_for(
    user: LaunchTemplateVersion | None,
    *,
    image: str,
    instance_type: str,
    security_group: str,
    profile: str,
    instance_tags: Mapping[str, str],
    disk_size: int,
) -> dict[str, Any]:
    """Launch template data of a node group: the caller's template, completed as EKS completes it."""
    base = dict(user.data) if user is not None else {}
    by_type = {spec["ResourceType"]: spec["Tags"] for spec in base.get("TagSpecifications", [])}
    tags = {tag["Key"]: tag["Value"] for tag in by_type.pop("instance", [])} | dict(instance_tags)
    specifications = [{"ResourceType": kind, "Tags": given} for kind, given in by_type.items()]
    specifications.append(
        {"ResourceType": "instance", "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}
    )
    defaults: dict[str, Any] = {
        "ImageId": image,
        "SecurityGroupIds": [security_group],
        "MetadataOptions": {"HttpPutResponseHopLimit": 2, "HttpTokens": "required"},
    }
    if not base.get("BlockDeviceMappings"):
        defaults["BlockDeviceMappings"] = [
            {
                "DeviceName": "/dev/xvda",
                "Ebs": {"VolumeSize": disk_size, "VolumeType": "gp3", "DeleteOnTermination": True},
            }
        ]
    return (
        defaults
        | base
        | {
            "InstanceType": instance_type,
            "IamInstanceProfile": {"Name": profile},
            "TagSpecifications": specifications,
        }
    )
