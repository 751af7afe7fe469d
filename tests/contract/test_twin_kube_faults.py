# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults of a control plane are what they are on a real one, end when they are cleared, and calls are counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import urllib3

from twin.audit import AuditLogs
from twin.build import build
from twin.calls import CallLog
from twin.clock import ScaledClock
from twin.cluster.faults import FaultsInForce
from twin.contract import NodeSpec, UserInfo
from twin.control_api import ControlApi
from twin.faults import FaultRules
from twin.host import LocalClusterHost
from twin.kube_api import KubeApi, KubeApiError
from twin.kube_faults import KubeFaults
from twin.processes import wait_until
from twin.serving import LoopbackServer

CLUSTER = "us-east-2.faults"
ISSUER = "https://oidc.eks.us-east-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"
SCALE = 60.0
CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


class Client:
    """An installer: it has a token, as users of the collection do."""

    def __init__(self, url: str, ca_pem: Path) -> None:
        self._pool = urllib3.PoolManager(
            ca_certs=str(ca_pem), headers={"Authorization": "Bearer installer"}, retries=False
        )
        self._url = url

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, Any, Mapping[str, str]]:
        answer = self._pool.request(method, self._url + path, json=body)
        is_json = answer.headers.get("Content-Type", "").startswith("application/json")
        return answer.status, answer.json() if is_json else answer.data.decode(), answer.headers

    def status(self, method: str, path: str, body: object = None) -> int:
        return self.ask(method, path, body)[0]


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("twin")


@pytest.fixture(scope="module")
def host(state: Path) -> Iterator[LocalClusterHost]:
    def review(_cluster: str, token: str) -> UserInfo | None:
        groups = ("eks:access-policy:AmazonEKSClusterAdminPolicy",)
        return UserInfo("arn:installer", "1", groups) if token == "installer" else None

    server = LoopbackServer(ControlApi(dict, CallLog(), FaultRules(), review, KubeFaults(dict, ScaledClock(SCALE))))
    server.start()
    host = LocalClusterHost(state, programs=build, tokens_url=f"{server.url}/twin/tokens", scale=SCALE)
    host.start(CLUSTER, "1.34", ISSUER)
    yield host
    host.stop_all()
    server.stop()


@pytest.fixture(scope="module")
def admin(host: LocalClusterHost) -> KubeApi:
    return host.api(CLUSTER)


@pytest.fixture(scope="module")
def client(host: LocalClusterHost) -> Client:
    plane = host.planes()[CLUSTER]
    return Client(plane.url, plane.directory / "pki" / "ca.crt")


@pytest.fixture
def faults(host: LocalClusterHost) -> Iterator[KubeFaults]:
    faults = KubeFaults(host.planes, ScaledClock(SCALE))
    faults.start()
    yield faults
    faults.clear()
    faults.stop()


def seen[T](look: Callable[[], T | None], what: str) -> T:
    return wait_until(look, seconds=60, interval=0.1, what=what)


def definition(plural: str) -> dict[str, Any]:
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {"type": "object"}}}
    names = {"plural": plural, "singular": plural[:-1], "kind": plural[:-1].title()}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.example.org"},
        "spec": {"group": "example.org", "scope": "Cluster", "names": names, "versions": [version]},
    }


def established(client: Client, plural: str) -> str | None:
    status = client.ask("GET", f"{DEFINITIONS}/{plural}.example.org")[1].get("status", {})
    found: Iterator[str] = (c["status"] for c in status.get("conditions") or [] if c["type"] == "Established")
    return next(found, None)


def test_calls_of_clients_are_counted_and_those_of_the_twin_are_not(
    state: Path, host: LocalClusterHost, admin: KubeApi, client: Client
) -> None:
    calls = CallLog(reported=AuditLogs(state / "control-planes").new)
    mark = calls.mark()
    assert client.status("POST", CONFIG_MAPS, {"metadata": {"name": "counted"}}) == 201
    assert client.status("POST", CONFIG_MAPS, {"metadata": {"name": "counted"}}) == 409
    assert client.status("POST", f"{CONFIG_MAPS}?dryRun=All", {"metadata": {"name": "asked"}}) == 201
    assert client.status("GET", "/apis/apps/v1/deployments?limit=5") == 200
    admin.request("GET", "/api/v1/nodes")
    counted = calls.count(since=mark)["kubernetes"]
    assert counted["clusters"] == {
        CLUSTER: {
            "total": 4,
            "writes": 2,
            "by_operation": {"create configmaps": 2, "create configmaps (dry run)": 1, "list deployments.apps": 1},
            "errors": {"409": 1},
        }
    }
    assert counted["by_operation"][f"{CLUSTER}.list deployments.apps"] == 1


def test_throttled_calls_are_answered_429_until_cleared(faults: KubeFaults, client: Client, admin: KubeApi) -> None:
    rule = faults.add({"kind": "throttle", "service": "kubernetes", "params": {}})
    for _ in range(3):
        status, text, headers = client.ask("GET", CONFIG_MAPS)
        assert (status, text.strip()) == (429, "Too many requests, please try again later.")
        assert headers["Retry-After"] == "1"
    assert faults.describe()[0]["in_force"] == [CLUSTER]
    admin.request("GET", CONFIG_MAPS)  # the twin's own parts go on
    assert faults.clear(rule.id) == 1
    assert client.status("GET", CONFIG_MAPS) == 200
    left = admin.request("GET", "/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas")["items"]
    assert [item["metadata"]["name"] for item in left if "twin" in item["metadata"]["name"]] == []


