# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the gate finds and puts things, and the environment that its programs run in."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / ".build"
LOGS = BUILD / "logs"
VENV_BIN = ROOT / ".venv" / "bin"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kubeops-hybrid"
"""Kept between runs and shared by checkouts; losing it costs time and nothing else."""

# What a person's shell may hold that would change what is tested: settings of Ansible, credentials, other trees.
_FOREIGN = ("ANSIBLE_", "AWS_", "MOLECULE_", "PYTEST_", "KUBEOPS_")
_FOREIGN_NAMES = {"KUBECONFIG", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "MYPYPATH"}


def environment() -> dict[str, str]:
    """Return the variables that each program starts with: the caller's, less what is foreign, with .venv first."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(_FOREIGN) and k not in _FOREIGN_NAMES}
    kept["PATH"] = f"{VENV_BIN}{os.pathsep}{kept.get('PATH', os.defpath)}"
    kept["LC_ALL"] = "C.UTF-8"
    kept["XDG_CACHE_HOME"] = str(CACHE.parent)
    return kept


def sealed_home() -> Path:
    """Return a home directory under .build for the tools of Ansible, which read and write ``~/.ansible``.

    pip's settings come along in a file, since ansible-test drops the variables of pip.
    """
    home = BUILD / "home"
    config = home / ".config" / "pip" / "pip.conf"
    if not config.exists():
        config.parent.mkdir(parents=True, exist_ok=True)
        config.touch(mode=0o600)
        config.write_text(_pip_settings())
    return home


def _pip_settings() -> str:
    """Return what pip is told by its files and by variables, as one section of a pip.conf."""
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], check=True, capture_output=True, text=True
    ).stdout
    settings = {}
    for line in listed.splitlines():
        name, _, value = line.partition("=")
        section, _, key = name.rpartition(".")
        if section in {"global", ":env:"} and key:
            settings[key] = value.strip("'").replace("\\n", "\n    ")
    return "[global]\n" + "".join(f"{key} = {value}\n" for key, value in settings.items())
