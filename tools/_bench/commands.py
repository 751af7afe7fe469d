# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands whose time is taken."""

from __future__ import annotations

import dataclasses
import os
import re
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PLAYBOOK = str(ROOT / ".venv" / "bin" / "ansible-playbook")
_SECONDS = re.compile(r"seconds: ([\d.]+)")


@dataclasses.dataclass(frozen=True)
class Timed:
    """whole: of the command, in seconds. engine: from building the clients to being done, where the tool tells it."""

    whole: float
    engine: float | None


def timed(command: list[str], **environment: str) -> Timed:
    """Run it in the checkout; environment: what it has besides ours. Raises SystemExit with its end when it fails."""
    whole_environment = {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), **environment}
    began = time.monotonic()
    run = subprocess.run(command, cwd=ROOT, env=whole_environment, check=False, capture_output=True, text=True)
    whole = time.monotonic() - began
    if run.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{run.stdout[-4000:]}\n{run.stderr[-2000:]}")
    told = _SECONDS.search(run.stdout)
    return Timed(whole, float(told.group(1)) if told else None)
