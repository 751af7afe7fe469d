# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which fields of a wish are ours, against the field sets of a real API server and against sets made from objects."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.kind import Owner
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.fields import covers, lost, managed
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.objects import MANAGER, Live, key_of

type Body = dict[str, Any]
TABLE = json.loads((Path(__file__).parent / "field_sets.json").read_text())
KEYED = "keyed"
"""Name of a field that reference() takes for a list with keys, as "unique" for a set and "whole" for an atomic list."""


def live_of(body: Body) -> Live:
    """As a list call shows it."""
    return Live(key_of(body), body, Owner.OURS)


@pytest.mark.parametrize("kind", TABLE["objects"])
def test_what_was_just_applied_is_all_ours(kind: str) -> None:
    row = TABLE["objects"][kind]
    live = live_of(row["live"])
    assert covers(row["wish"], managed(live)) == []
    assert lost(row["wish"], live) == []


@pytest.mark.parametrize("case", TABLE["cases"], ids=lambda case: f"{case['of']}: {case['name']}")
def test_what_somebody_else_changed_is_seen(case: Body) -> None:
    assert lost(TABLE["objects"][case["of"]]["wish"], live_of(case["live"])) == case["lost"]


def test_an_object_that_we_never_applied_is_not_ours() -> None:
    row = copy.deepcopy(TABLE["objects"]["ConfigMap"])
    row["live"]["metadata"]["managedFields"][0]["operation"] = "Update"
    assert set(lost(row["wish"], live_of(row["live"]))) >= {"data.a", "data.b"}


@pytest.mark.parametrize(
    ("wish", "fields", "missing"),
    [
        ({"a": {"b": 1, "c": 2}}, {"f:a": {"f:b": {}}}, ["a.c"]),
        ({"a": {"b": {"c": 1, "d": [1]}}}, {}, ["a.b.c", "a.b.d"]),
        ({"a": {"b": 1}}, {"f:a": {}}, []),
        ({"a": {"b": 1}}, {"f:a": {".": {}}}, []),
        ({"a": [{"x": 1}]}, {"f:a": {}}, []),
        ({"a": []}, {}, []),
        ({"a": None}, {}, []),
        ({"a": {}}, {}, []),
        ({"a": [{"p": 1, "q": 2}]}, {"f:a": {'k:{"p":1,"r":"TCP"}': {".": {}, "f:p": {}, "f:q": {}}}}, []),
        ({"a": [{"p": 1, "q": 2}]}, {"f:a": {'k:{"p":1,"r":"TCP"}': {".": {}, "f:p": {}}}}, ["a[p=1,r=TCP].q"]),
        ({"a": [{"p": 1}]}, {"f:a": {'k:{"p":2}': {".": {}, "f:p": {}}}}, ["a[p=1]"]),
        ({"a": [{"n": "\u00fc<"}]}, {"f:a": {'k:{"n":"\\u00fc\\u003c"}': {".": {}, "f:n": {}}}}, []),
        ({"a": ["x", "y"]}, {"f:a": {'v:"x"': {}}}, ["a[=y]"]),
        ({"a": ["x", "y"]}, {"f:a": {"i:0": {}}}, ["a[=y]"]),
        ({"a": [1.0]}, {"f:a": {"v:1": {}}}, []),
        ({"metadata": {"name": "n", "namespace": "m"}, "kind": "K", "apiVersion": "v1"}, {}, []),
    ],
)
def test_forms_of_field_sets(wish: Body, fields: Body, missing: list[str]) -> None:
    assert covers(wish, fields) == missing


def reference(value: Any, name: str = "") -> Body:
    """The field set of whoever applies the value. The name of a field decides what sort of list it is."""
    if isinstance(value, dict):
        return {f"f:{key}": reference(inner, key) for key, inner in value.items() if inner != []}
    if isinstance(value, list) and name == KEYED:
        return {f'k:{{"id":{item["id"]}}}': {".": {}, **reference(item)} for item in value}
    if isinstance(value, list) and name == "unique":
        return {f"v:{json.dumps(item)}": {} for item in value}
    return {}


def leaves(fields: Body, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Paths of all elements of a set with nothing below; of a list's item also all of it."""
    found = [path] if path and (not fields or path[-1].startswith("k:")) else []
    for raw, inner in fields.items():
        if raw != ".":
            found += leaves(inner, (*path, raw))
    return found


def without(fields: Body, path: tuple[str, ...]) -> Body:
    """The set after somebody took one element; what held nothing else goes as well, as the server does it."""
    first, *rest = path
    kept = {raw: inner for raw, inner in fields.items() if raw != first}
    inner = without(fields[first], tuple(rest)) if rest else {}
    return {**kept, first: inner} if inner else kept


SCALARS = st.one_of(st.integers(0, 9), st.text("ab.", max_size=3), st.booleans())
NAMES = st.sampled_from(["a", "b", "some.name/with", "c"])


@st.composite
def objects(draw: st.DrawFn, depth: int = 2) -> Body:
    """Maps with any fields, and with lists of each sort."""

    def inner() -> Any:
        return draw(objects(depth - 1)) if depth and draw(st.booleans()) else draw(SCALARS)

    body: Body = {name: inner() for name in draw(st.lists(NAMES, min_size=1, max_size=3, unique=True))}
    if draw(st.booleans()):
        ids = draw(st.lists(st.integers(0, 5), min_size=1, max_size=3, unique=True))
        body[KEYED] = [{"id": number, "value": inner()} for number in ids]
    if draw(st.booleans()):
        body["unique"] = draw(st.lists(st.sampled_from(["x", "y", "z"]), min_size=1, unique=True))
    if draw(st.booleans()):
        body["whole"] = draw(st.lists(SCALARS, max_size=2))
    return body


@pytest.mark.slow
@given(objects())
def test_whoever_applied_it_owns_all_of_it(body: Body) -> None:
    assert covers(body, reference(body)) == []


@pytest.mark.slow
@given(objects(), st.data())
def test_whatever_is_taken_is_missed(body: Body, data: st.DataObject) -> None:
    fields = reference(body)
    # The key of an item is part of its name.
    path = data.draw(st.sampled_from([path for path in leaves(fields) if path[-1] != "f:id"]))
    assert covers(body, without(fields, path))


@pytest.mark.slow
@given(objects(), st.dictionaries(st.sampled_from(["x", "y"]), SCALARS, max_size=2))
def test_what_others_add_is_no_matter(body: Body, others: Body) -> None:
    live = {
        "apiVersion": "v1",
        "kind": "Any",
        "metadata": {
            "name": "any",
            "managedFields": [
                {"manager": "other", "operation": "Update", "fieldsV1": reference(others)},
                {"manager": MANAGER, "operation": "Apply", "fieldsV1": reference({"spec": body})},
            ],
        },
        "spec": {**body, **others},
    }
    assert lost({"apiVersion": "v1", "kind": "Any", "metadata": {"name": "any"}, "spec": body}, live_of(live)) == []
