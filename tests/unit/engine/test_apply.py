# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting, failing, being fenced, going together: what becomes of entries while a plan is applied."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine import lease
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import (
    Conflict,
    Denied,
    Fenced,
    NotFound,
    NotSettled,
    TimedOut,
    Unavailable,
)
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.guards import Consent
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.plan import PlanErrors
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.result import result
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.script import Timing
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.store import DirectoryStore
from tests.unit.engine.cloud import Cloud, Life
from tests.unit.engine.estates import PROPERTY, Estate, assert_holds, estates, lives
from tests.unit.engine.toy import ESTATE, Told, done, outcomes, run, verbs

NET: dict[str, Any] = {"kind": "net", "name": "alpha", "cidr": "alpha"}
PART: dict[str, Any] = {"kind": "part", "name": "p", "net": "alpha"}
GATE: dict[str, Any] = {"kind": "gate", "name": "g", "net": "alpha", "mode": "fast"}
TABLE: dict[str, Any] = {"kind": "table", "name": "t", "net": "alpha", "routes": [{"to": "0", "via": "gate/g"}]}
HOSTS: list[dict[str, Any]] = [{"kind": "host", "name": f"h{n}", "part": "p"} for n in range(9)]
SHORT = Timing(poll_interval=0, settle_timeout=0.05, wait_timeout=0.05)


@PROPERTY
@given(lives, estates(), estates(), st.integers(0, 20))
def test_a_fenced_run_stops_writing(life: dict[str, Life], before: Estate, after: Estate, allowed: int) -> None:
    cloud = Cloud(life)
    done(cloud, before)
    writes = len(cloud.writes)
    count = itertools.count()

    def guard() -> None:
        if next(count) >= allowed:
            raise Fenced("run a lost the lease to run b of eve")

    cloud.guard = guard
    report = run(cloud, after)
    assert len(cloud.writes) - writes <= allowed
    if next(count) > allowed:
        assert report.error is not None
        assert set(outcomes(report).values()) <= {"done", "failed", "not_tried"}
    cloud.guard = lambda: None
    cloud.revive()
    done(cloud, after)
    assert_holds(cloud, after)


def test_a_zombie_is_refused_by_its_lease(tmp_path: Path) -> None:
    store, now = DirectoryStore(str(tmp_path)), 100.0
    ours = lease.acquire(store, "a", "ann", ttl=60, now=lambda: now)
    cloud = Cloud({"gate": Life(creating=3)})
    cloud.guard = lambda: lease.check(store, ours)
    done(cloud, [NET])
    lease.acquire(store, "b", "eve", ttl=60, now=lambda: now + 61)
    report = run(cloud, [NET, GATE, TABLE])
    assert isinstance(report.error, Fenced)
    assert "Failed to create gate g: run a lost the lease to run b of eve" in str(report.error)
    assert outcomes(report) == {"gate/g": "failed", "table/t": "not_tried"}
    assert cloud.writes == ["create net/alpha"]


def test_a_lost_lease_ends_all_at_once() -> None:
    cloud = Cloud({"net": Life(creating=10**9)})
    cloud.place("net", "alpha", ESTATE, cidr="alpha")
    cloud.refusals["create gate/g"] = Fenced("lost")
    slow = {**NET, "name": "slow"}
    chain = [{**PART, "net": "slow"}, {**TABLE, "net": "slow", "routes": [{"to": "0", "via": "part/p"}]}]
    report = run(cloud, [NET, GATE, {**slow, "cidr": "alpha"}, *chain], timing=Timing(0, 1, 60))
    assert outcomes(report) == {
        "gate/g": "failed",
        "net/slow": "failed",
        "part/p": "not_tried",
        "table/t": "not_tried",
    }


def test_an_update_that_only_needs_time_goes_on_where_it_was() -> None:
    cloud = Cloud({"gate": Life(unseen=3)})
    done(cloud, [NET, PART, {**TABLE, "routes": [], "parts": []}])
    done(cloud, [NET, PART, GATE, {**TABLE, "parts": ["p"]}])
    sets = [write.split()[-1] for write in cloud.writes if write.startswith("set ")]
    assert sets[-5:] == ["parts", *["routes"] * 4]


def test_a_failure_stops_only_what_needs_it() -> None:
    cloud = Cloud()
    cloud.refusals["create gate/g"] = Denied("no permission", remedy="Ask for toy:CreateGate.")
    report = run(cloud, [NET, GATE, TABLE, PART])
    assert outcomes(report) == {"net/alpha": "done", "gate/g": "failed", "part/p": "done", "table/t": "not_tried"}
    assert str(report.error) == "Failed to create gate g: no permission. Ask for toy:CreateGate."
    assert report.changed
    told = {entry.address: entry.reason for entry in report.plan.entries}
    assert told["table/t"] == "it needs gate/g, which is failed"


def test_all_failures_are_told_each_with_its_own_name() -> None:
    cloud = Cloud()
    done(cloud, [NET, PART])
    cloud.refusals["create_many host"] = Denied("no permission")
    report = run(cloud, [NET, PART, *HOSTS[:2]])
    assert isinstance(report.error, PlanErrors)
    assert str(report.error) == "Failed to create host h0: no permission\nFailed to create host h1: no permission"


def test_bulk_creation_is_one_call() -> None:
    cloud = Cloud({"host": Life(creating=2)})
    done(cloud, [NET, PART, *HOSTS])
    assert cloud.writes.count("create_many host") == 1
    assert_holds(cloud, HOSTS)


def test_bulk_creation_answers_for_each() -> None:
    cloud = Cloud()
    cloud.place("host", "h0", ESTATE).hidden = 99
    report = run(cloud, [NET, PART, *HOSTS])
    assert [e.name for e in report.plan.entries if e.error] == ["h0"]
    assert_holds(cloud, HOSTS[1:])


