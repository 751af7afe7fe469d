# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Steps that read the sources: style, types, layers, house rules, generated files, change log."""

from __future__ import annotations

import re
import subprocess

from tools._gate import house
from tools._gate.job import Failed, Job, Ran
from tools._gate.place import ROOT

_COLLECTION = "ansible_collections.kubeops.hybrid.plugins"


def number(pattern: str, text: str) -> int:
    """Return the number that PATTERN's group finds in what a tool said, the last one; 0 when it said no such thing."""
    found = re.findall(pattern, text)
    return int(found[-1]) if found else 0


def files(*patterns: str) -> list[str]:
    """Return the files that git would commit now, relative to the checkout."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    return sorted(name for name in set(listed) if (ROOT / name).is_file())


def ruff(job: Job) -> Ran:
    """Style, imports, complexity, and the one layout of the code."""
    job.run("ruff", "check", ".")
    said = job.run("ruff", "format", "--check", ".")
    return Ran(number(r"(\d+) files? already formatted", said), "files")


def yaml(job: Job) -> Ran:
    """Every YAML file, also those that Ansible's linter does not know."""
    names = files("*.yml", "*.yaml")
    job.run("yamllint", "--strict", "--format", "parsable", *names)
    return Ran(len(names), "files")


def house_rules(job: Job) -> Ran:
    """What no tool checks for us."""
    names = files("*.py", "tools/*")
    for complaint in (wrong := house.complaints(names)):
        job.note(complaint)
    if wrong:
        raise Failed(f"{len(wrong)} breaches of the house rules")
    return Ran(len(names), "files")


def types(job: Job) -> Ran:
    """Types, strictly."""
    said = job.run("mypy", "-p", _COLLECTION, "-p", "twin", "-p", "tools")
    return Ran(number(r"no issues found in (\d+) source files", said), "files")


def layers(job: Job) -> Ran:
    """Who may import whom."""
    said = job.run("lint-imports", env={"PYTHONPATH": f"{ROOT}/.collections:{ROOT}"})
    return Ran(number(r"Contracts: (\d+) kept", said), "contracts")


def generated(job: Job) -> Ran:
    """Nothing that is generated is stale."""
    said = job.run("python", "-m", "tools._generate", "--check")
    return Ran(number(r"(\d+) files are fresh", said), "files")


def changelog(job: Job) -> Ran:
    """The fragments are well formed."""
    job.run("antsibull-changelog", "lint")
    return Ran(len(files("changelogs/*.yaml", "changelogs/*.yml")), "files")
