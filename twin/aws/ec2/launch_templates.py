# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Launch templates: what moto gets wrong in creating them.

moto puts the template's own tags into its data, forgets SourceVersion, and knows no client tokens.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.ec2.models.launch_templates import LaunchTemplate, LaunchTemplateVersion
from moto.ec2.utils import parse_user_data

from twin.aws.call import Call
from twin.aws.ec2.idempotency import once
from twin.aws.ec2.tag_specifications import tags_for
from twin.aws.errors import AwsError
from twin.aws.world import World


def create_launch_template(world: World, call: Call) -> Mapping[str, Any]:
    """A template and its version 1."""
    template = once(world, call, lambda: _create(world, call))
    return {
        "LaunchTemplate": {
            "CreateTime": template.create_time,
            "CreatedBy": call.principal.arn,
            "DefaultVersionNumber": template.default_version_number,
            "LatestVersionNumber": template.latest_version_number,
            "LaunchTemplateId": template.id,
            "LaunchTemplateName": template.name,
            "Tags": template.get_tags(),
        }
    }


def create_launch_template_version(world: World, call: Call) -> Mapping[str, Any]:
    """The next version: the data of SourceVersion, if one is named, with the members of the call over it."""
    template, version = once(world, call, lambda: _create_version(world, call))
    return {
        "LaunchTemplateVersion": {
            "CreateTime": version.create_time,
            "CreatedBy": call.principal.arn,
            "DefaultVersion": template.is_default(version),
            "LaunchTemplateData": version.data,
            "LaunchTemplateId": template.id,
            "LaunchTemplateName": template.name,
            "VersionDescription": version.description,
            "VersionNumber": version.number,
        }
    }


def _create(world: World, call: Call) -> LaunchTemplate:
    tags = tags_for(call, "launch-template")
    return world.ec2(call.place).create_launch_template(
        call.params["LaunchTemplateName"],
        call.params.get("VersionDescription") or "",
        _data(call),
        {"launch-template": tags},
    )


def _create_version(world: World, call: Call) -> tuple[LaunchTemplate, LaunchTemplateVersion]:
    ec2 = world.ec2(call.place)
    template_id, name = call.params.get("LaunchTemplateId"), call.params.get("LaunchTemplateName")
    if bool(template_id) == bool(name):
        raise AwsError("MissingParameter", "Either a launch template id or a launch template name is needed")
    template = ec2.get_launch_template(template_id) if template_id else ec2.get_launch_template_by_name(str(name))
    source = call.params.get("SourceVersion")
    base = dict(template.get_version(source).data) if source else {}
    return template, template.create_version(base | _data(call), call.params.get("VersionDescription") or "")


def _data(call: Call) -> dict[str, Any]:
    data = dict(call.params.get("LaunchTemplateData") or {})
    if not data:
        raise AwsError("MissingParameter", "The request must contain the parameter LaunchTemplateData")
    if data.get("UserData"):
        data["UserData"] = parse_user_data(data["UserData"])
    return data
