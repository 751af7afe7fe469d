# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated EKS answers real boto3 clients as EKS does: add-ons, EKS Pod Identity, and OIDC providers in IAM."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.aws_account import ACCOUNT, Account, Network, cluster, code_of, network, served, trust
from tests.contract.test_twin_eks_host import KEY, MemoryHost
from twin.aws.world import Quotas
from twin.contract import Endpoint

pytestmark = pytest.mark.slow
CNI = {"clusterName": "demo", "addonName": "vpc-cni"}
DRIVER = {"clusterName": "demo", "addonName": "aws-ebs-csi-driver"}


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Account]:
    """A fresh account with an ACTIVE cluster."""
    with served(tmp_path, quotas=Quotas(eks_pod_identity_associations=2, iam_oidc_providers=1)) as fresh:
        cluster(fresh, network(fresh))
        yield fresh


def pods_role(account: Account, name: str, *actions: str) -> str:
    """ARN of a role that pods may take, or that lets them do less."""
    policy = json.loads(trust("pods.eks.amazonaws.com"))
    policy["Statement"][0]["Action"] = list(actions or ("sts:AssumeRole", "sts:TagSession"))
    made = account.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(policy))
    return str(made["Role"]["Arn"])


def addon(account: Account, **place: str) -> dict[str, Any]:
    """The add-on as EKS shows it."""
    return dict(account.client("eks").describe_addon(**(CNI | place))["addon"])


def test_an_addon_is_created_changed_and_deleted(account: Account) -> None:
    eks = account.client("eks")
    made = eks.create_addon(**CNI, resolveConflicts="OVERWRITE", tags={"a": "b"})["addon"]
    assert (made["status"], made["addonVersion"], made["tags"]) == ("CREATING", "v1.20.4-eksbuild.2", {"a": "b"})
    assert code_of(eks.create_addon, **CNI) == "ResourceInUseException"
    assert code_of(eks.update_addon, **CNI) == "ResourceInUseException"
    account.advance(60)
    assert addon(account)["status"] == "ACTIVE"
    settings = json.dumps({"enableNetworkPolicy": "true"})
    update = eks.update_addon(**CNI, addonVersion="v1.21.1-eksbuild.3", configurationValues=settings)["update"]
    assert (update["status"], update["type"]) == ("InProgress", "AddonUpdate")
    assert addon(account)["status"] == "UPDATING"
    place = {"name": "demo", "updateId": update["id"]}
    assert code_of(eks.describe_update, **place) == "ResourceNotFoundException"
    assert eks.list_updates(name="demo")["updateIds"] == []
    assert eks.list_updates(name="demo", addonName="vpc-cni")["updateIds"] == [update["id"]]
    account.advance(45)
    assert eks.describe_update(**place, addonName="vpc-cni")["update"]["status"] == "Successful"
    assert addon(account)["addonVersion"] == "v1.21.1-eksbuild.3"
    eks.update_addon(**CNI, resolveConflicts="PRESERVE")
    account.advance(45)
    assert addon(account)["configurationValues"] == settings
    eks.tag_resource(resourceArn=made["addonArn"], tags={"c": "d"})
    assert addon(account)["tags"] == {"a": "b", "c": "d"}
    assert eks.list_addons(clusterName="demo")["addons"] == ["vpc-cni"]
    eks.delete_addon(**CNI)
    assert addon(account)["status"] == "DELETING"
    account.advance(30)
    assert code_of(eks.describe_addon, **CNI) == "ResourceNotFoundException"


@pytest.mark.parametrize(
    "wrong",
    [
        {"addonName": "vpc-cnn"},
        {"addonVersion": "v0.0.1-eksbuild.1"},
        {"configurationValues": "{"},
        {"configurationValues": '{"unheard": 1}'},
        {"configurationValues": '{"enableNetworkPolicy": true}'},
        {"serviceAccountRoleArn": f"arn:aws:iam::{ACCOUNT}:role/nobody"},
        {
            "podIdentityAssociations": [
                {"serviceAccount": "default", "roleArn": f"arn:aws:iam::{ACCOUNT}:role/demo-node"}
            ]
        },
        {
            "podIdentityAssociations": [
                {"serviceAccount": "aws-node", "roleArn": f"arn:aws:iam::{ACCOUNT}:role/demo-node"}
            ]
        },
        {"resolveConflicts": "SOMETIMES"},
    ],
)
def test_what_eks_refuses_of_an_addon(account: Account, wrong: dict[str, Any]) -> None:
    assert code_of(account.client("eks").create_addon, **(CNI | wrong)) == "InvalidParameterException"


