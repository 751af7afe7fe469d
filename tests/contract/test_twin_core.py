# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The twin's control planes are real ones: started, asked, authenticated against, and gone without a trace."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3

from twin.build import build
from twin.calls import CallLog
from twin.clock import ManualClock
from twin.contract import ControlPlaneError, Endpoint, NodeSpec, Taint, TwinError, UserInfo
from twin.control_api import ControlApi
from twin.faults import FaultRules
from twin.host import LocalClusterHost
from twin.kube_faults import KubeFaults
from twin.processes import recorded, start_time, wait_until
from twin.serving import LoopbackServer

ISSUER = "https://oidc.eks.us-east-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"
PARTS = {"etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok", "cluster"}
TOKENS = {
    "admin-token": UserInfo("arn:admin", "1", ("eks:access-policy:AmazonEKSClusterAdminPolicy",)),
    "auditor-token": UserInfo("arn:auditor", "2", ("eks:access-policy:AmazonEKSAdminViewPolicy",)),
    "team-token": UserInfo("arn:team", "3", ("eks:access-policy:AmazonEKSEditPolicy:team",)),
    "nobody-token": UserInfo("arn:nobody", "4"),
}


def node(index: int, **changes: Any) -> NodeSpec:
    zone = f"us-east-2{'abc'[index % 3]}"
    return NodeSpec(
        name=f"ip-10-0-{index}-10.us-east-2.compute.internal",
        provider_id=f"aws:///{zone}/i-{index:017x}",
        zone=zone,
        instance_type="p3.2xlarge",
        **{"labels": {"pool": "gpu"}, "capacity": {"cpu": "8", "nvidia.com/gpu": "1"}, **changes},
    )


@pytest.fixture(scope="module")
def tokens_url() -> Iterator[str]:
    def review(cluster: str, token: str) -> UserInfo | None:
        return TOKENS.get(token) if cluster == "us-east-2.one" else None

    server = LoopbackServer(ControlApi(dict, CallLog(), FaultRules(), review, KubeFaults(dict, ManualClock())))
    server.start()
    yield f"{server.url}/twin/tokens"
    server.stop()


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory, tokens_url: str) -> Iterator[LocalClusterHost]:
    host = LocalClusterHost(tmp_path_factory.mktemp("twin"), programs=build, tokens_url=tokens_url)
    yield host
    host.stop_all()


@pytest.fixture(scope="module")
def cluster(host: LocalClusterHost) -> Endpoint:
    """One control plane for all tests of this file, two minors below the binary's."""
    return host.start("us-east-2.one", "1.34", ISSUER)


class Kube:
    """The API as somebody with a token sees it, or the administrator without one."""

    def __init__(self, host: LocalClusterHost, endpoint: Endpoint, token: str | None = None) -> None:
        context = ssl.create_default_context(cadata=endpoint.ca_pem)
        if token is None:
            files = host.admin_kubeconfig("us-east-2.one").parent / "pki"
            context.load_cert_chain(files / "admin.crt", files / "admin.key")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._pool = urllib3.PoolManager(ssl_context=context, headers=headers, retries=False)
        self._url = endpoint.url

    def status(self, method: str, path: str, body: object = None) -> int:
        return int(self._pool.request(method, self._url + path, json=body).status)

    def get(self, path: str) -> Any:
        return self._pool.request("GET", self._url + path).json()


def ready_nodes(kube: Kube) -> dict[str, Any]:
    return {
        item["metadata"]["name"]: item
        for item in kube.get("/api/v1/nodes")["items"]
        if any(c["type"] == "Ready" and c["status"] == "True" for c in item["status"].get("conditions", []))
    }


def wait_for_nodes(kube: Kube, wanted: set[str]) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        found = ready_nodes(kube)
        return found if set(found) == wanted else None

    return wait_until(look, seconds=30, interval=0.1, what=f"nodes {sorted(wanted)}")


def test_it_is_the_version_that_was_asked_for(host: LocalClusterHost, cluster: Endpoint) -> None:
    version = Kube(host, cluster).get("/version")
    assert (version["emulationMajor"], version["emulationMinor"]) == ("1", "34")
    assert version["gitVersion"] == "v1.36.1"


def test_service_account_tokens_come_from_the_cluster_s_issuer(host: LocalClusterHost, cluster: Endpoint) -> None:
    assert Kube(host, cluster).get("/.well-known/openid-configuration")["issuer"] == ISSUER


def test_nodes_become_ready_and_follow_their_group(host: LocalClusterHost, cluster: Endpoint) -> None:
    kube = Kube(host, cluster)
    host.set_nodes("us-east-2.one", [node(index) for index in range(5)], group="gpu")
    host.set_nodes("us-east-2.one", [node(9)], group="other")
    found = wait_for_nodes(kube, {node(index).name for index in (0, 1, 2, 3, 4, 9)})
    assert {item["metadata"]["labels"]["topology.kubernetes.io/zone"] for item in found.values()} == {
        "us-east-2a", "us-east-2b", "us-east-2c"
    }  # fmt: skip
    assert found[node(0).name]["status"]["capacity"]["nvidia.com/gpu"] == "1"
    assert found[node(0).name]["spec"]["providerID"] == node(0).provider_id

    changed = node(0, labels={}, taints=(Taint("gpu", "only", "NoSchedule"),))
    host.set_nodes("us-east-2.one", [changed], group="gpu")
    host.settle("us-east-2.one")
    found = wait_for_nodes(kube, {node(0).name, node(9).name})
    assert "pool" not in found[node(0).name]["metadata"]["labels"]
    assert found[node(0).name]["spec"]["taints"] == [{"key": "gpu", "value": "only", "effect": "NoSchedule"}]

    host.set_nodes("us-east-2.one", [], group="gpu")
    host.set_nodes("us-east-2.one", [], group="other")
    wait_for_nodes(kube, set())


