# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plan, site by the plan, site again, verify, drift on the smallest estate: what is promised, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.system.account import Things, everything
from tests.system.estate import Estate, Run

KINDS = {
    "vpc", "subnet", "internet_gateway", "elastic_ip", "nat_gateway", "route_table", "security_group", "vpc_endpoint",
    "launch_template", "iam_role", "iam_instance_profile", "eks_cluster", "eks_nodegroup", "eks_access_entry",
    "eks_addon", "eks_kubeconfig",
}  # fmt: skip


IN_THE_CLUSTER = {
    "Namespace", "StorageClass.storage.k8s.io", "CustomResourceDefinition.apiextensions.k8s.io", "Deployment.apps",
}  # fmt: skip


@dataclass(frozen=True)
class Story:
    """Runs in their order, and the writing calls of those that must have none."""

    estate: Estate
    planned: Run
    built: Run
    again: Run
    verified: Run
    drifted: Run
    writes: dict[str, int]
    world: Things


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Plan on an empty account, site by that plan, site, verify, drift; with real control planes."""
    with Estate(tmp_path_factory.mktemp("site"), control_planes=True).up() as estate:
        writes: dict[str, int] = {}

        def run(name: str, verb: str, *extra: str) -> Run:
            mark = estate.mark()
            result = estate.run(verb, *extra)
            writes[name] = estate.writes(mark)
            return result

        planned = run("planned", "plan")
        plan = planned.summary.get("plan", {"id": "none"})["id"]
        built = run("built", "site", "-e", f"kubeops_plan={plan}")
        again = run("again", "site")
        verified = run("verified", "verify")
        drifted = run("drifted", "drift")
        yield Story(estate, planned, built, again, verified, drifted, writes, everything(estate))


def test_a_plan_on_an_empty_account_shows_everything_and_its_digest(story: Story) -> None:
    """Cause: no layer exists yet. Expected: every object down to the node group, id and digest, nothing written."""
    assert story.planned.code == 0, story.planned.output
    entries = story.estate.entries(story.planned)
    kinds = {entry["kind"] for entry in entries.values()}
    assert kinds >= KINDS | IN_THE_CLUSTER
    assert all("." in kind or kind[0].isupper() for kind in kinds - KINDS)
    assert {entry["verb"] for entry in entries.values()} == {"create"}
    for address in entries:
        kind, _slash, name = address.partition("/")
        assert f"create {kind} {name}" in story.planned.told
    plan = story.planned.summary["plan"]
    assert f"plan {plan['id']} (digest {plan['digest'][:12]}): {len(entries)} create" in story.planned.told
    assert story.writes["planned"] == 0


def test_site_does_exactly_what_was_planned(story: Story) -> None:
    """Cause: -e kubeops_plan=<id>. Expected: the plan's entries, all of them and no others, done."""
    assert story.built.code == 0, story.built.output
    assert f"held to plan {story.planned.id}" in story.built.told
    planned, built = story.estate.entries(story.planned), story.estate.entries(story.built)
    assert set(built) == set(planned)
    assert {(entry["verb"], entry["outcome"]) for entry in built.values()} == {("create", "done")}


def test_a_second_site_changes_nothing(story: Story) -> None:
    """Cause: the world is as declared. Expected: changed=0 and not one writing call."""
    assert story.again.code == 0, story.again.output
    assert story.again.changes == 0
    assert "changed=0" in story.again.told.rpartition("us-east-2 :")[2]
    assert story.writes["again"] == 0


def test_verify_has_evidence_for_the_network_and_the_cluster(story: Story) -> None:
    """Expected: 1.a.i, iii, iv, vii and 2.a met with evidence (1.a.ii is about three zones, the lab has two), all
    others not covered, and the cluster told that nothing makes yet; nothing written."""
    assert story.verified.code == 0, story.verified.output
    states = {name: entry["state"] for name, entry in story.verified.summary["milestones"].items()}
    met = {"1.a.i", "1.a.iii", "1.a.iv", "1.a.vii", "2.a.i", "2.a.ii", "2.a.iii", "2.a.iv", "2.a.v"}
    assert "passed over: lab-onprem (no layer of this version makes cluster lab-onprem" in story.verified.told
    assert {name for name, state in states.items() if state == "met"} == met
    assert {state for name, state in states.items() if name not in met} == {"not covered"}
    for name in met:
        evidence = story.verified.summary["milestones"][name]["evidence"]
        assert all(check["met"] and check["check"] and check["time"] for check in evidence)
    assert story.writes["verified"] == 0


