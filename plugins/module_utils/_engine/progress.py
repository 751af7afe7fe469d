# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""What a run is doing right now, for the person who watches and for the journal."""

from __future__ import annotations

import dataclasses
import json
import os
import time
import typing as t


@dataclasses.dataclass(frozen=True)
class Line:
    """One event of one entry: started, waiting (for what, since when), done, failed."""

    address: str
    verb: str
    event: str
    text: str = ""
    since: float = 0.0


class Progress:
    """Appends events as JSON lines to a file, one write each, so that readers see whole lines."""

    def __init__(self, path: str | None, step: str = "") -> None:
        self._step = step
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600) if path else None

    def __call__(self, line: Line) -> None:
        """Tell one event; without a file nobody listens."""
        if self._file is None:
            return
        record: dict[str, t.Any] = {"time": round(time.time(), 3), "step": self._step, **dataclasses.asdict(line)}
        os.write(self._file, (json.dumps(record) + "\n").encode())
