# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Network, roles and cluster: this collection, the stock modules and a bare script, each on a twin of its own."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import subprocess
import sys
import time
import typing as t
from pathlib import Path

from tools._bench.states import Account
from twin import supervisor

ROOT = Path(__file__).resolve().parent.parent.parent
BENCH = ROOT / "tests" / "bench"
# States take milliseconds, so that what is timed is the tools and not the simulated hardware.
SCALE = 6000.0
TOOLS = ("ours", "bare", "stock")
_SECONDS = re.compile(r"seconds: ([\d.]+)")


@dataclasses.dataclass(frozen=True)
class Timed:
    """whole: of the command, in seconds. engine: from building the clients to being done, where the tool tells it."""

    whole: float
    engine: float | None


def _twin(directory: Path) -> dict[str, t.Any]:
    supervisor.down(directory)
    return supervisor.up(directory, scale=SCALE, control_planes=False, progress=lambda _line: None)


def _timed(command: list[str], credentials: Path) -> Timed:
    environment = {
        **os.environ,
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "AWS_SHARED_CREDENTIALS_FILE": str(credentials),
    }
    began = time.monotonic()
    run = subprocess.run(command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True)
    whole = time.monotonic() - began
    if run.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{run.stdout[-4000:]}\n{run.stderr[-2000:]}")
    told = _SECONDS.search(run.stdout)
    return Timed(whole, float(told.group(1)) if told else None)


def _commands(twin: dict[str, t.Any], credentials: Path) -> dict[str, list[str]]:
    variables = {
        "region": "us-east-2",
        "endpoint_url": twin["aws_url"],
        "profile": "twin",
        "shared_credentials_file": str(credentials),
    }
    playbook = [str(ROOT / ".venv/bin/ansible-playbook"), "-i", "localhost,", "-e", json.dumps(variables)]
    return {
        "ours": [*playbook, "-v", str(BENCH / "ours.yml")],
        "stock": [*playbook, str(BENCH / "stock.yml")],
        "bare": [
            sys.executable,
            str(BENCH / "bare.py"),
            str(BENCH / "slice.yml"),
            "us-east-2",
            twin["aws_url"],
            "twin",
        ],
    }


def run(rounds: int, directory: Path) -> tuple[dict[tuple[str, str], list[Timed]], dict[str, bool]]:
    """(tool, "create" | "no change") to its timings, and whether each tool's state is that of the bare script."""
    times: dict[tuple[str, str], list[Timed]] = {}
    states: dict[str, t.Any] = {}
    for number in range(rounds):
        for tool in TOOLS:
            place = directory / tool
            twin = _twin(place)
            credentials = place / "private" / "aws-credentials"
            try:
                # The simulator's first answers load its data; that is not to be charged to anybody.
                account = Account(twin["aws_url"], credentials)
                account.ec2.describe_vpc_endpoint_services()
                command = _commands(twin, credentials)[tool]
                for what in ("create", "no change"):
                    timed = _timed(command, credentials)
                    times.setdefault((tool, what), []).append(timed)
                    print(f"  round {number + 1} {tool:5} {what:9} {timed.whole:6.2f} s", flush=True)
                states[tool] = account.state()
            finally:
                supervisor.down(place)
    return times, {tool: state == states["bare"] for tool, state in states.items()}