def test_pods_run(host: LocalClusterHost, cluster: Endpoint) -> None:
    kube = Kube(host, cluster)
    host.set_nodes("us-east-2.one", [node(1)], group="pods")
    wait_for_nodes(kube, {node(1).name})
    wait_until(
        lambda: kube.status("GET", "/api/v1/namespaces/default/serviceaccounts/default") == 200 or None,
        seconds=30, interval=0.1, what="the default service account",
    )  # fmt: skip
    pod = {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "example.org/none"}]}}
    assert kube.status("POST", "/api/v1/namespaces/default/pods", pod) == 201

    def running() -> bool | None:
        return kube.get("/api/v1/namespaces/default/pods/p")["status"]["phase"] == "Running" or None

    wait_until(running, seconds=30, interval=0.1, what="the pod")
    host.set_nodes("us-east-2.one", [], group="pods")


@pytest.mark.parametrize(
    ("token", "method", "path", "status"),
    [
        ("admin-token", "GET", "/api/v1/secrets", 200),
        ("auditor-token", "GET", "/api/v1/secrets", 200),
        ("auditor-token", "DELETE", "/api/v1/namespaces/default/configmaps/kube-root-ca.crt", 403),
        ("team-token", "GET", "/api/v1/namespaces/default/pods", 403),
        ("nobody-token", "GET", "/api/v1/namespaces/default/pods", 403),
        ("forged-token", "GET", "/api/v1/namespaces/default/pods", 401),
    ],
)
def test_tokens_are_reviewed_and_policies_hold(
    host: LocalClusterHost, cluster: Endpoint, token: str, method: str, path: str, status: int
) -> None:
    assert Kube(host, cluster, token).status(method, path) == status


def test_a_policy_holds_in_a_namespace_that_comes_later(host: LocalClusterHost, cluster: Endpoint) -> None:
    admin, team = Kube(host, cluster), Kube(host, cluster, "team-token")
    host.bind_access("us-east-2.one", "AmazonEKSEditPolicy", "team")
    host.settle("us-east-2.one")
    assert admin.status("GET", "/api/v1/namespaces/team") == 404
    assert admin.status("POST", "/api/v1/namespaces", {"metadata": {"name": "team"}}) == 201

    def allowed() -> bool | None:
        return team.status("GET", "/api/v1/namespaces/team/pods") == 200 or None

    wait_until(allowed, seconds=30, what="the team's rights")
    assert team.status("GET", "/api/v1/namespaces/default/pods") == 403


def test_another_cluster_has_another_authority_and_version_and_refuses_these_tokens(
    host: LocalClusterHost, cluster: Endpoint
) -> None:
    host.begin("us-east-2.two", "1.36", ISSUER + "2", service_cidr="172.20.0.0/16")
    host.set_nodes("us-east-2.two", [node(0)], group="early")
    other = wait_until(lambda: host.ready("us-east-2.two"), seconds=120, what="the second control plane")
    assert other.ca_pem != cluster.ca_pem
    assert Kube(host, other, "admin-token").status("GET", "/api/v1/nodes") == 401
    host.settle("us-east-2.two")
    # pidfiles name every process that was started: all run now, none after the stop.
    directory = host.admin_kubeconfig("us-east-2.two").parent
    pids = {path.stem: recorded(path) for path in directory.glob("*.pid")}
    assert set(pids) == PARTS
    assert None not in pids.values()
    host.stop("us-east-2.two")
    assert [name for name, pid in pids.items() if pid and start_time(pid) is not None] == []
    assert not list(directory.glob("*.pid"))
    assert not (directory / "pki").exists()
    with pytest.raises(ControlPlaneError, match=r"there is no control plane us-east-2\.two"):
        host.ready("us-east-2.two")


def test_a_stop_during_the_start_leaves_nothing(host: LocalClusterHost) -> None:
    host.begin("short", "1.35", ISSUER)
    directory = host.admin_kubeconfig("short").parent
    wait_until(lambda: (directory / "etcd.pid").exists() or None, seconds=30, what="the first program")
    host.stop("short")
    wait_until(lambda: not list(directory.glob("*.pid")) or None, seconds=30, what="the end of all programs")


def test_a_control_plane_that_dies_is_told_with_its_last_words(host: LocalClusterHost, tmp_path: Path) -> None:
    # An issuer that is no URL: the API server itself refuses it.
    with pytest.raises(ControlPlaneError, match=r"(?s)kube-apiserver of wrong ended with status 1.*issuer"):
        host.start("wrong", "1.36", "not an issuer: %")
    host.stop("wrong")


@pytest.mark.parametrize(
    ("name", "version", "message"),
    [("../x", "1.36", "safe as a file name"), ("new", "1.30", r"can be 1\.33"), ("us-east-2.one", "1.34", "exists")],
)
@pytest.mark.usefixtures("cluster")
def test_what_cannot_be_is_refused_at_once(host: LocalClusterHost, name: str, version: str, message: str) -> None:
    with pytest.raises(TwinError, match=message):
        host.begin(name, version, ISSUER)
