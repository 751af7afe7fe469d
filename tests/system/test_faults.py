# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An endpoint that is slow, busy, inconsistent or failing: either the run succeeds, or the next one goes on."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.estate import TIMING, Estate


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Estate]:
    """An empty account."""
    with Estate(tmp_path).up() as estate:
        yield estate


def impatient(seconds: float) -> tuple[str, str]:
    """Options of a run that waits for nothing longer than that."""
    return ("-e", json.dumps({"kubeops_timing": {**TIMING, "wait_timeout": seconds}}))


def test_throttling_and_failures_of_a_tenth_of_the_calls(lab: Estate) -> None:
    """Cause: a twentieth of all calls is throttled, a twentieth answered with a 5xx, all the time. Expected: site
    succeeds, nothing is there twice or missing: a second one, undisturbed, changes nothing."""
    faults = [lab.fault("throttle", rate=0.05, seed=11), lab.fault("error", rate=0.05, seed=12)]
    run = lab.run("site")
    hits = [lab.hits(fault) for fault in faults]
    assert run.code == 0, run.output
    assert min(hits) > 2
    lab.clear()
    mark = lab.mark()
    assert lab.run("site").changes == 0
    assert lab.writes(mark) == 0


def test_what_was_just_made_is_not_seen_for_a_while(lab: Estate) -> None:
    """Cause: eventual consistency: VPC, subnets, gateways, groups and roles are refused as unknown after they were
    made. Duration: 600 s of the twin's time (10 s are usual; here that is one real second). Expected: site succeeds."""
    for operation in ("CreateVpc", "CreateSubnet", "CreateSecurityGroup", "CreateRouteTable", "CreateRole"):
        lab.fault("invisible", operation=operation, seconds=600)
    mark = lab.mark()
    run = lab.run("site")
    refused = lab.calls(mark)["errors"]
    assert run.code == 0, run.output
    assert any("NotFound" in code for code in refused), f"nobody met what was not to be seen: {refused}"
    lab.clear()
    mark = lab.mark()
    assert lab.run("site").changes == 0
    assert lab.writes(mark) == 0


def test_a_cluster_that_stays_creating_beyond_a_run(lab: Estate) -> None:
    """Cause: EKS does not finish the cluster. Duration: beyond the first run's deadline of 15 s. Expected: the first
    run fails saying what was missing, since when and EKS' newest word, and that nothing is lost; what depends on the
    cluster was not tried; the next run goes on with it, makes the rest and nothing twice."""
    lab.fault("stay", service="eks", operation="CreateCluster")
    late = lab.run("site", *impatient(15))
    assert late.code == 2
    assert re.fullmatch(
        "us-east-2.eks: failed: Failed to create eks_cluster lab-eks: not ready after 1[5-9] s, still pending; "
        "newest reason: CREATING. Nothing is lost: the next run goes on with it.",
        late.failures,
    )
    entries = lab.entries(late)
    assert entries["eks_nodegroup/lab-eks/workers"]["outcome"] == "not_tried"
    assert entries["eks_nodegroup/lab-eks/workers"]["reason"] == "it needs eks_cluster/lab-eks, which is failed"
    assert entries["iam_role/lab-eks-node"]["outcome"] == "done"
    lab.clear()
    healed = lab.run("site")
    assert healed.code == 0, healed.output
    verb = lab.entries(healed).get("eks_cluster/lab-eks", {"verb": "keep"})["verb"]
    assert verb in ("keep", "continue"), "the cluster is the one that was being made"
    mark = lab.mark()
    assert lab.run("site").changes == 0
    assert lab.writes(mark) == 0


def test_a_cluster_that_fails(lab: Estate) -> None:
    """Cause: EKS ends the creation with FAILED and a health issue. Expected: the issue and what to do; the network is
    done; the next run says the same and writes nothing; once the cluster was deleted, the next run converges."""
    lab.fault("fail", service="eks", operation="CreateCluster", code="InsufficientFreeAddresses")
    failed = lab.run("site")
    lab.clear()
    assert failed.code == 2
    assert "us-east-2.eks: failed: Failed to create eks_cluster lab-eks: " in failed.failures
    assert "InsufficientFreeAddresses" in failed.failures
    assert "Remove the cause, delete it (state: absent) and run again" in failed.failures
    assert lab.entries(failed)["vpc/lab"]["outcome"] == "done"
    mark = lab.mark()
    again = lab.run("site")
    assert again.code == 2
    assert "lab-eks is in a failed state: " in again.failures
    assert "InsufficientFreeAddresses" in again.failures
    assert lab.writes(mark) == 0
    eks = lab.client("eks")
    eks.delete_cluster(name="lab-eks")
    lab.until(lambda: not eks.list_clusters()["clusters"], "the failed cluster to go")
    healed = lab.run("site")
    assert healed.code == 0, healed.output
    assert lab.run("site").changes == 0
