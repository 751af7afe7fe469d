# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documents of a small cluster of EKS Anywhere, right in every respect, and changes to them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

Document = dict[str, Any]
HERE = Path(__file__).parent


def table(name: str) -> Any:
    """The content of a YAML table."""
    return yaml.safe_load((HERE / name).read_text(encoding="utf-8"))


def sample() -> list[Document]:
    """A management cluster with external etcd and two groups of workers."""
    # What the table shares by anchors is each document's own.
    documents: list[Document] = json.loads(json.dumps(table("sample.yml")))
    return documents


def changed(documents: list[Document], changes: Iterable[Mapping[str, Any]]) -> list[Document]:
    """With changes: {document: Cluster/demo, path: spec.x[0].y, value} or {..., remove: true}, {add: document}."""
    for change in changes:
        if "add" in change:
            documents.append(change["add"])
            continue
        kind, _slash, name = str(change.get("document", "Cluster/demo")).partition("/")
        target: Any = next(one for one in documents if one["kind"] == kind and one["metadata"]["name"] == name)
        *way, last = parts(change["path"])
        for part in way:
            target = target.setdefault(part, {}) if isinstance(target, dict) else target[part]
        if change.get("remove"):
            del target[last]
        else:
            target[last] = change["value"]
    return documents


def parts(path: str) -> list[str | int]:
    """A path as people write it, in parts."""
    return [int(number) if number else word for word, number in re.findall(r"([^.\[\]]+)|\[(\d+)\]", path)]
