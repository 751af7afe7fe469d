# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a plan does where the server would refuse, or refuses already."""

from __future__ import annotations

import copy

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.kube_errors import (
    FieldConflict,
    UnknownKind,
    WebhookDown,
)
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import (
    Denied,
    Immutable,
    Invalid,
)
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.guards import Consent
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.options import Impact
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.plan import Outcome, PlanErrors, Verb
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.objects import (
    ADOPTED_LABEL,
)
from tests.unit.kubernetes.planning import SECRET, World, applied, claim, config, crd
from tests.unit.kubernetes.samples import Body, configuration, hook, service, thing, workload


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


def test_a_definition_that_changes_in_the_same_run_has_the_last_word_later() -> None:
    world = World(thing("example.com/v1", "Widget", "w", "n", spec={"a": 1}), crd())
    wider = crd()
    wider["spec"]["versions"][0]["schema"] = {"openAPIV3Schema": {"type": "object"}}
    unknown = Invalid(".spec.b: field not declared in schema")
    world.wish(thing("example.com/v1", "Widget", "w", "n", spec={"a": 1, "b": 2}), crd())
    world.probes[world.key] = unknown
    assert world.error() is unknown
    world.wish(thing("example.com/v1", "Widget", "w", "n", spec={"a": 1, "b": 2}), wider)
    assert [(one.field, one.after) for one in world.step().entry.changes] == [("spec.b", 2)]


def test_a_webhook_that_changes_in_the_same_run_has_the_last_word_later() -> None:
    guard = configuration("guard", [hook("g.example.com", "guard", ("", "configmaps"), namespace="n")])
    others = (guard, service("guard", "n"), workload("guard", "n"))
    world = World(config(a="1"), *others)
    world.wish(config(a="2"), *others)
    denied = Denied('admission webhook "g.example.com" denied the request: a is unknown')
    world.probes[world.key] = denied
    assert world.error() is denied
    world.wish(config(a="2"), guard, others[1], workload("guard", "n", priorityClassName="new"))
    world.probes |= {world.wishes[-1].key: applied(world.wishes[-1].body)}
    assert [(one.field, one.after) for one in world.step().entry.changes] == [("data.a", "2")]


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
