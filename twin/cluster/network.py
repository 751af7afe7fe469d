# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cluster's network as the API server sees it: HTTP CONNECT to a pod's address, then TLS with that pod.

Not played: addresses of Services (the API server resolves to endpoints itself), kubelets (logs, exec, port-forward).
"""

from __future__ import annotations

import logging
import socket
import ssl
import threading
from contextlib import suppress
from pathlib import Path

from twin.cluster.answers import Answers
from twin.cluster.cluster import PODS, Cluster
from twin.cluster.endpoints import Endpoint, Endpoints, is_serving
from twin.cluster.objects import Object
from twin.cluster.server_certificates import ServerCertificates

_log = logging.getLogger(__name__)
_LONGEST_HEAD = 8192  # bytes
_PATIENCE = 120.0  # real seconds that an idle connection is kept: longer than the API server keeps it


class Network:
    """Listens on the Unix socket of the API server's egress; one thread for each connection."""

    def __init__(self, cluster: Cluster, answers: Answers) -> None:
        self._cluster = cluster
        self._answers = answers
        self._endpoints = Endpoints(cluster)
        self._certificates = ServerCertificates(cluster)
        self._connections: dict[str, set[socket.socket]] = {}  # by the pod's uid
        self._lock = threading.Lock()

    def start(self, path: Path) -> None:
        """Listen from now on, until the process ends."""
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        path.chmod(0o600)
        listener.listen(256)
        self._cluster.informer(PODS).listen(self._pod_changed)
        threading.Thread(target=self._accept, args=(listener,), name="network", daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            connection, _address = listener.accept()
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(_PATIENCE)
        # A client that goes, or that refuses the certificate, ends its connection and nothing else.
        with connection, suppress(OSError, ssl.SSLError):
            target = _connect_target(connection)
            if target is None:
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                return
            found = self._dial(*target)
            if found is None:
                problem = f"dial tcp {target[0]}:{target[1]}: connect: connection refused"
                connection.sendall(f"HTTP/1.1 502 {problem}\r\n\r\n".encode())
                return
            endpoint, context = found
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            self._talk(connection, endpoint, context)

    def _dial(self, address: str, port: int) -> tuple[Endpoint, ssl.SSLContext] | None:
        endpoint = self._endpoints.at(address, port)
        if endpoint is None or self._cluster.faults.is_down(endpoint.namespace, endpoint.service):
            return None
        context = self._certificates.context(endpoint)
        return None if context is None else (endpoint, context)

    def _talk(self, connection: socket.socket, endpoint: Endpoint, context: ssl.SSLContext) -> None:
        uid = endpoint.pod["metadata"]["uid"]
        with context.wrap_socket(connection, server_side=True) as secured:
            with self._lock:
                self._connections.setdefault(uid, set()).add(secured)
            try:
                # A pod that went during the handshake ended what was known then, and this was not.
                if self._endpoints.still(endpoint):
                    self._answers.serve(secured, endpoint)
            finally:
                with self._lock:
                    self._connections.get(uid, set()).discard(secured)

    def _pod_changed(self, pod: Object, gone: bool) -> None:
        """Connections end with their pod: the API server keeps them open and would go on calling."""
        if not gone and is_serving(pod):
            return
        with self._lock:
            connections = self._connections.pop(pod["metadata"]["uid"], set())
        for connection in connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def _connect_target(connection: socket.socket) -> tuple[str, int] | None:
    head = b""
    while b"\r\n\r\n" not in head:
        if len(head) > _LONGEST_HEAD or not (received := connection.recv(4096)):
            return None
        head += received
    words = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
    if len(words) != 3 or words[0] != "CONNECT":
        return None
    address, _, port = words[1].rpartition(":")
    return (address.strip("[]"), int(port)) if port.isdigit() else None
