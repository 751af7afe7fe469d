# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""The pool of connections to one API server, straight or by the proxy that the kubeconfig or the environment names."""

from __future__ import annotations

import os
import ssl
import typing as t
import urllib.parse

from .._engine.errors import Invalid, Unavailable
from .kube_config import KubeConfig
from .kube_errors import Heals
from .kube_proxy import proxy_of

try:
    import urllib3

    HAS_URLLIB3 = True
except ImportError:
    HAS_URLLIB3 = False

CONNECTIONS = 16


def connections(config: KubeConfig, context: ssl.SSLContext, timeout: float) -> t.Any:
    """A urllib3 pool manager. timeout: seconds to wait for an answer. Raises Invalid of a proxy that we cannot use."""
    options: dict[str, t.Any] = {
        "maxsize": CONNECTIONS,
        "block": True,
        "ssl_context": context,
        "timeout": urllib3.Timeout(connect=10, read=timeout),
        # A connection that the server closed between two requests; whatever it answers is judged by us.
        "retries": urllib3.Retry(
            total=2, status=0, read=0, other=0, backoff_factor=0.1, respect_retry_after_header=False
        ),
    }
    if config.cluster.get("tls-server-name"):
        options["server_hostname"] = config.cluster["tls-server-name"]
    proxy = str(config.cluster.get("proxy-url") or proxy_of(config.server, os.environ))
    return _by_proxy(proxy, options) if proxy else urllib3.PoolManager(**options)


def _by_proxy(proxy: str, options: dict[str, t.Any]) -> t.Any:
    parts = urllib.parse.urlsplit(proxy)
    if parts.scheme not in ("http", "https"):
        raise Invalid(f"proxies of {parts.scheme}:// cannot be used", remedy="Name one of http:// or https://.")
    if parts.username:
        # The pool does not take them from the address.
        login = urllib.parse.unquote(f"{parts.username}:{parts.password or ''}")
        options["proxy_headers"] = urllib3.make_headers(proxy_basic_auth=login)
    return urllib3.ProxyManager(proxy, **options)


def unreachable(server: str, error: Exception) -> Unavailable:
    """One of ours for what urllib3 raises when there is no answer."""
    reason = getattr(error, "reason", None) or error
    if isinstance(reason, urllib3.exceptions.SSLError):
        return Unavailable(f"{server}: {reason}", remedy="Does the kubeconfig hold this cluster's authority?")
    return Heals(f"{server}: {reason}", remedy="Is the cluster's API server reachable from here?")
