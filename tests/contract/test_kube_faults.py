# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sets that are installed while something is wrong with the cluster: what heals is waited for, what does not is named.

Faults begin in the middle: after so many writes of the installation itself.
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.kube import KubeClient, refuse_writes
from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.kube_config import load
from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.kube_errors import Expired
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.guards import Consent
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.script import Timing
from tests.contract import cluster_of_streams, kube_accounts
from tests.contract.kube_sets import (
    Body,
    Cluster,
    config_map,
    custom,
    definition,
    deployment,
    namespace,
    outcomes,
    verbs,
)
from tests.contract.upstream_stream import stream
from twin.clock import ScaledClock
from twin.control_plane import ControlPlane
from twin.kube_faults import KubeFaults
from twin.pki import write_private
from twin.processes import wait_until

pytestmark = pytest.mark.slow
PATIENT = Timing(poll_interval=0.2, settle_timeout=10, wait_timeout=45)
SHORT = Timing(poll_interval=0.1, settle_timeout=1, wait_timeout=3)
WHILE = cluster_of_streams.SCALE * 2
"""Seconds of the twin's time that are two of ours."""
EVERYTHING = Consent(deletes={"Namespace": 1, "CustomResourceDefinition.apiextensions.k8s.io": 1}, teardown=True)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster with nodes."""
    with cluster_of_streams.running(tmp_path_factory.mktemp("faults")) as host:
        yield Cluster(host.planes()[cluster_of_streams.NAME])


@pytest.fixture
def faults(cluster: Cluster) -> Iterator[KubeFaults]:
    """Its faults, healed at the end."""
    faults = KubeFaults(lambda: {cluster.plane.name: cluster.plane}, ScaledClock(cluster_of_streams.SCALE))
    faults.start()
    yield faults
    faults.clear()
    faults.stop()


def shop(name: str) -> list[Body]:
    """A namespace with a kind, an object of it, a Deployment, and forty ConfigMaps."""
    return [
        custom(name, "Shop", "one", group=f"{name}.example.com", size=1),
        deployment(name, "web"),
        *(config_map(name, f"settings-{number}", colour="blue") for number in range(40)),
        definition(f"{name}s", "Shop", group=f"{name}.example.com"),
        namespace(name),
    ]


def after(writes: int, strike: Callable[[], object]) -> Callable[[], None]:
    """A guard of a client: before that write something happens, once. Its other writes wait for that."""
    count, lock = itertools.count(), threading.Lock()

    def guard() -> None:
        with lock:
            if next(count) == writes:
                strike()

    return guard


def client(path: Path, guard: Callable[[], None]) -> KubeClient:
    """A client of that kubeconfig; credential plugins are run as modules run them."""

    def execute(command: Sequence[str], environment: Mapping[str, str]) -> tuple[int, str, str]:
        every = {**os.environ, **environment}
        done = subprocess.run(command, env=every, capture_output=True, text=True, check=False, timeout=30)
        return done.returncode, done.stdout, done.stderr

    return KubeClient(load(str(path)), guard=guard, execute=execute)


def kept(cluster: Cluster, name: str, bodies: Sequence[Body]) -> None:
    """All is as wished: a further run, which knows the kinds that have come meanwhile, finds nothing to do."""
    cluster.client.resources(fresh=True)
    assert verbs(cluster.well(name, bodies)) == {}


@pytest.mark.parametrize("writes", [1, 12])
def test_an_api_server_that_restarts_in_the_middle_is_waited_for(
    cluster: Cluster, faults: KubeFaults, writes: int
) -> None:
    """Cause: the API server ends and comes back two seconds later. Expected: the same run goes on to its end, also with
    a definition that the server was about to establish, and would look at again only minutes later."""
    name = f"restarted-{writes}"
    rule = {"kind": "apiserver-restart", "seconds": WHILE}
    ours = client(cluster.plane.admin_kubeconfig, after(writes, lambda: faults.add(rule)))
    done = cluster.install(name, shop(name), client=ours, timing=PATIENT)
    assert done.error is None, str(done.error)
    assert set(outcomes(done).values()) == {"done"}
    kept(cluster, name, shop(name))


def test_a_throttled_run_goes_on_when_it_may(cluster: Cluster, faults: KubeFaults, tmp_path: Path) -> None:
    """Cause: 429 to every call for two seconds, from the tenth write on. Expected: the same run converges."""
    path = kube_accounts.kubeconfig(cluster.plane, tmp_path)
    rule = {"kind": "throttle", "service": "kubernetes", "seconds": WHILE}
    ours = client(path, after(10, lambda: faults.add(rule)))
    done = cluster.install("throttled", shop("throttled"), client=ours, timing=PATIENT)
    assert done.error is None, str(done.error)
    kept(cluster, "throttled", shop("throttled"))


def test_a_full_etcd_is_told_and_the_next_run_goes_on(cluster: Cluster, faults: KubeFaults) -> None:
    """Cause: etcd's alarm from the tenth write on. Expected: its cause and remedy in the message, also when something
    else waits in vain for a full etcd; cleared, the next run converges and knows what was written."""
    ours = client(cluster.plane.admin_kubeconfig, after(10, lambda: faults.add({"kind": "etcd-full"})))
    failed = cluster.install("full", shop("full"), client=ours, timing=SHORT)
    assert "etcdserver: mvcc: database space exceeded" in str(failed.error)
    assert "compact and defragment it, or raise its quota" in str(failed.error)
    assert "done" in outcomes(failed).values()
    faults.clear()
    healed = cluster.well("full", shop("full"))
    assert 0 < len(verbs(healed)) < len(shop("full"))
    kept(cluster, "full", shop("full"))


def test_a_definition_that_is_never_established_is_named(cluster: Cluster, faults: KubeFaults) -> None:
    """Cause: the API server's controller does not get to it. Expected: an error within the deadline that names it; its
    object is not tried, all else is there; healed, the next run converges."""
    faults.add({"kind": "crd-unestablished", "name": "nevers.*"})
    late = cluster.install("never", shop("never"), timing=SHORT)
    told = str(late.error)
    assert "CustomResourceDefinition.apiextensions.k8s.io nevers.never.example.com: not ready after" in told
    assert "established" in told
    ended = outcomes(late)
    assert ended["Shop.never.example.com/never/one"] == "not_tried"
    assert ended["ConfigMap/never/settings-39"] == "done"
    faults.clear()
    cluster.well("never", shop("never"))
    kept(cluster, "never", shop("never"))


def cert_manager() -> list[Body]:
    """cert-manager as Kubeflow has it, and what it is to issue."""
    names = ("cert-manager", "acme.cert-manager.io")
    found = [
        body
        for body in stream("kubeflow-26.03")
        if body["metadata"].get("namespace") == "cert-manager"
        or any(name in body["metadata"]["name"] for name in names)
    ]
    api_version = "cert-manager.io/v1"
    issuer = {"apiVersion": api_version, "kind": "Issuer", "metadata": {"name": "self", "namespace": "issued"}}
    certificate = {"apiVersion": api_version, "kind": "Certificate", "metadata": {"name": "web", "namespace": "issued"}}
    wish = {"secretName": "web-tls", "dnsNames": ["web.example.com"], "issuerRef": {"name": "self"}}
    return [
        {**certificate, "spec": wish},
        {**issuer, "spec": {"selfSigned": {}}},
        *(body for body in found if body["kind"] not in ("ClusterIssuer", "Certificate", "AuthorizationPolicy")),
        namespace("issued"),
    ]


def test_a_slow_cert_manager_is_waited_for_as_long_as_was_said(cluster: Cluster, faults: KubeFaults) -> None:
    """Cause: certificates take 10,000 times as long, more than the deadline. Expected: its webhooks are named with
    what they lack; then 60 times as long, a second of ours: the run waits and is done."""
    faults.add({"kind": "certificates-slow", "factor": 10_000, "id": "slow"})
    late = cluster.install("certificates", cert_manager(), timing=Timing(0.2, 5, 12))
    assert "WebhookConfiguration.admissionregistration.k8s.io cert-manager-webhook: not ready after" in str(late.error)
    assert "no caBundle yet for webhook.cert-manager.io" in str(late.error)
    assert outcomes(late)["Certificate.cert-manager.io/issued/web"] == "not_tried"
    faults.add({"kind": "certificates-slow", "factor": 60, "id": "slow"})
    cluster.well("certificates", cert_manager())
    kept(cluster, "certificates", cert_manager())
    assert cluster.find("/api/v1/namespaces/issued/secrets/web-tls")


def test_a_namespace_that_does_not_end_is_explained_by_what_holds_it(cluster: Cluster, faults: KubeFaults) -> None:
    """Cause: a ConfigMap of others with a finalizer that nobody removes. Expected: kept back as theirs; by consent the
    namespace is told to go, and what holds it is named; healed, the next removal is done."""
    cluster.well("held", shop("held"))
    faults.add({"kind": "namespace-stuck", "name": "held", "id": "held"})
    wait_until(lambda: cluster.find("/api/v1/namespaces/held/configmaps/twin-fault-held"), seconds=30, what="the fault")
    refused = cluster.remove("held", consent=EVERYTHING, timing=SHORT)
    assert "others have 1 objects in it: ConfigMap/held/twin-fault-held" in str(refused.error)
    agreed = Consent(deletes=EVERYTHING.deletes, addresses=frozenset({"Namespace/held"}), teardown=True)
    stuck = cluster.remove("held", consent=agreed, timing=Timing(0.1, 1, 10))
    assert "Namespace held" in str(stuck.error)
    assert "ConfigMap/held/twin-fault-held" in str(stuck.error)
    assert "twin.kubeops.io/fault" in str(stuck.error)
    faults.clear()
    gone = cluster.remove("held", consent=agreed)
    assert gone.error is None, str(gone.error)
    assert cluster.find("/api/v1/namespaces/held") is None


def plugin(plane: ControlPlane, directory: Path) -> tuple[Path, Path]:
    """A kubeconfig whose credential plugin prints a file, and that file. Every answer holds for a minute at most."""
    credential = directory / "credential.json"
    status: dict[str, Any] = {"token": kube_accounts.token(plane.api())}
    answer = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status}
    write_private(credential, json.dumps(answer).encode())
    asked = {"apiVersion": answer["apiVersion"], "command": "/bin/cat", "args": [str(credential)]}
    return kube_accounts.kubeconfig(plane, directory, {"exec": asked}), credential


def test_credentials_that_end_in_the_middle_end_the_run_with_that_message(cluster: Cluster, tmp_path: Path) -> None:
    """Cause: the account's tokens are accepted no more, the plugin's new one neither. Expected: the run ends, says that
    the credentials are it, tells no token; with good ones the next run converges."""
    path, credential = plugin(cluster.plane, tmp_path)
    token = json.loads(credential.read_text(encoding="utf-8"))["status"]["token"]

    def end() -> None:
        cluster.others.delete(f"/api/v1/namespaces/default/serviceaccounts/{kube_accounts.NAME}")
        wait_until(lambda: refused(path) or None, seconds=60, interval=0.5, what="the end of the token")

    ended = cluster.install("ended", shop("ended"), client=client(path, after(10, end)))
    told = str(ended.error)
    assert "Unauthorized" in told
    assert "Are the credentials of the kubeconfig still valid?" in told
    assert token not in told
    assert "done" in outcomes(ended).values()
    plugin(cluster.plane, tmp_path)
    cluster.well("ended", shop("ended"), client=client(path, lambda: None))
    kept(cluster, "ended", shop("ended"))


def refused(path: Path) -> bool:
    """Whether the API server has forgotten that it had accepted the token: it remembers that for ten seconds."""
    try:
        client(path, refuse_writes).resources()
    except Expired:
        return True
    return False
