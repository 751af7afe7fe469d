# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Network, roles and cluster: this collection, the stock modules and a bare script, each on a twin of its own."""

from __future__ import annotations

import json
import sys
import typing as t
from pathlib import Path

from tools._bench.commands import PLAYBOOK, ROOT, Timed, timed
from tools._bench.states import Account
from twin import supervisor

BENCH = ROOT / "tests" / "bench"
# States take milliseconds, so that what is timed is the tools and not the simulated hardware.
SCALE = 6000.0
TOOLS = ("ours", "bare", "stock")


def _twin(directory: Path) -> dict[str, t.Any]:
    supervisor.down(directory)
    return supervisor.up(directory, scale=SCALE, control_planes=False, progress=lambda _line: None)


def _commands(twin: dict[str, t.Any], credentials: Path) -> dict[str, list[str]]:
    variables = {
        "region": "us-east-2",
        "endpoint_url": twin["aws_url"],
        "profile": "twin",
        "shared_credentials_file": str(credentials),
    }
    playbook = [PLAYBOOK, "-i", "localhost,", "-e", json.dumps(variables)]
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
                    took = timed(command, AWS_SHARED_CREDENTIALS_FILE=str(credentials))
                    times.setdefault((tool, what), []).append(took)
                    print(f"  round {number + 1} {tool:5} {what:9} {took.whole:6.2f} s", flush=True)
                states[tool] = account.state()
            finally:
                supervisor.down(place)
    return times, {tool: state == states["bare"] for tool, state in states.items()}
