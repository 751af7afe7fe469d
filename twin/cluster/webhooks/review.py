# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One admission review: what is asked, and the ways to answer."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from twin.cluster.cluster import Cluster
from twin.cluster.objects import Object
from twin.contract import TwinError

type Patch = Sequence[Object]
"""JSON patch operations."""


class Refused(TwinError):
    """The object is not admitted; the message is the component's."""

    def __init__(self, message: str, code: int = 403) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Review:
    """`thing` is the object as it would be, the old one for a deletion; `namespace` "" for objects of the cluster."""

    cluster: Cluster
    path: str
    operation: Literal["CREATE", "UPDATE", "DELETE", "CONNECT"]
    namespace: str
    thing: Object
    old: Object | None
    backend_namespace: str

    @property
    def kind(self) -> str:
        """The object's kind."""
        return str(self.thing.get("kind", ""))

    @property
    def name(self) -> str:
        """The object's name, "" while it is only to be generated."""
        return str(self.thing["metadata"].get("name", ""))

    @property
    def spec(self) -> Object:
        """The object's spec, {} without one."""
        return self.thing.get("spec") or {}

    @property
    def deletes(self) -> bool:
        """Whether the object is to go."""
        return self.operation == "DELETE"


def parse(cluster: Cluster, backend_namespace: str, path: str, review: Object) -> Review:
    """From the AdmissionReview (v1) that the API server sends."""
    request = review["request"]
    old = request.get("oldObject")
    return Review(
        cluster, path, request["operation"], request.get("namespace", ""), request.get("object") or old or
        {"metadata": {}}, old, backend_namespace,
    )  # fmt: skip


def response(review: Object, patch: Patch = (), refusal: Refused | None = None) -> Object:
    """The AdmissionReview with its response."""
    content: dict[str, Any] = {"uid": review["request"]["uid"], "allowed": refusal is None}
    if refusal is not None:
        content["status"] = {"code": refusal.code, "message": str(refusal), "reason": "Forbidden"}
    elif patch:
        content |= {"patchType": "JSONPatch", "patch": base64.b64encode(json.dumps(list(patch)).encode()).decode()}
    return {"apiVersion": review["apiVersion"], "kind": "AdmissionReview", "response": content}
