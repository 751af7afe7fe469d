# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""The one tree of errors. Clients raise them, the engine adds verb, kind and name."""

from __future__ import annotations

import typing as t


class EstateError(Exception):
    """Something that a person has to know, with what to do about it.

    cause: one sentence from the endpoint or from us, without the verb and the name.
    remedy: what the reader can do; empty when the cause says it all.
    safe_to_leave: False when something half made costs money or blocks others until it is dealt with.
    """

    def __init__(self, cause: str, *, remedy: str = "", safe_to_leave: bool = True) -> None:
        super().__init__(cause)
        self.cause = cause
        self.remedy = remedy
        self.safe_to_leave = safe_to_leave
        self.what = ""

    def during(self, verb: str, kind: str, name: str) -> t.Self:
        """Say what was tried; the innermost caller that knows wins."""
        if not self.what:
            self.what = f"{verb} {kind} {name}".strip()
        return self

    def __str__(self) -> str:
        text = f"Failed to {self.what}: {self.cause}" if self.what else self.cause
        if self.remedy:
            text = f"{text.rstrip('.')}. {self.remedy}"
        return text


class NotFound(EstateError):
    """The endpoint does not know the object."""


class Conflict(EstateError):
    """The object is in use, in the wrong state, or belongs to somebody else."""


class Denied(EstateError):
    """Credentials are wrong, or lack a permission."""


class Invalid(EstateError):
    """A value is refused, by us before the first call or by the endpoint."""


class Immutable(EstateError):
    """The wish differs from the world in a field that can never change in place."""


class NotSettled(EstateError):
    """The change was accepted but the world does not show it."""


class TimedOut(EstateError):
    """A deadline passed; the message has the newest reason that the endpoint gave."""


class Unavailable(EstateError):
    """The endpoint cannot be reached or answers with an error of its own."""


class Fenced(Conflict):
    """Another run holds the lease: this one may not write any more."""


class Stale(Conflict):
    """The world no longer is what an approved plan was made for."""
