# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Kind launch_template."""

from __future__ import annotations

import base64
import typing as t

from ..._clients.aws import Port
from ..._engine.kind import Query, Seen, Watch
from ..._engine.options import leaves, names, setting, table
from . import marks
from .ec2 import Ec2Kind, Row

_SCALARS = {"image_id": "ImageId", "instance_type": "InstanceType", "key_name": "KeyName"}
_METADATA = {"http_tokens": "HttpTokens", "http_put_response_hop_limit": "HttpPutResponseHopLimit"}
_EBS = {
    "size": "VolumeSize",
    "type": "VolumeType",
    "encrypted": "Encrypted",
    "iops": "Iops",
    "throughput": "Throughput",
}
_VOLUME = {
    "device": setting("Device name, for example V(/dev/xvda).", needed=True),
    "size": setting("Size in GiB.", type="int"),
    "type": setting("Volume type, for example V(gp3)."),
    "encrypted": setting("Whether it is encrypted.", type="bool"),
    "iops": setting("Operations a second.", type="int"),
    "throughput": setting("MiB a second.", type="int"),
}


class LaunchTemplate(Ec2Kind):
    """How instances are made. A version never changes: a change is a new version, which becomes the default.

    What was running keeps running; who takes the default version takes the new one from then on.
    """

    name = "launch_template"
    description = "A launch template. A change makes a new version and sets it as the default."
    source = "EC2 CreateLaunchTemplate, CreateLaunchTemplateVersion, ModifyLaunchTemplate"
    options = {
        "image_id": setting("Id of the image, or V(resolve:ssm:) and a parameter."),
        "instance_type": setting("Instance type."),
        "key_name": setting("SSH key pair."),
        "security_groups": names("Security groups of the instances.", ref="security_group"),
        "instance_profile": setting(
            "Instance profile; node groups of EKS bring their own.", ref="iam_instance_profile"
        ),
        "http_tokens": setting(
            "Whether the metadata service wants a token: V(required) is IMDSv2 only.", choices=("required", "optional")
        ),
        "http_put_response_hop_limit": setting(
            "Hops that an answer of the metadata service lives. Pods need V(2).", type="int"
        ),
        "volumes": table("Volumes, one for each device. Others are removed.", _VOLUME, keys=("device",)),
        "user_data": setting("What runs at the first start, as plain text."),
        "instance_tags": leaves("Tags of the instances. V({}) removes all."),
        "tags": marks.TAGS,
    }
    describe = ("describe_launch_templates", "LaunchTemplates")
    id_field = "LaunchTemplateId"
    name_field = "LaunchTemplateName"
    name_filter = "launch-template-name"
    claimed = True
    tag_type = "launch-template"

    def rows(self, port: Port, query: Query) -> list[Row]:
        """Templates, ours with the content of their default version."""
        found = super().rows(port, query)
        ours = [row for row in found if marks.from_list(row.get("Tags")).get(marks.ESTATE) == query.estate]
        content = _contents(port, ours)
        return [{**row, "LaunchTemplateData": content.get(_id(row), {})} for row in found]

    def state(self, port: Port, row: Row) -> Row:
        """The default version in normal form."""
        data = row["LaunchTemplateData"]
        profile = data.get("IamInstanceProfile", {})
        return {
            **{field: data.get(key) for field, key in _SCALARS.items()},
            **{field: data.get("MetadataOptions", {}).get(key) for field, key in _METADATA.items()},
            "security_groups": sorted(data.get("SecurityGroupIds", ())),
            "instance_profile": profile.get("Name") or profile.get("Arn", "").rpartition("/")[2] or None,
            "volumes": [_volume(mapping) for mapping in data.get("BlockDeviceMappings", ())],
            "user_data": base64.b64decode(data.get("UserData", "")).decode(errors="replace"),
            "instance_tags": _instance_tags(data),
        }

    def renews(self, fields: t.Collection[str]) -> t.Collection[str]:
        """All but tags make a new version."""
        return () if set(fields) <= {"tags"} else ("default_version", "latest_version")

    def attributes(self, row: Row) -> Row:
        """Numbers of versions, as text."""
        return {
            "default_version": str(row["DefaultVersionNumber"]),
            "latest_version": str(row["LatestVersionNumber"]),
        }

    def make(self, port: Port, name: str, options: Row, tags: list[dict[str, t.Any]]) -> Row:
        """See Ec2Kind."""
        data = _data({}, options, options)
        answer = port.call(
            "ec2", "create_launch_template", LaunchTemplateName=name, LaunchTemplateData=data, TagSpecifications=tags
        )
        return t.cast(Row, answer["LaunchTemplate"])

    def change(self, port: Port, seen: Seen, options: Row, fields: t.Collection[str]) -> t.Iterable[Watch]:
        """A version with all of the old one and the changes; one that was made but not set yet is left behind."""
        data = _data(seen.handle["LaunchTemplateData"], options, fields)
        answer = port.call("ec2", "create_launch_template_version", LaunchTemplateId=seen.id, LaunchTemplateData=data)
        number = str(answer["LaunchTemplateVersion"]["VersionNumber"])
        port.call("ec2", "modify_launch_template", LaunchTemplateId=seen.id, DefaultVersion=number)
        return ()

    def remove(self, port: Port, seen: Seen) -> None:
        """All versions go; instances stay."""
        port.call("ec2", "delete_launch_template", LaunchTemplateId=seen.id)


