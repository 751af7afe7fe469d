# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A kubeconfig as real clients read it: kubectl, the Python client, and our own reader of the API.

The API server is one that answers a list of nodes to whoever brings a bearer token, and remembers the token.
"""

from __future__ import annotations

import base64
import json
import os
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import kubernetes
import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._clients import eks_api, eks_token
from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.aws import Connection
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import Denied, NotFound, Unavailable
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.aws import kubeconfig
from tests.unit.test_eks_token import ACCESS, SECRET, assert_signed
from twin.pki import Authority

ROOT = Path(__file__).parents[2]
NODE: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Node",
    "metadata": {"name": "ip-10-0-0-1", "creationTimestamp": "2026-01-01T00:00:00Z"},
    "spec": {"providerID": "aws:///us-east-2a/i-1"},
    "status": {"conditions": [{"type": "Ready", "status": "True"}]},
}
PAGES: dict[str, tuple[list[dict[str, Any]], str]] = {
    "": ([NODE], "two"),
    "two": ([{**NODE, "metadata": {**NODE["metadata"], "name": "ip-10-0-0-2"}}], ""),
}
DISCOVERY: dict[str, Any] = {
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": []},
    "/api/v1": {
        "kind": "APIResourceList",
        "groupVersion": "v1",
        "resources": [
            {"name": "nodes", "singularName": "node", "namespaced": False, "kind": "Node", "verbs": ["get", "list"]}
        ],
    },
}


class Handler(BaseHTTPRequestHandler):
    """The API: discovery, and nodes in two pages. Class variables, for http.server makes an instance a request."""

    protocol_version = "HTTP/1.1"
    tokens: ClassVar[list[str]] = []
    refuse: ClassVar[int] = 0

    def do_GET(self) -> None:
        """Answer."""
        path, _question, query = self.path.partition("?")
        self.tokens.append(self.headers.get("Authorization", "").removeprefix("Bearer "))
        if self.refuse:
            return self._answer(self.refuse, {"kind": "Status", "status": "Failure", "message": "no entry for you"})
        if path != "/api/v1/nodes":
            return self._answer(200 if path in DISCOVERY else 404, DISCOVERY.get(path, {"kind": "Status"}))
        asked = dict(pair.split("=", 1) for pair in query.split("&") if pair)
        items, following = PAGES[asked.get("continue", "")]
        return self._answer(
            200, {"apiVersion": "v1", "kind": "NodeList", "metadata": {"continue": following}, "items": items}
        )

    def _answer(self, status: int, document: dict[str, Any]) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@dataclass
class Api:
    """Where the server is, and what it was shown."""

    url: str
    authority: str
    handler: type[Handler]
    tokens: list[str] = field(default_factory=list)


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    """The server, on loopback with a certificate of an authority that nobody else knows."""
    authority = Authority("test")
    pair = authority.issue("api", server_names=["127.0.0.1"])
    (tmp_path / "server.pem").write_bytes(pair.certificate + pair.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem")

    class Fresh(Handler):
        """A server's own tokens and refusals."""

        tokens: ClassVar[list[str]] = []
        refuse: ClassVar[int] = 0

    server = ThreadingHTTPServer(("127.0.0.1", 0), Fresh)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        encoded = base64.b64encode(authority.keypair.certificate).decode()
        yield Api(f"https://127.0.0.1:{server.server_port}", encoded, Fresh, Fresh.tokens)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def config(tmp_path: Path, api: Api) -> Path:
    """A kubeconfig for it, and the credentials that its command reads."""
    credentials = tmp_path / "credentials"
    credentials.write_text(
        f"[prod]\naws_access_key_id = {ACCESS}\naws_secret_access_key = {SECRET}\n", encoding="utf-8"
    )
    script = str(ROOT / "roles" / "eks" / "files" / "eks_token.py")
    options = {
        "cluster": f"demo {api.url} {api.authority}",
        "command": [sys.executable, script, "--profile", "prod", "--shared-credentials-file", str(credentials)],
        "env": {"AWS_EC2_METADATA_DISABLED": "true"},
        "region": "us-east-2",
    }
    path = tmp_path / "kubeconfig"
    path.write_text(kubeconfig.content("demo", "demo", options), encoding="utf-8")
    path.chmod(0o600)
    return path


def kubectl(config: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """kubectl with this kubeconfig only."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(config.parent), "KUBECONFIG": str(config)}
    program = Path(sys.executable).parent / "kubectl"
    return subprocess.run(
        [str(program), *arguments], env=environment, capture_output=True, text=True, check=False, timeout=60
    )


def test_kubectl_lists_the_nodes(api: Api, config: Path) -> None:
    answer = kubectl(config, "get", "nodes", "--output=name")
    assert (answer.stdout, answer.stderr) == ("node/ip-10-0-0-1\nnode/ip-10-0-0-2\n", "")
    assert_signed(api.tokens[-1])
    assert len(set(api.tokens)) == 1, "kubectl keeps a token until it expires"


def test_a_change_by_kubectl_keeps_the_mark(config: Path) -> None:
    before = kubeconfig.parsed(config.read_text(encoding="utf-8"))
    answer = kubectl(config, "config", "set-context", "--current", "--namespace=kubeflow")
    assert answer.returncode == 0, answer.stderr
    assert kubeconfig.parsed(config.read_text(encoding="utf-8")) == before


def test_the_python_client_lists_the_nodes(api: Api, config: Path) -> None:
    untyped: Any = kubernetes
    client = untyped.config.new_client_from_config(str(config))
    names = [node.metadata.name for node in untyped.client.CoreV1Api(client).list_node().items]
    assert names == ["ip-10-0-0-1"], "the first page"
    assert_signed(api.tokens[-1])


def test_our_reader_lists_all_pages(api: Api) -> None:
    connection = Connection("us-east-2", access_key=ACCESS, secret_key=SECRET)
    found = eks_api.nodes(connection, "demo", api.url, api.authority)
    assert [node["metadata"]["name"] for node in found] == ["ip-10-0-0-1", "ip-10-0-0-2"]
    assert_signed(api.tokens[-1])


@pytest.mark.parametrize(("status", "error"), [(401, Denied), (403, Denied), (404, NotFound), (500, Unavailable)])
def test_a_refusal_is_one_of_our_errors(api: Api, status: int, error: type[Exception]) -> None:
    api.handler.refuse = status
    with pytest.raises(error, match=f"{status} no entry for you"):
        eks_api.EksApi(api.url, api.authority, "token").listed("/api/v1/nodes")


def test_another_authority_is_not_trusted(api: Api) -> None:
    other = base64.b64encode(Authority("other").keypair.certificate).decode()
    with pytest.raises(Unavailable, match="certificate verify failed"):
        eks_api.EksApi(api.url, other, "token").listed("/api/v1/nodes")
    assert api.tokens == []


def test_no_token_is_in_the_file(api: Api, config: Path) -> None:
    kubectl(config, "get", "nodes")
    text = config.read_text(encoding="utf-8")
    assert api.tokens
    assert not any(part in text for part in (*api.tokens, SECRET, eks_token.PREFIX))
