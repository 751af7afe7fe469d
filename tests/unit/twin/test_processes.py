# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Children end with us, and nobody else's process is ever ended."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from twin.processes import (
    NotInTimeError,
    Program,
    end_recorded,
    recorded,
    start_time,
    wait_until,
    write_pidfile,
)

_FOREVER = ["python3", "-c", "import signal; print('running', flush=True); signal.pause()"]


def test_a_program_runs_until_it_is_ended(tmp_path: Path) -> None:
    program = Program("child", _FOREVER, directory=tmp_path)
    program.start()
    wait_until(lambda: "running" in program.last_lines() or None, seconds=10, what="the child's first line")
    pid = recorded(program.pidfile)
    assert program.alive()
    assert pid is not None
    program.end()
    assert start_time(pid) is None
    assert not program.pidfile.exists()
    program.end()


def test_a_program_that_ends_leaves_its_status_and_last_lines(tmp_path: Path) -> None:
    program = Program("child", ["sh", "-c", "echo no such option; exit 3"], directory=tmp_path)
    program.start()
    assert wait_until(program.exit_status, seconds=10, what="the child's end") == 3
    assert "no such option" in program.last_lines()
    program.end()


def test_children_die_with_their_parent(tmp_path: Path) -> None:
    script = f"""
import pathlib, signal
from twin.processes import Program
Program("child", {_FOREVER!r}, directory=pathlib.Path({str(tmp_path)!r})).start()
print("started", flush=True)
signal.pause()
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        child = recorded(tmp_path / "child.pid")
        assert child is not None
        parent.kill()
        parent.wait()
    wait_until(lambda: start_time(child) is None or None, seconds=10, what="the child's death")


def test_a_pid_that_was_given_to_another_process_is_left_alone(tmp_path: Path) -> None:
    pidfile = tmp_path / "old.pid"
    with subprocess.Popen(_FOREVER, stdout=subprocess.DEVNULL) as other:
        write_pidfile(pidfile, other.pid)
        entry = json.loads(pidfile.read_text())
        pidfile.write_text(json.dumps({**entry, "started": entry["started"] - 1}))
        assert not end_recorded(pidfile)
        assert other.poll() is None
        other.send_signal(signal.SIGKILL)


def test_a_process_that_ignores_the_request_is_killed(tmp_path: Path) -> None:
    stubborn = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); signal.pause()"
    with subprocess.Popen([sys.executable, "-c", stubborn], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        write_pidfile(tmp_path / "p.pid", process.pid)
        assert end_recorded(tmp_path / "p.pid", seconds=0.2)
        assert process.wait() == -signal.SIGKILL


def test_waiting_says_what_did_not_come() -> None:
    with pytest.raises(NotInTimeError, match="still waiting for the moon"):
        wait_until(lambda: None, seconds=0, what="the moon")


def test_a_living_process_has_a_start_time() -> None:
    assert start_time(os.getpid()) is not None


def test_a_missing_program_is_named(tmp_path: Path) -> None:
    program = Program("child", ["/nowhere/etcd"], directory=tmp_path)
    program.start()
    assert wait_until(program.exit_status, seconds=10, what="setpriv's refusal") != 0
    assert "/nowhere/etcd" in program.last_lines()
    program.end()
