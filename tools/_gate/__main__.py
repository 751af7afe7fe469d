# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Command line of the gate: runs steps, cheap ones first, and says what ran."""

from __future__ import annotations

import argparse
import sys
import time

from tools._gate import collection, place, sanity, static, tests
from tools._gate.job import Failed, Job, Ran, Step

STEPS = (
    Step("ruff", static.ruff, fast=True),
    Step("yaml", static.yaml, fast=True),
    Step("house", static.house_rules, fast=True),
    Step("types", static.types, fast=True),
    Step("layers", static.layers, fast=True),
    Step("generated", static.generated, fast=True),
    Step("changelog", static.changelog, fast=True),
    Step("units", tests.units, fast=True),
    Step("units-slow", tests.units_slow),
    Step("artifact", collection.artifact),
    Step("docs", collection.docs),
    Step("ansible-lint", collection.ansible_lint),
    Step("importer", collection.galaxy_importer),
    Step("environment", collection.execution_environment),
    Step("sanity", sanity.sanity),
    Step("twin", tests.twin),
    Step("contract", tests.contract),
    Step("modules", tests.modules),
    Step("molecule", tests.molecule),
    Step("system", tests.system),
    Step("long", tests.long, long=True),
)
TAIL_LINES = 40


def arguments() -> argparse.Namespace:
    """Return what the caller asks for."""
    parser = argparse.ArgumentParser(prog="tools/check", description="Run everything that guards the project.")
    scope = parser.add_mutually_exclusive_group()
    scope.add_argument("--fast", action="store_true", help="the inner loop: what takes less than 20 seconds together")
    scope.add_argument("--long", action="store_true", help="also what is too dear for every change")
    scope.add_argument("steps", nargs="*", default=[], metavar="STEP", help=", ".join(step.name for step in STEPS))
    asked = parser.parse_args()
    if unknown := set(asked.steps) - {step.name for step in STEPS}:
        parser.error(f"no such step: {', '.join(sorted(unknown))}; there are {', '.join(s.name for s in STEPS)}")
    return asked


def chosen(asked: argparse.Namespace) -> list[Step]:
    """Return the steps for what was ASKED."""
    if asked.steps:
        return [step for step in STEPS if step.name in asked.steps]
    if asked.fast:
        return [step for step in STEPS if step.fast]
    return [step for step in STEPS if asked.long or not step.long]


def run(step: Step) -> bool:
    """Run STEP, print its line of the table, and tell whether it passed."""
    log_path = place.LOGS / f"{step.name}.log"
    print(f"{step.name:<14}", end="", flush=True)
    started = time.monotonic()
    with log_path.open("a", encoding="utf-8") as log:
        log.truncate(0)
        try:
            ran = step.work(Job(step.name, log))
            problem = "" if ran.count else "ran nothing"
        except (Failed, OSError) as error:
            ran, problem = Ran(0, ""), str(error)
    seconds = time.monotonic() - started
    what = problem or f"{ran.count} {ran.what}"
    print(f"{'FAILED' if problem else 'ok':<7}{seconds:>7.1f} s  {what}", flush=True)
    if problem:
        tail = log_path.read_text(encoding="utf-8", errors="replace").splitlines()[-TAIL_LINES:]
        print("\n".join(f"    | {line}" for line in tail), flush=True)
        print(f"    whole log: {log_path.relative_to(place.ROOT)}", flush=True)
    return not problem


def main() -> int:
    """Run the chosen steps, all of them also after a failure; return the exit status."""
    steps = chosen(arguments())
    place.LOGS.mkdir(parents=True, exist_ok=True)
    results = {step.name: run(step) for step in steps}
    failed = [name for name, passed in results.items() if not passed]
    if failed:
        print(f"failed: {', '.join(failed)}")
    print(f"{len(results) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