def test_an_addon_needs_a_cluster(account: Account) -> None:
    eks = account.client("eks")
    assert code_of(eks.create_addon, **(CNI | {"clusterName": "other"})) == "ResourceNotFoundException"
    eks.delete_cluster(name="demo")
    assert code_of(eks.create_addon, **CNI) == "InvalidRequestException"


def test_what_eks_installed_by_itself_stands_in_the_way(account: Account) -> None:
    eks = account.client("eks")
    eks.create_addon(**CNI)
    account.advance(60)
    failed = addon(account)
    assert (failed["status"], failed["health"]["issues"][0]["code"]) == ("CREATE_FAILED", "ConfigurationConflict")
    eks.delete_addon(**CNI)
    account.advance(30)
    eks.create_addon(**CNI, resolveConflicts="OVERWRITE")
    account.advance(60)
    eks.delete_addon(**CNI, preserve=True)
    account.advance(30)
    eks.create_addon(**CNI)
    account.advance(60)
    assert addon(account)["status"] == "CREATE_FAILED"


def test_replicas_need_nodes(account: Account) -> None:
    eks = account.client("eks")
    eks.create_addon(**DRIVER)
    account.advance(60)
    waiting = addon(account, **DRIVER)
    assert (waiting["status"], waiting["health"]["issues"][0]["code"]) == ("DEGRADED", "InsufficientNumberOfReplicas")
    subnets = eks.describe_cluster(name="demo")["cluster"]["resourcesVpcConfig"]["subnetIds"]
    role = f"arn:aws:iam::{ACCOUNT}:role/demo-node"
    eks.create_nodegroup(clusterName="demo", nodegroupName="workers", nodeRole=role, subnets=subnets)
    account.advance(120)
    assert addon(account, **DRIVER)["status"] == "ACTIVE"


def test_states_that_fail_or_stay_by_rule(account: Account) -> None:
    eks = account.client("eks")
    account.faults.add(
        {"kind": "fail", "service": "eks", "operation": "CreateAddon", "code": "AccessDenied", "count": 1}
    )
    eks.create_addon(**DRIVER)
    account.advance(60)
    assert addon(account, **DRIVER)["health"]["issues"][0]["code"] == "AccessDenied"
    eks.delete_addon(**DRIVER)
    account.advance(30)
    eks.create_addon(**DRIVER)
    account.advance(60)
    account.faults.add({"kind": "fail", "service": "eks", "operation": "UpdateAddon", "count": 1})
    update = eks.update_addon(**DRIVER, addonVersion="v1.54.0-eksbuild.1")["update"]
    account.advance(45)
    told = eks.describe_update(name="demo", updateId=update["id"], addonName="aws-ebs-csi-driver")["update"]
    assert (told["status"], told["errors"][0]["errorCode"]) == ("Failed", "ConfigurationConflict")
    failed = addon(account, **DRIVER)
    assert (failed["status"], failed["addonVersion"]) == ("UPDATE_FAILED", "v1.53.0-eksbuild.1")
    eks.update_addon(**DRIVER, addonVersion="v1.54.0-eksbuild.1")


