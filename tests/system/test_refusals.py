# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Credentials, permissions, quotas, names of others: a clear error, nothing lost, and after the repair all is made."""

from __future__ import annotations

import configparser
import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system import neighbours
from tests.system.account import everything
from tests.system.estate import Estate, Run

_serial = itertools.count()


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    """An account in which the tests of this file build the lab bit by bit, each going on where the last was refused."""
    with Estate(tmp_path_factory.mktemp("refusals")).up() as estate:
        yield estate


def run_as(estate: Estate, profile: str, credentials: str = "", verb: str = "site") -> Run:
    """A run with another profile, or another credentials file."""
    endpoint = {**estate.endpoint(), "profile": profile}
    if credentials:
        endpoint["shared_credentials_file"] = credentials
    overlay = estate.overlay(f"credentials-{next(_serial)}", {}, {"kubeops_aws_endpoint": endpoint})
    return estate.run(verb, overlays=(overlay,))


def not_started(run: Run) -> bool:
    """Whether the run says that EKS did not start, and that the network is why."""
    return "us-east-2.eks: not_tried: aws_network is failed: " in run.failures


def test_credentials_that_nobody_knows(lab: Estate, tmp_path: Path) -> None:
    """Cause: the secret of the access key is another one. Expected: the endpoint's refusal with the call and the
    permission in question; nothing written; EKS reported as not started."""
    parser = configparser.RawConfigParser()
    parser.read(lab.endpoint()["shared_credentials_file"])
    parser["twin"]["aws_secret_access_key"] = "not-the-secret-of-this-key"
    wrong = tmp_path / "credentials"
    with wrong.open("w", encoding="utf-8") as file:
        parser.write(file)
    mark = lab.mark()
    run = run_as(lab, "twin", str(wrong))
    assert run.code == 2
    assert "sts:GetCallerIdentity: SignatureDoesNotMatch" in run.failures
    assert "These credentials need the permission sts:GetCallerIdentity, or are wrong" in run.failures
    assert not_started(run)
    assert lab.writes(mark) == 0


def test_a_profile_that_does_not_exist(lab: Estate) -> None:
    """Cause: the profile is in no file. Expected: an error that names it; nothing written."""
    mark = lab.mark()
    run = run_as(lab, "no-such-profile")
    assert run.code == 2
    assert "no-such-profile" in run.failures
    assert "Traceback" not in run.output
    assert lab.calls(mark)["total"] == 0


def test_credentials_of_another_account(lab: Estate) -> None:
    """Cause: a stranger's profile. Expected: both accounts named, nothing written in either."""
    mark = lab.mark()
    run = run_as(lab, "stranger")
    assert run.code == 2
    assert "these credentials belong to account 210987654321, the estate is in 123456789012" in run.failures
    assert "Use the credentials of the estate's account, or correct account_id" in run.failures
    assert not_started(run)
    assert lab.writes(mark) == 0


def test_reading_verbs_need_no_permission_to_write(lab: Estate) -> None:
    """Cause: a profile that may only read. Expected: a plan of everything; site is refused by the first write."""
    plan = run_as(lab, "readonly", verb="plan")
    assert plan.code == 0, plan.output
    assert plan.changes == 30
    before = everything(lab)
    site = run_as(lab, "readonly")
    assert site.code == 2
    assert "You are not authorized to perform this operation" in site.failures
    assert everything(lab) == before


def test_a_missing_permission(lab: Estate) -> None:
    """Cause: ec2:CreateNatGateway is denied. Expected: the permission is named; what does not need a NAT gateway is
    made; what needs it was not tried; EKS did not start, with the reason."""
    fault = lab.fault("deny", service="ec2", operation="CreateNatGateway")
    run = lab.run("site")
    lab.clear(fault)
    assert run.code == 2
    assert "Failed to create nat_gateway lab-us-east-2a: You are not authorized to perform" in run.failures
    assert "These credentials need the permission ec2:CreateNatGateway, or are wrong" in run.failures
    assert not_started(run)
    entries = lab.entries(run)
    assert entries["vpc_endpoint/lab-ecr-api"]["outcome"] == "done"
    assert entries["route_table/lab-private-us-east-2a"]["outcome"] == "not_tried"
    assert "nat_gateway/lab-us-east-2a" in entries["route_table/lab-private-us-east-2a"]["reason"]