def _id(row: Row) -> str:
    return str(row["LaunchTemplateId"])


def _contents(port: Port, rows: t.Sequence[Row]) -> dict[str, Row]:
    """Default versions by template id: of one by its id, of several with one call for the whole region."""
    if not rows:
        return {}
    one = {"LaunchTemplateId": _id(rows[0])} if len(rows) == 1 else {}
    operation, key = "describe_launch_template_versions", "LaunchTemplateVersions"
    versions = port.pages("ec2", operation, key, Versions=["$Default"], **one)
    return {_id(version): version["LaunchTemplateData"] for version in versions}


def _volume(mapping: Row) -> dict[str, t.Any]:
    ebs = mapping.get("Ebs", {})
    found = {field: ebs[key] for field, key in _EBS.items() if ebs.get(key) is not None}
    return {"device": mapping["DeviceName"], **found}


def _instance_tags(data: Row) -> dict[str, str]:
    listed = (entry["Tags"] for entry in data.get("TagSpecifications", ()) if entry["ResourceType"] == "instance")
    return marks.from_list(next(listed, ()))


def _data(before: Row, options: Row, fields: t.Collection[str]) -> dict[str, t.Any]:
    """The content of a version: the one before, with the fields as wished. Empty ones are left out."""
    data: dict[str, t.Any] = dict(before)
    wish = {field: options[field] for field in fields if options.get(field) is not None}
    data.update({key: wish[field] for field, key in _SCALARS.items() if field in wish})
    metadata = {key: wish[field] for field, key in _METADATA.items() if field in wish}
    kept = {key: value for key, value in before.get("MetadataOptions", {}).items() if key != "State"}
    data["MetadataOptions"] = {**kept, **metadata}
    if "security_groups" in wish:
        data["SecurityGroupIds"] = list(wish["security_groups"])
    if "instance_profile" in wish:
        data["IamInstanceProfile"] = {"Name": wish["instance_profile"]} if wish["instance_profile"] else {}
    if "volumes" in wish:
        data["BlockDeviceMappings"] = [_mapping(before, volume) for volume in wish["volumes"]]
    if "user_data" in wish:
        data["UserData"] = base64.b64encode(wish["user_data"].encode()).decode()
    if "instance_tags" in wish:
        data["TagSpecifications"] = _specifications(before, wish["instance_tags"])
    return {key: value for key, value in data.items() if value not in ("", [], {})}


def _mapping(before: Row, volume: Row) -> dict[str, t.Any]:
    """A volume as wished, with what is not managed as it was."""
    old: Row = next((m for m in before.get("BlockDeviceMappings", ()) if m["DeviceName"] == volume["device"]), {})
    ebs = {key: volume[field] for field, key in _EBS.items() if volume.get(field) is not None}
    # EC2 keeps the volumes of other than root devices when their instance goes: nobody would own them then.
    kept = {"DeleteOnTermination": True, **old.get("Ebs", {})}
    return {**old, "DeviceName": volume["device"], "Ebs": {**kept, **ebs}}


def _specifications(before: Row, wish: t.Mapping[str, str]) -> list[dict[str, t.Any]]:
    others = [entry for entry in before.get("TagSpecifications", ()) if entry["ResourceType"] != "instance"]
    tags = {**_instance_tags(before), **wish} if wish else {}
    return [*others, *([{"ResourceType": "instance", "Tags": marks.to_list(tags)}] if tags else [])]
