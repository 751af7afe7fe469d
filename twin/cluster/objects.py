# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading Kubernetes objects as the API sends them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

type Object = dict[str, Any]


class Key(NamedTuple):
    """What an object is called within its collection; `namespace` is "" for objects of the cluster."""

    namespace: str
    name: str


def key_of(thing: Object) -> Key:
    """Namespace and name of an object."""
    metadata = thing["metadata"]
    return Key(metadata.get("namespace", ""), metadata["name"])


def annotation(thing: Object, name: str) -> str:
    """The value of an annotation, "" without it."""
    return str((thing["metadata"].get("annotations") or {}).get(name, ""))


def labels(thing: Object) -> dict[str, str]:
    """The object's labels."""
    return thing["metadata"].get("labels") or {}


def condition(thing: Object, kind: str) -> str:
    """The status ("True", "False", "Unknown") of a condition, "" when the object has none of that type."""
    return next((c["status"] for c in conditions(thing) if c["type"] == kind), "")


def conditions(thing: Object) -> list[Object]:
    """The conditions of an object's status."""
    found: list[Object] = (thing.get("status") or {}).get("conditions") or []
    return found


def is_deleted(thing: Object) -> bool:
    """Whether somebody has asked for its end."""
    return "deletionTimestamp" in thing["metadata"]


def selects(selector: Object | None, have: dict[str, str]) -> bool:
    """Whether a LabelSelector ({matchLabels, matchExpressions}) takes these labels; an empty one takes all."""
    selector = selector or {}
    wanted = (selector.get("matchLabels") or {}).items()
    return all(have.get(name) == value for name, value in wanted) and all(
        _holds(expression, have) for expression in selector.get("matchExpressions") or []
    )


def _holds(expression: Object, have: dict[str, str]) -> bool:
    value = have.get(expression["key"])
    values: Collection[str | None] = expression.get("values") or []
    return {
        "In": value in values,
        "NotIn": value not in values,
        "Exists": value is not None,
        "DoesNotExist": value is None,
    }[expression["operator"]]
