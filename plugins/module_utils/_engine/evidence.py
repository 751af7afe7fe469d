# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Evidence: what was looked at, what it showed, and when; a milestone is met by nothing else."""

from __future__ import annotations

import dataclasses
import time
import typing as t

Expectation = t.Mapping[str, t.Any]
"""What a milestone expects: {milestone: "1.a.ii", ...what its check asks for}."""


@dataclasses.dataclass(frozen=True)
class Evidence:
    """One check's answer.

    milestone: its id. met: the answer. check: a sentence that says what was compared. value: what
    was seen. ids: the endpoint's identifiers of the objects looked at. reason: why it is not met.
    """

    milestone: str
    met: bool
    check: str
    value: t.Any
    ids: tuple[str, ...] = ()
    reason: str = ""
    time: str = dataclasses.field(default_factory=lambda: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()))

    def document(self) -> dict[str, t.Any]:
        """As it is returned and stored."""
        return {**dataclasses.asdict(self), "ids": list(self.ids)}
