# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every cluster has: from its shape to entries, expectations, and what a run knows of each cluster."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleError

from ansible_collections.kubeops.hybrid.plugins.filter import cluster_base_milestones, cluster_base_resources
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.registry import expand
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate.declared import cluster_sets
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate.layers_cluster import cluster_facts
from tests.unit.estate.inventories import changed, read

resources = cluster_base_resources.FilterModule().filters()["cluster_base_resources"]
milestones = cluster_base_milestones.FilterModule().filters()["cluster_base_milestones"]


def test_an_empty_base_is_no_entry() -> None:
    """Cause: a cluster of which nothing is declared. Expected: nothing to make, and only the cluster to look at."""
    assert resources({}) == []
    assert milestones({}, "c") == [{"milestone": "2.a.i", "cluster": "c"}]


def test_volumes_are_encrypted_gp3_unless_said_otherwise() -> None:
    """Expected: EBS with gp3 where nothing is said, what is said elsewhere, and nothing of another driver."""
    classes = [
        {"name": "a", "default": True},
        {"name": "b", "parameters": {"type": "io2"}},
        {"name": "c", "provisioner": "csi.vsphere.vmware.com"},
    ]
    made = {entry["name"]: entry for entry in resources({"storage_classes": classes})}
    assert made["a"]["provisioner"] == "ebs.csi.aws.com"
    assert [made[name]["parameters"] for name in "abc"] == [
        {"type": "gp3", "encrypted": "true"},
        {"type": "io2"},
        {},
    ]
    assert [made[name]["default"] for name in "abc"] == [True, False, False]


def test_a_namespace_is_held_to_baseline_unless_said_otherwise() -> None:
    """Expected: Pod Security of its own, amounts as text, and nothing that nobody declared."""
    (entry,) = resources({"namespaces": [{"name": "ml", "quota": {"pods": 5}}]})
    assert entry == {
        "kind": "namespace",
        "name": "ml",
        "pod_security": {"enforce": "baseline", "warn": "restricted"},
        "quota": {"pods": "5"},
    }


def test_another_s_default_class_loses_nothing_but_that() -> None:
    """Expected: one object with the annotation alone, after ours."""
    entries = resources({"storage_classes": [{"name": "fast", "default": True}], "no_longer_default": ["gp2"]})
    annotations = {"storageclass.kubernetes.io/is-default-class": "false"}
    assert entries[1]["manifest"]["metadata"] == {"name": "gp2", "annotations": annotations}
    assert set(entries[1]["manifest"]) == {"apiVersion", "kind", "metadata"}


def test_whoever_is_named_gets_a_role() -> None:
    """Expected: cluster-admin and view, for those that are named."""
    entries = resources({"administrators": {"groups": ["ops"]}, "viewers": {"users": ["ann"]}})
    assert [(entry["cluster_role"], entry.get("groups"), entry.get("users")) for entry in entries] == [
        ("cluster-admin", ["ops"], None),
        ("view", None, ["ann"]),
    ]


def test_a_layer_that_is_not_ours_makes_nothing_and_is_looked_at() -> None:
    """Cause: manage: reference. Expected: no entries, the same expectations."""
    base = {"storage_classes": [{"name": "fast", "default": True}]}
    assert resources(base, "reference") == []
    assert [one["milestone"] for one in milestones(base, "c")] == ["2.a.i", "2.a.ii"]


@pytest.mark.parametrize("name", ["astromined", "lab"])
def test_bases_of_the_inventories_are_what_makers_take(name: str) -> None:
    """Expected: every entry becomes an object; each cluster has one default class."""
    for base in read(name).estate().bases.values():
        objects = [body for body, _source in expand(resources(base.model_dump()))]
        annotations = [one["metadata"].get("annotations") or {} for one in objects if one["kind"] == "StorageClass"]
        assert [one["storageclass.kubernetes.io/is-default-class"] for one in annotations].count("true") == 1


@pytest.mark.parametrize(
    ("base", "told"),
    [
        ({"storage_classes": [{"name": "a", "default": True}, {"name": "b", "default": True}]}, "several default"),
        ({"storage_classes": [{"name": "gp2"}], "no_longer_default": ["gp2"]}, "names gp2 twice"),
        ({"namespaces": [{"name": "a"}, {"name": "a"}]}, "names a twice"),
        ({"namespaces": [{"name": "kube-system"}]}, "is a namespace of Kubernetes itself"),
        ({"namespaces": [{"name": "a.b"}]}, "takes no dots"),
        ({"namespaces": [{"name": "a", "quota": {"pods": "many"}}]}, "is not a quantity of Kubernetes"),
        ({"namespaces": [{"name": "a", "quota": {"pods": True}}]}, "is not a quantity of Kubernetes"),
        ({"namespaces": [{"name": "a", "quota": {"pods": -1}}]}, "is not a quantity of Kubernetes"),
        ({"namespaces": [{"name": "a", "pod_security": {"enforce": "strict"}}]}, "'privileged', 'baseline' or"),
        ({"administrators": {"service_accounts": ["robot"]}}, "write it as namespace/name"),
        ({"storageclasses": []}, "did you mean 'storage_classes'?"),
    ],
)
def test_a_wrong_base_is_told(base: Any, told: str) -> None:
    """Expected: path, what is wrong, and what to write."""
    with pytest.raises(AnsibleError, match=r"cluster_base_resources: The inventory has 1 problem") as caught:
        resources(base)
    assert told in str(caught.value)


def test_a_run_knows_what_makes_each_cluster() -> None:
    """Expected: EKS by its region's layer with version, nodes and add-ons; the cluster on site by none yet."""
    facts = cluster_facts(read("lab").estate())
    assert (facts["lab-eks"]["layer"], facts["lab-eks"]["version"]) == ("us-east-2.eks", "1.35")
    assert facts["lab-eks"]["nodes"] == 1
    assert "Deployment kube-system/coredns" in facts["lab-eks"]["workloads"]
    assert facts["lab-eks"]["sets"] == ["cluster-base", "kubeflow"]
    assert (facts["lab-onprem"]["layer"], facts["lab-onprem"]["sets"]) == ("", ["cluster-base"])


def test_a_cluster_on_site_is_made_as_soon_as_there_is_a_machine_to_begin_from() -> None:
    """Cause: kubeops_admin_machine. Expected: its vCenter's layer makes it, and so many nodes are expected of it."""
    facts = cluster_facts(changed("astromined", [{"path": "kubeops_admin_machine", "value": {}}]).estate())
    assert facts["astromined-onprem"]["layer"] == "vcsa.astromined.example.com.eks_anywhere"
    assert facts["astromined-onprem"]["nodes"] == 81


def test_a_cluster_of_an_ignored_layer_is_made_by_none() -> None:
    """Cause: kubeops_estate.layers.eks is ignore. Expected: as if somebody else made it."""
    estate = changed("lab", [{"path": "kubeops_estate.layers", "value": {"eks": "ignore"}}]).estate()
    assert cluster_facts(estate)["lab-eks"]["layer"] == ""


def test_sets_are_declared_by_endpoint() -> None:
    """Expected: what a sweep of the cluster has to spare."""
    assert cluster_sets(read("lab").estate())["lab-eks"] == {"kube_set": ["cluster-base", "kubeflow"]}
