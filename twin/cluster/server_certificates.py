# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""With which certificate a pod serves: that of the Secret which the real component reads."""

from __future__ import annotations

import datetime
import os
import ssl
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from twin.cluster import secrets
from twin.cluster.cluster import SECRETS, Cluster
from twin.cluster.components import component_of
from twin.cluster.endpoints import Endpoint
from twin.cluster.issuing import Request, belongs, issue
from twin.cluster.mounts import mounts
from twin.cluster.objects import Object
from twin.pki import KeyPair

_LAYOUTS = (("tls.crt", "tls.key"), ("cert", "key"), ("server-cert.pem", "server-key.pem"))
_LIFE = datetime.timedelta(days=7)


class ServerCertificates:
    """TLS contexts by endpoint, made anew when the Secret has changed. Safe to use from several threads."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._contexts: dict[tuple[str, str], tuple[str, ssl.SSLContext]] = {}
        self._lock = threading.Lock()

    def context(self, endpoint: Endpoint) -> ssl.SSLContext | None:
        """What the pod serves with; None while it has no certificate, and so does not listen."""
        found = self._source(endpoint)
        if found is None:
            return None
        version, secret, keys = found
        key = (endpoint.namespace, endpoint.service)
        with self._lock:
            known = self._contexts.get(key)
            if known is None or known[0] != version:
                pair = _from_authority(endpoint, secret, keys) if secret else _self_signed(endpoint)
                self._contexts[key] = known = (version, _context(pair or _self_signed(endpoint)))
            return known[1]

    def _source(self, endpoint: Endpoint) -> tuple[str, Object | None, tuple[str, str]] | None:
        """(version, Secret, its keys); without a Secret for a pod that signs for itself in memory."""
        candidates = list(self._candidates(endpoint))
        for secret, keys in candidates:
            pair = KeyPair(*(secrets.decoded(secret, name) for name in keys))
            if belongs(pair):
                return secret["metadata"]["uid"] + secret["metadata"]["resourceVersion"], secret, keys
        reads_secrets = any(path == SECRETS for path, _ in mounts(endpoint.pod)) or component_of(endpoint.service)
        return None if candidates or reads_secrets else ("", None, ("", ""))

    def _candidates(self, endpoint: Endpoint) -> Iterator[tuple[Object, tuple[str, str]]]:
        component = component_of(endpoint.service)
        if component is not None:
            keys = component.keys
            pair = (keys.certificate, keys.key) if keys.certificate else (keys.authority, keys.authority_key)
            secret = self._cluster.known(SECRETS, endpoint.namespace, component.secret)
            if secret is not None:
                yield secret, pair
        for path, name in mounts(endpoint.pod):
            secret = self._cluster.known(SECRETS, endpoint.namespace, name) if path == SECRETS else None
            if secret is not None:
                yield from ((secret, layout) for layout in _LAYOUTS if layout[0] in (secret.get("data") or {}))


def _from_authority(endpoint: Endpoint, secret: Object, keys: tuple[str, str]) -> KeyPair:
    """The pair itself; for a component that keeps only its authority, a certificate which that signs."""
    pair = KeyPair(*(secrets.decoded(secret, name) for name in keys))
    component = component_of(endpoint.service)
    if component is None or component.keys.certificate:
        return pair
    return issue(_request(endpoint), pair)


def _self_signed(endpoint: Endpoint) -> KeyPair:
    return issue(_request(endpoint))


def _request(endpoint: Endpoint) -> Request:
    service = f"{endpoint.service}.{endpoint.namespace}.svc"
    return Request(common_name=service[:64], dns_names=(service, f"{service}.cluster.local"), life=_LIFE)


def _context(pair: KeyPair) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # The library reads files only; this one is its owner's, and gone at once.
    handle, name = tempfile.mkstemp()
    with os.fdopen(handle, "wb") as file:
        file.write(pair.certificate.rstrip() + b"\n" + pair.key)
    try:
        context.load_cert_chain(name)
    finally:
        Path(name).unlink()
    return context
