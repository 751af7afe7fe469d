# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Audit logs are read once, line by line, and each line is a call in the words of kubectl."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from twin.audit import OWN_USERS, AuditLogs, KubeCall, api_server_flags


def event(verb: str, uri: str, status: int = 200, **reference: str) -> dict[str, Any]:
    return {
        "verb": verb,
        "requestURI": uri,
        "user": {"username": "arn:ann"},
        "responseStatus": {"code": status},
        **({"objectRef": reference} if reference else {}),
    }


def write(directory: Path, *events: dict[str, Any], end: str = "\n") -> Path:
    directory.mkdir(exist_ok=True)
    path = directory / "audit.jsonl"
    with path.open("a") as log:
        log.write("\n".join(json.dumps(one) for one in events) + end)
    return path


@pytest.mark.parametrize(
    ("audited", "operation", "write", "error"),
    [
        (event("list", "/api/v1/pods", resource="pods"), "list pods", False, ""),
        (
            event("patch", "/apis/apps/v1/x", resource="deployments", apiGroup="apps"),
            "patch deployments.apps", True, "",
        ),
        (
            event("update", "/x", resource="nodes", subresource="status"), "update nodes/status", True, "",
        ),
        (event("create", "/x?dryRun=All", resource="pods"), "create pods (dry run)", False, ""),
        (event("delete", "/x", 404, resource="pods"), "delete pods", True, "404"),
        (
            event("create", "/x", resource="selfsubjectaccessreviews", apiGroup="authorization.k8s.io"),
            "create selfsubjectaccessreviews.authorization.k8s.io", False, "",
        ),
        (event("get", "/version?timeout=3s", 429), "get /version", False, "429"),
    ],
)  # fmt: skip
def test_an_event_is_a_call(tmp_path: Path, audited: dict[str, Any], operation: str, write: bool, error: str) -> None:
    write_events(tmp_path, audited)
    assert list(AuditLogs(tmp_path).new()) == [KubeCall("one", operation, "arn:ann", write, error)]


def write_events(root: Path, *events: dict[str, Any]) -> None:
    write(root / "one", *events)


def test_who_is_impersonated_is_the_caller(tmp_path: Path) -> None:
    write_events(tmp_path, {**event("get", "/version"), "impersonatedUser": {"username": "bob"}})
    assert [call.principal for call in AuditLogs(tmp_path).new()] == ["bob"]


def test_every_line_is_read_once_and_only_when_it_is_whole(tmp_path: Path) -> None:
    logs = AuditLogs(tmp_path)
    assert list(logs.new()) == []
    whole = event("get", "/version")
    write(tmp_path / "one", whole, whole, end="\n" + json.dumps(whole)[:20])
    assert len(list(logs.new())) == 2
    with (tmp_path / "one" / "audit.jsonl").open("a") as log:
        log.write(json.dumps(whole)[20:] + "\n")
    assert len(list(logs.new())) == 1
    assert list(logs.new()) == []


def test_a_cluster_made_anew_is_read_from_its_beginning(tmp_path: Path) -> None:
    logs = AuditLogs(tmp_path)
    path = write(tmp_path / "one", event("get", "/version"), event("get", "/healthz"))
    assert len(list(logs.new())) == 2
    path.rename(tmp_path / "old")
    write(tmp_path / "one", event("get", "/livez"))
    assert [call.operation for call in logs.new()] == ["get /livez"]


def test_the_twin_s_own_parts_are_left_out(tmp_path: Path) -> None:
    flags = api_server_flags(tmp_path)
    policy = yaml.safe_load((tmp_path / "audit-policy.yaml").read_text())
    assert policy["rules"][0] == {"level": "None", "users": list(OWN_USERS)}
    assert f"--audit-policy-file={tmp_path / 'audit-policy.yaml'}" in flags
