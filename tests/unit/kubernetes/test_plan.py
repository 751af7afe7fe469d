# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a set's call does with each object, from a wish, what is there, the inventory and a dry run's answer."""

from __future__ import annotations

import copy
import dataclasses
from typing import Any

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.kube_discovery import Resources
from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.kube_errors import (
    FieldConflict,
    UnknownKind,
    WebhookDown,
)
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import (
    Conflict,
    Denied,
    EstateError,
    Immutable,
    Invalid,
)
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.guards import Consent
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.kind import Owner
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.options import Impact
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.plan import Outcome, PlanErrors, Verb
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.normal import normalise
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.objects import (
    ADOPTED_LABEL,
    MANAGER,
    Key,
    Live,
    Manifest,
    owner_of,
)
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.plan import (
    deletions,
    doubtful,
    forced,
    make_steps,
    prunable,
    undeclared,
)
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.steps import Observed, Record, Step
from tests.unit.kubernetes.samples import Body, namespace, thing, workload
from tests.unit.kubernetes.streams import STREAMS, documents
from tests.unit.kubernetes.test_fields import reference, without

ESTATE, SET = "pit", "ml"
SECRET = "s3cr3t-value"


def wishes(*bodies: Body, set_name: str = SET) -> list[Manifest]:
    """As the plan gets them: with digests, which here are their contents."""
    found = normalise([(body, "a.yaml") for body in bodies], estate=ESTATE, set_name=set_name, resources=None)
    return [dataclasses.replace(wish, digest=repr(wish.body)) for wish in found]


def applied(body: Any) -> Body:
    """An object as the server shows it after we applied it."""
    fields = reference({name: value for name, value in body.items() if name not in ("apiVersion", "kind", "metadata")})
    fields["f:metadata"] = reference({k: v for k, v in body["metadata"].items() if k not in ("name", "namespace")})
    entry = {"manager": MANAGER, "operation": "Apply", "fieldsV1": fields}
    metadata = {**copy.deepcopy(body["metadata"]), "uid": "u", "managedFields": [entry]}
    return {**copy.deepcopy(body), "metadata": metadata, "status": {}}


def live_of(key: Key, body: Any, **more: Any) -> Live:
    """As observed."""
    return Live(key, body, owner_of(body, ESTATE), **more)


class World:
    """A cluster where the wishes were applied and noted, to be disturbed by a test."""

    def __init__(self, *bodies: Body) -> None:
        self.wishes = wishes(*bodies)
        self.live = {wish.key: live_of(wish.key, applied(wish.body)) for wish in self.wishes}
        self.records = {wish.key: Record(wish.version, wish.digest) for wish in self.wishes}
        self.probes: dict[Key, Any] = {}
        self.adopt: list[str] = []

    @property
    def key(self) -> Key:
        """Of the first wish."""
        return self.wishes[0].key

    @property
    def observed(self) -> Observed:
        """As the plan gets it."""
        return Observed(self.live, self.records, Resources([]), self.probes)

    def wish(self, *bodies: Body) -> None:
        """Something else from now on."""
        self.wishes = wishes(*bodies)

    def there(self, body: Any, **more: Any) -> None:
        """What the first wish's name stands for."""
        self.live[self.key] = live_of(self.key, body, **more)

    def answer(self, **changed: Any) -> None:
        """A dry run of the first wish says: as wished, and this."""
        self.probes[self.key] = {**applied(self.wishes[0].body), **changed}

    def steps(self, **more: Any) -> list[Step]:
        """The plan."""
        given = {"ready": lambda _live, _wish: (True, ""), "consent": Consent(), "take_over": False, **more}
        return make_steps(self.wishes, self.observed, adopt=self.adopt, **given)

    def step(self, **more: Any) -> Step:
        """The plan's first."""
        return self.steps(**more)[0]

    def error(self, **more: Any) -> EstateError:
        """What keeps the plan from being made."""
        with pytest.raises(PlanErrors) as raised:
            self.steps(**more)
        (error,) = raised.value.errors
        return error

    @property
    def doubts(self) -> list[str]:
        """What has to be asked."""
        return [one.key.place for one in doubtful(self.wishes, self.observed, adopt=self.adopt)]


def config(**data: Any) -> Body:
    """A ConfigMap."""
    return thing("v1", "ConfigMap", "c", "n", data=data)


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


@pytest.mark.parametrize(
    ("marks", "told"),
    [
        (
            {"annotations": {"meta.helm.sh/release-name": "r", "meta.helm.sh/release-namespace": "n"}},
            "Helm release n/r",
        ),
        ({"labels": {"kubeops.io/estate": "other"}}, "belongs to the estate other"),
        ({"labels": {"kustomize.toolkit.fluxcd.io/name": "apps"}}, "Flux Kustomization apps"),
        ({"annotations": {"argocd.argoproj.io/tracking-id": "a:b"}}, "Argo CD application a:b"),
        ({"ownerReferences": [{"kind": "Widget", "name": "w"}]}, "belongs to Widget w"),
        ({"managedFields": [{"manager": "kubectl-client-side-apply"}]}, "written by kubectl-client-side-apply"),
        ({}, "carries no mark of this estate"),
        ({"labels": {"kubeops.io/estate": ESTATE, "kubeops.io/set": "base"}}, "belongs to the set base of this estate"),
        ({"labels": {"kubeops.io/estate": ESTATE}}, "of none of its sets"),
    ],
)
@pytest.mark.parametrize("partial", [True, False])
def test_a_name_that_others_have_is_refused(marks: Body, told: str, partial: bool) -> None:
    world = World(config(a="1"))
    world.there(thing("v1", "ConfigMap", "c", "n", metadata=marks), partial=partial)
    assert world.doubts == []
    error = world.error()
    assert isinstance(error, Conflict)
    assert told in str(error)
    assert str(error).startswith("Failed to plan ConfigMap n/c: ")


