# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two runs at once: the second names the first; a dead one's lease is taken over; a zombie writes nothing more."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.estate import Estate
from tests.system.processes import Running

HELD = "CreateNatGateway"


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Estate]:
    """An empty account."""
    with Estate(tmp_path).up() as estate:
        yield estate


def events(estate: Estate, run: str) -> set[tuple[str, str]]:
    """What a run has told so far: (address, event)."""
    path = estate.store / "runs" / run / "progress.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.exists() else []
    told = [json.loads(line) for line in lines if line.endswith("\n")]
    return {(event["address"], event["event"]) for event in told}


def waiting_for_the_gateway(estate: Estate) -> tuple[Running, str]:
    """A site run that has nothing to do but to wait for its NAT gateway, and its id."""
    running = estate.start("site")
    settled = {("nat_gateway/lab-us-east-2a", "waiting"), ("vpc_endpoint/lab-ecr-api", "done"),
               ("route_table/lab-public", "done")}  # fmt: skip

    def look() -> bool:
        assert not running.over(), running.output()
        return settled <= events(estate, estate.id_of(running))

    estate.until(look, "a run that waits for its NAT gateway", seconds=120)
    return running, estate.id_of(running)


def test_the_second_run_fails_at_once_and_names_the_first(lab: Estate) -> None:
    """Cause: site while another site is at work; its NAT gateway stays pending until the fault is cleared. Expected:
    the second fails before any call, naming run, owner, since when; the first is not disturbed and ends well."""
    fault = lab.fault("stay", service="ec2", operation=HELD)
    running, first = waiting_for_the_gateway(lab)
    mark = lab.mark()
    second = lab.run("site")
    by_others = lab.calls(mark)["by_operation"]
    lab.clear(fault)
    ended = lab.ended(running)
    assert second.code == 2
    owner = rf"run {first} of \S+@\S+ \(pid {running.pid}\)"
    said = rf"{owner} is at work on this estate since \S+Z \(last sign of life \d+ s ago\)"
    assert re.search(said, second.told), second.output
    assert "Wait for it to end. If it is dead, its lease can be taken over in" in second.told
    assert set(by_others) <= {"ec2.DescribeNatGateways"}, "only the first run looked after its gateway"
    assert ended.code == 0, ended.output
    assert lab.run("site").changes == 0


def test_a_dead_run_s_lease_is_taken_over_after_it_expired(lab: Estate) -> None:
    """Cause: SIGKILL. Duration: the lease, 3 s here. Expected: who waits gets it and finishes the work."""
    fault = lab.fault("stay", service="ec2", operation=HELD)
    running, _first = waiting_for_the_gateway(lab)
    running.kill()
    lab.clear(fault)
    healed = lab.run("site", "-e", "kubeops_lease_wait=60")
    assert healed.code == 0, healed.output
    mark = lab.mark()
    assert lab.run("site").changes == 0
    assert lab.writes(mark) == 0


def test_a_zombie_s_next_call_is_refused(lab: Estate) -> None:
    """Cause: SIGSTOP to all processes of a run, its lease expires, another run takes over and ends, SIGCONT. Expected:
    the stopped run fails, saying that it lost the lease; it writes nothing; the estate is as the other left it."""
    fault = lab.fault("stay", service="ec2", operation=HELD)
    zombie, first = waiting_for_the_gateway(lab)
    zombie.stop()
    lab.clear(fault)
    other = lab.run("site", "-e", "kubeops_lease_wait=60")
    assert other.code == 0, other.output
    mark = lab.mark()
    zombie.go_on()
    ended = lab.ended(zombie)
    assert lab.writes(mark) == 0
    assert ended.code == 2
    assert f"run {first} lost the lease" in ended.failures
    assert "This run stops here; the other one goes on from what it finds" in ended.failures
    assert "eks: not_tried" in ended.failures
    assert lab.run("site").changes == 0
