# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What pods answer to the API server over HTTP: reviews of webhooks, conversions, aggregated APIs."""

from __future__ import annotations

import json
import logging
import ssl
from http.server import BaseHTTPRequestHandler
from typing import Any

from twin.cluster import aggregated
from twin.cluster.cluster import Cluster
from twin.cluster.endpoints import Endpoint
from twin.cluster.webhooks import conversion
from twin.cluster.webhooks.backends import answer_review

_log = logging.getLogger(__name__)


class Answers:
    """Speaks HTTP/1.1 on one connection after another."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster

    def serve(self, connection: ssl.SSLSocket, endpoint: Endpoint) -> None:
        """Answer requests until the client ends the connection."""

        class Handler(_Handler):
            where = endpoint
            cluster = self.cluster

        Handler(connection, ("", 0), None)  # type: ignore[arg-type]  # why: it needs no server, only keeps it


class _Handler(BaseHTTPRequestHandler):
    where: Endpoint
    cluster: Cluster
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:  # why: http.server's name
        """A review or a conversion."""
        if self._hangs_up():
            return
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            self._send(*self._answer(json.loads(body)))
        except Exception:  # noqa: BLE001  # why: as a panic does in Go, a defect fails this request and no other
            _log.exception("%s of %s/%s", self.path, self.where.namespace, self.where.service)
            self._send(500, {})

    def _answer(self, body: Any) -> tuple[int, Any]:
        if body.get("kind") == "ConversionReview":
            return 200, conversion.answer(body)
        if body.get("kind") == "AdmissionReview":
            return 200, answer_review(self.cluster, self.where, self.path.partition("?")[0], body)
        return 404, {}

    def do_GET(self) -> None:  # why: http.server's name
        """Discovery and reading of an aggregated API."""
        if not self._hangs_up():
            self._send(*aggregated.answer(self.path.partition("?")[0]))

    def _hangs_up(self) -> bool:
        """Whether a fault keeps this pod from answering."""
        down = self.cluster.faults.is_down(self.where.namespace, self.where.service)
        self.close_connection = self.close_connection or down
        return down

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the API server's own log tells who was called."""

    def _send(self, status: int, content: Any) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