def test_a_fault_ends_when_its_seconds_are_over(faults: KubeFaults, client: Client) -> None:
    faults.add({"kind": "throttle", "service": "kubernetes", "seconds": 60})
    assert client.status("GET", CONFIG_MAPS) == 429
    seen(lambda: client.status("GET", CONFIG_MAPS) == 200 or None, "the end of throttling")
    seen(lambda: faults.describe() == [] or None, "the end of the rule")


def test_a_full_etcd_refuses_writes_in_its_own_words(faults: KubeFaults, client: Client) -> None:
    faults.add({"kind": "etcd-full"})
    status, answer, _ = client.ask("POST", CONFIG_MAPS, {"metadata": {"name": "late"}})
    assert status == 500
    assert "etcdserver: mvcc: database space exceeded" in answer["message"]
    assert client.status("GET", CONFIG_MAPS) == 200
    faults.clear()
    assert client.status("POST", CONFIG_MAPS, {"metadata": {"name": "late"}}) == 201


def test_definitions_stay_unestablished_until_cleared(faults: KubeFaults, client: Client) -> None:
    faults.add({"kind": "crd-unestablished", "name": "slow*.example.org"})
    for plural in ("slowthings", "quickthings"):
        assert client.status("POST", DEFINITIONS, definition(plural)) == 201
    seen(lambda: established(client, "quickthings") == "True" or None, "what the rule does not name")
    # Moments after it is established the API server says 429, "storage is (re)initializing".
    seen(lambda: client.status("GET", "/apis/example.org/v1/quickthings") == 200 or None, "its collection")
    assert established(client, "slowthings") != "True"
    assert client.status("GET", "/apis/example.org/v1/slowthings") == 404
    served = client.ask("GET", "/apis/example.org/v1")[1]["resources"]
    assert [resource["name"] for resource in served] == ["quickthings"]
    faults.clear()
    seen(lambda: established(client, "slowthings") == "True" or None, "the definition to be established")
    healed = client.ask("GET", f"{DEFINITIONS}/slowthings.example.org")[1]["metadata"]
    assert healed.get("annotations") is None


def test_an_api_server_that_restarts_has_all_data_and_its_address(
    faults: KubeFaults, host: LocalClusterHost, client: Client
) -> None:
    client.status("POST", CONFIG_MAPS, {"metadata": {"name": "kept"}})
    faults.add({"kind": "apiserver-restart", "seconds": 30})
    with pytest.raises(urllib3.exceptions.HTTPError):
        client.status("GET", CONFIG_MAPS)
    assert host.describe()[CLUSTER]["state"] == "ready"

    def back() -> bool | None:
        try:
            return client.status("GET", f"{CONFIG_MAPS}/kept") == 200 or None
        except urllib3.exceptions.HTTPError:
            return None

    seen(back, "the API server")
    # Those who watch it go on, too: the controllers make a new namespace's account, kwok a new node ready.
    client.status("POST", "/api/v1/namespaces", {"metadata": {"name": "after"}})
    seen(lambda: client.status("GET", "/api/v1/namespaces/after/serviceaccounts/default") == 200 or None, "controllers")
    host.set_nodes(CLUSTER, [NodeSpec("n", "aws:///us-east-2a/i-1", "us-east-2a", "m7i.large")])

    def node_ready() -> bool | None:
        status, node, _ = client.ask("GET", "/api/v1/nodes/n")
        conditions = node.get("status", {}).get("conditions", []) if status == 200 else []
        return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions) or None

    seen(node_ready, "the node")


def test_a_namespace_does_not_end_until_cleared(faults: KubeFaults, client: Client) -> None:
    faults.add({"kind": "namespace-stuck", "name": "stuck"})
    client.status("POST", "/api/v1/namespaces", {"metadata": {"name": "stuck"}})
    maps = "/api/v1/namespaces/stuck/configmaps"
    seen(lambda: any("twin-fault" in item["metadata"]["name"] for item in client.ask("GET", maps)[1]["items"]) or None,
         "what holds it")  # fmt: skip
    assert client.status("DELETE", "/api/v1/namespaces/stuck") == 200

    def explained() -> str | None:
        conditions = client.ask("GET", "/api/v1/namespaces/stuck")[1]["status"].get("conditions", [])
        return next((c["message"] for c in conditions if c["type"] == "NamespaceFinalizersRemaining"
                     and c["status"] == "True"), None)  # fmt: skip

    assert "twin.kubeops.io/fault in 1 resource instances" in seen(explained, "the reason")
    faults.clear()
    seen(lambda: client.status("GET", "/api/v1/namespaces/stuck") == 404 or None, "the end of the namespace")


def test_what_the_inside_of_the_cluster_plays_is_written_for_it(faults: KubeFaults, host: LocalClusterHost) -> None:
    found = FaultsInForce(host.planes()[CLUSTER].directory)
    assert found.all() == ()
    faults.add({"kind": "webhook-down", "name": "istio-system/*"})
    faults.add({"kind": "certificates-slow", "factor": 4})
    assert (found.is_down("istio-system", "istiod"), found.is_down("kubeflow", "istiod")) == (True, False)
    assert found.factors() == {"certificate": 4, "ca-injection": 4}
    faults.clear()
    assert found.all() == ()


def test_a_rule_waits_for_its_cluster(faults: KubeFaults) -> None:
    faults.add({"kind": "etcd-full", "cluster": "eu-*"})
    assert faults.describe()[0]["in_force"] == []


def test_a_refusal_of_kubernetes_keeps_its_status(admin: KubeApi) -> None:
    with pytest.raises(KubeApiError, match=r"^404"):
        admin.request("GET", f"{CONFIG_MAPS}/nothing")
