# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Which refusals of a write are worth another try, when, and for how long. Pure."""

from __future__ import annotations

import typing as t

from ..._clients.kube_errors import FieldConflict, Heals, MissingNamespace, UnknownField, UnknownKind, heals
from ..._engine.errors import Conflict, Denied, EstateError, Fenced, Stale, TimedOut
from ..._engine.script import Timing
from .objects import MANAGER, Key, Manifest

# The first pause is this part of a poll interval, each further one twice the last.
_FIRST = 1 / 16
# Refusals of admission that has not read its own objects yet.
_NOT_YET = ("not yet ready to handle request", "status unknown for quota")
# Seconds after which every server of a cluster knows a definition that was changed.
_KNOWN_AFTER = 10.0
_FULL = "database space exceeded"


def pause(tries: int, timing: Timing, error: EstateError | None = None) -> float:
    """Seconds before the next try or look. tries: how many there were. A server's own wish is respected."""
    own: float = timing.poll_interval * min(1.0, _FIRST * 2.0 ** min(tries, 10))
    return max(own, error.retry_after) if isinstance(error, Heals) else own


class Healing:
    """Knows what a set brings itself, and so what only needs time."""

    def __init__(self, manifests: t.Iterable[Manifest], timing: Timing, changed: t.Collection[Key] = ()) -> None:
        """changed: of the definitions among them, those that are written."""
        self._timing = timing
        self._changed: set[tuple[str, str]] = set()
        self._kinds: set[tuple[str, str]] = set()
        self._namespaces: set[str] = set()
        for one in manifests:
            if one.key.sort == "CustomResourceDefinition.apiextensions.k8s.io":
                kind = (one.body["spec"]["group"], one.body["spec"]["names"]["kind"])
                self._kinds.add(kind)
                if one.key in changed:
                    self._changed.add(kind)
            elif one.key.sort in ("Namespace", "Profile.kubeflow.org"):
                self._namespaces.add(one.key.name)

    def heals(self, key: Key, error: EstateError) -> bool:
        """Whether the same write may succeed later without anybody doing anything."""
        if isinstance(error, (Fenced, Stale)) or _FULL in error.cause:
            return False
        if isinstance(error, UnknownKind):
            return (key.group, key.kind) in self._kinds
        if isinstance(error, UnknownField):
            # A server takes a moment to know a changed definition, each one of several its own.
            return (key.group, key.kind) in self._changed
        if isinstance(error, MissingNamespace):
            return key.namespace in self._namespaces
        if isinstance(error, Denied):
            return any(text in error.cause for text in _NOT_YET)
        return heals(error)

    def limit(self, error: EstateError) -> float:
        """Seconds that tries may go on for, from the first refusal."""
        if isinstance(error, UnknownField):
            return min(_KNOWN_AFTER, self._timing.settle_timeout)
        if isinstance(error, Conflict):
            return min(self._timing.settle_timeout, self._timing.wait_timeout)
        return self._timing.wait_timeout


def ours_only(error: EstateError) -> bool:
    """Whether it is an earlier write of ours that holds all the fields, as when an object was patched by hand of us."""
    return isinstance(error, FieldConflict) and all(manager == MANAGER for manager, _field in error.fields)


def late(seconds: float, refusal: EstateError, behind: str) -> TimedOut:
    """The error when tries did not help. behind: what is known of who refused."""
    told = f"; {behind}" if behind else ""
    return TimedOut(
        f"still refused after {round(seconds)} s: {refusal.cause}{told}",
        remedy=refusal.remedy or "Nothing is lost: the next run goes on with it.",
    )


def not_ready(seconds: float, reason: str) -> TimedOut:
    """The error of what was written and did not get ready."""
    return TimedOut(
        f"not ready after {round(seconds)} s: {reason}", remedy="Nothing is lost: the next run goes on with it."
    )


def final(error: EstateError) -> EstateError:
    """An error that no waiting heals, with what to do where the endpoint's words do not tell."""
    if _FULL in error.cause and not error.remedy:
        error.remedy = "The cluster's etcd is full: compact and defragment it, or raise its quota."
    return error
