# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing is deleted that is not proved ours, that nobody agreed to, or after anything went wrong."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import Conflict, Denied, Unavailable
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.guards import Consent
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.plan import PlanErrors
from tests.unit.engine.cloud import Cloud
from tests.unit.engine.estates import PROPERTY, Estate, assert_holds, estates
from tests.unit.engine.toy import ESTATE, KINDS, done, outcomes, run, verbs

# Together they take seconds: not for the inner loop.
pytestmark = pytest.mark.slow

NET = {"kind": "net", "name": "alpha", "cidr": "alpha"}
owners = st.lists(st.tuples(st.sampled_from(["net", "part", "gate", "vault"]), st.sampled_from(["", "other", ESTATE])))


@PROPERTY
@given(estates(), owners, st.sets(st.sampled_from(sorted(KINDS))), st.booleans())
def test_purge_takes_what_is_ours_and_nothing_else(
    estate: Estate, others: list[tuple[str, str]], purge: set[str], broken: bool
) -> None:
    cloud = Cloud()
    done(cloud, estate)
    others = [*others, ("net", ""), ("net", ESTATE)]
    spare = [cloud.place(kind, f"spare-{n}", owner) for n, (kind, owner) in enumerate(others)]
    adopted = cloud.place("net", "adopted", ESTATE)
    adopted.adopted = True
    before = copy.deepcopy(cloud.records)
    if broken:
        estate = [*estate, {"kind": "net", "name": "new", "cidr": "new"}]
        cloud.refusals["create net/new"] = Conflict("the quota is reached")
    report = run(cloud, estate, purge=purge)
    assert bool(report.error) == broken
    listed = {resource["kind"] for resource in estate}
    doomed = {r.id for r in spare if r.estate == ESTATE and r.kind in purge & listed and not broken}
    gone = before.keys() - cloud.records.keys()
    assert gone == doomed
    assert {i: r for i, r in before.items() if i not in gone}.items() <= cloud.records.items()
    seen = purge | {r["kind"] for r in estate} if purge else set()
    left = {r.id for r in spare if r.estate == ESTATE and r.kind in seen} - doomed
    assert {seen.id for _kind, seen in report.undeclared} == left


@PROPERTY
@given(estates())
def test_an_empty_list_removes_nothing(estate: Estate) -> None:
    cloud = Cloud()
    done(cloud, estate)
    before = copy.deepcopy(cloud.records)
    assert verbs(done(cloud, [], purge=list(KINDS))) == {}
    references = [{"kind": r["kind"], "name": r["name"], "manage": "reference"} for r in estate]
    assert verbs(done(cloud, references, purge=list(KINDS))) == {}
    ignored = [{**r, "manage": "ignore"} for r in estate]
    assert verbs(done(cloud, ignored, purge=list(KINDS))) == {}
    assert before == cloud.records


@PROPERTY
@given(estates(), st.data())
def test_removal_follows_what_needs_what(estate: Estate, data: st.DataObject) -> None:
    cloud = Cloud()
    done(cloud, estate)
    foreign = cloud.place("net", "theirs")
    plan = done(cloud, data.draw(st.permutations(estate)), absent=True)
    addresses = [entry.address for entry in plan.plan.entries]
    for entry in plan.plan.entries:
        assert all(addresses.index(need) < addresses.index(entry.address) for need in entry.needs)
    assert list(cloud.records.values()) == [foreign]


def test_what_is_ignored_is_neither_changed_nor_purged() -> None:
    cloud = Cloud()
    done(cloud, [NET, {**NET, "name": "beta"}])
    writes = len(cloud.writes)
    report = done(cloud, [NET, {**NET, "name": "beta", "note": "x", "manage": "ignore"}], purge=["net"], sweep=True)
    assert (verbs(report), report.undeclared, len(cloud.writes)) == ({}, [], writes)