def test_a_quota(lab: Estate) -> None:
    """Cause: the region's five addresses are taken, ours was released by somebody. Expected: the quota's own words and
    what to do; nothing lost."""
    ec2 = lab.client("ec2")
    ours = ec2.describe_addresses()["Addresses"]
    for address in ours:
        ec2.release_address(AllocationId=address["AllocationId"])
    theirs = [ec2.allocate_address(Domain="vpc")["AllocationId"] for _ in range(5)]
    before = everything(lab)
    run = lab.run("site")
    after = everything(lab)
    for address in theirs:
        ec2.release_address(AllocationId=address)
    assert run.code == 2
    assert "Failed to create elastic_ip lab-us-east-2a: " in run.failures
    assert "AddressLimitExceeded" in run.failures
    assert "Ask for a higher quota, or remove what is not needed" in run.failures
    assert not_started(run)
    assert {place: after.get(place) for place in before} == before


def test_role_and_cluster_of_others_with_our_names(lab: Estate) -> None:
    """Cause: somebody else has a role and a cluster that are called like ours. Expected: both named at once, with what
    to do; nothing of theirs touched, nothing of ours written in that layer; the network is done."""
    theirs = neighbours.role(lab, "lab-eks-cluster", [])
    _vpc, subnets = neighbours.vpc(lab, "10.92.0.0/16", [])
    neighbours.cluster(lab, "lab-eks", theirs, subnets, {})
    before = everything(lab)
    run = lab.run("site")
    after = everything(lab)
    assert run.code == 2
    assert "Failed to plan iam_role lab-eks-cluster: " in run.failures
    assert "Failed to plan eks_cluster lab-eks: " in run.failures
    assert "has that name and carries no mark of this estate. It is not touched" in run.failures
    assert lab.entries(run)["nat_gateway/lab-us-east-2a"]["outcome"] == "done"
    assert {place: after.get(place) for place in before if place in _of_others(before)} == _of_others(before)
    _repaired(lab)


def _of_others(world: dict[str, object]) -> dict[str, object]:
    """What bears our names or is in their VPC."""
    return {
        place: item
        for place, item in world.items()
        if place.startswith(("role ", "cluster ", "node group ", "access entry ")) or "10.92." in str(item)
    }


def _repaired(lab: Estate) -> None:
    """Theirs goes: site makes the rest, a further one changes nothing."""
    eks, iam = lab.client("eks"), lab.client("iam")
    eks.delete_cluster(name="lab-eks")
    lab.until(lambda: not eks.list_clusters()["clusters"], "their cluster to go")
    iam.detach_role_policy(RoleName="lab-eks-cluster", PolicyArn="arn:aws:iam::aws:policy/AmazonEKSClusterPolicy")
    iam.delete_role(RoleName="lab-eks-cluster")
    run = lab.run("site")
    assert run.code == 0, run.output
    assert lab.run("site").changes == 0
    assert lab.unsupported() == []


def test_a_vpc_of_others_with_our_name(tmp_path: Path) -> None:
    """Cause: somebody else's VPC is called like ours. Expected: its id, and what to do; it is untouched, nothing is
    written, EKS reported as not started; preflight says so before anybody runs site."""
    with Estate(tmp_path).up() as estate:
        vpc, _subnets = neighbours.vpc(estate, "10.93.0.0/16", [{"Key": "Name", "Value": "lab"}])
        before = everything(estate)
        run = estate.run("site")
        assert run.code == 2
        assert f"Failed to plan vpc lab: {vpc} has that name and carries no mark of this estate" in run.failures
        assert "Rename yours, or refer to it with manage: reference" in run.failures
        assert not_started(run)
        preflight = estate.run("preflight")
        assert preflight.code == 2
        assert f"{vpc} has that name and carries no mark of this estate" in preflight.failures
        assert everything(estate) == before
