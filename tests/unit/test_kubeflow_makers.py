# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Profiles and contributors: the objects that they stand for, and patches that reach single items of lists."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.plan import PlanErrors
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.makers.kubeflow_contributor import (
    binding_name,
)
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.registry import expand

PROFILE = {"kind": "kubeflow_profile", "name": "team-a", "owner": "a@example.com"}
CONTRIBUTOR = {"kind": "kubeflow_contributor", "profile": "team-a", "user": "B.C+d@example.com", "role": "edit"}


def made(**entry: Any) -> list[Any]:
    """The objects of one entry."""
    return [body for body, _place in expand([entry])]


def test_a_profile_with_quota_settings_and_a_policy_that_refuses_strangers() -> None:
    """Expected: numbers become quantities; what is in the profile's namespace says so; one policy allows nobody."""
    profile, default, policy = made(
        **PROFILE, quota={"pods": 5}, pod_defaults=[{"name": "token", "spec": {"desc": "Token"}}]
    )
    assert profile["spec"] == {
        "owner": {"kind": "User", "name": "a@example.com"},
        "resourceQuotaSpec": {"hard": {"pods": "5"}},
    }
    assert "namespace" not in profile["metadata"]
    assert default["metadata"] == {"name": "token", "namespace": "team-a"}
    assert (policy["kind"], policy["spec"]) == ("AuthorizationPolicy", {"action": "ALLOW"})
    assert [one["kind"] for one in made(**PROFILE, default_deny=False)] == ["Profile"]


def test_a_contributor_is_known_to_kubeflow_by_name_and_annotations() -> None:
    """Expected: the name that Kubeflow gives, both objects alike, and the header that the gateway sets."""
    binding, policy = made(**CONTRIBUTOR)
    assert binding_name("B.C+d@example.com", "edit") == "user-b-c-d-example-com-clusterrole-edit"
    assert binding["metadata"] == policy["metadata"]
    assert binding["metadata"]["annotations"] == {"user": "B.C+d@example.com", "role": "edit"}
    assert binding["roleRef"]["name"] == "kubeflow-edit"
    assert policy["spec"]["rules"][0]["when"] == [
        {"key": "request.headers[kubeflow-userid]", "values": ["B.C+d@example.com"]}
    ]


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ({**PROFILE, "name": "team.a"}, "is no name of a Kubernetes object"),
        ({**PROFILE, "owner": "root"}, "is no e-mail address"),
        ({**PROFILE, "pod_defaults": [{"name": "x", "spec": {}}] * 2}, "x is there twice"),
        ({**CONTRIBUTOR, "user": "b"}, "is no e-mail address"),
        ({**CONTRIBUTOR, "role": "owner"}, "value of role must be one of"),
    ],
)
def test_mistakes_are_told(entry: dict[str, Any], told: str) -> None:
    """Expected: the sentence for each."""
    with pytest.raises(PlanErrors) as caught:
        expand([entry])
    assert told in str(caught.value)


def test_a_patch_changes_adds_and_removes_single_items(tmp_path: Path) -> None:
    """Expected: other items and other fields of the item stay; a missing item is added; null takes one away."""
    env = [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]
    body = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [
        {"name": "side"}, {"name": "main", "image": "x", "env": env},
    ]}}  # fmt: skip
    path = tmp_path / "stream.jsonl"
    path.write_text(json.dumps(body) + "\n", encoding="utf-8")
    container = {"env[name=A]": {"value": "9"}, "env[name=B]": None, "env[name=C]": {"value": "3"}}
    merge = {"spec": {"containers[name=main]": container}}
    patched = made(kind="stream", name="s", path=str(path), patches=[{"kind": "Pod", "name": "p", "merge": merge}])
    assert patched[0]["spec"]["containers"] == [
        {"name": "side"},
        {"name": "main", "image": "x", "env": [{"name": "A", "value": "9"}, {"name": "C", "value": "3"}]},
    ]
