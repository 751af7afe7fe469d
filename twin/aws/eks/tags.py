# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags of EKS resources, by ARN."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twin.aws.call import Call
from twin.aws.eks.finding import invalid
from twin.aws.eks.models import AccessEntry, Addon, Cluster, Nodegroup, PodIdentity
from twin.aws.errors import AwsError
from twin.aws.world import World

MAX_TAGS = 50


def tag_resource(world: World, call: Call) -> Mapping[str, Any]:
    """Add or overwrite tags."""
    tags = _tags_of(world, call)
    wanted = dict(call.params["tags"])
    if any(key.lower().startswith("aws:") for key in wanted):
        raise invalid("Tag keys that start with aws: are reserved")
    if len(tags | wanted) > MAX_TAGS:
        raise AwsError("BadRequestException", f"A resource has at most {MAX_TAGS} tags")
    tags.update(wanted)
    return {}


def untag_resource(world: World, call: Call) -> Mapping[str, Any]:
    """Remove tags; unknown keys are no error."""
    tags = _tags_of(world, call)
    for key in call.params["tagKeys"]:
        tags.pop(key, None)
    return {}


def list_tags_for_resource(world: World, call: Call) -> Mapping[str, Any]:
    """All tags."""
    return {"tags": dict(_tags_of(world, call))}


def _tags_of(world: World, call: Call) -> dict[str, str]:
    arn = str(call.params["resourceArn"])
    for cluster in world.clusters_of(call.place).values():
        things: list[Cluster | Nodegroup | AccessEntry | Addon | PodIdentity] = [cluster]
        things += [*cluster.nodegroups.values(), *cluster.entries.values()]
        things += [*cluster.addons.values(), *cluster.identities.values()]
        for thing in things:
            if thing.arn == arn:
                return thing.tags
    raise AwsError("NotFoundException", f"Resource not found: {arn}", 404)
