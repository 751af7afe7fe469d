# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Steps that run our own tests, alone and on the twin."""

from __future__ import annotations

import shutil
import xml.etree.ElementTree as ET

from tools._gate.job import Failed, Job, Ran
from tools._gate.place import BUILD, LOGS, ROOT


def _pytest(job: Job, directory: str, *options: str, marked: str = "not long") -> Ran:
    """Run the tests in DIRECTORY that are MARKED so; a skipped test is as bad as a failed one."""
    if not list((ROOT / directory).rglob("test_*.py")):
        raise Failed(f"ran nothing: {directory} has no tests")
    report = LOGS / f"{job.name}.xml"
    report.unlink(missing_ok=True)
    job.run("python", "-m", "pytest", "-q", directory, "-m", marked, f"--junitxml={report}", *options, minutes=60)
    # Our own file, just written by pytest.
    suite = ET.parse(report).getroot().find("testsuite")
    numbers = {key: int(suite.get(key, "0")) for key in ("tests", "skipped")} if suite is not None else {}
    if numbers.get("skipped"):
        raise Failed(f"{numbers['skipped']} tests were skipped")
    return Ran(numbers.get("tests", 0), "tests")


def units(job: Job) -> Ran:
    """Plan tables, properties, mappings: what answers at once."""
    return _pytest(job, "tests/unit", "-n", "2", marked="not slow and not long")


def units_slow(job: Job) -> Ran:
    """Those that take more than a second."""
    return _pytest(job, "tests/unit", "-n", "2", marked="slow and not long")


def contract(job: Job) -> Ran:
    """Fakes answer like simulators, simulators like the vendors' models."""
    return _pytest(job, "tests/contract")


def twin(job: Job) -> Ran:
    """Build the twin, or find it built."""
    job.run("python", "-m", "twin", "build", minutes=45)
    return Ran(1, "twin")


def modules(job: Job) -> Ran:
    """Every module as playbooks call it: its integration target on the twin, in check mode and for real."""
    return _pytest(job, "tests/integration")


def molecule(job: Job) -> Ran:
    """A scenario per role on one shared twin."""
    scenarios = {path.parent.name for path in (ROOT / "molecule").glob("*/molecule.yml")} - {"default"}
    if not scenarios:
        raise Failed("ran nothing: molecule has no scenario of a role")
    # Its record of what is up would outlive a twin that is not.
    shutil.rmtree(BUILD / "molecule", ignore_errors=True)
    places = {
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections"),
        "MOLECULE_EPHEMERAL_DIRECTORY": str(BUILD / "molecule"),
        "NO_COLOR": "1",
        "ANSIBLE_NOCOLOR": "1",
    }
    try:
        said = job.run("molecule", "test", "--all", sealed=True, env=places)
    finally:
        # After a failure molecule leaves the shared twin to whoever wants to look at it; here nobody will.
        job.run("python", "-m", "twin", "down", "--state", BUILD / "molecule-twin")
    if missing := [name for name in scenarios if f"[{name} > verify] Executed: Successful" not in said]:
        raise Failed(f"molecule verified nothing in {', '.join(missing)}")
    return Ran(len(scenarios), "scenarios")


def system(job: Job) -> Ran:
    """Whole site runs on the twin: twice, torn down, killed, with faults; at full size."""
    return _pytest(job, "tests/system", "-n", "2", "--dist", "loadfile")


def long(job: Job) -> Ran:
    """What is too dear for every change."""
    return _pytest(job, "tests", marked="long")
