# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kubelet's volume manager: a pod starts only when the Secrets and ConfigMaps that it mounts are there.

kwok plays pods without code; it takes those that mount nothing of the kind at once (twin/stages.py), the others when
they have the condition that a kubelet sets once their sandbox and volumes are made. Not played: references in the
environment, keys that are missing in an object that exists, volumes of other sorts (the scheduler waits for claims).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar, NamedTuple

from twin.cluster.cluster import CONFIG_MAPS, PODS, SECRETS
from twin.cluster.controller import Controller, Item
from twin.cluster.objects import Object, condition, conditions, is_deleted, key_of

_CONDITION = "PodReadyToStartContainers"


class _Expressions(NamedTuple):
    """What kwok asks of a pod, in jq."""

    needed: str
    done: str


MOUNTED = _Expressions(
    needed=".spec.volumes.[] | select( .secret.secretName or .configMap.name ) "
    "| select( (.secret.optional or .configMap.optional) | not ) | .name",
    done=f'.status.conditions.[] | select( .type == "{_CONDITION}" ) | .status',
)


class Mounts(Controller):
    """Marks scheduled pods whose mounts exist; events tell why others wait."""

    watches: ClassVar[Sequence[str]] = (PODS, SECRETS, CONFIG_MAPS)

    def related(self, path: str, thing: Object) -> Sequence[Item] | None:
        """A Secret or ConfigMap that comes concerns the pods that wait for it."""
        if path == PODS:
            return [Item(PODS, *key_of(thing))] if _waits(thing) else []
        wanted = (path, thing["metadata"]["name"])
        pods = self.cluster.informer(PODS).all(thing["metadata"]["namespace"])
        return [Item(PODS, *key_of(pod)) for pod in pods if _waits(pod) and wanted in mounts(pod)]

    def reconcile(self, path: str, thing: Object) -> float | None:
        """Set the condition once nothing is missing."""
        if not _waits(thing):
            return None
        namespace = thing["metadata"]["namespace"]
        missing = [
            f'{"secret" if collection == SECRETS else "configmap"} "{name}" not found'
            for collection, name in mounts(thing)
            if self.cluster.known(collection, namespace, name) is None
        ]
        if missing:
            self._say(thing, missing[0])
            return None
        self._mark(thing, {"type": _CONDITION, "status": "True"})
        return None

    def _mark(self, pod: Object, wish: Object) -> None:
        namespace, name = key_of(pod)
        # Conditions are merged by type: those of others stay.
        change = {"status": {"conditions": [wish]}}
        path = f"/api/v1/namespaces/{namespace}/pods/{name}/status?fieldManager=kubelet"
        self.api.request("PATCH", path, change, content_type="application/strategic-merge-patch+json")

    def _say(self, pod: Object, problem: str) -> None:
        if any(c["type"] == _CONDITION and c.get("message") == problem for c in conditions(pod)):
            return
        self._mark(pod, {"type": _CONDITION, "status": "False", "reason": "FailedMount", "message": problem})


def mounts(pod: Object) -> list[tuple[str, str]]:
    """(collection, name) of each Secret and ConfigMap that the pod cannot start without."""
    return list(_mounts(pod["spec"].get("volumes") or []))


def _mounts(volumes: Sequence[Object]) -> Iterator[tuple[str, str]]:
    for volume in volumes:
        for collection, source, name in ((SECRETS, "secret", "secretName"), (CONFIG_MAPS, "configMap", "name")):
            if source in volume and not volume[source].get("optional"):
                yield collection, volume[source][name]


def _waits(pod: Object) -> bool:
    return (
        not is_deleted(pod)
        and bool(pod["spec"].get("nodeName"))
        and pod["status"].get("phase") == "Pending"
        and condition(pod, _CONDITION) != "True"
        and bool(mounts(pod))
    )
