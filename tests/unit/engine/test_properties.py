# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Properties of the whole way from wishes to a world, for any estate on any cloud."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.saved import step_document
from tests.unit.engine.cloud import Cloud, Life
from tests.unit.engine.estates import PROPERTY, Estate, assert_holds, estates, lives, purgeable, shuffled
from tests.unit.engine.toy import KINDS, done, run, verbs

# Together they take seconds: not for the inner loop.
pytestmark = pytest.mark.slow


@PROPERTY
@given(lives, estates(), estates())
def test_applying_reaches_the_wish_and_a_second_run_does_nothing(
    life: dict[str, Life], before: Estate, after: Estate
) -> None:
    cloud = Cloud(life)
    done(cloud, before)
    report = done(cloud, after)
    assert_holds(cloud, after)
    assert {e.outcome.value for e in report.plan.active} <= {"done"}
    writes = len(cloud.writes)
    again = done(cloud, after)
    assert (verbs(again), again.changed, len(cloud.writes)) == ({}, False, writes)


@PROPERTY
@given(lives, estates(), estates())
def test_planning_never_writes_and_foresees_what_happens(life: dict[str, Life], before: Estate, after: Estate) -> None:
    cloud = Cloud(life)
    done(cloud, before)
    writes = len(cloud.writes)
    purge = purgeable(before, after)
    foreseen = done(cloud, after, purge=purge, dry_run=True)
    assert len(cloud.writes) == writes
    report = done(cloud, after, purge=purge)
    assert step_document(foreseen.plan) == step_document(report.plan)
    assert foreseen.changed == report.changed == (len(cloud.writes) > writes)


@PROPERTY
@given(estates(), estates(), st.data())
def test_order_does_not_matter(before: Estate, after: Estate, data: st.DataObject) -> None:
    cloud = Cloud()
    done(cloud, before)
    told = data.draw(shuffled(after))
    assert verbs(done(cloud, told, dry_run=True)) == verbs(done(cloud, after, dry_run=True))
    done(cloud, after)
    assert verbs(done(cloud, told)) == {}


@PROPERTY
@given(estates(), st.data())
def test_what_is_omitted_or_null_is_not_managed(estate: Estate, data: st.DataObject) -> None:
    cloud = Cloud()
    done(cloud, estate)
    less = []
    for resource in estate:
        options = KINDS[resource["kind"]].options
        optional = [f for f in resource if f in options and not options[f].needed]
        left_out = data.draw(st.lists(st.sampled_from(optional), unique=True)) if optional else []
        null = {f: None for f in left_out if data.draw(st.booleans())}
        less.append({**{f: v for f, v in resource.items() if f not in left_out}, **null})
    assert verbs(done(cloud, less)) == {}


CLEARED: dict[str, dict[str, Any]] = {
    "net": {"extra": [], "tags": {}, "note": "", "policy": {}},
    "part": {"tags": {}},
    "gate": {"order": []},
    "table": {"routes": [], "parts": []},
    "host": {"rules": [], "size": {}},
}


@PROPERTY
@given(estates())
def test_empty_values_clear(estate: Estate) -> None:
    cloud = Cloud()
    done(cloud, estate)
    bare = [{**resource, **CLEARED[resource["kind"]]} for resource in estate]
    done(cloud, bare)
    for resource in bare:
        record = cloud.owned("toy")[f"{resource['kind']}/{resource['name']}"]
        assert [f for f in CLEARED[resource["kind"]] if record.fields.get(f)] == []
    assert verbs(done(cloud, bare)) == {}


@PROPERTY
@given(lives, estates())
def test_removal_leaves_nothing_and_is_kept(life: dict[str, Life], estate: Estate) -> None:
    cloud = Cloud(life)
    done(cloud, estate)
    done(cloud, estate, absent=True)
    assert cloud.records == {}
    assert not run(cloud, estate, absent=True).plan.entries
