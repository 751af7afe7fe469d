# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The API of the cluster as the process inside it needs it: lists with their version, watches that begin there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import urllib3
import yaml

from twin.cluster.objects import Object
from twin.kube_api import KubeApi, KubeApiError

_WHOLE = "application/json"
_METADATA = "application/json;as=PartialObjectMetadata{0};g=meta.k8s.io;v=v1"
MERGE = "application/merge-patch+json"


class ClusterApi(KubeApi):
    """Adds to KubeApi what informers need."""

    def __init__(self, directory: Path) -> None:
        """`directory` is the control plane's own: its admin kubeconfig says where the API is."""
        config = yaml.safe_load((directory / "admin.kubeconfig").read_text())
        files = directory / "pki"
        super().__init__(
            config["clusters"][0]["cluster"]["server"],
            ca=files / "ca.crt", certificate=files / "admin.crt", key=files / "admin.key",
        )  # fmt: skip

    def list(self, path: str, *, metadata_only: bool = False) -> tuple[list[Object], str]:
        """All objects of a collection and the version of that answer. Raises as `request` does."""
        answer = self._pool.request(
            "GET", self._url + path, headers={"Accept": _METADATA.format("List") if metadata_only else _WHOLE}
        )
        content = _content(answer)
        kind = content["kind"].removesuffix("List")
        about = {"apiVersion": content["apiVersion"], **({} if metadata_only else {"kind": kind})}
        return [{**about, **item} for item in content["items"] or []], content["metadata"]["resourceVersion"]

    def follow(self, path: str, version: str, *, metadata_only: bool = False) -> Iterator[tuple[str, Object]]:
        """(ADDED | MODIFIED | DELETED, object) after `version`, until the server ends the watch.

        Raises KubeApiError, with status 410 when the version is too old.
        """
        answer = self._pool.request(
            "GET", f"{self._url}{path}?watch=1&resourceVersion={version}", preload_content=False,
            headers={"Accept": _METADATA.format("") if metadata_only else _WHOLE},
            timeout=urllib3.Timeout(connect=5, read=None),
        )  # fmt: skip
        try:
            if answer.status >= 300:
                raise KubeApiError(answer.status, answer.read().decode())
            rest = b""
            for chunk in answer.stream(65536):
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    yield _event(line)
        finally:
            answer.close()

    def merge(self, path: str, change: Object, *, manager: str) -> Any:
        """JSON merge patch as the field manager. Raises as `request` does."""
        return self.request("PATCH", f"{path}?fieldManager={manager}", change, content_type=MERGE)

    def found(self, path: str) -> Object | None:
        """The object at a path, None when there is none (or no such kind yet)."""
        try:
            thing: Object = self.request("GET", path)
        except KubeApiError as error:
            if error.status == 404:
                return None
            raise
        return thing


def _event(line: bytes) -> tuple[str, Object]:
    event = json.loads(line)
    if event["type"] == "ERROR":
        raise KubeApiError(event["object"].get("code", 500), event["object"].get("message", ""))
    return event["type"], event["object"]


def _content(answer: urllib3.BaseHTTPResponse) -> Any:
    if answer.status >= 300:
        raise KubeApiError(answer.status, answer.data.decode()[:400])
    return json.loads(answer.data)
