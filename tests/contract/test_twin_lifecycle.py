# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A twin comes up, is found, is steered and goes, by its command line and as a person would use it."""

from __future__ import annotations

import base64
import json
import os
import signal
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3
import yaml
from botocore.exceptions import ClientError

from tests.contract.whole_twin import client, make_cluster, session, token, trust, twin, wait_for
from twin import supervisor
from twin.processes import recorded, start_time, wait_until


def output(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


@pytest.fixture(scope="module")
def inventory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("inventory")
    hosts = {"aws_regions": {"hosts": {"us-east-2": None}}}
    (directory / "hosts.yml").write_text(yaml.safe_dump(hosts))
    return directory


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory, inventory: Path) -> Iterator[Path]:
    """One twin for the tests of this file that leave it running."""
    state = tmp_path_factory.mktemp("state") / "twin"
    assert twin("up", "--state", state, "--inventory", inventory, "--scale", 600) == 0
    yield state
    twin("down", "--state", state)


def test_its_status_is_for_programs_too(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert twin("status", "--json", "--state", state) == 0
    status = output(capsys)
    summary = json.loads((state / "twin.json").read_text())
    assert status["pid"] == summary["pid"] == recorded(state / "daemon.pid")
    assert (status["scale"], status["unsupported_calls"], status["control_planes"]) == (600, [], {})
    assert summary["start_seconds"] > 0


def test_the_overlay_s_credentials_work_and_are_for_their_owner_only(state: Path) -> None:
    assert client(state, "sts").get_caller_identity()["Account"] == "123456789012"
    credentials = state / "private" / "aws-credentials"
    assert credentials.stat().st_mode & 0o777 == 0o600
    assert credentials.parent.stat().st_mode & 0o777 == 0o700
    secret = credentials.read_text().split("aws_secret_access_key = ")[1].split()[0]
    elsewhere = [path for path in state.rglob("*") if path.is_file() and path != credentials]
    assert [path for path in elsewhere if secret in path.read_text(errors="replace")] == []


def test_a_second_up_finds_it(state: Path, inventory: Path) -> None:
    before = recorded(state / "daemon.pid")
    assert twin("up", "--state", state, "--inventory", inventory, "--scale", 600) == 0
    assert recorded(state / "daemon.pid") == before


def test_another_scale_is_refused_while_it_runs(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert twin("up", "--state", state, "--scale", 60) == 1
    assert "a twin with another scale runs in" in capsys.readouterr().err


def test_faults_are_steered_and_calls_counted(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert twin("calls", "--json", "--state", state) == 0
    mark = output(capsys)["mark"]
    add = ["fault", "add", "--state", state, "--id", "full", "--kind", "error"]
    assert twin(*add, "--service", "ec2", "--operation", "CreateVpc", "--code", "VpcLimitExceeded", "--count", 1) == 0
    ec2 = client(state, "ec2")
    with pytest.raises(ClientError, match="VpcLimitExceeded"):
        ec2.create_vpc(CidrBlock="10.0.0.0/16")
    capsys.readouterr()
    assert twin("fault", "list", "--state", state) == 0
    assert output(capsys)[0]["hits"] == 1
    assert twin("fault", "clear", "full", "--state", state) == 0
    capsys.readouterr()
    assert twin("calls", "--json", "--since", mark, "--state", state) == 0
    calls = output(capsys)["aws"]
    assert calls["by_operation"] == {"ec2.CreateVpc": 1}
    assert calls["errors"] == {"VpcLimitExceeded": 1}


def test_a_wrong_fault_is_refused_with_its_reason(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert twin("fault", "add", "--state", state, "--kind", "throttle", "--rate", 7) == 1
    assert "rate is above 0 and at most 1" in capsys.readouterr().err


def test_another_twin_runs_beside_it_and_goes_alone(state: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    assert twin("up", "--state", other, "--no-control-planes") == 0
    first, second = supervisor.status(state), supervisor.status(other)
    assert first["aws_url"] != second["aws_url"]
    assert twin("down", "--state", other) == 0
    assert start_time(second["pid"]) is None
    assert not other.exists()
    assert supervisor.status(state)["pid"] == first["pid"]


def test_without_a_twin(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert twin("status", "--state", tmp_path) == 3
    assert twin("down", "--state", tmp_path) == 0
    assert twin("calls", "--state", tmp_path) == 1
    assert "start one with `python -m twin up`" in capsys.readouterr().err


def test_down_removes_only_what_is_the_twin_s(tmp_path: Path) -> None:
    assert twin("up", "--state", tmp_path, "--no-control-planes") == 0
    (tmp_path / "mine.txt").write_text("not the twin's")
    assert twin("down", "--state", tmp_path, "--keep-logs") == 0
    assert {path.name for path in tmp_path.iterdir()} == {"logs", "settings.json", "mine.txt"}
    assert twin("down", "--state", tmp_path) == 0
    assert {path.name for path in tmp_path.iterdir()} == {"mine.txt"}


def test_a_directory_of_somebody_else_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "inventory").mkdir()
    assert twin("up", "--state", tmp_path, "--no-control-planes") == 1
    assert "give --state a directory of its own" in capsys.readouterr().err
    assert twin("down", "--state", tmp_path) == 0
    assert (tmp_path / "inventory").exists()


def test_eks_makes_a_real_cluster_that_its_tokens_open(state: Path) -> None:
    subnets = make_cluster(state, "real")
    eks, iam = client(state, "eks"), client(state, "iam")

    def active() -> Any | None:
        found = eks.describe_cluster(name="real")["cluster"]
        assert found["status"] in ("CREATING", "ACTIVE"), found
        return found if found["status"] == "ACTIVE" else None

    cluster = wait_until(active, seconds=120, interval=0.1, what="the cluster")
    role = iam.create_role(RoleName="real-node", AssumeRolePolicyDocument=trust("ec2.amazonaws.com"))
    for policy in ("AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly", "AmazonEKS_CNI_Policy"):
        iam.attach_role_policy(RoleName="real-node", PolicyArn=f"arn:aws:iam::aws:policy/{policy}")
    eks.create_nodegroup(
        clusterName="real", nodegroupName="workers", nodeRole=role["Role"]["Arn"], subnets=subnets,
        instanceTypes=["m5.xlarge"], scalingConfig={"minSize": 1, "maxSize": 10, "desiredSize": 5},
    )  # fmt: skip

    authority = base64.b64decode(cluster["certificateAuthority"]["data"]).decode()
    pool = urllib3.PoolManager(ssl_context=ssl.create_default_context(cadata=authority), retries=False)

    def nodes(bearer: str) -> Any:
        headers = {"Authorization": f"Bearer {bearer}"}
        return pool.request("GET", cluster["endpoint"] + "/api/v1/nodes", headers=headers)

    def all_nodes() -> list[Any] | None:
        items = nodes(token(session(state), "real")).json()["items"]
        return items if len(items) == 5 else None

    found = wait_until(all_nodes, seconds=30, interval=0.1, what="five nodes")
    zones = {item["metadata"]["labels"]["topology.kubernetes.io/zone"] for item in found}
    assert zones == {"us-east-2a", "us-east-2b", "us-east-2c"}
    assert nodes(token(session(state), "another")).status == 401
    assert nodes(token(session(state, "stranger"), "real")).status == 401
    assert [plane["state"] for plane in supervisor.status(state)["control_planes"].values()] == ["ready"]

    eks.delete_nodegroup(clusterName="real", nodegroupName="workers")
    wait_for(eks, "nodegroup_deleted", clusterName="real", nodegroupName="workers")
    eks.delete_cluster(name="real")
    wait_for(eks, "cluster_deleted", name="real")
    assert supervisor.status(state)["control_planes"] == {}


def test_a_killed_twin_takes_its_control_planes_along_and_comes_up_again(inventory: Path, tmp_path: Path) -> None:
    state = tmp_path / "twin"
    up = ("up", "--state", state, "--inventory", inventory, "--scale", 6000)
    assert twin(*up) == 0
    make_cluster(state, "short-lived")

    def running() -> dict[str, Any] | None:
        planes = supervisor.status(state)["control_planes"]
        return planes if planes and all(plane["state"] == "ready" for plane in planes.values()) else None

    wait_until(running, seconds=120, interval=0.1, what="the cluster's control plane")
    family = [recorded(path) for path in [state / "daemon.pid", *state.glob("control-planes/*/*.pid")]]
    assert len(family) == 7
    os.kill(supervisor.status(state)["pid"], signal.SIGKILL)
    wait_until(
        lambda: all(pid and start_time(pid) is None for pid in family) or None,
        seconds=30, what="the end of the daemon and all its children",
    )  # fmt: skip
    assert supervisor.status(state)["running"] is False
    assert twin(*up) == 0
    assert supervisor.status(state)["control_planes"] == {}
    assert twin("down", "--state", state) == 0
    assert not state.exists()
