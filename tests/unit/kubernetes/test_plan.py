# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a set's call does with each object, from a wish, what is there, the inventory and a dry run's answer."""

from __future__ import annotations

import copy
import dataclasses

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.guards import Consent
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.options import Impact
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.plan import Verb
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.normal import normalise
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.plan import (
    forced,
    make_steps,
)
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.steps import Observed, Record
from tests.unit.kubernetes.planning import ESTATE, SECRET, SET, World, applied, config, live_of, wishes
from tests.unit.kubernetes.samples import namespace, thing, workload
from tests.unit.kubernetes.streams import STREAMS, documents
from tests.unit.kubernetes.test_fields import without


def test_unchanged_is_neither_asked_about_nor_written() -> None:
    world = World(config(a="1"), workload("web", "n"))
    assert world.doubts == []
    assert [step.entry.verb for step in world.steps()] == [Verb.KEEP, Verb.KEEP]


def test_unchanged_and_not_ready_is_waited_for() -> None:
    step = World(workload("web", "n")).step(ready=lambda _live, _wish: (False, "0 of 1 available"))
    assert (step.entry.verb, step.entry.reason) == (Verb.CONTINUE, "0 of 1 available")


def test_a_cluster_to_come_has_nothing() -> None:
    steps = make_steps(
        wishes(config(a="1")),
        Observed({}, {}, None),
        ready=lambda _live, _wish: (True, ""),
        consent=Consent(),
        take_over=False,
        adopt=(),
    )
    assert [(step.entry.verb, step.entry.changes) for step in steps] == [(Verb.CREATE, ())]


def test_what_is_going_away_is_made_anew() -> None:
    world = World(namespace("n"), config(a="1"))
    body = copy.deepcopy(dict(world.live[world.key].body))
    body["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    world.there(body)
    assert world.doubts == []
    assert [step.entry.verb for step in world.steps()] == [Verb.CREATE, Verb.CREATE]
    assert "going away" in world.step().entry.reason


def test_a_new_content_is_asked_about_and_told_field_by_field() -> None:
    world = World(config(a="1", b="2"))
    world.wish(config(a="3", b="2"))
    assert world.doubts == ["n/c"]
    world.answer()
    step = world.step()
    assert step.entry.verb is Verb.UPDATE
    assert [(one.field, one.before, one.after) for one in step.entry.changes] == [("data.a", "1", "3")]
    assert (step.force, step.recreate, step.entry.impact) == (False, False, Impact.NONE)


def test_a_new_way_of_writing_the_same_is_no_change() -> None:
    world = World(config(a="1"))
    world.records = {}
    assert world.doubts == ["n/c"]
    world.probes[world.key] = copy.deepcopy(world.live[world.key].body)
    assert world.step().entry.verb is Verb.KEEP


def test_a_field_that_is_to_become_ours_is_an_update() -> None:
    world = World(config(a="1"))
    world.records = {}
    world.live[world.key].metadata["managedFields"][0]["manager"] = "kubectl"
    world.answer()
    step = world.step()
    assert step.entry.verb is Verb.UPDATE
    assert [change.field for change in step.entry.changes] == ["metadata.managedFields"]


def test_what_somebody_changed_is_set_back_by_force() -> None:
    world = World(config(a="1"))
    body = copy.deepcopy(dict(world.live[world.key].body))
    body["data"]["a"] = "theirs"
    ours = body["metadata"]["managedFields"][0]
    ours["fieldsV1"] = without(ours["fieldsV1"], ("f:data", "f:a"))
    world.there(body)
    assert world.doubts == ["n/c"]
    assert forced(world.wishes[0], world.observed)
    world.answer()
    step = world.step()
    assert (step.entry.verb, step.force) == (Verb.UPDATE, True)
    assert [(one.field, one.before, one.after) for one in step.entry.changes] == [("data.a", "theirs", "1")]


def scaled_by(manager: str) -> World:
    """Somebody has changed how many replicas there are, by the way that autoscalers go."""
    world = World(workload("web", "n"))
    body = copy.deepcopy(dict(world.live[world.key].body))
    body["spec"]["replicas"] = 5
    managed = body["metadata"]["managedFields"]
    managed[0]["fieldsV1"] = without(managed[0]["fieldsV1"], ("f:spec", "f:replicas"))
    theirs = {"f:spec": {"f:replicas": {}}}
    managed.append({"manager": manager, "operation": "Update", "subresource": "scale", "fieldsV1": theirs})
    world.there(body)
    return world


def test_replicas_are_left_to_an_autoscaler_that_only_the_cluster_knows() -> None:
    world = scaled_by("kube-controller-manager")
    assert world.doubts == []
    assert world.step().entry.verb is Verb.KEEP
    world = scaled_by("kubectl")
    assert [(one.field, one.after) for one in world.step().entry.changes] == [("spec.replicas", 1)]


def test_a_job_that_ran_and_was_taken_away_by_the_cluster_is_not_run_again() -> None:
    job = thing("batch/v1", "Job", "once", "n", spec={"ttlSecondsAfterFinished": 0, "template": {"spec": {}}})
    world = World(job)
    world.live.clear()
    assert world.step().entry.verb is Verb.KEEP
    world.wish({**job, "spec": {**job["spec"], "backoffLimit": 1}})
    assert world.step().entry.verb is Verb.CREATE


def test_what_others_added_is_no_matter() -> None:
    world = World(config(a="1"))
    body = copy.deepcopy(dict(world.live[world.key].body))
    body["data"]["theirs"] = "x"
    body["metadata"]["managedFields"].append(
        {"manager": "other", "operation": "Update", "fieldsV1": {"f:data": {"f:theirs": {}}}}
    )
    world.there(body)
    assert world.doubts == []
    assert world.step().entry.verb is Verb.KEEP


def test_a_new_template_rolls_the_pods() -> None:
    world = World(workload("web", "n"))
    world.wish(workload("web", "n", priorityClassName="high"))
    world.answer()
    assert world.step().entry.impact is Impact.BRIEF


def test_plans_do_not_show_what_came_from_secrets() -> None:
    world = World(config(a="1", b="1"))
    world.wish(config(a=SECRET, b="2"))
    world.answer()
    step = world.step(unfilled={world.key: config(a={"$secret": "x"}, b="2")})
    assert [(one.field, one.after) for one in step.entry.changes] == [("data.a", "(secret)"), ("data.b", "2")]


@pytest.mark.slow
@pytest.mark.parametrize("name", STREAMS)
def test_a_second_run_of_a_real_stream_keeps_all_of_it(name: str) -> None:
    found = normalise(documents(name), estate=ESTATE, set_name=SET, resources=None)
    world = World()
    world.wishes = [dataclasses.replace(wish, digest="d") for wish in found]
    world.live = {wish.key: live_of(wish.key, applied(wish.body)) for wish in found}
    world.records = {wish.key: Record(wish.version, "d") for wish in found}
    assert world.doubts == []
    assert {step.entry.verb for step in world.steps()} == {Verb.KEEP}
