# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Which wished kinds there are, and which live in namespaces: from the cluster, the stream's CRDs, or a table."""

from __future__ import annotations

import difflib
import typing as t

from ..._clients.kube_discovery import Resources, built_in_scope
from ..._engine.errors import EstateError, Invalid, Unavailable
from .objects import Body

CRD = "CustomResourceDefinition"
CRD_GROUP = "apiextensions.k8s.io"


class Scopes:
    """What a stream may hold. resources: None of a cluster that is still to come."""

    def __init__(self, bodies: t.Iterable[Body], resources: Resources | None) -> None:
        self._resources = resources
        self._defined: dict[tuple[str, str], Body] = {}
        self._served_elsewhere: set[str] = set()
        for body in bodies:
            spec = body.get("spec")
            if not isinstance(spec, dict):
                continue
            if body.get("kind") == CRD and isinstance(spec.get("names"), dict):
                self._defined[str(spec.get("group")), str(spec["names"].get("kind"))] = spec
            elif body.get("kind") == "APIService" and spec.get("service"):
                self._served_elsewhere.add(str(spec.get("group")))

    def namespaced(self, group: str, kind: str, version: str) -> bool | None:
        """The scope of a kind; None where only the object itself can tell. Raises what is wrong with the kind."""
        spec = self._defined.get((group, kind))
        if spec is not None:
            return self._of_stream(spec, group, kind, version)
        if group in self._served_elsewhere:
            return None
        if self._resources is None:
            return self._to_come(group, kind)
        resource = self._resources.find(group, kind, version)
        if resource is None:
            raise self._unknown(self._resources, group, kind, version)
        return resource.namespaced

    def _of_stream(self, spec: Body, group: str, kind: str, version: str) -> bool:
        served = [str(one.get("name")) for one in spec.get("versions") or () if one.get("served")]
        if version not in served:
            raise Invalid(
                f"the CRD that is wished with it serves {kind} of {group} as {', '.join(served) or 'nothing'}, "
                f"not as {version}"
            )
        return spec.get("scope") == "Namespaced"

    def _to_come(self, group: str, kind: str) -> bool:
        namespaced = built_in_scope(group, kind)
        if namespaced is None:
            raise Invalid(
                f"nothing brings {kind} of {group}: Kubernetes has no such kind, and no CRD of it is wished here",
                remedy="Add the CRD to these objects, or have a set that brings it go first.",
            )
        return namespaced

    def _unknown(self, resources: Resources, group: str, kind: str, version: str) -> EstateError:
        if group in resources.stale:
            return Unavailable(
                f"the API server behind the APIService of {group} does not answer, so {kind} is not known",
                remedy="Is the service behind it running?",
            )
        other = resources.find(group, kind)
        if other is not None:
            return Invalid(f"the cluster serves {kind} of {group or 'the core'} as {other.version}, not as {version}")
        known = {(one.group, one.kind) for one in resources.all()} | self._defined.keys()
        near = _nearest(group, kind, known)
        return Invalid(
            f"the cluster serves no {kind} of {group or 'the core'}, and no CRD of it is wished here",
            remedy=f"Is it {' or '.join(near)}?" if near else "Add the CRD, or have a set that brings it go first.",
        )


def _nearest(group: str, kind: str, known: t.Collection[tuple[str, str]]) -> list[str]:
    same = sorted(other for other, name in known if name == kind)
    if same:
        return [f"{kind} of {other or 'the core'}" for other in same[:3]]
    within = difflib.get_close_matches(kind, [name for other, name in known if other == group], 2)
    near = within or difflib.get_close_matches(kind, {name for _group, name in known}, 2, 0.8)
    groups = {name: min(other for other, one in known if one == name) for name in near}
    return [f"{name} of {other or 'the core'}" for name, other in groups.items()]
