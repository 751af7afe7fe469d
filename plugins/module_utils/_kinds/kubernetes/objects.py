# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Kubernetes objects as wished and as found, and what names them."""

from __future__ import annotations

import dataclasses
import typing as t

from ..._engine.kind import Owner

Body = t.Mapping[str, t.Any]
"""An object as JSON: apiVersion, kind, metadata and the rest."""

MANAGER = "kubeops-hybrid"
"""Field manager of everything that we apply."""
ESTATE_LABEL = "kubeops.io/estate"
SET_LABEL = "kubeops.io/set"
ADOPTED_LABEL = "kubeops.io/adopted"
"""On what was there before us: it is managed, and never deleted."""


class Key(t.NamedTuple):
    """What names an object in a cluster, whatever version of its API is spoken."""

    group: str
    kind: str
    namespace: str
    """Empty for what belongs to no namespace."""
    name: str

    @property
    def sort(self) -> str:
        """Kind and group, as Deployment.apps; core kinds have no group. The kind of a plan's entry."""
        return f"{self.kind}.{self.group}" if self.group else self.kind

    @property
    def place(self) -> str:
        """Namespace and name. The name of a plan's entry."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name

    @property
    def address(self) -> str:
        """Unique in a cluster, as Deployment.apps/kubeflow/ml-pipeline."""
        return f"{self.sort}/{self.place}"


def parse_address(address: str) -> Key:
    """The key that Key.address was made from."""
    sort, _slash, place = address.partition("/")
    kind, _dot, group = sort.partition(".")
    namespace, _slash, name = place.rpartition("/")
    return Key(group, kind, namespace, name)


@dataclasses.dataclass(frozen=True)
class Manifest:
    """One object as it is to be, in the form that is sent: normalised, with our labels.

    body holds no secret in plain when it is wished by reference: see wants. source: where it was
    read, for messages. digest: keyed fingerprint of the body, comparable with the inventory's.
    """

    key: Key
    version: str
    """Version of its API without the group: v1 of apps/v1."""
    body: Body = dataclasses.field(repr=False)
    source: str = ""
    digest: str = ""

    @property
    def api_version(self) -> str:
        """As apps/v1."""
        return f"{self.key.group}/{self.version}" if self.key.group else self.version


@dataclasses.dataclass(frozen=True)
class Live:
    """One object as a list call shows it, managedFields included. partial: metadata is all that was read."""

    key: Key
    body: Body = dataclasses.field(repr=False)
    owner: Owner
    partial: bool = False

    @property
    def metadata(self) -> Body:
        """Its metadata."""
        return t.cast(Body, self.body["metadata"])

    @property
    def deleting(self) -> bool:
        """True from the request to delete it on, until its finalizers ran."""
        return bool(self.metadata.get("deletionTimestamp"))


def key_of(body: Body, namespaced: bool | None = None, default_namespace: str = "default") -> Key:
    """The key of an object. namespaced: its scope if known; unknown: as the object says."""
    group = str(body["apiVersion"]).rpartition("/")[0]
    metadata = body["metadata"]
    namespace = str(metadata.get("namespace") or "")
    if namespaced is True:
        namespace = namespace or default_namespace
    elif namespaced is False:
        namespace = ""
    return Key(group, str(body["kind"]), namespace, str(metadata["name"]))


def owner_of(body: Body, estate: str) -> Owner:
    """Whose an object is, by its labels."""
    labels = body["metadata"].get("labels") or {}
    if labels.get(ESTATE_LABEL) != estate:
        return Owner.FOREIGN
    return Owner.ADOPTED if ADOPTED_LABEL in labels else Owner.OURS