def test_drift_of_an_estate_as_declared_is_none(story: Story) -> None:
    """Expected: exit status 0, nothing written."""
    assert story.drifted.code == 0, story.drifted.output
    assert (story.drifted.summary["differences"], story.drifted.summary["undeclared"]) == ([], [])
    assert story.writes["drifted"] == 0


def test_the_twin_answered_every_call(story: Story) -> None:
    """Expected: nothing that was proved here rests on a call that the twin does not support."""
    assert story.estate.unsupported() == []


@pytest.fixture
def disturbed(story: Story) -> Iterator[Story]:
    """Somebody changed a subnet of ours, and a security group carries our mark that nobody declares. The subnet also
    got a tag of theirs, which is none of our business: nobody reports or removes it."""
    ec2 = story.estate.client("ec2")
    subnet = _subnet(story, "lab-public-us-east-2a")
    theirs = [{"Key": "cost-center", "Value": "4711"}]
    vpc = _named(story, "vpcs", "VpcId", "lab")
    ec2.modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": False})
    tags = {"kubeops.io/estate": "lab", "kubeops.io/name": "lab-stray", "Name": "lab-stray"}
    specification = {
        "ResourceType": "security-group",
        "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
    }
    ec2.create_security_group(
        GroupName="lab-stray", Description="left over", VpcId=vpc, TagSpecifications=[specification]
    )
    ec2.create_tags(Resources=[subnet], Tags=theirs)
    yield story
    assert theirs[0] in ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0]["Tags"]
    ec2.delete_tags(Resources=[subnet], Tags=theirs)
    ec2.modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": True})
    for group in _strays(story):
        ec2.delete_security_group(GroupId=group)
    assert everything(story.estate) == story.world


def _named(story: Story, sort: str, key: str, name: str) -> str:
    return next(
        str(item[key])
        for place, item in story.world.items()
        if place.startswith(f"{sort} ") and {"Key": "kubeops.io/name", "Value": name} in (_tags(item))
    )


def _tags(item: object) -> list[dict[str, str]]:
    return list(item.get("Tags", ())) if isinstance(item, dict) else []


def _subnet(story: Story, name: str) -> str:
    return _named(story, "subnets", "SubnetId", name)


def _strays(story: Story) -> list[str]:
    filters = [{"Name": "group-name", "Values": ["lab-stray"]}]
    groups = story.estate.client("ec2").describe_security_groups(Filters=filters)["SecurityGroups"]
    return [group["GroupId"] for group in groups]


def test_drift_names_what_differs_and_what_nobody_declares(disturbed: Story) -> None:
    """Cause: a foreign change of ours, and an object of ours that is declared nowhere. Expected: non-zero, both named
    with what of them, nothing written."""
    estate = disturbed.estate
    mark = estate.mark()
    drift = estate.run("drift")
    assert drift.code == 2
    assert "differs: update subnet lab-public-us-east-2a (map_public_ip)" in drift.failures
    assert f"undeclared: security_group lab-stray ({_strays(disturbed)[0]})" in drift.failures
    assert estate.writes(mark) == 0


