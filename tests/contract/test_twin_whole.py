# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of a twin together: an add-on by EKS' API gives a claim its volume, calls are counted, faults strike."""

from __future__ import annotations

import base64
import json
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3
import yaml

from tests.contract.kube_objects import seen
from tests.contract.whole_twin import client, make_cluster, session, token, trust, twin, wait_for

pytestmark = pytest.mark.slow

CLUSTER = "whole"
CLAIM = "/api/v1/namespaces/default/persistentvolumeclaims"


class Kube:
    """The cluster as its creator reaches it."""

    def __init__(self, state: Path) -> None:
        cluster = client(state, "eks").describe_cluster(name=CLUSTER)["cluster"]
        authority = base64.b64decode(cluster["certificateAuthority"]["data"]).decode()
        self._pool = urllib3.PoolManager(ssl_context=ssl.create_default_context(cadata=authority), retries=False)
        self._url = str(cluster["endpoint"])
        self._headers = {"Authorization": f"Bearer {token(session(state), CLUSTER)}"}

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        answer = self._pool.request(method, self._url + path, json=body, headers=self._headers)
        return answer.status, answer.json() if answer.status != 429 else None


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    inventory = tmp_path_factory.mktemp("inventory")
    (inventory / "hosts.yml").write_text(yaml.safe_dump({"aws_regions": {"hosts": {"us-east-2": None}}}))
    state = tmp_path_factory.mktemp("state") / "twin"
    assert twin("up", "--state", state, "--inventory", inventory, "--scale", 600) == 0
    yield state
    twin("down", "--state", state)


@pytest.fixture(scope="module")
def kube(state: Path) -> Kube:
    """A cluster with a node in each zone and the EBS driver as an add-on."""
    subnets = make_cluster(state, CLUSTER)
    eks, iam = client(state, "eks"), client(state, "iam")
    role = iam.create_role(RoleName="whole-node", AssumeRolePolicyDocument=trust("ec2.amazonaws.com"))["Role"]["Arn"]
    for policy in ("AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly", "AmazonEKS_CNI_Policy"):
        iam.attach_role_policy(RoleName="whole-node", PolicyArn=f"arn:aws:iam::aws:policy/{policy}")
    wait_for(eks, "cluster_active", name=CLUSTER)
    eks.create_nodegroup(
        clusterName=CLUSTER, nodegroupName="workers", nodeRole=role, subnets=subnets, instanceTypes=["m5.xlarge"],
        scalingConfig={"minSize": 1, "maxSize": 3, "desiredSize": 3},
    )  # fmt: skip
    wait_for(eks, "nodegroup_active", clusterName=CLUSTER, nodegroupName="workers")
    eks.create_addon(clusterName=CLUSTER, addonName="aws-ebs-csi-driver")
    wait_for(eks, "addon_active", clusterName=CLUSTER, addonName="aws-ebs-csi-driver")
    return Kube(state)


def volumes(state: Path) -> list[str]:
    found = client(state, "ec2").describe_volumes(Filters=[{"Name": "tag-key", "Values": ["CSIVolumeName"]}])
    return [str(volume["VolumeId"]) for volume in found["Volumes"]]


def test_a_claim_s_volume_is_in_the_account_as_long_as_the_claim(
    state: Path, kube: Kube, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    twin("calls", "--json", "--state", state)
    before = json.loads(capsys.readouterr().out)["mark"]
    storage = {"metadata": {"name": "now"}, "provisioner": "ebs.csi.aws.com", "volumeBindingMode": "Immediate"}
    assert kube.ask("POST", "/apis/storage.k8s.io/v1/storageclasses", storage)[0] == 201
    spec = {
        "accessModes": ["ReadWriteOnce"], "storageClassName": "now", "resources": {"requests": {"storage": "5Gi"}},
    }  # fmt: skip
    assert kube.ask("POST", CLAIM, {"metadata": {"name": "data"}, "spec": spec})[0] == 201
    seen(lambda: kube.ask("GET", f"{CLAIM}/data")[1]["status"]["phase"] == "Bound" or None, "the claim to be bound")
    assert len(volumes(state)) == 1
    kube.ask("DELETE", f"{CLAIM}/data")
    seen(lambda: volumes(state) == [] or None, "the end of the volume")

    twin("calls", "--json", "--since", before, "--state", state)
    calls = json.loads(capsys.readouterr().out)
    counted = calls["kubernetes"]["clusters"][f"us-east-2-{CLUSTER}"]
    # What drivers and controllers do is theirs: neither the cluster's nor the account's calls show it.
    assert {name: count for name, count in counted["by_operation"].items() if not name.startswith("get")} == {
        "create storageclasses.storage.k8s.io": 1,
        "create persistentvolumeclaims": 1,
        "delete persistentvolumeclaims": 1,
    }
    assert (counted["writes"], set(calls["aws"]["by_operation"])) == (3, {"ec2.DescribeVolumes"})
    twin("calls", "--since", before, "--state", state)
    assert "     1  create persistentvolumeclaims\n" in capsys.readouterr().out


def test_a_throttled_cluster_answers_429_until_it_is_cleared(state: Path, kube: Kube) -> None:
    assert kube.ask("GET", CLAIM)[0] == 200
    assert twin("fault", "add", "--state", state, "--kind", "throttle", "--service", "kubernetes") == 0
    assert kube.ask("GET", CLAIM)[0] == 429
    assert twin("fault", "clear", "--state", state) == 0
    assert kube.ask("GET", CLAIM)[0] == 200


def test_a_restarted_api_server_finds_its_cluster_s_inside_again(state: Path, kube: Kube) -> None:
    add = ("fault", "add", "--state", state, "--kind", "apiserver-restart", "--seconds", 60)
    assert twin(*add) == 0

    spec = {
        "accessModes": ["ReadWriteOnce"], "storageClassName": "now", "resources": {"requests": {"storage": "1Gi"}},
    }  # fmt: skip

    def made() -> bool | None:
        try:
            status = kube.ask("POST", CLAIM, {"metadata": {"name": "after"}, "spec": spec})[0]
        except urllib3.exceptions.HTTPError:
            return None
        # While its caches fill, a server that is there already denies what it will allow.
        return status in (201, 409) or None

    seen(made, "the API server")
    seen(lambda: kube.ask("GET", f"{CLAIM}/after")[1]["status"]["phase"] == "Bound" or None, "a volume")
