# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small client for the API of the twin's own control planes, with the administrator's certificate."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import urllib3

from twin.contract import TwinError


class KubeApiError(TwinError):
    """The API server refused; `status` is HTTP's."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status


class KubeApi:
    """One pooled connection; safe to use from several threads."""

    def __init__(self, url: str, *, ca: Path, certificate: Path, key: Path) -> None:
        context = ssl.create_default_context(cafile=str(ca))
        context.load_cert_chain(certificate, key)
        self._url = url
        self._pool = urllib3.PoolManager(
            maxsize=8, ssl_context=context, retries=False, timeout=urllib3.Timeout(connect=5, read=30)
        )

    def request(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        content_type: str = "application/json",
        user: str | None = None,
    ) -> Any:
        """The decoded answer (text when it is not JSON). Raises KubeApiError, urllib3's errors when unreachable.

        `user` asks as that user would: with the rights and the share of the server that are theirs.
        """
        answer = self._pool.request(
            method,
            self._url + path,
            body=None if body is None else json.dumps(body).encode(),
            headers={
                "Content-Type": content_type,
                "Accept": "application/json",
                **({"Impersonate-User": user} if user else {}),
            },
        )
        text = answer.data.decode()
        content = json.loads(text) if answer.headers.get("Content-Type", "").startswith("application/json") else text
        if answer.status >= 300:
            raise KubeApiError(answer.status, content["message"] if isinstance(content, dict) else content.strip())
        return content

    def watch(self, path: str) -> Iterator[dict[str, Any]]:
        """Events of a collection until the server ends the watch. Raises as `request` does."""
        answer = self._pool.request(
            "GET", f"{self._url}{path}&watch=1", preload_content=False, timeout=urllib3.Timeout(connect=5, read=None)
        )
        try:
            if answer.status >= 300:
                raise KubeApiError(answer.status, answer.read().decode())
            rest = b""
            for chunk in answer.stream(65536):
                *lines, rest = (rest + chunk).split(b"\n")
                yield from (json.loads(line) for line in lines if line)
        finally:
            answer.close()

    def ready(self) -> bool:
        """Whether /readyz answers ok; a server that is not there yet is just not ready."""
        try:
            return bool(self.request("GET", "/readyz") == "ok")
        except (KubeApiError, urllib3.exceptions.HTTPError):
            return False

    def apply(self, path: str, wish: Mapping[str, Any], *, manager: str = "twin") -> Any:
        """Server-side apply: fields that an earlier wish of this manager had and this one has not are removed."""
        query = f"?fieldManager={manager}&force=true"
        return self.request("PATCH", path + query, wish, content_type="application/apply-patch+yaml")

    def delete(self, path: str) -> None:
        """Delete; what is gone already is no error."""
        try:
            self.request("DELETE", path)
        except KubeApiError as error:
            if error.status != 404:
                raise
