# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The importer's own virtual environment, in the cache."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import sys
from pathlib import Path

from tools._gate.job import Job
from tools._gate.place import CACHE, ROOT

_PINS = ROOT / "requirements" / "importer.txt"


def environment(job: Job) -> Path:
    """Return the directory of the environment for the pins of now; made when it is not there."""
    digest = hashlib.sha256(_PINS.read_bytes() + sys.version.encode()).hexdigest()[:16]
    home = CACHE / "importer" / digest
    home.parent.mkdir(parents=True, exist_ok=True)
    with (home.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / "complete").exists():
            shutil.rmtree(home, ignore_errors=True)
            job.run(sys.executable, "-m", "venv", home)
            job.run(home / "bin" / "python", "-m", "pip", "install", "--quiet", "--no-compile", "-r", _PINS)
            (home / "complete").touch()
    return home
