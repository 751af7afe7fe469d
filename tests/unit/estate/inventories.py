# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventories of the repository, read once, and changes to them."""

from __future__ import annotations

import copy
import dataclasses
import functools
import pathlib
import re
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate.loader import Inventory, from_inventory

ROOT = pathlib.Path(__file__).resolve().parents[3]
NAMES = ("astromined", "lab")


@functools.cache
def read(name: str) -> Inventory:
    """An inventory of the repository."""
    return from_inventory(ROOT / "inventories" / name)


def changed(name: str, changes: Iterable[Mapping[str, Any]]) -> Inventory:
    """An inventory with changes: {host: its variables instead of all hosts', path, value} or {path, remove: true}."""
    base = read(name)
    variables, hosts = copy.deepcopy(base.variables), copy.deepcopy(base.hosts)
    for change in changes:
        target: Any = hosts[change["host"]] if "host" in change else variables
        *way, last = parts(change["path"])
        for part in way:
            target = target[part]
        if change.get("remove"):
            del target[last]
        else:
            target[last] = change["value"]
    return dataclasses.replace(base, variables=variables, hosts=hosts)


def parts(path: str) -> list[str | int]:
    """A path as people write it, in parts."""
    return [int(number) if number else word for word, number in re.findall(r"([^.\[\]]+)|\[(\d+)\]", path)]
