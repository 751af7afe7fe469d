# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults inside a cluster, put in force by the command line: a webhook nobody answers at, a slow cert-manager."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.kube_objects import DEFINITIONS, definition, found, seen, workload
from twin.__main__ import main
from twin.build import build
from twin.calls import CallLog
from twin.clock import ScaledClock
from twin.contract import NodeSpec
from twin.control_api import ControlApi
from twin.faults import FaultRules
from twin.host import LocalClusterHost
from twin.kube_api import KubeApi, KubeApiError
from twin.kube_faults import KubeFaults
from twin.pki import Authority
from twin.serving import LoopbackServer

pytestmark = pytest.mark.slow

CLUSTER = "inside"
SCALE = 60.0
CONFIG_MAPS = "/api/v1/namespaces/guarded/configmaps"
CERTIFICATES = "/apis/cert-manager.io/v1/namespaces/default/certificates"
ISSUERS = "/apis/cert-manager.io/v1/namespaces/default/issuers"


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("twin")


@pytest.fixture(scope="module")
def host(state: Path) -> Iterator[LocalClusterHost]:
    """One control plane, and the twin's own API that steers its faults."""
    host = LocalClusterHost(state, programs=build, scale=SCALE)
    faults = KubeFaults(host.planes, ScaledClock(SCALE))
    server = LoopbackServer(ControlApi(dict, CallLog(), FaultRules(), lambda _cluster, _token: None, faults))
    server.start()
    faults.start()
    (state / "twin.json").write_text(json.dumps({"control_url": server.url}))
    host.start(CLUSTER, "1.34", "https://kubernetes.default.svc")
    host.set_nodes(CLUSTER, [NodeSpec("n", "aws:///us-east-2a/i-1", "us-east-2a", "m7i.large")])
    yield host
    faults.stop()
    host.stop_all()
    server.stop()


@pytest.fixture(scope="module")
def api(host: LocalClusterHost) -> KubeApi:
    return host.api(CLUSTER)


def fault(state: Path, *arguments: object) -> None:
    assert main(["fault", str(arguments[0]), "--state", str(state), *map(str, arguments[1:])]) == 0


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def guard(api: KubeApi) -> None:
    """A webhook that must be asked about each ConfigMap of a namespace, with all that a real one has."""
    authority = Authority("guard-ca")
    pair = authority.issue("guard", server_names=["guard.guards.svc"])
    for name in ("guards", "guarded"):
        api.request("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
    keys = {"tls.crt": encoded(pair.certificate), "tls.key": encoded(pair.key)}
    secret = {"metadata": {"name": "guard-tls"}, "type": "kubernetes.io/tls", "data": keys}
    api.request("POST", "/api/v1/namespaces/guards/secrets", secret)
    mounted = {"name": "tls", "secret": {"secretName": "guard-tls"}}
    port = {"ports": [{"containerPort": 9443}]}
    deployment = workload("Deployment", "guard", "guards", volumes=[mounted], container=port)
    api.request("POST", "/apis/apps/v1/namespaces/guards/deployments", deployment)
    ports = [{"port": 443, "targetPort": 9443}]
    service = {"metadata": {"name": "guard"}, "spec": {"selector": {"app": "guard"}, "ports": ports}}
    api.request("POST", "/api/v1/namespaces/guards/services", service)
    webhook: dict[str, Any] = {
        "name": "guard.example.org",
        "clientConfig": {
            "service": {"namespace": "guards", "name": "guard", "path": "/validate"},
            "caBundle": encoded(authority.keypair.certificate),
        },
        "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}],
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "guarded"}},
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        "timeoutSeconds": 5,
    }
    path = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
    api.request("POST", path, {"metadata": {"name": "guard"}, "webhooks": [webhook]})


def refusal(api: KubeApi) -> str | None:
    """Why a ConfigMap is refused now; None when it is not."""
    try:
        api.request("POST", f"{CONFIG_MAPS}?dryRun=All", {"metadata": {"name": "asked"}})
    except KubeApiError as error:
        return str(error)
    return None


def test_a_webhook_that_is_down_fails_calls_until_it_is_back(
    state: Path, api: KubeApi, capsys: pytest.CaptureFixture[str]
) -> None:
    guard(api)
    seen(lambda: refusal(api) is None or None, "the webhook's first answer")
    fault(state, "add", "--kind", "webhook-down", "--cluster", "ins*", "--name", "guards/guard", "--id", "down")
    assert capsys.readouterr().out.strip() == "down"
    # The connection that it has answered on before is of no use either.
    for _ in range(3):
        assert 'failed calling webhook "guard.example.org"' in str(refusal(api))
    fault(state, "list")
    rule = json.loads(capsys.readouterr().out)[0]
    assert (rule["kind"], rule["name"], rule["in_force"]) == ("webhook-down", "guards/guard", [CLUSTER])
    fault(state, "clear", "down")
    assert refusal(api) is None


def test_a_slow_cert_manager_takes_its_time_until_it_is_cleared(state: Path, api: KubeApi) -> None:
    for kind in ("Issuer", "Certificate"):
        api.request("POST", DEFINITIONS, definition("cert-manager.io", kind))
    api.request("POST", "/api/v1/namespaces", {"metadata": {"name": "cert-manager"}})
    deployment = workload("Deployment", "cert-manager", "cert-manager")
    api.request("POST", "/apis/apps/v1/namespaces/cert-manager/deployments", deployment)
    seen(lambda: found(api, CERTIFICATES) and found(api, ISSUERS), "Certificates to be served")
    make(api, "Issuer", "self", {"selfSigned": {}})
    seen(lambda: found(api, certificate(api, "quick")), "a certificate")
    # 5 s of the twin's time, ten thousand times: it outlasts the test.
    fault(state, "add", "--kind", "certificates-slow", "--factor", 10000)
    slow = certificate(api, "slow")
    # The same controller goes on with what comes later.
    make(api, "Issuer", "second", {"selfSigned": {}})
    seen(lambda: (found(api, f"{ISSUERS}/second") or {}).get("status"), "an issuer")
    assert found(api, slow) is None
    fault(state, "clear")
    seen(lambda: found(api, slow), "the certificate that waited")


def make(api: KubeApi, kind: str, name: str, spec: Any) -> None:
    wish = {"apiVersion": "cert-manager.io/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}
    api.apply(f"{ISSUERS if kind == 'Issuer' else CERTIFICATES}/{name}", wish)


def certificate(api: KubeApi, name: str) -> str:
    """Ask for one; where its Secret will be."""
    spec = {"secretName": name, "dnsNames": ["a.example.org"], "issuerRef": {"name": "self"}}
    make(api, "Certificate", name, spec)
    return f"/api/v1/namespaces/default/secrets/{name}"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--kind", "webhook-down"], "webhook-down needs a name"),
        (["--kind", "etcd-full", "--name", "x"], "etcd-full takes no name"),
        (["--kind", "etcd-full", "--rate", "0.5"], "a fault of kind etcd-full has no rate"),
    ],
)
def test_a_wrong_rule_is_refused_with_its_reason(
    state: Path, host: LocalClusterHost, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert host.planes()
    assert main(["fault", "add", "--state", str(state), *arguments]) == 1
    assert message in capsys.readouterr().err
