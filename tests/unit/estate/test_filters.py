# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters carry shapes into playbooks: templated values in, resources or every problem out."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

from ansible_collections.kubeops.hybrid.plugins.filter import aws_network_resources, eks_resources
from tests.unit.estate.inventories import read

network = aws_network_resources.FilterModule().filters()["aws_network_resources"]
eks = eks_resources.FilterModule().filters()["eks_resources"]


def _shapes(name: str) -> Any:
    return read("lab").hosts["us-east-2"][name]


def test_a_filter_raises_every_problem_as_ansible_wants_it() -> None:
    with pytest.raises(AnsibleError) as caught:
        network([{"name": "v", "cidr": "10.0.0.1/16", "zonse": []}], "e", "us-east-2")
    text = str(caught.value)
    assert "aws_network_vpcs[0].cidr = 10.0.0.1/16: has bits set behind its prefix" in text
    assert "aws_network_vpcs[0].zonse: unknown key 'zonse'. Remedy: did you mean 'zones'?" in text
    with pytest.raises(AnsibleError, match="eks_resources: The inventory has"):
        eks([{}], "e", "us-east-2")


def test_values_that_are_still_templates_are_resolved_on_the_way() -> None:
    variables = {
        "block": "10.0.0.0/20",
        "vpcs": [
            {
                "name": "v",
                "cidr": trust_as_template("{{ block }}"),
                "zones": ["us-east-2a"],
                "tiers": {"public": {"prefix": 24, "public": True}},
            }
        ],
    }
    templar = Templar(loader=DataLoader(), variables=variables)
    entries = network(templar.template(trust_as_template("{{ vpcs }}")), "e", "us-east-2")
    assert entries[0]["cidr"] == "10.0.0.0/20"


def test_a_kubeconfig_is_written_only_where_tokens_can_be_made() -> None:
    clusters, vpcs = _shapes("eks_clusters"), _shapes("aws_network_vpcs")
    kinds = {entry["kind"] for entry in eks(clusters, "lab", "us-east-2", vpcs=vpcs)}
    assert "eks_kubeconfig" not in kinds
    how = {
        "directory": "/srv/project",
        "command": ["python", "token.py"],
        "connection": {"region": "us-east-2", "profile": "lab", "ca_bundle": None},
    }
    entries = eks(clusters, "lab", "us-east-2", vpcs=vpcs, kubeconfigs=how)
    written = [entry for entry in entries if entry["kind"] == "eks_kubeconfig"]
    assert [entry["path"] for entry in written] == ["/srv/project/.kubeops/private/kubeconfig-lab-eks"]
    assert written[0]["command"] == ["python", "token.py", "--profile", "lab"]
