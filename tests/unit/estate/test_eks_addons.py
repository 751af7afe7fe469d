# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What add-ons and service accounts add to the shape of an EKS cluster."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate import layers
from ansible_collections.kubeops.hybrid.plugins.plugin_utils.estate.eks_addons import Addon

Resource = dict[str, Any]
AGENT = {"name": "eks-pod-identity-agent"}
CLUSTER: Resource = {
    "name": "full",
    "version": "1.35",
    "vpc": "net",
    "zones": ["us-east-2a", "us-east-2b"],
    "permissions_boundary": "arn:aws:iam::123456789012:policy/boundary",
    "tags": {"owner": "us"},
}
NOBODY: dict[str, list[Resource]] = {"addons": [], "service_accounts": []}


def made(**parts: list[Resource]) -> dict[str, dict[str, Resource]]:
    """Kind and name of what these parts add to a cluster without any."""
    bare = layers.eks_resources([CLUSTER | NOBODY], estate="e", region="us-east-2")
    whole = layers.eks_resources([CLUSTER | parts], estate="e", region="us-east-2")
    found: dict[str, dict[str, Resource]] = {}
    for entry in whole:
        if entry not in bare:
            kind, name = layers.address(entry)
            found.setdefault(kind, {})[name] = entry
    return found


def test_an_addon_is_what_is_said_of_it() -> None:
    driver = {"name": "aws-ebs-csi-driver", "version": "latest", "identity": "nodes", "configuration": {"node": {}}}
    settings = {
        "preserve": True,
        "resolve_conflicts_on_update": "OVERWRITE",
        "namespace": "storage",
        "tags": {"a": "b"},
    }
    assert made(addons=[driver | settings]) == {
        "eks_addon": {
            "full/aws-ebs-csi-driver": {
                "kind": "eks_addon",
                "name": "aws-ebs-csi-driver",
                "cluster": "full",
                "version": "latest",
                "kubernetes_version": "1.35",
                "configuration": {"node": {}},
                "namespace": "storage",
                "resolve_conflicts_on_create": "OVERWRITE",
                "resolve_conflicts_on_update": "OVERWRITE",
                "preserve": True,
                "role": "",
                "pod_identity_associations": [],
                "tags": {"owner": "us", "a": "b"},
            }
        }
    }


def test_a_driver_gets_a_role_by_pod_identity() -> None:
    parts = made(addons=[AGENT, {"name": "aws-ebs-csi-driver"}])
    assert list(parts) == ["eks_addon", "iam_role"]
    identity = [{"service_account": "ebs-csi-controller-sa", "role": "full-aws-ebs-csi-driver"}]
    addon = parts["eks_addon"]["full/aws-ebs-csi-driver"]
    assert addon["pod_identity_associations"] == identity
    assert "role" not in addon
    (role,) = parts["iam_role"].values()
    (statement,) = role.pop("trust_policy")["Statement"]
    assert (statement["Principal"]["Service"], statement["Action"]) == (
        "pods.eks.amazonaws.com",
        ["sts:AssumeRole", "sts:TagSession"],
    )
    assert role == {
        "kind": "iam_role",
        "name": "full-aws-ebs-csi-driver",
        "managed_policies": ["service-role/AmazonEBSCSIDriverPolicy"],
        "permissions_boundary": CLUSTER["permissions_boundary"],
        "tags": {"owner": "us"},
    }


def test_a_role_by_the_oidc_provider_of_the_cluster() -> None:
    parts = made(addons=[{"name": "vpc-cni", "identity": "irsa"}])
    assert list(parts) == ["iam_oidc_provider", "iam_role", "eks_addon"]
    assert parts["iam_oidc_provider"]["full"]["cluster"] == "full"
    addon = parts["eks_addon"]["full/vpc-cni"]
    assert (addon["role"], addon["pod_identity_associations"]) == ("full-vpc-cni", [])
    account = {"provider": "full", "namespace": "kube-system", "name": "aws-node"}
    assert parts["iam_role"]["full-vpc-cni"]["service_account"] == account


@pytest.mark.parametrize(
    ("said", "by", "policies"),
    [
        ({"name": "coredns"}, "nodes", None),
        ({"name": "vpc-cni"}, "nodes", None),
        ({"name": "aws-efs-csi-driver"}, "pod_identity", ("service-role/AmazonEFSCSIDriverPolicy",)),
        ({"name": "aws-efs-csi-driver", "managed_policies": []}, "pod_identity", ()),
        ({"name": "adot", "service_account": "a", "managed_policies": ["B"]}, "pod_identity", ("B",)),
        ({"name": "adot", "identity": "irsa"}, "irsa", None),
        ({"name": "datadog_operator"}, "nodes", None),
    ],
)
def test_how_an_addon_gets_its_rights(said: Resource, by: str, policies: tuple[str, ...] | None) -> None:
    addon = Addon.model_validate(said)
    assert (addon.by, addon.rights and addon.rights.managed_policies) == (by, policies)


def test_service_accounts_get_roles() -> None:
    runner = {"namespace": "kubeflow", "name": "runner", "managed_policies": ["AmazonS3ReadOnlyAccess"]}
    cache = {
        "namespace": "kubeflow",
        "name": "cache",
        "identity": "irsa",
        "role": "cache",
        "inline_policies": {"a": {}},
    }
    parts = made(addons=[AGENT], service_accounts=[runner, cache])
    (association,) = parts["eks_pod_identity_association"].values()
    assert association == {
        "kind": "eks_pod_identity_association",
        "name": "kubeflow-runner",
        "cluster": "full",
        "namespace": "kubeflow",
        "service_account": "runner",
        "role": "full-kubeflow-runner",
        "tags": {"owner": "us"},
    }
    assert parts["iam_role"]["full-kubeflow-runner"]["managed_policies"] == ["AmazonS3ReadOnlyAccess"]
    assert parts["iam_role"]["cache"]["inline_policies"] == {"a": {}}
    account = {"provider": "full", "namespace": "kubeflow", "name": "cache"}
    assert parts["iam_role"]["cache"]["service_account"] == account
    assert list(parts["iam_oidc_provider"]) == ["full"]


def test_what_is_there_already_is_only_referred_to() -> None:
    there = {"name": "aws-ebs-csi-driver", "manage": "reference"}
    account = {"namespace": "a", "name": "b", "manage": "reference"}
    parts = made(addons=[AGENT, there, {"name": "coredns", "manage": "ignore"}], service_accounts=[account])
    assert sorted(parts["eks_addon"]) == ["full/aws-ebs-csi-driver", "full/eks-pod-identity-agent"]
    entries = [entry for kind in parts.values() for name, entry in kind.items() if AGENT["name"] not in name]
    assert {entry["manage"] for entry in entries} == {"reference"}
