# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The twin's own API, asked as its clients ask it."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.test import Client

from twin.calls import CallLog
from twin.clock import ManualClock
from twin.contract import UserInfo
from twin.control_api import ControlApi
from twin.faults import FaultRules
from twin.kube_faults import KubeFaults


def review(cluster: str, token: str) -> UserInfo | None:
    return UserInfo("alice", "u1", ["team"]) if (cluster, token) == ("us-east-2.one", "good") else None


@pytest.fixture
def calls() -> CallLog:
    return CallLog()


@pytest.fixture
def client(calls: CallLog) -> Client:
    return Client(ControlApi(lambda: {"running": True}, calls, FaultRules(), review, KubeFaults(dict, ManualClock())))


def test_status(client: Client) -> None:
    assert client.get("/twin/status").get_json() == {"running": True}


@pytest.mark.parametrize(
    ("cluster", "token", "status"),
    [
        (
            "us-east-2.one",
            "good",
            {"authenticated": True, "user": {"username": "alice", "uid": "u1", "groups": ["team"]}},
        ),
        ("us-east-2.two", "good", {"authenticated": False}),
        ("us-east-2.one", "", {"authenticated": False}),
    ],
)
def test_token_reviews_are_answered_per_cluster(
    client: Client, cluster: str, token: str, status: dict[str, Any]
) -> None:
    asked = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": token}}
    answer = client.post(f"/twin/tokens/{cluster}", json=asked).get_json()
    assert (answer["kind"], answer["status"]) == ("TokenReview", status)


def test_faults_are_added_listed_and_cleared(client: Client) -> None:
    rule = client.post("/twin/faults", json={"kind": "throttle", "service": "ec2"}).get_json()["id"]
    assert [entry["id"] for entry in client.get("/twin/faults").get_json()] == [rule]
    assert client.delete(f"/twin/faults/{rule}").get_json() == {"cleared": 1}
    assert client.get("/twin/faults").get_json() == []


def test_faults_of_clusters_are_among_the_others(client: Client) -> None:
    ours = client.post("/twin/faults", json={"kind": "throttle", "service": "kubernetes", "params": {}})
    client.post("/twin/faults", json={"kind": "throttle", "service": "ec2"})
    kinds = [(rule["kind"], "in_force" in rule) for rule in client.get("/twin/faults").get_json()]
    assert kinds == [("throttle", False), ("throttle", True)]
    assert client.delete(f"/twin/faults/{ours.get_json()['id']}").get_json() == {"cleared": 1}
    assert client.delete("/twin/faults").get_json() == {"cleared": 1}


@pytest.mark.parametrize("wrong", [{"kind": "x"}, [], {"kind": "error", "rate": "much"}, {"kind": "webhook-down"}])
def test_a_wrong_fault_is_a_bad_request(client: Client, wrong: object) -> None:
    answer = client.post("/twin/faults", json=wrong)
    assert answer.status_code == 400
    assert answer.get_json()["error"]


def test_calls_are_counted_and_forgotten(client: Client, calls: CallLog) -> None:
    calls.record("ec2", "DescribeVpcs", "me")
    assert client.get("/twin/calls").get_json()["aws"]["total"] == 1
    assert client.get("/twin/calls?since=1").get_json()["aws"]["total"] == 0
    assert client.delete("/twin/calls").get_json() == {"mark": 1}
    assert client.get("/twin/calls").get_json()["aws"]["total"] == 0


def test_unknown_paths_are_errors_in_json(client: Client) -> None:
    answer = client.get("/twin/nothing")
    assert (answer.status_code, "error" in answer.get_json()) == (404, True)
