# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the milestones of the site expect."""

from __future__ import annotations

from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate.expectations_vsphere import vsphere_milestones
from tests.unit.estate.onsite import site


def test_the_reference_estate_s_pair() -> None:
    pair, appliances = vsphere_milestones("vcenter", site("astromined"))
    sites = pair.pop("sites")
    assert (len(sites), sites["esx-pit2-01"]) == (27, "pit2")
    assert pair == {"milestone": "1.b.i", "nodes": ["vcsa-active", "vcsa-passive", "vcsa-witness"]}
    assert appliances == {
        "milestone": "1.b.ii",
        "cluster": "astromined",
        "appliances": {
            "vcsa-active": ["esx-pit1-01", "esx-pit1-02"],
            "vcsa-passive": ["esx-pit2-01", "esx-pit2-02"],
        },
    }


def test_the_reference_estate_s_capacity() -> None:
    assert vsphere_milestones("vsphere_cluster", site("astromined")) == [
        {
            "milestone": "1.b.iv",
            "cluster": "astromined",
            "capacity": {"cpu": 27 * 16 * 3900, "memory": 27 * 640 * 1024},
            "limits": {"resource-computing": {"cpu": 50, "memory": 50}},
            "reservations": {"business-critical": {"cpu": 50, "memory": 50}},
            "nodes": {"prefixes": ["astromined-onprem-", "astromined-mgmt-"]},
        }
    ]


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
