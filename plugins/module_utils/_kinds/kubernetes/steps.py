# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""One object of a plan: the wish, what is there, and the entry that says what happens."""

from __future__ import annotations

import dataclasses
import typing as t

from ..._clients.kube_discovery import Resources
from ..._engine.errors import EstateError
from ..._engine.plan import Entry
from .objects import Body, Key, Live, Manifest


@dataclasses.dataclass(frozen=True)
class Record:
    """What the inventory says of one object: how it was applied. version: of its API. digest: of its content."""

    version: str
    digest: str


@dataclasses.dataclass(frozen=True)
class Observed:
    """What a cluster holds, as far as a set of wishes is concerned.

    live: the set's objects and whatever else has their names. records: the set's inventory. resources:
    what the cluster serves, None of a cluster that is still to come. probes: answers of dry runs for
    wishes whose effect cannot be told from the outside.
    """

    live: t.Mapping[Key, Live]
    records: t.Mapping[Key, Record]
    resources: Resources | None
    probes: t.Mapping[Key, t.Union[Body, EstateError]] = dataclasses.field(default_factory=dict)

    @property
    def pending(self) -> bool:
        """True when the cluster itself is still to come."""
        return self.resources is None


@dataclasses.dataclass
class Step:
    """One object on its way. manifest: None of what is to go. live: None of what is new.

    recreate: a field that never changes in place differs; it is deleted and made anew, by consent only.
    force: others took fields that an earlier run of ours had set to just this value.
    """

    key: Key
    entry: Entry
    manifest: Manifest | None = None
    live: Live | None = None
    recreate: bool = False
    force: bool = False
