# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs between two states, and what of it is shown."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.compare import Change
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.differences import (
    MOST,
    changes,
    concealed,
    overlaid,
)
from tests.unit.kubernetes.samples import Body, thing, workload

SECRET = "s3cr3t-value"


def told(live: Body, after: Body, wish: Body | None = None) -> list[tuple[str, Any, Any]]:
    """Changes as tuples."""
    return [(one.field, one.before, one.after) for one in changes(live, after, wish=wish or after)]


def web(**pod: Any) -> Body:
    """A Deployment with one container."""
    return workload("web", **pod)


def test_paths_name_items_by_their_keys() -> None:
    after = copy.deepcopy(web())
    after["spec"]["template"]["spec"]["containers"][0]["image"] = "example.com/main:2"
    after["metadata"]["labels"] = {"a.b/c": "d"}
    assert told(web(), after) == [
        ("metadata.labels", None, {"a.b/c": "d"}),
        ("spec.template.spec.containers[name=main].image", "example.com/main:1", "example.com/main:2"),
    ]


def test_what_servers_and_controllers_write_is_no_difference() -> None:
    live = web()
    after = {**live, "apiVersion": "apps/v1beta2", "status": {"replicas": 1}}
    after["metadata"] = {**live["metadata"], "generation": 4, "resourceVersion": "9", "managedFields": [{}], "uid": "u"}
    assert told(live, after) == []


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ([{"name": "a"}, {"name": "b"}], [{"name": "a"}], [("spec.x[name=b]", {"name": "b"}, None)]),
        ([{"name": "a"}, {"name": "b"}], [{"name": "b"}, {"name": "a"}],
         [("spec.x (order)", ["[name=a]", "[name=b]"], ["[name=b]", "[name=a]"])]),
        ([1, 2], [1, 3], [("spec.x", [1, 2], [1, 3])]),
        ([{"n": 1}], [{"n": 2}], [("spec.x[0].n", 1, 2)]),
        ([{"n": 1}], [{"n": 1}, {"n": 2}], [("spec.x", [{"n": 1}], [{"n": 1}, {"n": 2}])]),
        ([{"port": 53, "protocol": "UDP"}, {"port": 53}], [{"port": 53, "protocol": "UDP"}, {"port": 53, "name": "t"}],
         [("spec.x[port=53].name", None, "t")]),
        (True, 1, [("spec.x", True, 1)]),
    ],
)  # fmt: skip
def test_lists(before: Any, after: Any, found: Any) -> None:
    live, then = (thing("v1", "Any", "a", spec={"x": value}) for value in (before, after))
    assert told(live, then) == found


def test_values_of_secrets_are_never_shown() -> None:
    live = thing("v1", "Secret", "s", data={"a": "b25l", "b": "dHdv"}, type="Opaque")
    after = thing("v1", "Secret", "s", data={"a": "dGhyZWU=", "c": "eA=="}, type="Opaque")
    assert told(live, after) == [
        ("data.a", "(secret)", "(secret)"),
        ("data.b", "(secret)", None),
        ("data.c", None, "(secret)"),
    ]
    assert told(thing("v1", "Secret", "s"), after)[0] == ("data", None, "(secret)")


@pytest.mark.parametrize(
    ("wish", "live", "after"),
    [
        ({"env": [{"name": "A", "value": {"$secret": "s"}}]}, {"env": [{"name": "A", "value": "old-" + SECRET}]},
         {"env": [{"name": "A", "value": SECRET}]}),
        ({"env": [{"name": "A", "value": {"$generate": {}}}]}, {}, {"env": [{"name": "A", "value": SECRET}]}),
        ({"args": ["--x", {"$secret": "s"}]}, {"args": ["--x"]}, {"args": ["--x", SECRET]}),
        ({"map": {"deep": {"k": {"$copy": {}}}}}, {"map": "text"}, {"map": {"deep": {"k": SECRET}}}),
    ],
)  # fmt: skip
def test_what_came_from_a_secret_is_never_shown(wish: Body, live: Body, after: Body) -> None:
    bodies = [thing("v1", "Any", "a", spec=spec) for spec in (live, after, wish)]
    found = changes(bodies[0], bodies[1], wish=bodies[2])
    assert found
    assert SECRET not in json.dumps([(one.before, one.after) for one in found])


def test_annotations_from_secrets_and_copies_of_objects_are_never_shown() -> None:
    live = thing("v1", "Any", "a", metadata={"annotations": {"token": "old"}})
    after = thing("v1", "Any", "a", metadata={"annotations": {"token": SECRET}})
    wish = thing("v1", "Any", "a", metadata={"annotations": {"token": {"$secret": "s"}}})
    assert changes(live, after, wish=wish) == (Change("metadata.annotations.token", "(secret)", "(secret)"),)
    copied = thing(
        "v1", "Secret", "a", metadata={"annotations": {"kubectl.kubernetes.io/last-applied-configuration": SECRET}}
    )
    assert SECRET not in repr(changes(copied, thing("v1", "Secret", "a"), wish={}))
    assert SECRET not in repr(changes(thing("v1", "Secret", "a"), copied, wish={}))


def test_words_of_others_lose_what_came_from_secrets() -> None:
    unfilled = {"data": {"a": {"$secret": "s"}, "b": "plain"}, "list": [{"v": {"$secret": "t"}}]}
    body = {"data": {"a": "czNjcjN0LXZhbHVl", "b": "plain"}, "list": [{"v": "other-secret"}]}
    text = f"Invalid value: {SECRET} (czNjcjN0LXZhbHVl), other-secret, plain"
    assert concealed(text, unfilled, body) == "Invalid value: (secret) ((secret)), (secret), plain"


def test_long_values_are_cut_and_still_told_apart() -> None:
    one, two = "x" * 5000 + "1", "x" * 5000 + "2"
    ((_field, before, after),) = told(
        thing("v1", "ConfigMap", "c", data={"a": one}), thing("v1", "ConfigMap", "c", data={"a": two})
    )
    assert len(before) < 300
    assert before != after


def test_many_changes_are_counted() -> None:
    many = thing("v1", "ConfigMap", "c", data={str(number): "x" for number in range(200)})
    found = told(thing("v1", "ConfigMap", "c", data={}), many)
    assert len(found) == MOST
    assert found[-1] == ("...", None, "151 more fields")


def test_a_wish_laid_over_a_state() -> None:
    live = {"spec": {"replicas": 3, "c": [{"name": "a", "image": "1", "added": True}, {"name": "b"}], "args": ["x"]}}
    wish = {"spec": {"c": [{"name": "a", "image": "2"}, {"name": "n"}], "args": ["y", "z"], "gone": None}}
    assert overlaid(live, wish) == {
        "spec": {
            "replicas": 3,
            "c": [{"name": "a", "image": "2", "added": True}, {"name": "b"}, {"name": "n"}],
            "args": ["y", "z"],
        }
    }
