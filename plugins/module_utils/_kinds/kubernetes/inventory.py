# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""What we applied, kept in the cluster itself: one line an object, in as many ConfigMaps as it takes.

Whoever runs next, from wherever, knows what is ours and whether it is still wished. Contents are kept as keyed
fingerprints; the key is a Secret beside them, so that a fingerprint of a weak password tells nothing.
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import hmac
import json
import os
import re
import time
import typing as t

from ..._clients.kube import Port
from ..._clients.kube_discovery import Resource
from ..._clients.kube_errors import FieldConflict, Heals
from ..._engine.errors import Conflict, Invalid
from .objects import ESTATE_LABEL, MANAGER, Body, Key, owner_of
from .steps import Record

NAMESPACE = "kubeops-system"
INVENTORY_LABEL = "kubeops.io/inventory"
KEY_SECRET = "inventory-key"
# A ConfigMap may hold 1 MiB; the rest is for its own metadata.
SHARD_BYTES = 900_000
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,50}[a-z0-9])?")
_NAMESPACES = Resource("", "v1", "Namespace", "namespaces", False)
_CONFIG_MAPS = Resource("", "v1", "ConfigMap", "configmaps", True)
_SECRETS = Resource("", "v1", "Secret", "secrets", True)
# Seconds between tries of a write: a server that is busy for a moment must not cost what is known of a whole run.
_PAUSES = (0.2, 0.5, 1.0, 2.0, 4.0)
_GOING_SECONDS = 120.0
BEGUN = ""
"""Digest of what was about to be written when the inventory was: it may be there, as wished or not."""
MOUNTED = "mounted"
"""Digest of what is not applied: workloads that went made it for themselves, so it goes with its namespace."""

Records = t.Mapping[Key, Record]


@dataclasses.dataclass(frozen=True)
class Stored:
    """An inventory as read. key: for fingerprints. shards: names of its ConfigMaps; none: there is no inventory yet."""

    records: Records
    key: bytes = dataclasses.field(repr=False)
    shards: tuple[str, ...] = ()
    has_key: bool = False

    def digest(self, body: Body) -> str:
        """The fingerprint of an object's content."""
        text = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
        return hmac.new(self.key, text, hashlib.sha256).hexdigest()[:32]


class Inventory:
    """The inventory of one set of an estate's objects in one cluster. set_name: a DNS label."""

    def __init__(self, port: Port, estate: str, set_name: str) -> None:
        if not _NAME.fullmatch(set_name):
            raise Invalid(
                f"set: {set_name!r} is no name", remedy="Use lower case letters, digits and dashes, 52 at most."
            )
        self._port = port
        self._estate = estate
        self._set = set_name

    def read(self) -> Stored:
        """What is there. A cluster without any gives an empty one with a key of its own."""
        labels = f"{ESTATE_LABEL}={self._estate},{INVENTORY_LABEL}={self._set}"
        shards = self._port.listed(_CONFIG_MAPS, NAMESPACE, labels=labels)
        key = self._port.get(_SECRETS, NAMESPACE, KEY_SECRET)
        records: dict[Key, Record] = {}
        for shard in shards:
            records.update(_parsed(shard))
        if key is None:
            # Without its key no fingerprint can be compared: all of it is looked at anew.
            return Stored(records, os.urandom(32), _names(shards))
        return Stored(records, base64.b64decode(key["data"]["key"]), _names(shards), has_key=True)

    def write(self, stored: Stored, records: Records) -> Stored:
        """Replace the inventory, first what is new and then what is left over of the old one."""
        self._prepare(stored)
        shards = _shards(records)
        # Estates that share a cluster are one field manager: only the name keeps them from writing over each other.
        names = tuple(f"inventory.{self._estate}.{self._set}.{number}" for number in range(len(shards)))
        for name, lines in zip(names, shards, strict=True):
            self._apply(_CONFIG_MAPS, self._shard(name, lines))
        for name in set(stored.shards) - set(names):
            self._port.delete(_CONFIG_MAPS, NAMESPACE, name)
        return dataclasses.replace(stored, records=dict(records), shards=names, has_key=True)

    def remove(self, stored: Stored) -> None:
        """Drop it; with the estate's last one its key and its namespace go too, unless others use that."""
        for name in stored.shards:
            self._port.delete(_CONFIG_MAPS, NAMESPACE, name)
        if self._port.listed(_CONFIG_MAPS, NAMESPACE, labels=INVENTORY_LABEL):
            return
        namespace = self._port.get(_NAMESPACES, "", NAMESPACE)
        if namespace is None or not self._ours(namespace):
            return
        self._port.delete(_SECRETS, NAMESPACE, KEY_SECRET)
        self._port.delete(_NAMESPACES, "", NAMESPACE, uid=namespace["metadata"]["uid"])

    def _prepare(self, stored: Stored) -> None:
        there = self._port.get(_NAMESPACES, "", NAMESPACE)
        until = time.monotonic() + _GOING_SECONDS
        while there is not None and there["metadata"].get("deletionTimestamp") and time.monotonic() < until:
            # The last set of before went a moment ago, and its namespace is still on its way out.
            time.sleep(_PAUSES[0])
            there = self._port.get(_NAMESPACES, "", NAMESPACE)
        if there is None:
            self._apply(
                _NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": self._metadata(NAMESPACE, "")}
            )
        elif stored.has_key:
            return
        metadata = self._metadata(KEY_SECRET, NAMESPACE)
        data = {"key": base64.b64encode(stored.key).decode()}
        self._apply(_SECRETS, {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data})

    def _apply(self, resource: Resource, body: Body) -> None:
        try:
            for pause in _PAUSES:
                try:
                    self._port.apply(resource, body, manager=MANAGER)
                    return
                except Heals as error:
                    time.sleep(max(pause, min(error.retry_after, _PAUSES[-1])))
            self._port.apply(resource, body, manager=MANAGER)
        except FieldConflict as error:
            name = body["metadata"]["name"]
            raise Conflict(
                f"somebody changed {resource.kind} {name} of namespace {NAMESPACE}: {error.cause}",
                remedy="It is what this estate knows of its own objects. Find out who did.",
            ) from error

    def _ours(self, body: Body) -> bool:
        return owner_of(body, self._estate).value == "ours"

    def _shard(self, name: str, lines: t.Sequence[str]) -> Body:
        metadata = self._metadata(name, NAMESPACE)
        metadata["labels"][INVENTORY_LABEL] = self._set
        return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"objects": "\n".join(lines)}}

    def _metadata(self, name: str, namespace: str) -> dict[str, t.Any]:
        labels = {ESTATE_LABEL: self._estate}
        return {"name": name, **({"namespace": namespace} if namespace else {}), "labels": labels}


