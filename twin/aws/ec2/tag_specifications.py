# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags that a creating call sets."""

from __future__ import annotations

from twin.aws.call import Call
from twin.aws.errors import AwsError


def tags_for(call: Call, resource_type: str) -> dict[str, str]:
    """Tags that the call wants on the resource of this type.

    :raises AwsError: InvalidParameterValue if the call tags another type of resource.
    """
    tags: dict[str, str] = {}
    for specification in call.params.get("TagSpecifications") or []:
        given = specification.get("ResourceType")
        if given != resource_type:
            raise AwsError(
                "InvalidParameterValue", f"'{given}' is not a valid taggable resource type for this operation."
            )
        tags |= {tag["Key"]: tag.get("Value", "") for tag in specification.get("Tags") or []}
    return tags
