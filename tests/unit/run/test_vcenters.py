# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Layers of vCenters in a run: when they are passed over."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.kubeops.hybrid.plugins.plugin_utils.run import clusters, vcenters
from tests.unit.estate.inventories import changed, read

PLACE = "vcsa.lab.example.com"


def run(address: str = "127.0.0.1", declared: bool = True, admin: bool = True, **rest: Any) -> dict[str, Any]:
    """A run that knows one vCenter."""
    facts = {"address": address, "declared": declared, "admin_machine": admin}
    return {"verb": "site", "vcenters": {PLACE: facts}, **rest}


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
    assert vcenters.facts(read("lab").estate()) == {PLACE: {"address": PLACE, "declared": True, "admin_machine": False}}
    without = changed("lab", [{"path": "kubeops_vcenter", "remove": True}]).estate()
    assert vcenters.facts(without) == {PLACE: {"address": PLACE, "declared": False, "admin_machine": False}}


def test_clusters_need_a_machine_to_make_the_first_one_from() -> None:
    """Cause: kubeops_admin_machine is not there. Expected: only that layer is passed over, and the reason says why."""
    outcome, reason = vcenters.passed_over(run(admin=False), PLACE, "eks_anywhere")
    assert (outcome, "kubeops_admin_machine" in reason) == (clusters.NOT_COVERED, True)
    assert vcenters.passed_over(run(admin=False), PLACE, "vsphere_cluster") == ("", "")


@pytest.mark.parametrize(("address", "there", "outcome"), [
    ("vcsa.invalid", False, clusters.NOT_COVERED), ("vcsa.invalid", True, ""), ("127.0.0.1", False, ""),
])  # fmt: skip
def test_a_cluster_goes_the_way_of_its_vcenter(tmp_path: Path, address: str, there: bool, outcome: str) -> None:
    """Cause: the vCenter in which EKS Anywhere would make it is passed over. Expected: so is it, unless it is there."""
    kubeconfig = tmp_path / "kubeconfig"
    if there:
        kubeconfig.touch()
    known = {"lab-onprem": {"layer": f"{PLACE}.eks_anywhere", "kubeconfig": str(kubeconfig), "cluster": "lab-onprem"}}
    assert vcenters.passed_over(run(address, clusters=known), "lab-onprem", "cluster_base")[0] == outcome
