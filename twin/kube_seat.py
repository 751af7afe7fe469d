# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A request that does not end: it holds a seat of its priority level, as a client on a slow line does."""

from __future__ import annotations

import select
import socket
import ssl
import urllib.parse
from pathlib import Path

_ROOM = 65536


class HeldSeat:
    """Announces a body and never sends it; the API server gives up after its request timeout (60 real seconds)."""

    def __init__(self, url: str, pki: Path, *, user: str) -> None:
        """Ask as `user`, by the right of the administrator whose certificate is in `pki`. Raises OSError."""
        context = ssl.create_default_context(cafile=str(pki / "ca.crt"))
        context.load_cert_chain(pki / "admin.crt", pki / "admin.key")
        place = urllib.parse.urlsplit(url)
        line = socket.create_connection((str(place.hostname), int(place.port or 443)), timeout=5)
        self._line = context.wrap_socket(line, server_hostname=place.hostname)
        self._line.sendall(
            "POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews HTTP/1.1\r\n"  # everybody may
            f"Host: {place.netloc}\r\nImpersonate-User: {user}\r\n"
            "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n".encode()
        )

    def is_held(self) -> bool:
        """Whether the server still waits: an answer, or its end of the line, means that the seat is free."""
        if not select.select([self._line], [], [], 0)[0]:
            return True
        self._line.setblocking(False)
        try:
            self._line.recv(_ROOM)
        except ssl.SSLWantReadError:
            return True  # TLS spoke for itself: a session ticket
        except OSError:
            return False
        return False

    def free(self) -> None:
        """Hang up."""
        self._line.close()
