# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A teardown leaves nothing of ours and touches nothing of others; without consent it does nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.system import neighbours
from tests.system.account import Things, everything, mine
from tests.system.estate import Estate, Run

CONSENT = ("-e", "kubeops_teardown=lab")


@dataclass(frozen=True)
class Story:
    """An account with neighbours in which the lab was built. before, after: all of the account, around site."""

    estate: Estate
    before: Things
    after: Things
    built: Run


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Neighbours move in, then site."""
    with Estate(tmp_path_factory.mktemp("teardown")).up() as estate:
        neighbours.move_in(estate)
        before = everything(estate)
        built = estate.run("site")
        yield Story(estate, before, everything(estate), built)


def test_site_leaves_neighbours_as_they_are(story: Story) -> None:
    """Cause: another estate, and things without marks, in the same account. Expected: byte for byte as before."""
    assert story.built.code == 0, story.built.output
    assert {name: story.after.get(name) for name in story.before} == story.before
    assert len(mine(story.after, story.before)) > 50


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "a teardown of estate lab needs consent. Say -e kubeops_teardown=lab"),
        (("-e", "kubeops_teardown=astromined"), "a teardown of estate lab needs consent. Say -e kubeops_teardown=lab"),
        ((*CONSENT, "--limit", "us-east-2,localhost"), "a teardown is never partial. Leave out --limit"),
        ((*CONSENT, "--skip-tags", "nothing-has-this-tag"), "a teardown is never partial. Leave out --limit"),
    ],
    ids=["without", "wrong-name", "limited", "tagged"],
)  # fmt: skip
def test_a_teardown_is_refused(story: Story, options: tuple[str, ...], message: str) -> None:
    """Cause: no or wrong consent, or only a part in sight. Expected: refused with what to say; no call at all."""
    mark = story.estate.mark()
    run = story.estate.run("teardown", *options)
    assert run.code == 2
    assert message in run.told
    assert story.estate.calls(mark)["total"] == 0


def test_a_protected_estate_is_not_torn_down(story: Story) -> None:
    """Cause: kubeops_estate.protected. Expected: refused in spite of consent, saying what would have to change."""
    identity = {"name": "lab", "account_id": "123456789012", "protected": True}
    protected = story.estate.overlay("protected", {"kubeops_estate": identity})
    mark = story.estate.mark()
    run = story.estate.run("teardown", *CONSENT, overlays=(protected,))
    assert run.code == 2
    assert "estate lab is protected. Set kubeops_estate.protected: false first" in run.told
    assert story.estate.calls(mark)["total"] == 0


def test_a_teardown_with_another_account_s_credentials_deletes_nothing(story: Story) -> None:
    """Cause: the profile of a stranger's account. Expected: both accounts named, no writing call; the run is closed, so
    that the next one need not wait for its lease."""
    endpoint = {
        "endpoint_url": story.estate.endpoint()["endpoint_url"],
        "shared_credentials_file": story.estate.endpoint()["shared_credentials_file"],
        "profile": "stranger",
    }
    stranger = story.estate.overlay("stranger", {}, {"kubeops_aws_endpoint": endpoint})
    mark = story.estate.mark()
    run = story.estate.run("teardown", *CONSENT, overlays=(stranger,))
    assert run.code == 2
    assert "these credentials belong to account 210987654321, the estate is in 123456789012" in run.failures
    assert story.estate.writes(mark) == 0
    assert run.summary
    assert json.loads((story.estate.store / "lease.json").read_text(encoding="utf-8"))["run"] == ""


@pytest.fixture(scope="module")
def occupied(story: Story) -> tuple[str, Run, Things]:
    """A teardown while a foreign network interface is in a subnet of ours: its id, the run, the world after it."""
    estate = story.estate
    ec2 = estate.client("ec2")
    subnets = ec2.describe_subnets(Filters=[{"Name": "tag:kubeops.io/name", "Values": ["lab-private-us-east-2a"]}])
    foreign = ec2.create_network_interface(
        SubnetId=subnets["Subnets"][0]["SubnetId"],
        Description="of a database that somebody runs here",
        TagSpecifications=neighbours.tagged("network-interface", [{"Key": "Name", "Value": "their-database"}]),
    )["NetworkInterface"]["NetworkInterfaceId"]
    run = estate.run("teardown", *CONSENT, "-e", '{"kubeops_timing": {"poll_interval": 0.1, "wait_timeout": 6, '
                     '"settle_timeout": 5, "lease_ttl": 3}}')  # fmt: skip
    return foreign, run, everything(estate)


def test_what_a_foreign_interface_holds_is_named_and_it_is_left_alone(
    story: Story, occupied: tuple[str, Run, Things]
) -> None:
    """Cause: a foreign interface in our subnet. Duration: until the subnet's deadline. Expected: non-zero, the subnet
    and the interface named; the interface untouched; all that does not depend on the subnet is gone."""
    foreign, run, world = occupied
    assert run.code == 2
    assert "Failed to delete subnet lab-private-us-east-2a" in run.failures
    assert foreign in run.failures
    assert "their-database" in run.failures or "of a database that somebody runs here" in run.failures
    assert f"network_interfaces {foreign}" in world
    assert {name: world.get(name) for name in story.before} == story.before
    left = {entry["kind"] for entry in run.summary["undeclared"]}
    assert {"vpc", "subnet"} <= left <= {"vpc", "subnet", "internet_gateway", "security_group", "route_table"}


def test_a_teardown_leaves_nothing_and_neighbours_as_they_are(story: Story, occupied: tuple[str, Run, Things]) -> None:
    """Cause: consent, after the foreign interface went. Expected: the account is what it was before site, all of it."""
    estate = story.estate
    estate.client("ec2").delete_network_interface(NetworkInterfaceId=occupied[0])
    run = estate.run("teardown", *CONSENT)
    assert run.code == 0, run.output
    assert run.summary["undeclared"] == []
    assert everything(estate) == story.before
    mark = estate.mark()
    again = estate.run("teardown", *CONSENT)
    assert again.code == 0, again.output
    assert again.changes == 0
    assert estate.writes(mark) == 0
    assert estate.unsupported() == []