def test_what_fails_while_it_is_made() -> None:
    cloud = Cloud({"gate": Life(creating=1)})
    cloud.broken["gate/g"] = "no capacity in zone a"
    report = run(cloud, [NET, GATE, TABLE])
    assert str(report.error).startswith("Failed to create gate g: no capacity in zone a. Remove the cause, ")
    assert report.error is not None
    assert not report.error.safe_to_leave
    with pytest.raises(PlanErrors, match="gate-2 is in a failed state: no capacity in zone a"):
        run(cloud, [NET, GATE])
    done(cloud, [GATE], absent=True)
    cloud.broken.clear()
    done(cloud, [NET, GATE, TABLE])


def test_a_time_out_tells_the_newest_reason_and_the_next_run_goes_on() -> None:
    cloud = Cloud({"gate": Life(creating=10**9)})
    report = run(cloud, [NET, GATE, TABLE], timing=SHORT)
    assert isinstance(report.error, TimedOut)
    assert "Failed to create gate g: not ready after 0 s, still pending; newest reason: " in str(report.error)
    assert "looks to go. Nothing is lost: the next run goes on with it." in str(report.error)
    cloud.owned(ESTATE)["gate/g"].creating = 2
    report = done(cloud, [NET, GATE, TABLE])
    assert verbs(report) == {"gate/g": "continue", "table/t": "create"}
    assert cloud.writes.count("create gate/g") == 1


def test_a_deletion_that_takes_too_long() -> None:
    cloud = Cloud({"gate": Life(deleting=10**9)})
    done(cloud, [NET, GATE])
    report = run(cloud, [NET, GATE], absent=True, timing=SHORT)
    assert "Failed to delete gate g: not gone after 0 s, still pending" in str(report.error)
    assert outcomes(report)["net/alpha"] == "not_tried"


def test_waiting_for_somebody_is_no_failure() -> None:
    cloud = Cloud()
    cloud.held["gate/g"] = "the provider's letter; sign it"
    report = done(cloud, [NET, GATE, TABLE, PART])
    assert outcomes(report) == {"net/alpha": "done", "gate/g": "waiting", "part/p": "done", "table/t": "not_tried"}
    (waiting,) = result(report)["waiting"]
    assert {**waiting, "since": ""} == {
        "kind": "gate",
        "name": "g",
        "since": "",
        "for": "the provider's letter",
        "do": "sign it",
    }
    cloud.owned(ESTATE)["gate/g"].waits = ""
    assert verbs(done(cloud, [NET, GATE, TABLE, PART])) == {"table/t": "create"}


def test_disruptive_changes_wait_for_consent() -> None:
    cloud = Cloud()
    done(cloud, [NET, GATE])
    report = run(cloud, [NET, {**GATE, "mode": "safe"}], consent=Consent())
    assert (outcomes(report), report.changed, report.error) == ({"gate/g": "waiting"}, False, None)
    assert "say kubeops_consent=gate/g" in result(report)["waiting"][0]["do"]
    done(cloud, [NET, {**GATE, "mode": "safe"}], consent=Consent(addresses=frozenset({"gate/g"})))
    assert cloud.owned(ESTATE)["gate/g"].fields["mode"] == "safe"


def test_a_look_that_fails_does_not_fail_what_is_waited_for() -> None:
    cloud = Cloud({"gate": Life(creating=5)})
    done(cloud, [NET])
    gone: list[str] = []

    def guard() -> None:
        gone.append("x")
        cloud.refusals["list gate"] = Unavailable("503 slow down")

    cloud.guard = guard
    told = Told()
    seen: list[str] = []

    def tell(line: Any) -> None:
        told(line)
        if "503" in line.text:
            seen.append(line.text)
            cloud.refusals.clear()

    done(cloud, [NET, GATE], tell=tell)
    assert seen == ["503 slow down"]


def test_an_endpoint_that_never_sees_what_was_made() -> None:
    cloud = Cloud({"net": Life(unseen=10**9)})
    report = run(cloud, [NET, PART], timing=SHORT)
    assert isinstance(report.error, NotFound)
    assert str(report.error) == "Failed to create part p: net-1 does not exist"


def test_a_change_that_the_world_never_shows() -> None:
    cloud = Cloud({"net": Life(hidden=10**9)})
    report = run(cloud, [NET], timing=SHORT)
    assert isinstance(report.error, NotSettled)
    assert "net/alpha: cidr" in str(report.error)
    assert report.changed


def test_a_second_look_that_fails_is_an_error_and_no_crash() -> None:
    cloud = Cloud()
    cloud.guard = lambda: cloud.refusals.update({"list net": Conflict("500")})
    report = run(cloud, [NET])
    assert isinstance(report.error, Conflict)
    assert outcomes(report) == {"net/alpha": "done"}


def test_the_second_look_keeps_what_is_only_referred_to() -> None:
    cloud = Cloud()
    cloud.place("net", "theirs")
    wish = {**PART, "net": "theirs"}
    done(cloud, [NET, wish, {"kind": "net", "name": "theirs", "manage": "reference"}])
    done(cloud, [{**NET, "name": "beta"}, {**wish, "name": "q"}])
    assert verbs(done(cloud, [wish, {**wish, "name": "q"}])) == {}


def test_what_is_declared_elsewhere_and_not_there_yet() -> None:
    declared = {"net": ["alpha"]}
    foreseen = done(Cloud(), [PART], declared=declared, dry_run=True)
    assert verbs(foreseen) == {"part/p": "create"}
    report = run(Cloud(), [PART], declared=declared)
    assert str(report.error) == (
        "Failed to create part p: net alpha is declared but does not exist yet. Run the layer that makes it first."
    )
