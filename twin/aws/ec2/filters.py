# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""EC2's filters, for the listings that we answer ourselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from twin.aws.call import Call
from twin.aws.errors import Unsupported


def matching(call: Call, things: Iterable[Any], fields: Mapping[str, Callable[[Any], Any]]) -> list[Any]:
    """The things that meet all filters of the call; tags are understood everywhere.

    :param fields: filter name to the value (or list of values) of a thing.
    :raises Unsupported: for a filter that EC2 has and we do not.
    """
    chosen = list(things)
    for item in call.params.get("Filters") or call.params.get("Filter") or []:
        name, wanted = str(item["Name"]), [str(value) for value in item.get("Values") or []]
        read = fields.get(name) or _tag_reader(name)
        if read is None:
            raise Unsupported(call.service, call.operation, f"with the filter {name}")
        chosen = [thing for thing in chosen if _meets(read(thing), wanted)]
    return chosen


def _meets(value: Any, wanted: list[str]) -> bool:
    values = value if isinstance(value, list | tuple | set) else [value]
    return any(fnmatchcase(str(one), glob) for one in values for glob in wanted if one is not None)


def _tag_reader(name: str) -> Callable[[Any], Any] | None:
    if name == "tag-key":
        return lambda thing: [tag["key"] for tag in thing.get_tags()]
    if name.startswith("tag:"):
        key = name.removeprefix("tag:")
        return lambda thing: [tag["value"] for tag in thing.get_tags() if tag["key"] == key]
    return None