def test_a_purge_needs_consent_and_the_whole_estate_in_sight(disturbed: Story) -> None:
    """Cause: aws_network_purge lists security groups, one of ours is declared nowhere. Expected: refused without
    kubeops_allow_delete and nothing is deleted, nor anything else written; never under --skip-tags, even with consent;
    with consent exactly it goes."""
    estate = disturbed.estate
    purge = ("-e", json.dumps({"aws_network_purge": ["security_group"]}))
    consent = ("-e", json.dumps({"kubeops_allow_delete": ["security_group:1"]}))
    mark = estate.mark()
    refused = estate.run("site", *purge)
    assert refused.code == 2
    assert "this would delete 1 of 2 security_group: lab-stray" in refused.failures
    assert "say kubeops_allow_delete=security_group:1. Nothing was deleted" in refused.failures
    assert estate.writes(mark) == 0
    partial = estate.run("site", *purge, *consent, "--skip-tags", "nothing-has-this-tag")
    assert partial.code == 0, partial.output
    assert len(_strays(disturbed)) == 1
    mark = estate.mark()
    agreed = estate.run("site", *purge, *consent)
    assert agreed.code == 0, agreed.output
    assert estate.calls(mark)["by_operation"]["ec2.DeleteSecurityGroup"] == 1
    assert _strays(disturbed) == []


def test_a_limit_that_leaves_out_localhost_says_so_and_writes_nothing(disturbed: Story) -> None:
    """Cause: --limit us-east-2, so that no run begins. Expected: an error that says what to do, nothing written."""
    mark = disturbed.estate.mark()
    run = disturbed.estate.run("site", "--limit", "us-east-2")
    assert run.code != 0
    assert "localhost" in run.told
    assert disturbed.estate.writes(mark) == 0


def test_an_approved_plan_is_stale_when_somebody_changed_something_else(disturbed: Story) -> None:
    """Cause: between plan and site somebody changes a further subnet. Expected: Stale, naming it; nothing written."""
    estate = disturbed.estate
    plan = estate.run("plan").summary["plan"]
    ec2, other = estate.client("ec2"), _subnet(disturbed, "lab-public-us-east-2b")
    ec2.modify_subnet_attribute(SubnetId=other, MapPublicIpOnLaunch={"Value": False})
    mark = estate.mark()
    stale = estate.run("site", "-e", f"kubeops_plan={plan['file']}")
    ec2.modify_subnet_attribute(SubnetId=other, MapPublicIpOnLaunch={"Value": True})
    assert stale.code == 2
    assert "subnet/lab-public-us-east-2b: to update it is not in the approved plan. Make a new plan" in stale.failures
    assert estate.writes(mark) == 1  # the test's own
    assert "eks: not_tried: aws_network is failed" in stale.failures


def test_an_approved_plan_by_file_does_exactly_it(disturbed: Story) -> None:
    """Cause: a plan of one change, given by its file. Expected: that one field changes, nothing else is written."""
    estate = disturbed.estate
    plan = estate.run("plan").summary["plan"]
    mark = estate.mark()
    run = estate.run("site", "-e", f"kubeops_plan={plan['file']}")
    assert run.code == 0, run.output
    assert estate.calls(mark)["writes"] == estate.calls(mark)["by_operation"]["ec2.ModifySubnetAttribute"] == 1


def test_an_approved_plan_is_stale_for_another_inventory(story: Story) -> None:
    """Cause: the inventory changed since the plan. Expected: refused before anything begins, saying so."""
    estate = story.estate
    identity = {"name": "lab", "account_id": "123456789012", "maintenance_windows": []}
    changed = estate.overlay("changed", {"kubeops_estate": identity})
    mark = estate.mark()
    run = estate.run("site", "-e", f"kubeops_plan={story.planned.id}", overlays=(changed,))
    assert run.code == 2
    assert f"the inventory, the artifacts or the collection changed since plan {story.planned.id} was made" in run.told
    assert "Make a new plan" in run.told
    assert estate.writes(mark) == 0


def test_an_edited_plan_is_refused(story: Story, tmp_path: Path) -> None:
    """Cause: somebody edited the file that was approved. Expected: refused, naming the plan."""
    plan = json.loads(Path(story.planned.summary["plan"]["file"]).read_text(encoding="utf-8"))
    plan["steps"]["aws_network.us-east-2"].pop()
    edited = tmp_path / "edited.json"
    edited.write_text(json.dumps(plan), encoding="utf-8")
    run = story.estate.run("site", "-e", f"kubeops_plan={edited}")
    assert run.code == 2
    assert f"plan {plan['id']} is not what its digest says. Somebody edited it; make a new one" in run.told
