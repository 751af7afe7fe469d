# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Whose an object is that is not ours to change, as far as labels, annotations and field managers tell. Pure."""

from __future__ import annotations

from ..._engine.errors import Conflict
from .objects import ESTATE_LABEL, SET_LABEL, Live

_HELM = ("meta.helm.sh/release-name", "meta.helm.sh/release-namespace")
_TOOLS = (
    ("argocd.argoproj.io/tracking-id", "Argo CD application"),
    ("kustomize.toolkit.fluxcd.io/name", "Flux Kustomization"),
    ("helm.toolkit.fluxcd.io/name", "Flux HelmRelease"),
    ("addon.kops.k8s.io/name", "kops add-on"),
)


def foreign(live: Live) -> Conflict:
    """The error for a wished name that somebody else's object has."""
    if of_estate(live):
        return Conflict(
            f"{live.key.address} belongs to the estate {of_estate(live)}",
            remedy="It is not touched. Leave it out, or rename yours.",
        )
    return Conflict(
        f"{live.key.address} is there and carries no mark of this estate{_of(owner(live))}",
        remedy=f"It is not touched. Leave it out, rename yours, or say adopt: [{live.key.address}] to take it over.",
    )


def of_estate(live: Live) -> str:
    """The estate whose mark an object carries; '' for none."""
    return str((live.metadata.get("labels") or {}).get(ESTATE_LABEL) or "")


def other_set(live: Live) -> Conflict:
    """The error for a wish that another set of the estate has made."""
    name = (live.metadata.get("labels") or {}).get(SET_LABEL)
    told = f"belongs to the set {name} of this estate" if name else "is this estate's, and of none of its sets"
    return Conflict(
        f"{live.key.address} {told}",
        remedy=f"Wish it in one set only, or say adopt: [{live.key.address}] to move it here.",
    )


def owner(live: Live) -> str:
    """Who made an object or cares for it; '' when nothing tells."""
    metadata = live.metadata
    labels, annotations = metadata.get("labels") or {}, metadata.get("annotations") or {}
    if annotations.get(_HELM[0]):
        return f"Helm release {annotations.get(_HELM[1], 'default')}/{annotations[_HELM[0]]}"
    for mark, tool in _TOOLS:
        value = annotations.get(mark) or labels.get(mark)
        if value:
            return f"{tool} {value}"
    for one in metadata.get("ownerReferences") or ():
        return f"{one.get('kind')} {one.get('name')}"
    if labels.get("app.kubernetes.io/managed-by"):
        return str(labels["app.kubernetes.io/managed-by"])
    managers = dict.fromkeys(str(entry.get("manager")) for entry in metadata.get("managedFields") or ())
    return f"written by {', '.join(list(managers)[:3])}" if managers else ""


def _of(told: str) -> str:
    return f"; it is {told}" if told.startswith("written") else (f"; it belongs to {told}" if told else "")