def test_versions_and_configurations_that_are_offered(account: Account) -> None:
    eks = account.client("eks")
    (only,) = eks.describe_addon_versions(addonName="kube-proxy", kubernetesVersion="1.34")["addons"]
    assert next(row["addonVersion"] for row in only["addonVersions"]).startswith("v1.34.")
    defaults = [row for row in only["addonVersions"] if row["compatibilities"][0]["defaultVersion"]]
    assert [row["compatibilities"][0]["clusterVersion"] for row in defaults] == ["1.34"]
    everything = eks.get_paginator("describe_addon_versions").paginate(PaginationConfig={"PageSize": 2})
    assert "metrics-server" in {row["addonName"] for page in everything for row in page["addons"]}
    assert code_of(eks.describe_addon_versions, addonName="unheard") == "ResourceNotFoundException"
    version = {"addonName": "aws-ebs-csi-driver", "addonVersion": "v1.53.0-eksbuild.1"}
    told = eks.describe_addon_configuration(**version)
    assert "defaultStorageClass" in told["configurationSchema"]
    (identity,) = told["podIdentityConfiguration"]
    assert identity["serviceAccount"] == "ebs-csi-controller-sa"
    unheard = {**version, "addonVersion": "v0.0.1-eksbuild.1"}
    assert code_of(eks.describe_addon_configuration, **unheard) == "ResourceNotFoundException"


def test_roles_of_an_addon(account: Account) -> None:
    eks, role = account.client("eks"), pods_role(account, "ebs")
    wanted = [{"serviceAccount": "ebs-csi-controller-sa", "roleArn": role}]
    made = eks.create_addon(**DRIVER, podIdentityAssociations=wanted)["addon"]
    (arn,) = made["podIdentityAssociations"]
    (listed,) = eks.list_pod_identity_associations(clusterName="demo")["associations"]
    assert (listed["associationArn"], listed["ownerArn"]) == (arn, made["addonArn"])
    place = {"clusterName": "demo", "associationId": listed["associationId"]}
    assert code_of(eks.delete_pod_identity_association, **place) == "InvalidRequestException"
    account.advance(60)
    eks.update_addon(**DRIVER, serviceAccountRoleArn=role, podIdentityAssociations=[])
    account.advance(45)
    assert addon(account, **DRIVER)["podIdentityAssociations"] == []
    assert addon(account, **DRIVER)["serviceAccountRoleArn"] == role
    eks.update_addon(**DRIVER, podIdentityAssociations=wanted)
    account.advance(45)
    assert "serviceAccountRoleArn" not in addon(account, **DRIVER)
    eks.delete_addon(**DRIVER)
    account.advance(30)
    assert eks.list_pod_identity_associations(clusterName="demo")["associations"] == []


def test_pod_identity_associations(account: Account) -> None:
    eks, role = account.client("eks"), pods_role(account, "runner")
    wish = {"clusterName": "demo", "namespace": "kubeflow", "serviceAccount": "runner", "roleArn": role}
    node = f"arn:aws:iam::{ACCOUNT}:role/demo-node"
    assert code_of(eks.create_pod_identity_association, **(wish | {"roleArn": node})) == "InvalidParameterException"
    untagged = pods_role(account, "untagged", "sts:AssumeRole")
    with pytest.raises(ClientError, match="Trust policy of the role provided is invalid"):
        eks.create_pod_identity_association(**(wish | {"roleArn": untagged}))
    made = eks.create_pod_identity_association(**wish, tags={"a": "b"})["association"]
    assert code_of(eks.create_pod_identity_association, **wish) == "ResourceInUseException"
    place = {"clusterName": "demo", "associationId": made["associationId"]}
    target = f"arn:aws:iam::{ACCOUNT}:role/data"
    eks.update_pod_identity_association(**place, targetRoleArn=target, disableSessionTags=True)
    told = eks.describe_pod_identity_association(**place)["association"]
    assert (told["targetRoleArn"], told["disableSessionTags"], told["tags"]) == (target, True, {"a": "b"})
    eks.create_pod_identity_association(**(wish | {"serviceAccount": "other"}))
    third = wish | {"serviceAccount": "third"}
    assert code_of(eks.create_pod_identity_association, **third) == "ResourceLimitExceededException"
    found = eks.list_pod_identity_associations(clusterName="demo", namespace="kubeflow", serviceAccount="other")
    assert [one["serviceAccount"] for one in found["associations"]] == ["other"]
    eks.delete_pod_identity_association(**place)
    assert code_of(eks.describe_pod_identity_association, **place) == "ResourceNotFoundException"


