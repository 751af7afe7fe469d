# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Problems of fields as Kubernetes' libraries write them, and reading nested fields."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from twin.cluster.objects import Object
from twin.cluster.webhooks.review import Refused, Review

_DNS_LABEL = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")


def at(thing: object, *path: str) -> Any:
    """The value at a path of keys, None when any is missing."""
    for key in path:
        thing = thing.get(key) if isinstance(thing, dict) else None
    return thing


def invalid(path: str, value: object, why: str) -> str:
    """A value that is there and wrong."""
    return f"{path}: Invalid value: {json.dumps(value)}: {why}"


def required(path: str, why: str = "") -> str:
    """A value that is missing."""
    return f"{path}: Required value" + (f": {why}" if why else "")


def refuse(problems: Iterable[str]) -> None:
    """Raise Refused with all of them, as an aggregate of Kubernetes' errors reads."""
    found = list(problems)
    if found:
        raise Refused(found[0] if len(found) == 1 else f"[{', '.join(found)}]")


def refuse_invalid(review: Review, kind: str, problems: Iterable[str]) -> None:
    """The same as the API's own error "KIND "NAME" is invalid: ..."."""
    found = list(problems)
    if found:
        joined = found[0] if len(found) == 1 else f"[{', '.join(found)}]"
        raise Refused(f'{kind} "{review.name}" is invalid: {joined}', code=422)


def is_dns_label(name: str) -> bool:
    """Whether a name is a DNS label that begins with a letter (RFC 1035)."""
    return bool(_DNS_LABEL.fullmatch(name))


def add(path: str, value: object) -> Object:
    """A JSON patch operation."""
    return {"op": "add", "path": path, "value": value}


def escaped(key: str) -> str:
    """A key within a JSON pointer."""
    return key.replace("~", "~0").replace("/", "~1")


def extend(thing: Object, pointer: tuple[str, ...], values: list[Any]) -> list[Object]:
    """Operations that append to a list which may not be there; its parent is."""
    path = "/" + "/".join(escaped(key) for key in pointer)
    if not values:
        return []
    if at(thing, *pointer) is None:
        return [add(path, values)]
    return [add(f"{path}/-", value) for value in values]


def set_keys(thing: Object, pointer: tuple[str, ...], values: dict[str, str]) -> list[Object]:
    """Operations that set keys of a map which may not be there; its parent is."""
    path = "/" + "/".join(escaped(key) for key in pointer)
    if not values:
        return []
    if at(thing, *pointer) is None:
        return [add(path, values)]
    return [add(f"{path}/{escaped(key)}", value) for key, value in values.items()]
