# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files over HTTP(S): proxies of the environment, a CA of ours, retries of what heals."""

from __future__ import annotations

import contextlib
import hashlib
import pathlib
import urllib.parse
import urllib.request
from collections.abc import Iterator
from typing import Any

from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import (
    Conflict,
    Denied,
    EstateError,
    Invalid,
    NotFound,
    Unavailable,
)

try:
    import urllib3

    HAS_URLLIB3 = True
except ImportError:
    HAS_URLLIB3 = False

_CHUNK = 1 << 16
_MOST = 512 << 20
_HEALING = (429, 500, 502, 503, 504)
_PARALLEL = 8
_RETRIES = 4


class Fetcher:
    """Fetches files.

    ca_bundle: PEM file that servers are checked against, or None for the system's. retries: of what may heal, each
    after a longer pause.
    """

    def __init__(self, ca_bundle: str | None = None, retries: int = _RETRIES) -> None:
        if not HAS_URLLIB3:
            raise Invalid("the Python library urllib3 is missing", remedy="Install it for ansible_playbook_python.")
        if ca_bundle and not pathlib.Path(ca_bundle).is_file():
            raise Invalid(f"the CA bundle {ca_bundle} is not there")
        self._ca = ca_bundle
        self._retries = retries
        self._pools: dict[str, Any] = {}

    def text(self, url: str) -> str:
        """The content of a small file."""
        with self._open(url) as answer:
            return str(answer.read(_MOST).decode("utf-8"))

    def download(self, url: str, path: pathlib.Path, sha256: str = "") -> None:
        """Write a file, and hold it to its digest if there is one.

        Raises NotFound, Denied, Unavailable, Conflict for another digest; never shows credentials of the address.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        size, found = 0, hashlib.sha256()
        with self._open(url) as answer, path.open("wb") as file:
            for chunk in answer.stream(_CHUNK):
                size += len(chunk)
                if size > _MOST:
                    raise Invalid(f"{shown(url)} is larger than {_MOST >> 20} MiB")
                found.update(chunk)
                file.write(chunk)
        if sha256 and found.hexdigest() != sha256:
            raise Conflict(
                f"{shown(url)} has sha256 {found.hexdigest()} and not {sha256}", remedy="Fill the mirror anew."
            )

    @contextlib.contextmanager
    def _open(self, url: str) -> Iterator[Any]:
        parts = urllib.parse.urlsplit(url)
        headers = {}
        if parts.username:
            given = f"{urllib.parse.unquote(parts.username)}:{urllib.parse.unquote(parts.password or '')}"
            headers = urllib3.make_headers(basic_auth=given)
        bare = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
        try:
            answer = self._pool(parts).request("GET", bare, headers=headers, preload_content=False)
        except urllib3.exceptions.HTTPError as error:
            raise Unavailable(
                f"{shown(url)}: {_cause(error)}", remedy="Is there a way to it? Proxies are taken from the environment."
            ) from None
        try:
            if answer.status != 200:
                raise _refusal(answer.status, url)
            yield answer
        except urllib3.exceptions.HTTPError as error:
            raise Unavailable(f"{shown(url)} broke off: {_cause(error)}") from None
        finally:
            answer.release_conn()

    def _pool(self, parts: urllib.parse.SplitResult) -> Any:
        if parts.scheme not in ("http", "https"):
            raise Invalid(f"{shown(parts.geturl())} is no address that begins with https://")
        host = parts.hostname or ""
        proxy = "" if urllib.request.proxy_bypass(host) else urllib.request.getproxies().get(parts.scheme, "")
        if proxy not in self._pools:
            retries = urllib3.Retry(
                total=self._retries, backoff_factor=0.2, status_forcelist=_HEALING, raise_on_status=False
            )
            options: dict[str, Any] = {
                "retries": retries, "timeout": urllib3.Timeout(connect=10, read=60), "maxsize": _PARALLEL,
                "ca_certs": self._ca, "cert_reqs": "CERT_REQUIRED",
            }  # fmt: skip
            self._pools[proxy] = urllib3.ProxyManager(proxy, **options) if proxy else urllib3.PoolManager(**options)
        return self._pools[proxy]


def shown(url: str) -> str:
    """An address without the credentials in it."""
    parts = urllib.parse.urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()


def _refusal(status: int, url: str) -> EstateError:
    if status in (404, 410):
        return NotFound(f"{shown(url)} is not there (HTTP {status})")
    if status in (401, 403, 407):
        return Denied(f"{shown(url)} is refused (HTTP {status})", remedy="Does it need credentials, or a proxy?")
    return Unavailable(f"{shown(url)} answers HTTP {status}")


def _cause(error: Exception) -> str:
    reason = getattr(error, "reason", None)
    told = str(reason or error).rsplit("object at", maxsplit=1)[-1].partition(">: ")[2]
    return told or type(reason or error).__name__
