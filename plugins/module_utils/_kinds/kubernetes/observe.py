# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""What a cluster holds of a set: one list call a kind, and a closer look at names that others might have."""

from __future__ import annotations

import concurrent.futures
import typing as t

from ..._clients.kube import Port
from ..._clients.kube_discovery import Resource, Resources
from ..._clients.kube_errors import UnknownKind
from ..._engine.errors import Unavailable
from .objects import ESTATE_LABEL, Body, Key, Live, key_of, owner_of

LOOKS = 6
# Above this many missing names one list of all metadata is cheaper than asking for each.
_SINGLE_LOOKS = 12


def observe(
    port: Port, estate: str, keys: t.Collection[Key], versions: t.Mapping[Key, str], adopt: t.Collection[str] = ()
) -> dict[Key, Live]:
    """The objects with those keys, whoever's they are, and all others of the estate of the same kinds.

    versions: of the API in which an object is wished; without one the server's preferred. Foreign ones may
    come with metadata only, but for those whose addresses are in adopt.
    """
    resources = port.resources()
    by_kind: dict[tuple[str, str], list[Key]] = {}
    for key in keys:
        by_kind.setdefault((key.group, key.kind), []).append(key)
    found: dict[Key, Live] = {}
    with concurrent.futures.ThreadPoolExecutor(LOOKS) as pool:
        looks = []
        for (group, kind), wanted in by_kind.items():
            resource = _resource(resources, group, kind, versions, wanted)
            if resource is None and group in resources.stale:
                raise Unavailable(
                    f"the API server behind the APIService of {group} does not answer, so nobody knows of its objects",
                    remedy="Is the service behind it running?",
                )
            if resource:
                looks.append(pool.submit(_look, port, resource, estate, wanted, adopt))
        for look in looks:
            found.update(look.result())
    return found


def of_estate(port: Port, estate: str) -> dict[Key, Live]:
    """Metadata of everything that carries the estate's label, of every kind that can be listed."""
    found: dict[Key, Live] = {}

    def look(resource: Resource) -> list[Live]:
        try:
            rows = port.listed(resource, labels=f"{ESTATE_LABEL}={estate}", metadata_only=True)
        except UnknownKind:
            # Its CRD went between the two questions, and its objects with it.
            return []
        return [_live(resource, row, estate, partial=True) for row in rows]

    listed = [resource for resource in port.resources(fresh=True).all() if resource.listable]
    with concurrent.futures.ThreadPoolExecutor(LOOKS) as pool:
        for lives in pool.map(look, listed):
            found.update({live.key: live for live in lives})
    return found


def _resource(
    resources: Resources, group: str, kind: str, versions: t.Mapping[Key, str], wanted: t.Sequence[Key]
) -> Resource | None:
    for key in wanted:
        resource = resources.find(group, kind, versions.get(key, ""))
        if resource:
            return resource
    return resources.find(group, kind)


def _look(
    port: Port, resource: Resource, estate: str, wanted: t.Sequence[Key], adopt: t.Collection[str]
) -> dict[Key, Live]:
    rows = port.listed(resource, labels=f"{ESTATE_LABEL}={estate}")
    found = {live.key: live for live in (_live(resource, row, estate) for row in rows)}
    missing = [key for key in wanted if key not in found]
    adopted = [key for key in missing if key.address in adopt]
    for key in adopted if len(missing) > _SINGLE_LOOKS else missing:
        row = port.get(resource, key.namespace, key.name)
        if row is not None:
            found[key] = _live(resource, row, estate)
    if len(missing) > _SINGLE_LOOKS:
        left = set(missing) - found.keys()
        for row in port.listed(resource, metadata_only=True):
            live = _live(resource, row, estate, partial=True)
            if live.key in left:
                found[live.key] = live
    return found


def _live(resource: Resource, row: Body, estate: str, *, partial: bool = False) -> Live:
    body = {**row, "apiVersion": resource.api_version, "kind": resource.kind} if partial else row
    return Live(key_of(body, resource.namespaced), body, owner_of(body, estate), partial)
