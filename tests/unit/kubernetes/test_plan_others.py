# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects that are not ours, or not wished any more: refused, adopted, moved, pruned."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import (
    Conflict,
)
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.kind import Owner
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.options import Impact
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.plan import Verb
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.objects import (
    ADOPTED_LABEL,
    Key,
)
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.plan import (
    deletions,
    doubtful,
    prunable,
    undeclared,
)
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.steps import Record
from tests.unit.kubernetes.planning import ESTATE, World, applied, claim, config, crd, live_of, wishes
from tests.unit.kubernetes.samples import Body, namespace, thing
from tests.unit.kubernetes.test_fields import reference, without


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


@pytest.mark.parametrize(
    ("name", "field", "value", "theirs"),
    [
        ("rev.validation.istio.io", "failurePolicy", "Ignore", "Fail"),
        ("webhook.serving.knative.dev", "rules", [{"operations": ["CREATE"]}], [{"operations": ["UPDATE"]}]),
    ],
)
def test_what_a_controller_takes_over_in_its_webhook_is_left_to_it(
    name: str, field: str, value: Any, theirs: Any
) -> None:
    webhook = {"name": name, "timeoutSeconds": 5, "clientConfig": {"service": {"name": "w", "namespace": "n"}}}
    world = World(
        thing(
            "admissionregistration.k8s.io/v1",
            "ValidatingWebhookConfiguration",
            "w",
            webhooks=[{**webhook, field: value}],
        )
    )
    assert world.wishes[0].body["webhooks"][0][field] == value, "it is sent at first"
    assert world.doubts == []
    body = copy.deepcopy(dict(world.live[world.key].body))
    body["webhooks"][0][field] = theirs
    ours = body["metadata"]["managedFields"][0]["fieldsV1"]
    items = reference({"name": name, **webhook, field: value})
    ours["f:webhooks"] = {f'k:{{"name":"{name}"}}': {".": {}, **without(items, (f"f:{field}",))}}
    world.there(body)
    assert world.doubts == []
    step = world.step()
    assert step.entry.verb is Verb.KEEP
    assert step.manifest is not None
    assert field not in step.manifest.body["webhooks"][0]
    body["webhooks"][0]["timeoutSeconds"] = 9
    ours["f:webhooks"] = {f'k:{{"name":"{name}"}}': without(ours["f:webhooks"].popitem()[1], ("f:timeoutSeconds",))}
    assert world.doubts == ["w"], "everything else of it is still ours"
