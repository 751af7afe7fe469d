# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""What checks of milestones read of a cluster: each list once, however many checks ask for it."""

from __future__ import annotations

import typing as t

from ..._clients.kube import Row
from ..._clients.kube_discovery import Resource, Resources
from ..._engine.errors import NotFound


class Port(t.Protocol):
    """What checks use of a cluster; see KubeClient. Nothing of it writes."""

    def resources(self, *, fresh: bool = False) -> Resources:
        """What the cluster serves."""

    def version(self) -> tuple[int, int]:
        """Major and minor version of Kubernetes."""

    def listed(
        self,
        resource: Resource,
        namespace: str = "",
        *,
        labels: str = "",
        fields: str = "",
        metadata_only: bool = False,
    ) -> list[Row]:
        """All objects of a kind, everywhere or in a namespace."""

    def get(self, resource: Resource, namespace: str, name: str) -> Row | None:
        """One object, or None."""

    def create(self, resource: Resource, body: Row, *, dry_run: bool = False, subresource: str = "") -> Row:
        """Only with dry_run: what the API server says to an object."""

    def review(self, resource: Resource, body: Row) -> Row:
        """The answer of a review, as SubjectAccessReview."""

    def raw(self, path: str) -> t.Any:
        """GET of any path."""


class Reads:
    """A cluster as it was when it was first asked. Raises what the port raises."""

    def __init__(self, port: Port) -> None:
        self.port = port
        self._lists: dict[tuple[str, str, str], list[Row]] = {}

    def resource(self, kind: str, group: str = "") -> Resource:
        """The kind as it is served. Raises NotFound."""
        found = self.port.resources().find(group, kind)
        if found is None:
            raise NotFound(f"the cluster serves no {kind}{'.' + group if group else ''}")
        return found

    def all(self, kind: str, group: str = "", namespace: str = "") -> list[Row]:
        """Objects of a kind, everywhere or in a namespace."""
        key = (group, kind, namespace)
        if key not in self._lists:
            self._lists[key] = self.port.listed(self.resource(kind, group), namespace)
        return self._lists[key]

    def one(self, name: str, kind: str, group: str = "", namespace: str = "") -> Row | None:
        """One of all(), by name."""
        return next((row for row in self.all(kind, group, namespace) if row["metadata"]["name"] == name), None)

    def review(self, kind: str, group: str, spec: Row | None = None) -> Row:
        """Status of a review's answer. spec: what it asks."""
        resource = self.resource(kind, group)
        asked = {"apiVersion": resource.api_version, "kind": kind, **({"spec": spec} if spec is not None else {})}
        return t.cast(Row, self.port.review(resource, asked)["status"])


def missing_of(facts: t.Iterable[tuple[t.Any, str]]) -> list[str]:
    """The sentences whose fact is true: what is missing."""
    return [sentence for is_so, sentence in facts if is_so]


def few(names: t.Iterable[str]) -> str:
    """Names in a row, and how many more there are beyond the first eight."""
    listed = sorted(names)
    rest = len(listed) - 8
    return ", ".join(listed[:8]) + (f" and {rest} more" if rest > 0 else "") or "none"
