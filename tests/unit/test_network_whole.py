# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A VPC's shape, its resources, the kinds and the evidence fit together; a neighbour's objects are left alone."""

from __future__ import annotations

from typing import Any

import pytest
from moto import mock_aws

from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.aws.milestones_network import checks
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate.expectations import aws_network_milestones
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate.layers import aws_network_resources
from tests.unit.kinds_support import REGION, Account
from tests.unit.plan_tables import ESTATE

VPCS = [
    {
        "name": "demo",
        "cidr": "10.64.0.0/16",
        "zones": ["us-east-2a", "us-east-2b", "us-east-2c"],
        "tiers": {"public": {"prefix": 22, "public": True}, "private": {"prefix": 19}},
        "endpoints": {"gateway": ["s3"], "interface": ["ecr.api", "sts"]},
    }
]
LISTINGS = {
    "describe_vpcs": "Vpcs",
    "describe_subnets": "Subnets",
    "describe_route_tables": "RouteTables",
    "describe_security_groups": "SecurityGroups",
    "describe_internet_gateways": "InternetGateways",
}


def everything(account: Account) -> dict[str, list[Any]]:
    """What the account holds, whoever made it."""
    return {operation: account.port.pages("ec2", operation, key) for operation, key in LISTINGS.items()}


def neighbour(account: Account) -> None:
    """Somebody's network, without our marks, in the same account."""
    vpc = account.port.call("ec2", "create_vpc", CidrBlock="10.65.0.0/16")["Vpc"]["VpcId"]
    account.port.call("ec2", "create_subnet", VpcId=vpc, CidrBlock="10.65.0.0/24")
    tags = [{"ResourceType": "security-group", "Tags": [{"Key": "kubeops.io/estate", "Value": "another"}]}]
    account.port.call(
        "ec2", "create_security_group", GroupName="theirs", Description="-", VpcId=vpc, TagSpecifications=tags
    )


@pytest.mark.slow
def test_a_network_is_made_kept_proved_and_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
    resources = aws_network_resources(VPCS, estate=ESTATE, region=REGION)
    with mock_aws():
        account = Account()
        neighbour(account)
        before = everything(account)

        assert account.reconcile(*resources, dry_run=True).changed
        assert everything(account) == before
        assert account.reconcile(*resources).changed
        report = account.reconcile(*resources)
        assert not report.changed

        expected = aws_network_milestones(VPCS)
        evidence = [checks()[one["milestone"]](report.world, one) for one in expected]
        assert [(one.milestone, one.met, one.reason) for one in evidence] == [
            ("1.a.i", True, ""),
            ("1.a.ii", True, ""),
            ("1.a.iii", True, ""),
        ]

        account.reconcile(*resources, absent=True)
        assert account.reconcile(sweep=True).undeclared == []
        assert everything(account) == before
