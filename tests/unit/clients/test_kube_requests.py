# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The client's requests to a server that behaves as one does only after minutes, or behind a proxy."""

from __future__ import annotations

import datetime
import http.server
import json
import threading
import urllib.parse
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.kube import KubeClient
from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.kube_config import Credential, KubeConfig
from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.kube_discovery import Resource
from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.kube_errors import Expired
from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.kube_proxy import proxy_of

CONFIG_MAPS = Resource("", "v1", "ConfigMap", "configmaps", True)
INSIDE = "https://api.example.com:6443"


class Server(http.server.BaseHTTPRequestHandler):
    """Lists by pages, of which the second is not kept; its cache is not there yet, so it answers no selectors."""

    def do_GET(self) -> None:
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
        if {"labelSelector", "fieldSelector"} & query.keys():
            self.send_response(429)
            self.send_header("Retry-After", "3600")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        names, metadata, status = ["a", "b", "c"], {"resourceVersion": "1"}, 200
        if "continue" in query:
            status = 410
        elif "limit" in query:
            names, metadata = ["a"], {**metadata, "continue": "more"}
        items = [{"metadata": {"name": name, "labels": {"letter": name, "all": ""}}} for name in names]
        answer: dict[str, Any] = {"metadata": metadata, "items": items}
        if status == 410:
            answer = {"kind": "Status", "reason": "Expired", "message": "The provided continue parameter is too old"}
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Nobody reads it."""


@pytest.fixture
def address() -> Iterator[str]:
    """Where the server listens."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_list_whose_rest_is_not_kept_any_more_is_read_in_one_piece(address: str) -> None:
    rows = KubeClient(KubeConfig({"server": address}, {})).listed(CONFIG_MAPS)
    assert [row["metadata"]["name"] for row in rows] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("selectors", "names"),
    [
        ({"labels": "letter=b"}, ["b"]),
        ({"labels": "all,letter=c"}, ["c"]),
        ({"labels": "all"}, ["a", "b", "c"]),
        ({"labels": "none"}, []),
        ({"fields": "metadata.name=a"}, ["a"]),
        ({"fields": "metadata.name=a", "labels": "letter=b"}, []),
    ],
)
def test_a_server_without_a_cache_yet_is_asked_for_the_whole(
    address: str, selectors: dict[str, str], names: list[str]
) -> None:
    """Cause: 429, come back in an hour, to who asks for a part of a kind. Expected: the part, chosen here, at once."""
    rows = KubeClient(KubeConfig({"server": address}, {})).listed(CONFIG_MAPS, **selectors)
    assert [row["metadata"]["name"] for row in rows] == names


def test_a_server_is_reached_by_the_proxy_of_the_environment(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # A proxy gets the whole address, and this one answers as the server itself would.
    monkeypatch.setenv("HTTP_PROXY", address)
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert len(KubeClient(KubeConfig({"server": "http://api.example.invalid"}, {})).listed(CONFIG_MAPS)) == 3


@pytest.mark.parametrize(
    ("address", "environment", "proxy"),
    [
        (INSIDE, {}, ""),
        (INSIDE, {"HTTP_PROXY": "http://p:3128"}, ""),
        (INSIDE, {"HTTPS_PROXY": "http://p:3128"}, "http://p:3128"),
        (INSIDE, {"https_proxy": "p:3128"}, "http://p:3128"),
        (INSIDE, {"https_proxy": "p", "no_proxy": "other.com, example.com"}, ""),
        (INSIDE, {"https_proxy": "p", "NO_PROXY": ".example.com"}, ""),
        (INSIDE, {"https_proxy": "p", "NO_PROXY": "*.example.com"}, ""),
        (INSIDE, {"https_proxy": "p", "NO_PROXY": "ample.com"}, "http://p"),
        (INSIDE, {"https_proxy": "p", "NO_PROXY": "api.example.com:443"}, "http://p"),
        (INSIDE, {"https_proxy": "p", "NO_PROXY": "api.example.com:6443"}, ""),
        (INSIDE, {"https_proxy": "p", "NO_PROXY": "*"}, ""),
        ("https://example.com", {"https_proxy": "p", "NO_PROXY": ".example.com"}, "http://p"),
        ("https://10.1.2.3", {"https_proxy": "p", "NO_PROXY": "10.0.0.0/8"}, ""),
        ("https://10.1.2.3", {"https_proxy": "p", "NO_PROXY": "10.1.2.3"}, ""),
        ("https://11.1.2.3", {"https_proxy": "p", "NO_PROXY": "10.0.0.0/8,no/net"}, "http://p"),
        ("https://[fd00::1]:6443", {"https_proxy": "p", "NO_PROXY": "fd00::/8"}, ""),
        ("https://127.0.0.1:6443", {"https_proxy": "p"}, ""),
        ("https://localhost:6443", {"https_proxy": "p"}, ""),
    ],
)
def test_which_proxy_the_environment_names(address: str, environment: dict[str, str], proxy: str) -> None:
    assert proxy_of(address, environment) == proxy


def test_a_credential_plugin_is_named_from_where_the_kubeconfig_is(tmp_path: Any) -> None:
    asked: list[str] = []

    def execute(command: Any, _environment: Any) -> tuple[int, str, str]:
        asked.extend(command)
        return 0, '{"status": {"token": "t"}}', ""

    user = {"exec": {"command": "bin/token", "apiVersion": "client.authentication.k8s.io/v1"}}
    assert Credential(KubeConfig({}, user, str(tmp_path)), execute).status() == {"token": "t"}
    assert asked == [str(tmp_path / "bin/token")]


def test_a_plugin_that_fails_once_costs_nothing_while_the_old_token_holds() -> None:
    soon = (datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=40)).isoformat()
    answers = [(0, json.dumps({"status": {"token": "t", "expirationTimestamp": soon}}), "")]

    def execute(_command: Any, _environment: Any) -> tuple[int, str, str]:
        return answers.pop() if answers else (1, "", "throttled")

    user = {"exec": {"command": "token", "apiVersion": "client.authentication.k8s.io/v1"}}
    credential = Credential(KubeConfig({}, user), execute)
    assert credential.status()["token"] == "t"
    assert credential.status()["token"] == "t"
    with pytest.raises(Expired, match="throttled"):
        credential.status(refused="t")