def test_what_another_layer_declares_is_not_purged() -> None:
    cloud = Cloud()
    done(cloud, [NET, {**NET, "name": "beta"}])
    assert verbs(done(cloud, [NET], purge=["net"], declared={"net": ["beta"]})) == {}


def test_a_purge_does_not_run_while_something_waits() -> None:
    cloud = Cloud()
    gate = {"kind": "gate", "name": "g", "net": "alpha", "mode": "fast"}
    done(cloud, [NET, gate, {**gate, "name": "old"}])
    report = run(cloud, [NET, {**gate, "mode": "safe"}], purge=["gate"], consent=Consent(deletes={"gate": 1}))
    assert outcomes(report) == {"gate/g": "waiting", "gate/old": "not_tried"}
    assert report.error is None
    assert not report.changed
    assert "gate/old" in cloud.owned(ESTATE)


def test_a_purge_does_not_run_after_an_incomplete_listing() -> None:
    cloud = Cloud()
    done(cloud, [NET, {**NET, "name": "beta"}])
    cloud.refusals["list part"] = Unavailable("503")
    with pytest.raises(Unavailable):
        run(cloud, [NET], purge=["net", "part"])
    assert "net/beta" in cloud.owned(ESTATE)


def test_somebody_elses_object_with_our_name_is_not_touched() -> None:
    cloud = Cloud()
    theirs = cloud.place("net", "alpha", "other", note="theirs")
    with pytest.raises(PlanErrors, match="net-1 has that name and carries no mark of this estate"):
        run(cloud, [NET])
    assert done(cloud, [NET], absent=True).plan.entries == []
    assert (cloud.writes, theirs.fields) == ([], {"note": "theirs"})


def test_two_of_ours_with_one_name_are_told_and_purged() -> None:
    cloud = Cloud()
    done(cloud, [NET])
    double = cloud.place("net", "alpha", ESTATE, cidr="alpha")
    report = done(cloud, [NET], sweep=True)
    assert [seen.name for _kind, seen in report.undeclared] == ["alpha (net-1)"]
    done(cloud, [NET], purge=["net"])
    assert [record.id for record in cloud.records.values()] == [double.id]
    assert_holds(cloud, [NET])


@pytest.mark.parametrize(
    ("kind", "have", "doomed", "consent", "allowed"),
    [
        ("part", 20, 2, Consent(), True),
        ("part", 19, 2, Consent(), False),
        ("part", 19, 2, Consent(deletes={"part": 2}), True),
        ("part", 19, 3, Consent(deletes={"part": 2}), False),
        ("part", 4, 2, Consent(teardown=True), True),
        ("vault", 20, 1, Consent(), False),
        ("vault", 20, 1, Consent(teardown=True), False),
        ("vault", 20, 1, Consent(teardown=True, deletes={"vault": 1}), True),
        ("pass", 20, 1, Consent(), False),
        ("pass", 20, 1, Consent(teardown=True), True),
    ],
)
@pytest.mark.parametrize("how", ["purge", "absent"])
def test_consent(kind: str, have: int, doomed: int, consent: Consent, allowed: bool, how: str) -> None:
    cloud = Cloud()
    estate: list[dict[str, Any]] = [NET]
    needed = {"net": "alpha"} if "net" in KINDS[kind].options else {}
    members = [{"kind": kind, "name": f"m{n:02}", **needed} for n in range(have)]
    done(cloud, [*estate, *members])
    if how == "purge":
        report = run(cloud, [*estate, *members[doomed:]], purge=[kind], consent=consent)
    else:
        report = run(cloud, members[:doomed], absent=True, consent=consent)
    assert len(cloud.owned(ESTATE)) == 1 + have - (doomed if allowed else 0)
    assert set(outcomes(report).values()) == {"done" if allowed else "not_tried"}
    assert report.changed == allowed
    if not allowed:
        assert isinstance(report.error, Denied)
        assert f"this would delete {doomed} of {have} {kind}" in str(report.error)
        assert f"kubeops_allow_delete={kind}:{doomed}" in str(report.error)
