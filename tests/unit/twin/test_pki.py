# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates that the strictest verifier in use accepts."""

from __future__ import annotations

import socket
import ssl
import threading
from pathlib import Path

import pytest

from twin import pki


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_a_strict_client_accepts_the_server_and_the_server_the_client(tmp_path: Path, name: str) -> None:
    authority = pki.Authority("test-ca")
    ca, _ = pki.write_pair(tmp_path, "ca", authority.keypair)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    names = ["127.0.0.1", "localhost"]
    server.load_cert_chain(*pki.write_pair(tmp_path, "server", authority.issue("api", server_names=names)))
    server.load_verify_locations(ca)
    server.verify_mode = ssl.CERT_REQUIRED
    client = ssl.create_default_context(cafile=str(ca))
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    admin = authority.issue("admin", organizations=["system:masters"])
    client.load_cert_chain(*pki.write_pair(tmp_path, "client", admin))

    near, far = socket.socketpair()
    seen: list[object] = []

    def serve() -> None:
        with server.wrap_socket(far, server_side=True) as connection:
            certificate = connection.getpeercert() or {}
            seen.append(certificate.get("subject"))
            connection.send(b"hello")

    thread = threading.Thread(target=serve)
    thread.start()
    with client.wrap_socket(near, server_hostname=name) as connection:
        assert connection.recv(5) == b"hello"
    thread.join()
    assert seen == [((("organizationName", "system:masters"),), (("commonName", "admin"),))]


def test_another_authority_is_refused(tmp_path: Path) -> None:
    ca, _ = pki.write_pair(tmp_path, "ca", pki.Authority("other").keypair)
    pair = pki.Authority("mine").issue("api", server_names=["localhost"])
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(*pki.write_pair(tmp_path, "server", pair))
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.create_default_context(cafile=str(ca)).wrap_bio(incoming, outgoing, server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    answer = ssl.MemoryBIO()
    hello = ssl.MemoryBIO()
    hello.write(outgoing.read())
    with pytest.raises(ssl.SSLWantReadError):
        server.wrap_bio(hello, answer, server_side=True).do_handshake()
    incoming.write(answer.read())
    with pytest.raises(ssl.SSLCertVerificationError):
        client.do_handshake()


def test_keys_are_for_their_owner_only(tmp_path: Path) -> None:
    _, key = pki.write_pair(tmp_path, "sa", pki.service_account_keys())
    assert key.stat().st_mode & 0o777 == 0o600
    pki.write_private(key, b"again")
    assert key.read_bytes() == b"again"
    assert key.stat().st_mode & 0o777 == 0o600
