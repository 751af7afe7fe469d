# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets as the process inside the cluster reads and writes them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

from twin.cluster.api import ClusterApi
from twin.cluster.objects import Object


def decoded(secret: Object | None, key: str) -> bytes:
    """The value of a key; b"" when there is no such secret, key or base64."""
    text = ((secret or {}).get("data") or {}).get(key) or ""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def encoded(value: bytes) -> str:
    """As Kubernetes writes bytes into JSON."""
    return base64.b64encode(value).decode()


def write(
    api: ClusterApi, namespace: str, name: str, data: Mapping[str, bytes], *, manager: str, existing: Object | None,
    kind: str = "Opaque", annotations: Mapping[str, str] | None = None, labels: Mapping[str, str] | None = None,
) -> None:  # fmt: skip
    """Create the Secret or set these keys of the existing one. Raises as `ClusterApi.request` does."""
    metadata = {"name": name, "annotations": dict(annotations or {}), "labels": dict(labels or {})}
    content = {"metadata": metadata, "data": {key: encoded(value) for key, value in data.items()}}
    collection = f"/api/v1/namespaces/{namespace}/secrets"
    if existing is None:
        secret = {"apiVersion": "v1", "kind": "Secret", "type": kind, **content}
        api.request("POST", f"{collection}?fieldManager={manager}", secret)
    else:
        # The version lets a change that came between fail as a conflict, which is tried again.
        metadata["resourceVersion"] = existing["metadata"]["resourceVersion"]
        api.merge(f"{collection}/{name}", content, manager=manager)
