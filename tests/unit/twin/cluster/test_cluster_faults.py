# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults of control planes: which rules are theirs, what a rule must say, what the inside of a cluster reads."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from twin.clock import ManualClock
from twin.cluster.faults import ClusterFault, FaultsInForce, faults_file, is_for_clusters, parse
from twin.kube_faults import KubeFaults
from twin.state import write_json


@pytest.mark.parametrize(
    ("rule", "theirs"),
    [
        ({"kind": "etcd-full"}, True),
        ({"kind": "throttle", "service": "kubernetes"}, True),
        ({"kind": "throttle", "service": "ec2"}, False),
        ({"kind": "throttle"}, False),
        ({"kind": "error", "service": "kubernetes"}, False),
        ({}, False),
    ],
)
def test_a_rule_is_for_clusters_or_for_aws(rule: dict[str, Any], theirs: bool) -> None:
    assert is_for_clusters(rule) is theirs


def test_what_the_command_line_sends_is_a_rule() -> None:
    sent = {"kind": "throttle", "service": "kubernetes", "params": {}, "seconds": 5.0, "cluster": "eu-*"}
    assert parse(sent, default_id="x") == ClusterFault("x", "throttle", cluster="eu-*", seconds=5.0)


def test_a_restart_without_a_time_comes_back_by_itself() -> None:
    assert parse({"kind": "apiserver-restart"}, default_id="x").seconds > 0


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"kind": "webhook-down"}, "needs a name: a Service"),
        ({"kind": "etcd-full", "name": "x"}, "takes no name"),
        ({"kind": "etcd-full", "count": 3}, "a fault of kind etcd-full has no count"),
        ({"kind": "etcd-full", "service": "ec2"}, "has no service"),
        ({"kind": "certificates-slow", "factor": 0}, "a factor is above 0"),
        ({"kind": "etcd-full", "seconds": -1}, "not negative"),
    ],
)
def test_a_wrong_rule_is_refused_with_its_reason(data: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse(data, default_id="x")


def test_the_inside_reads_what_is_in_force_now(tmp_path: Path) -> None:
    found = FaultsInForce(tmp_path)
    assert found.all() == ()
    down = ClusterFault("d", "webhook-down", name="kubeflow/*")
    write_json(faults_file(tmp_path), [asdict(down), asdict(ClusterFault("s", "certificates-slow", factor=3))])
    assert found.is_down("kubeflow", "kserve-webhook-server-service")
    assert not found.is_down("cert-manager", "cert-manager-webhook")
    assert found.factors() == {"certificate": 3, "ca-injection": 3}
    write_json(faults_file(tmp_path), [])
    assert (found.all(), found.factors()) == ((), {})


def test_rules_without_a_cluster_wait_and_can_be_cleared() -> None:
    faults = KubeFaults(dict, ManualClock())
    first = faults.add({"kind": "etcd-full"})
    second = faults.add({"kind": "namespace-stuck", "name": "team-*"})
    assert [(rule["id"], rule["in_force"]) for rule in faults.describe()] == [(first.id, []), (second.id, [])]
    assert faults.clear(second.id) == 1
    assert faults.clear("unknown") == 0
    assert faults.clear() == 1
    assert faults.describe() == []


def test_the_same_id_replaces() -> None:
    faults = KubeFaults(dict, ManualClock())
    faults.add({"kind": "etcd-full", "id": "x"})
    faults.add({"kind": "apiserver-restart", "id": "x"})
    assert [rule["kind"] for rule in faults.describe()] == ["apiserver-restart"]
