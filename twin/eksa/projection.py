# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects that say what the controllers know: written when they differ from what was written last."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from twin.cluster.api import MERGE
from twin.cluster.objects import Object, key_of
from twin.eksa.kinds import Kind
from twin.kube_api import KubeApi, KubeApiError

MANAGER = "eks-anywhere"
type Status = Callable[[int, Sequence[Object]], Object]
"""The status for a generation and the conditions that there were."""


class Projection:
    """For one thread."""

    def __init__(self, api: KubeApi) -> None:
        self._api = api
        self._written: dict[str, str] = {}
        self._known: dict[str, Object] = {}
        self._conditions: dict[str, list[Object]] = {}

    def put(self, kind: Kind, body: Object, status: Status | None = None) -> Object:
        """Bring an object to this, fields of others left alone; as the API has it. Raises as the API does."""
        namespace, name = key_of(body)
        path = kind.path(namespace, name)
        self._write(path, body)
        if status is not None:
            generation = self._known[path]["metadata"].get("generation", 1)
            self.status(kind, body, status(generation, self._conditions.get(path, ())))
        return self._known[path]

    def status(self, kind: Kind, thing: Object, status: Object) -> None:
        """Bring an object's status to this."""
        namespace, name = key_of(thing)
        path = kind.path(namespace, name)
        self._conditions[path] = status.get("conditions", [])
        metadata = {"name": name, "namespace": namespace}
        body = {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": metadata, "status": status}
        self._write(f"{path}/status", body, keep=False)

    def uid(self, kind: Kind, namespace: str, name: str) -> str:
        """The uid of an object that was put."""
        return str(self._known[kind.path(namespace, name)]["metadata"]["uid"])

    def drop(self, kind: Kind, namespace: str, name: str) -> None:
        """Delete, and forget; what is gone is no error."""
        path = kind.path(namespace, name)
        self._api.delete(path)
        self.forget(kind, namespace, name)

    def delete(self, kind: Kind, namespace: str, name: str) -> None:
        """Ask for its end, once; what it waits for is released by `release`."""
        path = kind.path(namespace, name)
        if self._written.get(f"{path}/end") is None:
            self._api.delete(path)
            self._written[f"{path}/end"] = "asked"

    def release(self, kind: Kind, namespace: str, name: str) -> None:
        """Ask for its end and take the finalizers away; what is gone is no error."""
        path = kind.path(namespace, name)
        self.delete(kind, namespace, name)
        try:
            self._api.request("PATCH", path, {"metadata": {"finalizers": None}}, content_type=MERGE)
        except KubeApiError as error:
            if error.status != 404:
                raise
        self.forget(kind, namespace, name)

    def forget(self, kind: Kind, namespace: str, name: str) -> None:
        """It goes by itself."""
        path = kind.path(namespace, name)
        for known in (self._written, self._known, self._conditions):
            known.pop(path, None)
        for part in ("status", "end"):
            self._written.pop(f"{path}/{part}", None)

    def _write(self, path: str, body: Object, *, keep: bool = True) -> None:
        text = json.dumps(body, sort_keys=True)
        if self._written.get(path) == text:
            return
        answer = self._api.apply(path, body, manager=MANAGER)
        self._written[path] = text
        if keep:
            self._known[path] = answer
