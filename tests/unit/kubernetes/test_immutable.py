# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fields that never change in place: told before the server is asked, and as the server tells it."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.compare import Change
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import Conflict, Immutable, Invalid
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.kind import Owner
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.immutable import (
    from_refusal,
    immutable_changes,
    refused_changes,
)
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.normal import normalise
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.objects import Live, key_of
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.quantities import amount, contained
from tests.unit.kubernetes.samples import MIRROR, Body, manifest, thing
from tests.unit.kubernetes.streams import document_file

TABLE = json.loads((Path(__file__).parent / "immutable.json").read_text())
# Rules that only the server is asked about.
ASKED = {"Pod"}


def with_value(body: Body, path: str, value: Any) -> Body:
    """The object with another value at a path; None: without the field."""
    changed = copy.deepcopy(body)
    place: Any = changed
    *way, last = path.split(".")
    for name in way:
        place = place[int(name)] if name.isdigit() else place.setdefault(name, {})
    if value is None:
        place.pop(last, None)
    elif last.isdigit():
        place[int(last)] = value
    else:
        place[last] = value
    return changed


def found(wish: Body, live: Body, **more: Any) -> list[Change]:
    """What differs and cannot."""
    return immutable_changes(manifest(wish), Live(key_of(live), live, Owner.OURS), **more)


@pytest.mark.parametrize("case", TABLE["cases"], ids=lambda case: f"{case['of']} {case['path']} {case['value']}"[:70])
def test_what_the_server_refuses_is_told_before(case: Body) -> None:
    row = TABLE["objects"][case["of"]]
    fields = [change.field for change in found(with_value(row["wish"], case["path"], case["value"]), row["live"])]
    assert fields == case["fields"]
    assert bool(fields) == (bool(case["refusal"]) and row["wish"]["kind"] not in ASKED)


@pytest.mark.parametrize("name", TABLE["objects"])
def test_what_is_there_is_no_difference(name: str) -> None:
    row = TABLE["objects"][name]
    assert found(row["wish"], row["live"]) == []


def test_a_claim_says_what_it_is_and_what_is_wished() -> None:
    row = TABLE["objects"]["PersistentVolumeClaim/im"]
    wish = with_value(row["wish"], "spec.resources.requests.storage", "1Gi")
    assert found(wish, row["live"]) == [Change("spec.resources.requests.storage", "2Gi", "1Gi")]


def test_an_address_that_the_server_would_silently_not_give_is_told() -> None:
    """Cause: a Service of ours that had no address of its own is to have one. Expected: it is a change that needs the
    object made anew, for the server keeps it as it is and says nothing; somebody else's stays as it was."""
    row = TABLE["objects"]["Service/headless"]
    wish = with_value(row["wish"], "spec.clusterIP", None)
    assert found(wish, row["live"]) == [Change("spec.clusterIP", "None", None)]
    assert found(with_value(wish, "spec.type", "ExternalName"), row["live"]) == []
    adopted = Live(key_of(row["live"]), row["live"], Owner.ADOPTED)
    assert immutable_changes(manifest(wish), adopted) == []


def test_a_version_that_was_stored_only_in_the_past_may_go() -> None:
    row = copy.deepcopy(TABLE["objects"]["CustomResourceDefinition/ims.im.example.com"])
    row["live"]["status"] = {"storedVersions": ["v2", "v1"]}
    row["wish"]["spec"]["versions"] = [one for one in row["wish"]["spec"]["versions"] if one["name"] == "v1"]
    assert found(row["wish"], row["live"]) == []


def test_secrets_are_not_told() -> None:
    secret = thing("v1", "Secret", "s", "n", data={"a": "b25l"}, immutable=True)
    assert found({**secret, "data": {"a": "dHdv"}}, secret) == [Change("data.a", "(secret)", "(secret)")]
    config = thing("v1", "ConfigMap", "c", "n", data={"a": "one", "b": "x"}, immutable=True)
    told = found(
        {**config, "data": {"a": "two", "b": "y"}}, config, unfilled={"data": {"a": {"$secret": "s"}, "b": "y"}}
    )
    assert told == [Change("data.a", "(secret)", "(secret)"), Change("data.b", "x", "y")]


def test_refusals_name_their_fields() -> None:
    told = [Change("spec.a.b", 1, 2), Change("spec.ab", 1, 2), Change("metadata.labels.x", None, "y")]
    error = Immutable('Widget.example.com "w" is invalid: spec.a: Invalid value: {"b":2}: is immutable')
    assert from_refusal(error)
    assert refused_changes(error, told) == told[:1]
    other = Invalid('admission webhook "w.example.com" denied the request: storage cannot be changed')
    assert refused_changes(other, told) == told
    assert [change.after for change in refused_changes(error, [])] == ["refused by the server"]
    assert not from_refusal(Conflict("the object has been modified"))
    assert not from_refusal(Invalid("spec.replicas: Invalid value: -1: must be greater than or equal to 0"))


@pytest.mark.parametrize(
    ("one", "other"),
    [("1Gi", "1024Mi"), ("1", 1), ("1000m", 1), ("0.5", "500m"), ("1e3", "1k"), ("2Ki", 2048), ("1E", "1e18")],
)
def test_quantities(one: Any, other: Any) -> None:
    assert amount(one) == amount(other)
    assert contained({"a": one}, {"a": other, "b": 1})


@pytest.mark.parametrize(
    ("wish", "state"), [("x", "y"), (True, 1), (True, "true"), ({"a": 1}, None), ([1], [1, 2]), ("1Gi", "2Gi")]
)
def test_what_does_not_hold_the_wish(wish: Any, state: Any) -> None:
    assert not contained(wish, state)


@pytest.mark.slow
def test_the_platforms_next_release() -> None:
    """From Kubeflow 26.03 to 26.03.1-rc.2 three objects have to be made anew; without a mirror one of our own has."""
    if not (MIRROR / "kubeflow-26.03.1-rc.2.yaml.gz").exists():
        row = TABLE["objects"]["Deployment/im"]
        assert found(with_value(row["wish"], "spec.selector.matchLabels", {"b": "2"}), row["live"])
        return
    old, new = (
        {wish.key: wish for wish in normalise(document_file(name), estate="pit", set_name="ml", resources=None)}
        for name in ("kubeflow-26.03", "kubeflow-26.03.1-rc.2")
    )
    stuck = {
        key.address: [change.field for change in immutable_changes(wish, Live(key, old[key].body, Owner.OURS))]
        for key, wish in new.items()
        if key in old
    }
    assert {address: fields for address, fields in stuck.items() if fields} == {
        "ClusterRoleBinding.rbac.authorization.k8s.io/llmisvc-manager-rolebinding": ["roleRef"],
        "Deployment.apps/kubeflow-system/jobset-controller-manager": ["spec.selector"],
        "Deployment.apps/kubeflow/profiles-deployment": ["spec.selector"],
    }