def test_oidc_providers(account: Account) -> None:
    iam = account.client("iam")
    issuer = account.client("eks").describe_cluster(name="demo")["cluster"]["identity"]["oidc"]["issuer"]
    assert code_of(iam.create_open_id_connect_provider, Url="http://example.com") == "InvalidInput"
    arn = iam.create_open_id_connect_provider(Url=issuer, ClientIDList=["sts.amazonaws.com"])[
        "OpenIDConnectProviderArn"
    ]
    place = {"OpenIDConnectProviderArn": arn}
    assert arn == f"arn:aws:iam::{ACCOUNT}:oidc-provider/{issuer.removeprefix('https://')}"
    assert code_of(iam.create_open_id_connect_provider, Url=issuer) == "EntityAlreadyExists"
    assert code_of(iam.create_open_id_connect_provider, Url="https://example.com") == "LimitExceeded"
    iam.add_client_id_to_open_id_connect_provider(**place, ClientID="vault")
    iam.remove_client_id_from_open_id_connect_provider(**place, ClientID="sts.amazonaws.com")
    told = iam.get_open_id_connect_provider(**place)
    assert (told["ClientIDList"], len(told["ThumbprintList"])) == (["vault"], 1)
    iam.delete_open_id_connect_provider(**place)
    assert code_of(iam.delete_open_id_connect_provider, **place) == "NoSuchEntity"


def test_an_addon_that_is_active_is_in_the_cluster(tmp_path: Path) -> None:
    host = MemoryHost(Endpoint("https://127.0.0.1:1", "CA"))
    key = (KEY, "aws-ebs-csi-driver")
    with served(tmp_path, host=host) as account:
        net: Network = network(account)
        cluster(account, net)
        eks = account.client("eks")

        def later(seconds: float) -> dict[tuple[str, str], tuple[str, str, str | None]]:
            account.advance(seconds)
            eks.list_addons(clusterName="demo")
            return host.addons

        settings = '{"controller": {"replicaCount": 3}}'
        eks.create_addon(**DRIVER, configurationValues=settings)
        assert later(0) == {}
        assert later(60) == {key: ("v1.53.0-eksbuild.1", settings, None)}
        eks.update_addon(**DRIVER, addonVersion="v1.54.0-eksbuild.1", serviceAccountRoleArn=net.node_role)
        assert later(45) == {key: ("v1.54.0-eksbuild.1", settings, net.node_role)}
        eks.delete_addon(**DRIVER, preserve=True)
        assert list(later(30)) == [key]
        eks.create_addon(**DRIVER, resolveConflicts="OVERWRITE")
        assert later(60) == {key: ("v1.53.0-eksbuild.1", "", None)}
        eks.delete_addon(**DRIVER)
        assert later(30) == {}


def test_a_service_account_gets_its_role_from_one_side_only(account: Account) -> None:
    eks, role = account.client("eks"), pods_role(account, "cni")
    wish = {"namespace": "kube-system", "serviceAccount": "aws-node", "roleArn": role}
    made = eks.create_pod_identity_association(clusterName="demo", **wish)["association"]
    identity = [{"serviceAccount": "aws-node", "roleArn": role}]
    with pytest.raises(ClientError, match=f"Association already exists: {made['associationId']}"):
        eks.create_addon(**CNI, podIdentityAssociations=identity)
    assert eks.list_addons(clusterName="demo")["addons"] == []
    eks.create_addon(**CNI, resolveConflicts="OVERWRITE")
    account.advance(60)
    assert code_of(eks.update_addon, **CNI, podIdentityAssociations=identity) == "ResourceInUseException"
    eks.delete_pod_identity_association(clusterName="demo", associationId=made["associationId"])
    eks.update_addon(**CNI, podIdentityAssociations=identity)
    account.advance(45)
    assert len(addon(account)["podIdentityAssociations"]) == 1
    eks.update_addon(**CNI, podIdentityAssociations=identity)
    account.advance(45)
    assert len(addon(account)["podIdentityAssociations"]) == 1
