# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated EKS answers real boto3 clients as EKS does: access entries, policies and tokens."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.aws_account import ACCOUNT, REGION, Account, Network, cluster, code_of, network, served
from twin.aws import tokens

pytestmark = pytest.mark.slow
KEY = f"{REGION}-demo"


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Account]:
    """A fresh account."""
    with served(tmp_path) as fresh:
        yield fresh


@pytest.fixture
def net(account: Account) -> Network:
    """A network in it."""
    return network(account)


def test_access_entries_and_their_policies(account: Account, net: Network) -> None:
    eks = account.client("eks")
    cluster(account, net)
    names = {"clusterName": "demo", "principalArn": net.node_role}
    nobody = {"clusterName": "demo", "principalArn": f"arn:aws:iam::{ACCOUNT}:role/nobody"}
    assert code_of(eks.create_access_entry, **nobody) == "InvalidParameterException"
    reserved = {**names, "kubernetesGroups": ["system:masters"]}
    assert code_of(eks.create_access_entry, **reserved) == "InvalidParameterException"
    entry = eks.create_access_entry(**names, kubernetesGroups=["viewers"], tags={"a": "b"})["accessEntry"]
    assert entry["username"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/demo-node/{{{{SessionName}}}}"
    assert code_of(eks.create_access_entry, **names) == "ResourceInUseException"
    policy = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"
    scope = {"type": "namespace", "namespaces": ["kubeflow"]}
    eks.associate_access_policy(**names, policyArn=policy, accessScope=scope)
    found = eks.list_associated_access_policies(**names)["associatedAccessPolicies"]
    assert [(one["policyArn"], one["accessScope"]) for one in found] == [(policy, scope)]
    bogus = {"policyArn": policy + "X", "accessScope": {"type": "cluster"}}
    assert code_of(eks.associate_access_policy, **names, **bogus) == "InvalidParameterException"
    eks.tag_resource(resourceArn=entry["accessEntryArn"], tags={"c": "d"})
    assert eks.describe_access_entry(**names)["accessEntry"]["tags"] == {"a": "b", "c": "d"}
    eks.update_access_entry(**names, kubernetesGroups=[])
    assert eks.describe_access_entry(**names)["accessEntry"]["kubernetesGroups"] == []
    eks.disassociate_access_policy(**names, policyArn=policy)
    eks.delete_access_entry(**names)
    assert code_of(eks.describe_access_entry, **names) == "ResourceNotFoundException"


def test_access_entries_need_their_authentication_mode(account: Account, net: Network) -> None:
    cluster(account, net, accessConfig={"authenticationMode": "CONFIG_MAP"})
    eks = account.client("eks")
    too_far = {"authenticationMode": "API"}
    assert code_of(eks.update_cluster_config, name="demo", accessConfig=too_far) == "InvalidParameterException"
    assert code_of(account.client("eks").list_access_entries, clusterName="demo") == "InvalidRequestException"


def token(account: Account, profile: str = "twin", name: str = "demo", expires: int = 60, **keys: str) -> str:
    """A token as the exec helper of a kubeconfig makes it."""
    sts = account.client("sts", profile, **keys)

    def name_cluster(request: Any, **_: Any) -> None:
        request.headers["x-k8s-aws-id"] = name

    sts.meta.events.register("before-sign.sts.GetCallerIdentity", name_cluster)
    url = sts.generate_presigned_url("get_caller_identity", ExpiresIn=expires, HttpMethod="GET")
    return "k8s-aws-v1." + base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")


def test_tokens_become_users_through_access_entries(account: Account, net: Network) -> None:
    cluster(account, net)
    user = tokens.review(KEY, token(account))
    assert user is not None
    assert user.username == f"arn:aws:iam::{ACCOUNT}:user/twin-admin"
    assert list(user.groups) == ["eks:access-policy:AmazonEKSClusterAdminPolicy"]
    assert tokens.review(KEY, token(account, "readonly")) is None, "has no entry"
    reader = {"clusterName": "demo", "principalArn": f"arn:aws:iam::{ACCOUNT}:user/twin-readonly"}
    eks = account.client("eks")
    eks.create_access_entry(**reader, kubernetesGroups=["viewers"])
    scope = {"type": "namespace", "namespaces": ["kubeflow"]}
    policy = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSEditPolicy"
    eks.associate_access_policy(**reader, policyArn=policy, accessScope=scope)
    found = tokens.review(KEY, token(account, "readonly"))
    assert found is not None
    assert list(found.groups) == ["viewers", "eks:access-policy:AmazonEKSEditPolicy:kubeflow"]


def test_tokens_that_prove_nothing(account: Account, net: Network) -> None:
    cluster(account, net)
    good = token(account)
    for bad in (
        "",
        "k8s-aws-v1.",
        "k8s-aws-v1.!!!",
        good[:-8] + "AAAAAAAA",
        token(account, name="other"),
        token(account, expires=3600),
        token(account, expires=0),
        token(account, aws_secret_access_key="a secret that is not that of the key"),
        token(account, aws_access_key_id="AKIAIOSFODNN7EXAMPLE"),
        token(account, "stranger"),
    ):
        assert tokens.review(KEY, bad) is None, bad
    assert tokens.review(f"{REGION}-other", good) is None
    assert tokens.review(KEY, good) is not None