def test_what_is_adopted_carries_the_mark_and_stays_for_ever() -> None:
    world = World(config(a="1"))
    world.adopt = ["ConfigMap/n/c"]
    world.there(thing("v1", "ConfigMap", "c", "n", data={"a": "old", "kept": "x"}))
    (sent,) = doubtful(world.wishes, world.observed, adopt=world.adopt)
    assert sent.body["metadata"]["labels"][ADOPTED_LABEL] == "true"
    world.probes[world.key] = {**applied(sent.body), "data": {"a": "1", "kept": "x"}}
    step = world.step()
    assert (step.entry.verb, step.force) == (Verb.UPDATE, True)
    assert step.manifest is not None
    assert step.manifest.body["metadata"]["labels"][ADOPTED_LABEL] == "true"
    world.adopt = []
    world.there(world.probes.pop(world.key))
    assert world.doubts == []
    again = world.step()
    assert again.entry.verb is Verb.KEEP
    assert again.manifest == sent
    assert again.live is not None
    assert again.live.owner is Owner.ADOPTED
    assert "there before us" in prunable(again.live)


def test_another_estates_object_cannot_be_adopted() -> None:
    world = World(config(a="1"))
    world.adopt = ["ConfigMap/n/c"]
    world.there(thing("v1", "ConfigMap", "c", "n", metadata={"labels": {"kubeops.io/estate": "other"}}))
    assert world.doubts == []
    assert "belongs to the estate other" in str(world.error())


def test_an_object_moves_between_sets_when_told_so() -> None:
    world = World(config(a="1"))
    (other,) = wishes(config(a="1"), set_name="base")
    world.there(applied(other.body))
    world.records = {}
    world.adopt = ["ConfigMap/n/c"]
    world.answer()
    step = world.step()
    assert [change.field for change in step.entry.changes] == ["metadata.labels.kubeops.io/set"]
    assert step.manifest is not None
    assert ADOPTED_LABEL not in step.manifest.body["metadata"]["labels"]


def selected(name: str) -> Body:
    """A Deployment that selects by this."""
    return workload("web", "n", labels={"app": name})


def test_what_cannot_change_in_place_waits_for_consent_to_be_made_anew() -> None:
    world = World(selected("a"))
    world.wish(selected("b"))
    assert world.doubts == [], "the server would only refuse"
    step = world.step()
    assert (step.entry.verb, step.recreate, step.entry.outcome) == (Verb.UPDATE, True, Outcome.WAITING)
    assert step.entry.impact is Impact.DISRUPTIVE
    for part in ("spec.selector is {'matchLabels': {'app': 'a'}}", "deleted and made anew"):
        assert part in step.entry.reason
    assert "kubeops_consent=Deployment.apps/n/web" in step.entry.reason
    agreed = world.step(consent=Consent(addresses=frozenset({"Deployment.apps/n/web"})))
    assert (agreed.recreate, agreed.entry.outcome) == (True, Outcome.PLANNED)


def test_what_the_table_does_not_know_the_server_tells() -> None:
    world = World(thing("example.com/v1", "Widget", "w", "n", spec={"a": 1}), crd())
    world.wish(thing("example.com/v1", "Widget", "w", "n", spec={"a": 2}), crd())
    world.probes[world.key] = Invalid('Widget.example.com "w" is invalid: spec.a: Invalid value: 2: is immutable')
    step = world.step()
    assert step.recreate
    assert [(one.field, one.before, one.after) for one in step.entry.changes] == [("spec.a", 1, 2)]


def crd() -> Body:
    """Of widgets."""
    spec = {"group": "example.com", "scope": "Namespaced", "names": {"kind": "Widget", "plural": "widgets"}}
    versions = [{"name": "v1", "served": True, "storage": True}]
    return thing(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        "widgets.example.com",
        spec={**spec, "versions": versions},
    )


def claim(size: str, access: str = "ReadWriteOnce") -> Body:
    """A PersistentVolumeClaim."""
    return thing("v1", "PersistentVolumeClaim", "d", "n",
                 spec={"accessModes": [access], "resources": {"requests": {"storage": size}}})  # fmt: skip


def test_where_data_would_go_nothing_is_made_anew() -> None:
    world = World(claim("2Gi"))
    world.wish(claim("1Gi"))
    everything = Consent(addresses=frozenset({"PersistentVolumeClaim/n/d", "disruptive", "irreversible"}))
    error = world.error(consent=everything)
    assert isinstance(error, Immutable)
    assert "spec.resources.requests.storage is '2Gi', wished '1Gi'" in str(error)


