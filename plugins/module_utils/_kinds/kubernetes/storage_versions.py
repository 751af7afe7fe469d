# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Which custom objects have to be stored anew because the version changes in which their CRD stores them. Pure."""

from __future__ import annotations

import typing as t

from .objects import Body, Key, Manifest
from .scope import CRD, CRD_GROUP
from .steps import Observed


class Migration(t.NamedTuple):
    """Objects of one CRD to be rewritten. old: versions in which some may still be stored. storage: the one to be.

    first: before the CRD is applied, for the wish does not have an old version any more.
    """

    crd: Key
    old: tuple[str, ...]
    storage: str
    first: bool = False


def migrations(wishes: t.Iterable[Manifest], observed: Observed) -> list[Migration]:
    """What must be rewritten once the wished CRDs are there. A CRD that an earlier run left half way counts too."""
    found = []
    for wish in wishes:
        live = observed.live.get(wish.key) if (wish.key.group, wish.key.kind) == (CRD_GROUP, CRD) else None
        if live is None or live.deleting or live.partial:
            continue
        one = _migration(wish, live.body)
        if one is not None:
            found.append(one)
    return found


def _migration(wish: Manifest, live: Body) -> Migration | None:
    stored = [str(version) for version in (live.get("status") or {}).get("storedVersions") or ()]
    wished, present = _versions(wish.body), _versions(live)
    dropped = [version for version in stored if version not in wished]
    if dropped:
        # Their last chance is the CRD as it is; what it stores now has to be in the wish too: see immutable.
        storage = _storing(present)
        old = tuple(version for version in stored if version != storage)
        return Migration(wish.key, old, storage, first=True) if old and storage in wished else None
    storage = _storing(wished)
    old = tuple(version for version in stored if version != storage)
    return Migration(wish.key, old, storage) if old and storage else None


def _versions(body: Body) -> dict[str, bool]:
    return {str(one.get("name")): bool(one.get("storage")) for one in (body.get("spec") or {}).get("versions") or ()}


def _storing(versions: t.Mapping[str, bool]) -> str:
    return next((name for name, storage in versions.items() if storage), "")
