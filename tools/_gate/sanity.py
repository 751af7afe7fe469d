# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible-test sanity without containers, its traps handled."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
import tarfile
from importlib.util import find_spec
from pathlib import Path

from tools._gate.collection import build, stage
from tools._gate.job import Failed, Job, Ran
from tools._gate.place import CACHE, sealed_home

# ansible-test fetches this script from its vendor's file host. Python brings what is needed: ensurepip as a process of
# its own (inside this one it would switch pip's settings off), then the versions that were asked for.
_GET_PIP = """\
import subprocess, sys
wanted = [word for word in sys.argv[1:] if word not in ("--no-setuptools", "--no-wheel")]
subprocess.check_call([sys.executable, "-m", "ensurepip", "--default-pip"], stdout=subprocess.DEVNULL)
sys.exit(subprocess.call([sys.executable, "-m", "pip", "install", *wanted]))
"""
_SUPPORTED = ("3.12", "3.13", "3.14")


def sanity(job: Job) -> Ran:
    """All sanity tests on the interpreter of .venv, then compile and import on every supported one that is here."""
    home = _published(job)
    if ignored := [path.name for path in home.glob("tests/sanity/ignore-*.txt") if path.read_text().strip()]:
        raise Failed(f"sanity has no exceptions here, yet there are {', '.join(ignored)}")
    state = _state(sealed_home())
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    variables = {"PATH": f"{_interpreters()}:/usr/bin:/bin"}
    command = ["ansible-test", "sanity", "--local", "--color", "no"]
    with (state / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        said = job.run(*command, "--python", here, cwd=home, env=variables, sealed=True)
        said += job.run(*command, "--test", "compile", "--test", "import", cwd=home, env=variables, sealed=True)
    if silent := re.search(r".*(All targets skipped|No tests? applicable|Nothing to do).*", said):
        raise Failed(f"sanity looked at nothing: {silent.group().strip()}")
    return Ran(len(set(re.findall(r'Running sanity test "([^"]+)"', said))), "tests")


def _published(job: Job) -> Path:
    """Return a staged tree that holds what a hub would get, which is where its sanity tests look."""
    home = stage(job)
    built = build(job)
    shutil.rmtree(home)
    with tarfile.open(built) as tar:
        tar.extractall(home, filter="data")
    # As in tools/stage: without a repository of its own ansible-test finds no files, and says that all is well.
    job.run("git", "init", "--quiet", cwd=home)
    job.run("git", "add", "--all", cwd=home)
    return home


def _state(home: Path) -> Path:
    """Keep ansible-test's environments between runs: they take a minute to make."""
    state = CACHE / "ansible-test"
    (state / "cache").mkdir(parents=True, exist_ok=True)
    spec = find_spec("ansible_test")
    source = Path(spec.submodule_search_locations[0]) if spec and spec.submodule_search_locations else Path()
    pins = (source / "_internal" / "python_requirements.py").read_text()
    for version in set(re.findall(r"pip='([\d.]+)'", pins)):
        (state / "cache" / f"get_pip_{version.replace('.', '_')}.py").write_text(_GET_PIP)
    link = home / ".ansible" / "test"
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.is_symlink():
        link.symlink_to(state)
    return state


def _interpreters() -> str:
    """Return a search path with .venv first and no shims: one that does not answer stops ansible-test."""
    places = [Path(sys.executable).parent]
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    for version in _SUPPORTED:
        places += sorted(p for p in pyenv.glob(f"versions/{version}.*/bin") if _answers(p / f"python{version}"))
    return os.pathsep.join(str(place) for place in places)


def _answers(python: Path) -> bool:
    return python.exists() and subprocess.run([python, "-c", ""], check=False).returncode == 0
