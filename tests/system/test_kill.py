# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SIGKILL to all processes of a run at random points: the next run finishes the work, the one after finds none."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.account import Things, everything
from tests.system.estate import ASTROMINED, Estate, Run

PATIENT = ("-e", "kubeops_lease_wait=60")
"""The lease of a dead run is waited for: it expires."""


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Estate]:
    """An empty account, without control planes."""
    with Estate(tmp_path).up() as estate:
        yield estate


def kill_after(estate: Estate, writes: int, verb: str, *extra: str) -> None:
    """Start a run and kill it as soon as it has made so many writing calls."""
    mark = estate.mark()
    running = estate.start(verb, *extra)
    estate.until(lambda: running.over() or estate.writes(mark) >= writes, f"{writes} writing calls", seconds=240)
    assert not running.over(), f"{verb} ended before {writes} writing calls:\n{running.output()}"
    running.kill()


def duplicates(world: Things) -> list[tuple[str, str]]:
    """Marks that more than one object of a sort carries."""
    marks = Counter(
        (place.split()[0], tag["Value"])
        for place, item in world.items()
        if isinstance(item, dict) and not place.endswith(" itself")
        for tag in item.get("Tags") or ()
        if isinstance(tag, dict) and tag.get("Key") == "kubeops.io/name"
    )
    return [mark for mark, count in marks.items() if count > 1]


def converges(estate: Estate, *extra: str) -> None:
    """The next run ends well, a further one writes nothing, nothing was made twice."""
    healed = estate.run("site", *PATIENT, *extra)
    assert healed.code == 0, healed.output
    mark = estate.mark()
    kept = estate.run("site")
    assert kept.code == 0, kept.output
    assert (kept.changes, estate.writes(mark)) == (0, 0)
    assert duplicates(everything(estate)) == []


def torn_down(estate: Estate, name: str) -> Run:
    """A whole teardown."""
    return estate.run("teardown", *PATIENT, "-e", f"kubeops_teardown={name}")


def killed_and_healed(estate: Estate, seed: int, makes: int, *extra: str, name: str = "lab") -> None:
    """Kill site, heal it, kill the teardown, heal that. makes: writing calls of a site run at least."""
    chance = random.Random(seed)
    before = everything(estate)
    kill_after(estate, chance.randint(1, makes), "site", *extra)
    converges(estate, *extra)
    kill_after(estate, chance.randint(1, makes // 2), "teardown", "-e", f"kubeops_teardown={name}")
    gone = torn_down(estate, name)
    assert gone.code == 0, gone.output
    # Whatever was made without a mark, or twice, would be here still.
    assert everything(estate) == before


@pytest.mark.parametrize("seed", [1, 2])
def test_a_killed_run_is_finished_by_the_next(lab: Estate, seed: int) -> None:
    """Cause: SIGKILL to the run's processes after a random number of writing calls, in site and again in teardown.
    Duration: the dead run's lease, 3 s here. Expected: the next site converges, one more writes nothing, nothing is
    there twice; the next teardown leaves the account as it was."""
    killed_and_healed(lab, seed, 40)


def test_a_killed_approved_plan_is_resumed(lab: Estate) -> None:
    """Cause: SIGKILL to a run that was held to a plan. Expected: the same plan goes on to its end, is not stale for
    what it has made itself, and a run after it writes nothing."""
    plan = lab.run("plan").summary["plan"]["id"]
    killed_and_healed(lab, 3, 40, "-e", f"kubeops_plan={plan}")


@pytest.mark.long
@pytest.mark.parametrize("seed", range(4, 24))
def test_a_killed_run_is_finished_by_the_next_20_times(lab: Estate, seed: int) -> None:
    """As above, at 20 more points."""
    killed_and_healed(lab, seed, 40)


@pytest.mark.long
def test_a_killed_run_of_full_size_is_finished_by_the_next(tmp_path: Path) -> None:
    """As above, at full size with real control planes."""
    with Estate(tmp_path, inventory=ASTROMINED, control_planes=True, scale=60).up() as estate:
        killed_and_healed(estate, 24, 60, name="astromined")
