# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that live no longer than the twin, and that are ended only when they are certainly ours."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from twin.contract import TwinError

# The kernel sends the parent-death signal when the *thread* that started a child ends, so all children are
# started by one thread that lives as long as this process.
_SPAWNER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="spawner")


class NotInTimeError(TwinError):
    """What was waited for did not come before the deadline."""


def wait_until[T](look: Callable[[], T | None], *, seconds: float, interval: float = 0.05, what: str) -> T:
    """Look every `interval` real seconds until there is an answer; NotInTimeError names `what` was missing."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found is not None:
            return found
        if time.monotonic() >= deadline:
            raise NotInTimeError(f"after {seconds:.0f} s still waiting for {what}")
        time.sleep(interval)


def start_time(pid: int) -> int | None:
    """When the process started, in clock ticks since boot; None when there is no such (living) process."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The command's name stands in parentheses and may contain anything: count fields after the last one.
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else int(fields[19])


def write_pidfile(path: Path, pid: int) -> None:
    """Record a process together with its start time: a number alone may be somebody else's tomorrow."""
    temporary = path.with_suffix(".new")
    temporary.write_text(json.dumps({"pid": pid, "started": start_time(pid)}))
    temporary.replace(path)


def recorded(path: Path) -> int | None:
    """The pid of a pidfile if exactly that process still lives."""
    try:
        entry = json.loads(path.read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    pid = int(entry["pid"])
    return pid if entry["started"] is not None and start_time(pid) == entry["started"] else None


def end_recorded(path: Path, *, seconds: float = 0.0) -> bool:
    """End the process of a pidfile: SIGTERM with `seconds` to react, then SIGKILL. False when it was gone."""
    pid = recorded(path)
    if pid is None:
        path.unlink(missing_ok=True)
        return False
    if seconds:
        _signal(pid, signal.SIGTERM)
        try:
            wait_until(lambda: recorded(path) is None or None, seconds=seconds, what=f"the end of process {pid}")
        except NotInTimeError:
            _signal(pid, signal.SIGKILL)
    else:
        _signal(pid, signal.SIGKILL)
    wait_until(lambda: recorded(path) is None or None, seconds=10, what=f"the end of process {pid}")
    path.unlink(missing_ok=True)
    return True


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


class Program:
    """One child: its own process group, a log, a pidfile; it dies with this process."""

    def __init__(self, name: str, argv: Sequence[str], *, directory: Path) -> None:
        """`directory` gets `<name>.log` and `<name>.pid`."""
        self.name = name
        self.argv = tuple(argv)
        self.log = directory / f"{name}.log"
        self.pidfile = directory / f"{name}.pid"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; raises TwinError when the program cannot be run."""
        self._process = _SPAWNER.submit(self._spawn).result()
        write_pidfile(self.pidfile, self._process.pid)

    def _spawn(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            try:
                # setpriv, since code between fork and exec (preexec_fn) can deadlock in a process with threads.
                return subprocess.Popen(
                    ["setpriv", "--pdeathsig", "SIGKILL", "--", *self.argv],
                    stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, process_group=0,
                )  # fmt: skip
            except FileNotFoundError as error:
                raise TwinError("setpriv is missing: it is part of Debian's and Ubuntu's util-linux") from error

    def exit_status(self) -> int | None:
        """None while it runs (or was never started)."""
        return self._process.poll() if self._process else None

    def alive(self) -> bool:
        """Whether it was started and still runs."""
        return self._process is not None and self._process.poll() is None

    def last_lines(self, count: int = 8) -> str:
        """The end of its log."""
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return "\n".join(f"    {line[:400]}" for line in lines[-count:]) or "    (its log is empty)"

    def end(self) -> None:
        """SIGKILL its group: what it holds is thrown away with the twin, so there is nothing to save."""
        if self._process is None:
            return
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self.pidfile.unlink(missing_ok=True)
        self._process = None
