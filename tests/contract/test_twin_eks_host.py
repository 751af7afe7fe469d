# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the simulated EKS asks of the cluster host, and how it takes the host's answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.contract.aws_account import REGION, Account, Network, cluster, network, served
from twin.contract import ControlPlaneError, Endpoint, NodeSpec

pytestmark = pytest.mark.slow
KEY = f"{REGION}-demo"


@dataclass
class MemoryHost:
    """A cluster host without processes: it notes what it is asked, and ``outcome`` says how starts end."""

    outcome: Endpoint | str | None = None
    begun: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    nodes: dict[tuple[str, str], Sequence[NodeSpec]] = field(default_factory=dict)
    bound: list[tuple[str, str, str | None]] = field(default_factory=list)
    addons: dict[tuple[str, str], tuple[str, str, str | None]] = field(default_factory=dict)

    def begin(self, name: str, version: str, issuer: str, *, service_cidr: str = "10.100.0.0/16") -> None:
        """Note it."""
        self.begun[name] = (version, issuer, service_cidr)

    def ready(self, name: str) -> Endpoint | None:
        """As ``outcome`` says."""
        if isinstance(self.outcome, str):
            raise ControlPlaneError(self.outcome)
        return self.outcome

    def start(self, name: str, version: str, issuer: str, *, service_cidr: str = "10.100.0.0/16") -> Endpoint:
        """Nobody waits here."""
        raise AssertionError("the account must not wait for a control plane")

    def stop(self, name: str) -> None:
        """Forget it."""
        self.begun.pop(name)

    def set_nodes(self, cluster: str, nodes: Sequence[NodeSpec], *, group: str = "") -> None:
        """Note them."""
        self.nodes[cluster, group] = nodes

    def bind_access(self, cluster: str, policy: str, namespace: str | None = None) -> None:
        """Note it."""
        self.bound.append((cluster, policy, namespace))

    def addon(
        self,
        cluster: str,
        name: str,
        version: str,
        configuration: str,
        role_arn: str | None,
        service_account: str | None,
        present: bool,
    ) -> None:
        """Note it, or forget it; the simulated EKS leaves it to the host which service account gets the role."""
        assert service_account is None
        if present:
            self.addons[cluster, name] = (version, configuration, role_arn)
        else:
            self.addons.pop((cluster, name), None)


def status(account: Account) -> str:
    """The cluster's status."""
    return str(account.client("eks").describe_cluster(name="demo")["cluster"]["status"])


def nodegroup(account: Account, net: Network) -> None:
    """Three GPU nodes over three zones."""
    account.client("eks").create_nodegroup(
        clusterName="demo",
        nodegroupName="gpu",
        subnets=net.subnets,
        nodeRole=net.node_role,
        instanceTypes=["g5.xlarge"],
        labels={"tier": "gpu"},
        taints=[{"key": "nvidia.com/gpu", "value": "present", "effect": "NO_SCHEDULE"}],
        scalingConfig={"minSize": 1, "maxSize": 6, "desiredSize": 3},
    )
    account.advance(120)


def test_a_cluster_is_active_only_when_its_control_plane_is_ready(tmp_path: Path) -> None:
    host = MemoryHost()
    with served(tmp_path, host=host) as account:
        net = network(account)
        cluster(account, net, version="1.34", kubernetesNetworkConfig={"serviceIpv4Cidr": "10.7.0.0/16"})
        assert status(account) == "CREATING"
        version, issuer, service_cidr = host.begun[KEY]
        assert (version, service_cidr) == ("1.34", "10.7.0.0/16")
        host.outcome = Endpoint("https://127.0.0.1:6443", "PEM")
        account.advance(5)
        found = account.client("eks").describe_cluster(name="demo")["cluster"]
        assert (found["status"], found["endpoint"]) == ("ACTIVE", "https://127.0.0.1:6443")
        assert found["identity"]["oidc"]["issuer"] == issuer
        account.client("eks").delete_cluster(name="demo")
        account.advance(300)
        assert account.client("eks").list_clusters()["clusters"] == []
        assert host.begun == {}


def test_a_control_plane_that_dies_is_a_failed_cluster(tmp_path: Path) -> None:
    with served(tmp_path, host=MemoryHost(outcome="etcd: no space left on device")) as account:
        cluster(account, network(account))
        assert status(account) == "FAILED"
        found = account.client("eks").describe_cluster(name="demo")["cluster"]
        assert "no space left" in found["health"]["issues"][0]["message"]


def test_a_node_groups_instances_are_the_clusters_nodes(tmp_path: Path) -> None:
    host = MemoryHost(outcome=Endpoint("https://127.0.0.1:6443", "PEM"))
    with served(tmp_path, host=host) as account:
        net, eks = network(account), account.client("eks")
        cluster(account, net)
        nodegroup(account, net)
        eks.list_clusters()
        nodes = host.nodes[KEY, "gpu"]
        assert {node.zone for node in nodes} == {REGION + zone for zone in "abc"}
        instances = account.client("ec2").describe_instances()["Reservations"]
        ids = {one["InstanceId"] for reservation in instances for one in reservation["Instances"]}
        assert {node.provider_id.rpartition("/")[2] for node in nodes} == ids
        first = nodes[0]
        assert first.provider_id.startswith(f"aws:///{first.zone}/i-")
        assert (first.labels["tier"], first.labels["eks.amazonaws.com/nodegroup"]) == ("gpu", "gpu")
        assert first.labels["topology.kubernetes.io/zone"] == first.zone
        assert (first.capacity["nvidia.com/gpu"], first.instance_type) == ("1", "g5.xlarge")
        assert [taint.effect for taint in first.taints] == ["NoSchedule"]
        scaling = {"minSize": 1, "maxSize": 6, "desiredSize": 2}
        eks.update_nodegroup_config(clusterName="demo", nodegroupName="gpu", scalingConfig=scaling)
        account.advance(60)
        eks.list_clusters()
        assert len(host.nodes[KEY, "gpu"]) == 2
        eks.delete_nodegroup(clusterName="demo", nodegroupName="gpu")
        account.advance(120)
        eks.list_clusters()
        assert host.nodes[KEY, "gpu"] == []


def test_namespaces_of_access_policies_are_bound(tmp_path: Path) -> None:
    host = MemoryHost(outcome=Endpoint("https://127.0.0.1:6443", "PEM"))
    with served(tmp_path, host=host) as account:
        net, eks = network(account), account.client("eks")
        cluster(account, net)
        names = {"clusterName": "demo", "principalArn": net.node_role}
        eks.create_access_entry(**names)
        policy = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSEditPolicy"
        scope = {"type": "namespace", "namespaces": ["kubeflow"]}
        eks.associate_access_policy(**names, policyArn=policy, accessScope=scope)
        assert host.bound == [(KEY, "AmazonEKSEditPolicy", "kubeflow")]
