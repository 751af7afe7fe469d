# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One step of the gate at work: its log, its programs, its result."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import signal
import subprocess
import typing as t
from collections.abc import Callable, Mapping
from pathlib import Path

from tools._gate import place


class Failed(Exception):
    """The step found something wrong, or could not do its work."""


@dataclasses.dataclass(frozen=True)
class Ran:
    """What a step has looked at; a step that looked at nothing has failed."""

    count: int
    what: str


class Job:
    """Runs programs for one step and keeps what they say in .build/logs/<step>.log."""

    def __init__(self, name: str, log: t.TextIO) -> None:
        self.name = name
        self._log = log

    def note(self, text: str) -> None:
        """Write TEXT into the step's log."""
        self._log.write(f"{text.rstrip()}\n")
        self._log.flush()

    def run(
        self,
        *argv: str | Path,
        cwd: Path = place.ROOT,
        env: Mapping[str, str] | None = None,
        sealed: bool = False,
        minutes: float = 30,
    ) -> str:
        """Run a program and return what it says, standard error included.

        ENV is added to the clean environment. SEALED gives it a home under .build. Raises Failed when it fails or takes
        longer than MINUTES; then its whole process group is ended.
        """
        command = [str(a) for a in argv]
        variables = {**place.environment(), **(env or {})}
        if sealed:
            variables["HOME"] = str(place.sealed_home())
        self.note(f"$ {' '.join(command)}")
        start = os.fstat(self._log.fileno()).st_size
        with subprocess.Popen(
            command,
            cwd=cwd,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            process_group=0,
        ) as process:
            try:
                status = process.wait(minutes * 60)
            except subprocess.TimeoutExpired:
                raise Failed(f"{command[0]} was still running after {minutes:g} minutes and was ended") from None
            finally:
                # Also after a success: what a test has left running would disturb the next step.
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
        said = self._said_since(start)
        if status != 0:
            raise Failed(f"{Path(command[0]).name} ended with {status}")
        return said

    def _said_since(self, start: int) -> str:
        with Path(self._log.name).open("rb") as log:
            log.seek(start)
            return log.read().decode("utf-8", errors="replace")


@dataclasses.dataclass(frozen=True)
class Step:
    """A step as it is listed: FAST ones make the inner loop, LONG ones run only when everything is asked for."""

    name: str
    work: Callable[[Job], Ran]
    fast: bool = False
    long: bool = False
