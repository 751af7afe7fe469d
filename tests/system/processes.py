# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A playbook run as processes that can be killed, stopped and continued, all of them."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from twin.processes import start_time, wait_until

_MARK = "KUBEOPS_SYSTEM_TEST_RUN"


class Running:
    """A run that was started.

    Ansible's workers leave its process group, so a mark in the environment tells whose they are.
    """

    def __init__(
        self,
        command: Sequence[str],
        directory: Path,
        environment: Mapping[str, str],
        verb: str,
        before: frozenset[str],
    ) -> None:
        self.verb = verb
        self.before = before
        self.began = time.monotonic()
        self._mark = f"{_MARK}={secrets.token_hex(8)}"
        descriptor, path = tempfile.mkstemp(prefix=f"{verb}-", suffix=".log", dir=directory)
        self.log = Path(path)
        name, _equals, value = self._mark.partition("=")
        with os.fdopen(descriptor, "wb") as log:
            self._process = subprocess.Popen(
                command,
                cwd=directory,
                env={**environment, name: value},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Of ansible-playbook."""
        return self._process.pid

    def output(self) -> str:
        """All that it has written."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def over(self) -> bool:
        """Whether the command has ended."""
        return self._process.poll() is not None

    def wait(self, seconds: float) -> int:
        """Its exit status; kills it when it takes longer, and fails."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.verb} did not end within {seconds} s:\n{self.output()[-4000:]}") from None

    def members(self) -> list[int]:
        """Processes of the run that live."""
        found = []
        for place in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if self._mark.encode() in (place / "environ").read_bytes().split(b"\0") and start_time(int(place.name)):
                    found.append(int(place.name))
        return found

    def signal(self, number: signal.Signals) -> None:
        """To every process of the run."""
        for pid in self.members():
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def kill(self) -> None:
        """SIGKILL to every process of the run, until none is left: one may have started another meanwhile."""

        def look() -> bool | None:
            self.signal(signal.SIGKILL)
            return True if not self.members() else None

        wait_until(look, seconds=20, interval=0.02, what="the end of a killed run")
        self._process.wait()

    def stop(self) -> None:
        """SIGSTOP to every process of the run."""
        self.signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """SIGCONT to every process of the run."""
        self.signal(signal.SIGCONT)
