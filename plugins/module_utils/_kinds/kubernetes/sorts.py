# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""What the engine's guards and saved plans need to know of Kubernetes' kinds."""

from __future__ import annotations

import dataclasses
import typing as t

from ..._engine.kind import Owner
from ..._engine.options import Option
from .objects import Key, Live

PROTECTED = frozenset(
    {
        "CustomResourceDefinition.apiextensions.k8s.io",
        "Namespace",
        "PersistentVolume",
        "PersistentVolumeClaim",
        "Profile.kubeflow.org",
    }
)
"""Kinds with which data of users goes: deleted only by consent that names them."""


class _Paths(t.Mapping[str, Option]):
    """Fields of entries are paths into objects; each is one value."""

    def __getitem__(self, path: str) -> Option:
        return Option(path)

    def __iter__(self) -> t.Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


@dataclasses.dataclass(frozen=True)
class Sort:
    """One kind of Kubernetes. access: no kind of objects that a set brings is what lets us in."""

    protected: bool
    access: bool = False
    options: t.Mapping[str, Option] = dataclasses.field(default_factory=_Paths)


class Sorts(t.Mapping[str, Sort]):
    """Every kind there may be, by Key.sort."""

    def __getitem__(self, sort: str) -> Sort:
        return Sort(sort in PROTECTED)

    def __iter__(self) -> t.Iterator[str]:
        return iter(PROTECTED)

    def __len__(self) -> int:
        return len(PROTECTED)


def count_ours(live: t.Mapping[Key, Live]) -> dict[str, int]:
    """How many objects of ours there are, by Key.sort."""
    counts: dict[str, int] = {}
    for key, one in live.items():
        counts[key.sort] = counts.get(key.sort, 0) + (one.owner is Owner.OURS)
    return counts