def others(port: Port, estate: str) -> dict[str, list[Key]]:
    """Everything in the inventories of an estate, by name of the set."""
    found: dict[str, list[Key]] = {}
    for shard in port.listed(_CONFIG_MAPS, NAMESPACE, labels=f"{ESTATE_LABEL}={estate},{INVENTORY_LABEL}"):
        found.setdefault(shard["metadata"]["labels"][INVENTORY_LABEL], []).extend(_parsed(shard))
    return found


def united(old: Records, wished: t.Mapping[Key, str], unchanged: t.Collection[Key]) -> dict[Key, Record]:
    """Old and wished together, as it must be known before the first write. wished: key to version of its API."""
    begun = {key: Record(version, BEGUN) for key, version in wished.items() if key not in unchanged}
    return {**old, **begun}


def with_mounts(old: Records, mounts: t.Iterable[Key]) -> dict[Key, Record]:
    """What is known, and what workloads that are about to go have for themselves: later nobody could tell."""
    return {**{key: Record("v1", MOUNTED) for key in mounts}, **old}


def without_mounts(records: Records, wished: t.Collection[Key] = ()) -> dict[Key, Record]:
    """The records without mounts in namespaces that are gone, or wished (again)."""
    going = {key.name for key in records if key.sort == "Namespace" and key not in wished}
    return {key: one for key, one in records.items() if one.digest != MOUNTED or key.namespace in going}


def _names(shards: t.Sequence[Body]) -> tuple[str, ...]:
    return tuple(str(shard["metadata"]["name"]) for shard in shards)


def _parsed(shard: Body) -> dict[Key, Record]:
    found: dict[Key, Record] = {}
    for line in (shard.get("data") or {}).get("objects", "").splitlines():
        parts = line.split("|")
        if len(parts) != 6:
            name = shard["metadata"]["name"]
            raise Invalid(f"{NAMESPACE}/{name} is no inventory: {line[:80]!r}", remedy="Restore it, or delete it.")
        group, kind, namespace, name, version, digest = parts
        found[Key(group, kind, namespace, name)] = Record(version, digest)
    return found


def _shards(records: Records) -> list[list[str]]:
    shards: list[list[str]] = [[]]
    size = 0
    for key in sorted(records):
        record = records[key]
        line = "|".join((*key, record.version, record.digest))
        if size + len(line) + 1 > SHARD_BYTES and shards[-1]:
            shards.append([])
            size = 0
        shards[-1].append(line)
        size += len(line) + 1
    return shards
