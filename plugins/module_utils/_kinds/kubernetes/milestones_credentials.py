# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Evidence about credentials: Secrets that upstream publishes hold something else here. Values are never shown."""

from __future__ import annotations

import base64
import binascii
import typing as t

from ..._engine.evidence import Expectation
from ..._engine.secrets import is_known_default
from .reads import Reads

try:
    import bcrypt

    HAS_BCRYPT = True
except ImportError:
    HAS_BCRYPT = False

Judgement = tuple[t.Any, t.Sequence[str], t.Sequence[str]]
# The password of Kubeflow's example user. A hash hides it; all others are compared as they are.
_PUBLISHED = "12341234"
_HASHES = ("$2a$", "$2b$", "$2y$")
_COOKIE = "cookie-secret"
_COOKIE_BYTES = frozenset({16, 24, 32})
# Both ends of one conversation: what Dex knows of the proxy, and what the proxy says.
_SAME = ("OIDC_CLIENT_SECRET", "client-secret")


def replaced(reads: Reads, expected: Expectation) -> Judgement:
    """Each declared key of each Secret holds a value that nobody knows."""
    wanted: t.Mapping[str, t.Sequence[str]] = expected.get("secrets") or {}
    missing: list[str] = []
    ends: dict[str, str] = {}
    for place, keys in sorted(wanted.items()):
        namespace, _slash, name = place.partition("/")
        found = reads.port.get(reads.resource("Secret"), namespace, name)
        if found is None:
            missing.append(f"there is no Secret {place}")
            continue
        for key in keys:
            value = _decoded((found.get("data") or {}).get(key))
            wrong = _wrong(key, value)
            if wrong:
                missing.append(f"Secret {place}, key {key}: {wrong}")
            if key in _SAME:
                ends[key] = value
    if len(ends) == len(_SAME) and len(set(ends.values())) > 1:
        missing.append("Dex and the proxy hold different client secrets, so nobody can log in")
    checked = sum(len(keys) for keys in wanted.values())
    return {"secrets": len(wanted), "values_checked": checked}, sorted(wanted), missing


def _wrong(key: str, value: str) -> str:
    if not value:
        return "it is empty"
    if is_known_default(value):
        return "it holds what everybody knows"
    if value.startswith(_HASHES):
        return _wrong_hash(value)
    if key == _COOKIE and not _COOKIE_BYTES & {len(value), _decoded_length(value)}:
        return "its length is neither 16, 24 nor 32 bytes"
    return ""


def _wrong_hash(value: str) -> str:
    if not HAS_BCRYPT:
        return "it cannot be judged: the Python library bcrypt is missing"
    try:
        return "the published password fits it" if bcrypt.checkpw(_PUBLISHED.encode(), value.encode()) else ""
    except ValueError:
        return "it is no hash of a password"


def _decoded(value: t.Any) -> str:
    try:
        return base64.b64decode(value or "").decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _decoded_length(value: str) -> int:
    """Bytes of what the proxy takes for base64, padded or not; 0 when it is none."""
    try:
        return len(base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)))
    except (binascii.Error, ValueError):
        return 0
