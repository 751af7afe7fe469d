# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run may die between any two calls, with or without the effect of the last one."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import Stale
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.plan import Verb
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.saved import step_document
from tests.unit.engine.cloud import Cloud, Killed, Life
from tests.unit.engine.estates import PROPERTY, Estate, assert_holds, estates, lives, purgeable
from tests.unit.engine.toy import ESTATE, Told, done, run, verbs

# Together they take seconds: not for the inner loop.
pytestmark = pytest.mark.slow

NET: dict[str, Any] = {"kind": "net", "name": "alpha", "cidr": "alpha", "note": "n", "dns": True}
deaths = st.tuples(st.integers(0, 60), st.booleans())


def killed(cloud: Cloud, death: tuple[int, bool], estate: Estate, **rest: Any) -> set[str]:
    """A run that may die after so many calls; answers where it began to write, as the store's log does."""
    told = Told()
    cloud.crash_at, cloud.answer_lost = len(cloud.calls) + death[0], death[1]
    with contextlib.suppress(Killed):
        run(cloud, estate, tell=told, **rest)
    cloud.revive()
    changing = {verb.value for verb in (Verb.CREATE, Verb.UPDATE, Verb.DELETE)}
    return {line.address for line in told.lines if line.event == "started" and line.verb in changing}


def approved(cloud: Cloud, estate: Estate, **rest: Any) -> Any:
    """A saved plan, as it comes back from the store."""
    return json.loads(json.dumps(step_document(done(cloud, estate, dry_run=True, **rest).plan)))


@PROPERTY
@given(lives, estates(), estates(), deaths)
def test_the_next_run_heals(life: dict[str, Life], before: Estate, after: Estate, death: tuple[int, bool]) -> None:
    cloud = Cloud(life)
    done(cloud, before)
    purge = purgeable(before, after)
    killed(cloud, death, after, purge=purge)
    done(cloud, after, purge=purge)
    assert_holds(cloud, after)
    if purge:
        assert set(cloud.owned(ESTATE)) == {f"{r['kind']}/{r['name']}" for r in after}
    writes = len(cloud.writes)
    assert verbs(done(cloud, after, purge=purge)) == {}
    assert len(cloud.writes) == writes


@PROPERTY
@given(lives, estates(), deaths, deaths)
def test_a_removal_is_finished(
    life: dict[str, Life], estate: Estate, first: tuple[int, bool], second: tuple[int, bool]
) -> None:
    cloud = Cloud(life)
    killed(cloud, first, estate)
    killed(cloud, second, estate, absent=True)
    done(cloud, estate, absent=True)
    assert cloud.records == {}


@PROPERTY
@given(lives, estates(), estates(), deaths)
def test_an_approved_plan_survives_a_kill(
    life: dict[str, Life], before: Estate, after: Estate, death: tuple[int, bool]
) -> None:
    cloud = Cloud(life)
    done(cloud, before)
    purge = purgeable(before, after)
    plan = approved(cloud, after, purge=purge)
    started = killed(cloud, death, after, purge=purge, approved=plan)
    done(cloud, after, purge=purge, approved=plan, started=started)
    assert_holds(cloud, after)


@PROPERTY
@given(estates(), estates(), st.data())
def test_nothing_is_written_that_was_not_approved(before: Estate, after: Estate, data: st.DataObject) -> None:
    cloud = Cloud()
    done(cloud, before)
    plan = approved(cloud, after)
    record = data.draw(st.sampled_from(sorted(cloud.records.values(), key=lambda r: r.id)))
    field = data.draw(st.sampled_from({"net": ["note", "dns", "tags"], "gate": ["mode"]}.get(record.kind, ["tags"])))
    record.fields[field] = {"x": "third"} if field == "tags" else "third"
    writes = len(cloud.writes)
    report = run(cloud, after, approved=plan)
    if isinstance(report.error, Stale):
        assert len(cloud.writes) == writes
        assert not report.changed
        return
    assert report.error is None
    written = {document["kind"] + "/" + document["name"]: document for document in plan}
    for entry in report.plan.changing:
        fields = {change["field"]: change["before"] for change in written[entry.address]["changes"]}
        assert {change.field: change.before for change in entry.changes}.items() <= fields.items()


@pytest.mark.parametrize(
    ("world", "wish", "fragment"),
    [
        ({"note": "third"}, {"note": "m"}, "note is 'third' and would become 'm'; the plan knows it as 'n'"),
        ({"dns": False}, {"note": "m"}, "dns is False; the plan knows nothing of a change of it"),
    ],
    ids=["a third value", "another field"],
)
def test_an_approved_update_is_refused_after(world: dict[str, Any], wish: dict[str, Any], fragment: str) -> None:
    cloud = Cloud()
    done(cloud, [NET])
    plan = approved(cloud, [{**NET, **wish}])
    cloud.owned(ESTATE)["net/alpha"].fields.update(world)
    report = run(cloud, [{**NET, **wish}], approved=plan)
    assert isinstance(report.error, Stale)
    assert fragment in str(report.error)
    assert cloud.writes == ["create net/alpha"]


def test_an_approved_update_of_what_is_gone_is_refused() -> None:
    cloud = Cloud()
    done(cloud, [NET])
    plan = approved(cloud, [{**NET, "note": "m"}])
    cloud.records.clear()
    report = run(cloud, [{**NET, "note": "m"}], approved=plan)
    assert isinstance(report.error, Stale)
    assert "the plan would update it, what it takes now is: create" in str(report.error)


def test_an_approved_creation_of_what_somebody_else_began_is_refused() -> None:
    cloud = Cloud()
    plan = approved(cloud, [NET])
    cloud.place("net", "alpha", ESTATE, cidr="alpha", dns=True)
    assert isinstance(run(cloud, [NET], approved=plan).error, Stale)
    done(cloud, [NET], approved=plan, started={"net/alpha"})


def test_an_object_that_is_as_the_plan_makes_it_is_valid() -> None:
    cloud = Cloud()
    plan = approved(cloud, [NET])
    done(cloud, [NET])
    writes = len(cloud.writes)
    done(cloud, [NET], approved=plan)
    assert len(cloud.writes) == writes


def test_what_was_pending_may_have_become_a_value() -> None:
    cloud = Cloud()
    wish: dict[str, Any] = {"kind": "net", "name": "beta", "cidr": "beta", "note": {"$ref": "part/alpha-1#arn"}}
    estate = [NET, {"kind": "part", "name": "alpha-1", "net": "alpha"}, wish]
    plan = approved(cloud, estate)
    assert {"$pending": "(known after part alpha-1)"} in [c["after"] for d in plan for c in d["changes"]]
    killed(cloud, (6, True), estate, approved=plan)
    done(cloud, estate, approved=plan, started={"net/alpha", "part/alpha-1", "net/beta"})
    ours = cloud.owned(ESTATE)
    assert ours["net/beta"].fields["note"] == f"arn:toy/{ours['part/alpha-1'].id}"
