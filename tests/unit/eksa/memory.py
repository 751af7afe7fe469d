# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""EKS Anywhere in memory behind the port: an admin machine, APIs with the vendor's definitions, a controller."""

from __future__ import annotations

import base64
import copy
import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from ansible_collections.kubeops.hybrid.plugins.module_utils._clients.eksa_cli import Attempt
from ansible_collections.kubeops.hybrid.plugins.module_utils._engine.errors import NotFound, Unavailable
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.eksa import documents
from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.objects import Key
from tests.unit.kubernetes.memory_cluster import MemoryCluster

CRDS = Path(__file__).resolve().parents[4] / "shared" / "upstream" / "eks-anywhere" / "crds"
PRINT = "8E:1D:5A:3B:6C:41:A0:7D:9F:22:8E:1D:5A:3B:6C:41:A0:7D:9F:22"
Document = Mapping[str, Any]


class ManagementApi(MemoryCluster):
    """The API of a management cluster. Its controller acts at every look at clusters.

    slow: looks that a change takes. failing: what the controller finds wrong with a cluster, if it says so.
    """

    def __init__(self, manager: str, count: Callable[[], None]) -> None:
        super().__init__()
        self._manager = manager
        self._count = count
        self.slow: dict[str, int] = {}
        self.failing: Callable[[dict[str, Any]], str] = lambda _body: ""
        for kind in (documents.CLUSTER, documents.DATACENTER, documents.MACHINE):
            name = f"{documents.GROUP}_{kind.lower()}s.yaml"
            self.put(yaml.safe_load((CRDS / name).read_text(encoding="utf-8")))
        for name in ("default", "eksa-system"):
            self.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})

    def listed(self, resource: Any, namespace: str = "", **rest: Any) -> list[Any]:
        """A look: the controller acts first."""
        self._act()
        return super().listed(resource, namespace, **rest)

    def get(self, resource: Any, namespace: str, name: str) -> Any:
        """A look: the controller acts first."""
        self._act()
        return super().get(resource, namespace, name)

    def apply(self, resource: Any, body: Mapping[str, Any], **rest: Any) -> Any:
        """A write; a spec that is as it was is no new generation."""
        self._count()
        key = Key(resource.group, resource.kind, body["metadata"].get("namespace", ""), body["metadata"]["name"])
        old = copy.deepcopy(self.objects.get(key))
        found = super().apply(resource, body, **rest)
        if old and old["spec"] == body["spec"]:
            self.objects[key]["metadata"]["generation"] = old["metadata"]["generation"]
        elif resource.kind == documents.MACHINE:
            for one in self._clusters():
                if any(documents.machine_of(group) == key.name for _path, group in documents.groups(one["spec"])):
                    self.slow[one["metadata"]["name"]] = 1
        if resource.kind == documents.CLUSTER and (not old or old["spec"] != body["spec"]):
            self.slow[key.name] = 2
            self.objects[key]["metadata"].setdefault("finalizers", ["clusters.anywhere"])
        return found

    def delete(self, *arguments: Any, **rest: Any) -> bool:
        """A write."""
        self._count()
        return super().delete(*arguments, **rest)

    def _clusters(self) -> list[dict[str, Any]]:
        group = documents.GROUP
        return [body for key, body in self.objects.items() if (key.group, key.kind) == (group, documents.CLUSTER)]

    def _act(self) -> None:
        with self._lock:
            for body in self._clusters():
                name = body["metadata"]["name"]
                self.slow[name] = self.slow.get(name, 0) - 1
                if self.slow[name] > 0:
                    continue
                if body["metadata"].get("deletionTimestamp"):
                    key = Key(documents.GROUP, documents.CLUSTER, body["metadata"]["namespace"], name)
                    del self.objects[key]
                    continue
                self._settle(body, name)

    def _settle(self, body: dict[str, Any], name: str) -> None:
        failure = self.failing(body)
        ready = {
            "type": "Ready",
            "status": "False" if failure else "True",
            "lastTransitionTime": "2026-12-01T00:00:00Z",
        }
        status: dict[str, Any] = {"observedGeneration": body["metadata"]["generation"], "conditions": [ready]}
        if failure:
            status.update(failureReason="MachineConfigInvalid", failureMessage=failure)
        else:
            secret = {"value": base64.b64encode(f"kubeconfig of {name}".encode()).decode()}
            metadata = {"name": f"{name}-kubeconfig", "namespace": "eksa-system"}
            self.put({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": secret})
        body["status"] = status


class MemoryMachine:
    """The admin machine: an operation takes a few looks, and then there is a cluster, or there is none."""

    def __init__(self, world: MemoryEksa) -> None:
        self._world = world
        self.attempts: dict[str, Attempt] = {}
        self.left: dict[str, int] = {}
        self.specs: dict[str, list[Document]] = {}
        self.ends: dict[str, int] = {}
        self.started: list[str] = []

    def attempt(self, cluster: str) -> Attempt | None:
        """A look: what runs goes on."""
        found = self.attempts.get(cluster)
        if found and found.running:
            self.left[cluster] -= 1
            if self.left[cluster] <= 0:
                found = self.attempts[cluster] = self._end(cluster, found)
        return found

    def start(self, cluster: str, operation: str, documents: Sequence[Document], *, estate: str = "") -> Attempt:
        """See AdminMachine."""
        self._world.count()
        found = self.attempts.get(cluster)
        if found and found.running:
            return found
        self.started.append(f"{operation} {cluster}")
        self.specs[cluster] = copy.deepcopy(list(documents))
        self.left[cluster] = 3
        line = "Creating new bootstrap cluster"
        self.attempts[cluster] = Attempt(operation, estate, True, None, line, f"/work/{cluster}")
        return self.attempts[cluster]

    def documents(self, cluster: str) -> list[Document]:
        """See AdminMachine."""
        return self.specs.get(cluster, [])

    def kubeconfig(self, cluster: str) -> str:
        """See AdminMachine."""
        if cluster not in self._world.apis:
            raise NotFound("there is none")
        return f"kubeconfig of {cluster}"

    def _end(self, cluster: str, found: Attempt) -> Attempt:
        status = self.ends.get(found.operation, 0)
        if status:
            return dataclasses.replace(found, running=False, exit=status, line="Error: no free address")
        if found.operation == "delete":
            self._world.apis.pop(cluster, None)
        else:
            self._world.arrive(cluster, self.specs[cluster])
        return dataclasses.replace(found, running=False, exit=0, line="Cluster created!")


class MemoryEksa:
    """Implements the port. limit: writes after which every further one is refused, as after a kill."""

    def __init__(self) -> None:
        self.apis: dict[str, ManagementApi] = {}
        self.files: dict[str, tuple[str, str]] = {}
        self.writes = 0
        self.limit: int | None = None
        self.center: Any = None
        self.away = False
        self._machine = MemoryMachine(self)

    @property
    def machine(self) -> MemoryMachine:
        """See Port."""
        return self._machine

    def count(self) -> None:
        """Of each write."""
        if self.writes == self.limit:
            raise Unavailable("the connection is gone")
        self.writes += 1

    def arrive(self, cluster: str, listed: Sequence[Document]) -> None:
        """The CLI made a cluster, or changed it; labels of ours get lost on the way."""
        api = self.apis.setdefault(cluster, ManagementApi(cluster, self.count))
        for one in listed:
            metadata = {key: value for key, value in one["metadata"].items() if key != "labels"}
            api.put({**one, "metadata": metadata})

    def api(self, cluster: str) -> ManagementApi | None:
        """See Port."""
        if cluster not in self.files:
            return None
        if cluster not in self.apis:
            # A workload cluster: it serves nothing of EKS Anywhere.
            plain = ManagementApi(cluster, self.count)
            plain.objects = {key: body for key, body in plain.objects.items() if key.kind == "Namespace"}
            return plain
        return self.apis[cluster]

    def known(self) -> list[str]:
        """See Port."""
        return sorted(self.files)

    def file(self, cluster: str) -> tuple[str, str] | None:
        """See Port."""
        return self.files.get(cluster)

    def keep(self, cluster: str, text: str) -> None:
        """See Port."""
        self.count()
        self.files[cluster] = (text, "0600")

    def drop(self, cluster: str) -> None:
        """See Port."""
        self.count()
        self.files.pop(cluster, None)

    def thumbprint(self, server: str) -> str:
        """See Port."""
        if self.away:
            raise Unavailable(f"{server} cannot be reached")
        return PRINT

    def vcenter(self) -> Any:
        """See Port. What it answers is tried with the rules."""
        return self.center

    @property
    def user(self) -> str:
        """See Port."""
        return "VSPHERE.LOCAL\\eksa"
