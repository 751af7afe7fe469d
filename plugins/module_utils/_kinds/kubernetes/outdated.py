# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Refusals of dry runs by rules that the same run is about to change: they say nothing of what will be. Pure."""

from __future__ import annotations

import re
import typing as t

from ..._engine.errors import Denied, EstateError, Invalid
from . import webhooks
from .objects import Manifest
from .scope import CRD, CRD_GROUP

_DENIED = re.compile(r'admission webhook "([^"]+)" denied the request')


def outdated(
    error: EstateError, wish: Manifest, wishes: t.Sequence[Manifest], changes: t.Callable[[Manifest], bool]
) -> bool:
    """Whether the definition of the wish's kind, or the webhook that refused it, is among the wishes that change.

    An upgrade brings objects with fields that only its own definitions and webhooks know; they are written after those.
    """
    if not isinstance(error, (Invalid, Denied)):
        return False
    denied = _DENIED.search(error.cause)
    if denied:
        return _webhook_changes(denied.group(1), wishes, changes)
    return any(_defines(one, wish) and changes(one) for one in wishes if one.key.kind == CRD)


def _defines(definition: Manifest, wish: Manifest) -> bool:
    spec = definition.body["spec"]
    return definition.key.group == CRD_GROUP and (spec["group"], spec["names"]["kind"]) == (
        wish.key.group,
        wish.key.kind,
    )


def _webhook_changes(name: str, wishes: t.Sequence[Manifest], changes: t.Callable[[Manifest], bool]) -> bool:
    for one in wishes:
        if one.key.group != webhooks.GROUP or one.key.kind not in webhooks.CONFIGURATIONS:
            continue
        for hook in webhooks.parse(one.body):
            if hook.name == name:
                behind = webhooks.backend(hook, wishes)
                return changes(one) or any(changes(other) for other in wishes if other.key in behind)
    return False
