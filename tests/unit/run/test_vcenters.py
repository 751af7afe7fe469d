# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Layers of vCenters in a run: when they are passed over."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.kubeops.hybrid.plugins.plugin_utils.run import clusters, vcenters
from tests.unit.estate.inventories import changed, read

PLACE = "vcsa.lab.example.com"


def run(address: str = "127.0.0.1", declared: bool = True, **rest: Any) -> dict[str, Any]:
    """A run that knows one vCenter."""
    return {"verb": "site", "vcenters": {PLACE: {"address": address, "declared": declared}}, **rest}


def test_a_vcenter_that_can_be_asked_is_asked() -> None:
    assert vcenters.passed_over(run(), PLACE, "vcenter") == ("", "")


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        # Names below .invalid never exist.
        ({"address": "vcsa.invalid"}, "nobody knows vcsa.invalid"),
        ({"declared": False}, "kubeops_vcenter.host does not name it"),
    ],
)
def test_a_vcenter_is_passed_over_that_is_not_there(facts: dict[str, Any], told: str) -> None:
    """Cause: no appliance, or nothing declared behind it. Expected: passed over, and the reason says why."""
    outcome, reason = vcenters.passed_over(run(**facts), PLACE, "vsphere_cluster")
    assert outcome == clusters.NOT_COVERED
    assert told in reason


def test_an_ignored_layer_is_not_looked_at() -> None:
    outcome, reason = vcenters.passed_over(run("vcsa.invalid", ignored=["vcenter"]), PLACE, "vcenter")
    assert (outcome, reason) == (clusters.IGNORED, "kubeops_estate.layers.vcenter is ignore")


def test_other_places_are_none_of_its_business() -> None:
    assert vcenters.passed_over(run("vcsa.invalid"), "us-east-2", "eks") == ("", "")


def test_what_a_run_is_told_of_each_vcenter() -> None:
    assert vcenters.facts(read("lab").estate()) == {PLACE: {"address": PLACE, "declared": True}}
    without = changed("lab", [{"path": "kubeops_vcenter", "remove": True}]).estate()
    assert vcenters.facts(without) == {PLACE: {"address": PLACE, "declared": False}}