def test_what_was_there_before_us_is_not_made_anew() -> None:
    world = World(selected("a"))
    body = copy.deepcopy(dict(world.live[world.key].body))
    body["metadata"]["labels"][ADOPTED_LABEL] = "true"
    world.there(body)
    world.wish(selected("b"))
    assert "there before us" in str(world.error())


def test_a_webhook_that_is_down_does_not_keep_a_plan_from_being_made() -> None:
    world = World(config(a="1"))
    world.wish(config(a="2"))
    world.probes[world.key] = WebhookDown('failed calling webhook "w.example.com"')
    step = world.step()
    assert step.entry.verb is Verb.UPDATE
    assert [(one.field, one.after) for one in step.entry.changes] == [("data.a", "2")]
    assert "w.example.com" in step.entry.reason


def test_a_version_that_the_same_wishes_bring_is_compared_without_the_server() -> None:
    world = World(thing("example.com/v1", "Widget", "w", "n", spec={"a": 1}), crd())
    world.wish(thing("example.com/v1", "Widget", "w", "n", spec={"a": 2}), crd())
    world.probes[world.key] = UnknownKind("example.com/v1 Widget is not served yet")
    assert [change.field for change in world.step().entry.changes] == ["spec.a"]


def test_fields_that_others_hold_are_taken_only_by_word() -> None:
    world = World(config(a="1"))
    world.wish(config(a="2"))
    world.probes[world.key] = FieldConflict("others hold fields of it: .data.a (held by them)")
    assert "held by them" in str(world.error())
    step = world.step(take_over=True)
    assert (step.entry.verb, step.force) == (Verb.UPDATE, True)


def test_refusals_for_good_are_told_all_at_once_without_secrets() -> None:
    secret = thing("v1", "Secret", "s", "n", stringData={"a": SECRET})
    unfilled = thing("v1", "Secret", "s", "n", data={"a": {"$secret": "x"}})
    world = World(config(a="1"), secret)
    world.wish(config(a="2"), {**secret, "type": "Opaque"})
    world.probes = {
        world.wishes[0].key: Denied("admission webhook denied the request: no"),
        world.wishes[1].key: Invalid(f"data.a: Invalid value: {SECRET}"),
    }
    with pytest.raises(PlanErrors) as raised:
        world.steps(unfilled={world.wishes[1].key: unfilled})
    assert len(raised.value.errors) == 2
    assert SECRET not in str(raised.value)


def test_plans_do_not_show_what_came_from_secrets() -> None:
    world = World(config(a="1", b="1"))
    world.wish(config(a=SECRET, b="2"))
    world.answer()
    step = world.step(unfilled={world.key: config(a={"$secret": "x"}, b="2")})
    assert [(one.field, one.after) for one in step.entry.changes] == [("data.a", "(secret)"), ("data.b", "2")]


def test_what_is_not_wished_any_more_is_known_from_the_inventory() -> None:
    copied = thing("v1", "ConfigMap", "copied-by-a-controller", "n")
    world = World(config(a="1"), thing("v1", "ConfigMap", "old", "n"), claim("1Gi"), namespace("n"), copied)
    del world.records[world.wishes[4].key]
    (moved,) = wishes(thing("v1", "ConfigMap", "moved", "n"), set_name="base")
    world.live[moved.key] = live_of(moved.key, applied(moved.body))
    world.records[moved.key] = world.records[Key("", "ConfigMap", "gone", "x")] = Record("v1", "x")
    world.wish(config(a="1"))
    left = undeclared(world.wishes, world.observed)
    assert sorted(live.key.place for live in left) == ["n", "n/d", "n/old"]
    assert [live.key.place for live in left if not prunable(live)] == ["n/old"]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (claim("1Gi"), "data goes with a PersistentVolumeClaim"),
        (namespace("n"), "data goes with a Namespace"),
        (crd(), "data goes with a CustomResourceDefinition"),
        (
            thing("v1", "ConfigMap", "c", "n", metadata={"annotations": {"helm.sh/resource-policy": "keep"}}),
            "says keep",
        ),
        (config(a="1"), ""),
    ],
)
def test_what_may_be_pruned(body: Body, why: str) -> None:
    (wish,) = wishes(body)
    live = live_of(wish.key, applied(wish.body))
    assert why in prunable(live) if why else not prunable(live)


def test_others_objects_are_never_pruned() -> None:
    live = live_of(Key("", "ConfigMap", "n", "c"), config(a="1"))
    assert prunable(live) == "it is not ours"


def test_deletions_say_what_they_do() -> None:
    world = World(config(a="1"), claim("1Gi"))
    steps = deletions(world.live.values())
    assert [(step.entry.verb, step.entry.impact) for step in steps] == [
        (Verb.DELETE, Impact.DISRUPTIVE),
        (Verb.DELETE, Impact.IRREVERSIBLE),
    ]
    assert all(step.manifest is None and step.live for step in steps)


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
