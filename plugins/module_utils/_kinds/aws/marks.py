# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""How ownership is proved in AWS: tags that the creating call sets."""

from __future__ import annotations

import typing as t

from ..._clients.aws import Port
from ..._engine.kind import Owner
from ..._engine.options import Option, leaves

ESTATE = "kubeops.io/estate"
NAME = "kubeops.io/name"
ADOPTED = "kubeops.io/adopted"
_MARKS = frozenset({ESTATE, NAME, ADOPTED})

TAGS: Option = leaves("Tags. Other people's tags are left alone; C({}) removes all but the marks of ownership.")

Tags = t.Mapping[str, str]


def from_list(tags: t.Iterable[t.Mapping[str, str]] | None) -> dict[str, str]:
    """[{Key, Value}] as a dict."""
    return {tag["Key"]: tag["Value"] for tag in tags or ()}


def to_list(tags: Tags) -> list[dict[str, str]]:
    """A dict as [{Key, Value}], in order of key."""
    return [{"Key": key, "Value": tags[key]} for key in sorted(tags)]


def marked(estate: str, name: str, tags: Tags | None) -> dict[str, str]:
    """All tags of a new object: the marks, Name for people, and the wished ones."""
    return {"Name": name, **(tags or {}), ESTATE: estate, NAME: name}


def specification(resource_type: str, estate: str, name: str, tags: Tags | None) -> list[dict[str, t.Any]]:
    """EC2's TagSpecifications for one new object."""
    return [{"ResourceType": resource_type, "Tags": to_list(marked(estate, name, tags))}]


def owner(tags: Tags, estate: str) -> Owner:
    """Whose the object is."""
    if tags.get(ESTATE) != estate:
        return Owner.FOREIGN
    return Owner.ADOPTED if tags.get(ADOPTED) == "true" else Owner.OURS


def name_of(tags: Tags) -> str:
    """The engine's name: the mark, or for others' objects the Name tag."""
    return tags.get(NAME) or tags.get("Name", "")


def shown(tags: Tags) -> dict[str, str]:
    """Tags in normal form: without marks, without AWS' own, without a Name that only repeats the mark."""
    return {
        key: value
        for key, value in tags.items()
        if key not in _MARKS and not key.startswith("aws:") and not (key == "Name" and value == tags.get(NAME))
    }


def retag(port: Port, identifier: str, before: Tags, wish: Tags) -> None:
    """Make the shown tags of an EC2 object what is wished: declared ones set, with {} all removed."""
    new = {key: value for key, value in wish.items() if value is not None and before.get(key) != value}
    if new:
        port.call("ec2", "create_tags", Resources=[identifier], Tags=to_list(new))
    if before and not wish:
        port.call("ec2", "delete_tags", Resources=[identifier], Tags=[{"Key": key} for key in sorted(before)])
