# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A node looks as a cloud's kubelet would have registered it."""

from __future__ import annotations

from twin.contract import NodeSpec, Taint
from twin.nodes import GROUP_ANNOTATION, node_manifest

_SPEC = NodeSpec(
    name="ip-10-0-1-23.us-east-2.compute.internal",
    provider_id="aws:///us-east-2a/i-1",
    zone="us-east-2a",
    instance_type="p3.2xlarge",
    labels={"pool": "gpu"},
    taints=(Taint("nvidia.com/gpu", "yes", "NoSchedule"),),
    capacity={"cpu": "8", "nvidia.com/gpu": "1"},
)


def test_labels_taints_and_capacity() -> None:
    node = node_manifest(_SPEC, group="ng", version="1.34.0")
    labels = node["metadata"]["labels"]
    assert labels["pool"] == "gpu"
    assert labels["topology.kubernetes.io/zone"] == "us-east-2a"
    assert labels["topology.kubernetes.io/region"] == "us-east-2"
    assert labels["node.kubernetes.io/instance-type"] == "p3.2xlarge"
    assert node["metadata"]["annotations"] == {GROUP_ANNOTATION: "ng"}
    assert node["spec"]["taints"] == [{"key": "nvidia.com/gpu", "value": "yes", "effect": "NoSchedule"}]
    assert node["status"]["allocatable"]["nvidia.com/gpu"] == "1"
    assert node["status"]["nodeInfo"]["kubeletVersion"] == "v1.34.0"


def test_the_address_is_in_the_private_name() -> None:
    addresses = node_manifest(_SPEC, group="", version="1.34.0")["status"]["addresses"]
    assert {"type": "InternalIP", "address": "10.0.1.23"} in addresses


def test_another_name_has_no_made_up_address() -> None:
    node = node_manifest(NodeSpec("worker-1", "", "", ""), group="", version="1.34.0")
    assert [address["type"] for address in node["status"]["addresses"]] == ["InternalDNS", "Hostname"]
    assert "topology.kubernetes.io/zone" not in node["metadata"]["labels"]
