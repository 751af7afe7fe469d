# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the milestones of the site expect."""

from __future__ import annotations

from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate.expectations_vsphere import vsphere_milestones
from tests.unit.estate.onsite import site


def test_the_reference_estate_s_pair() -> None:
    pair, appliances = vsphere_milestones("vcenter", site("astromined"))
    assert pair == {
        "milestone": "1.b.i",
        "vcenter_ha": "vcenter-ha",
        "mode": "enabled",
        "nodes": {"active": "10.32.40.11", "passive": "10.32.40.12", "witness": "10.32.40.13"},
    }
    assert appliances == {
        "milestone": "1.b.ii",
        "cluster": "astromined",
        "appliances": [
            {"name": "vcsa-active", "role": "active", "hosts": ["esx-pit1-01", "esx-pit1-02"], "sites": ["pit1"]},
            {"name": "vcsa-passive", "role": "passive", "hosts": ["esx-pit2-01", "esx-pit2-02"], "sites": ["pit2"]},
        ],
    }


def test_the_reference_estate_s_cluster() -> None:
    (drs,) = vsphere_milestones("vsphere_cluster", site("astromined"))
    assert len(drs.pop("hosts")) == 27
    assert drs == {
        "milestone": "1.b.iv", "cluster": "astromined", "drs": "fully_automated", "pools": ["resource-computing"],
    }  # fmt: skip


def test_the_reference_estate_s_nodes_host_by_host() -> None:
    (nodes,) = vsphere_milestones("eks_anywhere", site("astromined"))
    assert len(nodes.pop("hosts")) == 27
    workers = ["astromined-onprem-gpu-", "astromined-onprem-general-"]
    assert nodes == {
        "milestone": "1.b.iii",
        "cluster": "astromined",
        "kubernetes_cluster": "astromined-onprem",
        "control_plane": {
            "per_host": 1,
            "prefixes": ["astromined-onprem-"],
            "not_prefixes": [*workers, "astromined-onprem-etcd-"],
        },
        "workers": {"per_host": 2, "prefixes": workers},
    }


def test_one_host_for_each_appliance_is_not_about_the_milestone() -> None:
    assert [one["milestone"] for one in vsphere_milestones("vcenter", site("lab"))] == ["1.b.i"]


def test_nothing_is_expected_of_others() -> None:
    shape = site("lab", {"path": "kubeops_vcenter.manage", "value": "ignore"})
    assert vsphere_milestones("vcenter", shape) == []
    assert vsphere_milestones("vsphere_hosts", site("lab")) == []
