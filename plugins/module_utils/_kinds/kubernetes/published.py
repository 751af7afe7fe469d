# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Secrets of ours into which somebody has put what everybody knows. Pure; values are compared and never shown."""

from __future__ import annotations

import base64
import binascii

from ..._engine.secrets import is_known_default
from .objects import Live, Manifest


def published(wish: Manifest, live: Live | None) -> bool:
    """True when a value of a Secret is public and another one is wished: that is put right whoever wrote it."""
    if live is None or live.partial or wish.key.kind != "Secret" or wish.key.group:
        return False
    there = live.body.get("data") or {}
    wished = wish.body.get("data") or {}
    return any(there.get(name) != value and _public(there.get(name)) for name, value in wished.items())


def _public(value: object) -> bool:
    try:
        return isinstance(value, str) and is_known_default(base64.b64decode(value).decode())
    except (binascii.Error, UnicodeDecodeError):
        return False
