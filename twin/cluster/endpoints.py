# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which pod and which Service an address of the cluster's network belongs to."""

from __future__ import annotations

from typing import NamedTuple

from twin.cluster.cluster import PODS, Cluster
from twin.cluster.objects import Object, condition, is_deleted

SLICES = "/apis/discovery.k8s.io/v1/endpointslices"


class Endpoint(NamedTuple):
    """A pod that can be called, and as which Service (name, in the pod's namespace)."""

    namespace: str
    service: str
    pod: Object


class Endpoints:
    """Looks in the EndpointSlices, as kube-proxy does."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._slices = cluster.informer(SLICES)
        self._pods = cluster.informer(PODS)

    def at(self, address: str, port: int) -> Endpoint | None:
        """The endpoint at an address, None when nobody listens there or the pod is not ready."""
        for each in self._slices.all():
            if not any(known.get("port") == port for known in each.get("ports") or []):
                continue
            for endpoint in each.get("endpoints") or []:
                if address in endpoint["addresses"]:
                    return self._ready(each, endpoint)
        return None

    def still(self, endpoint: Endpoint) -> bool:
        """Whether the endpoint's pod would answer now."""
        metadata = endpoint.pod["metadata"]
        pod = self._pods.get(metadata["namespace"], metadata["name"])
        return pod is not None and pod["metadata"]["uid"] == metadata["uid"] and is_serving(pod)

    def _ready(self, each: Object, endpoint: Object) -> Endpoint | None:
        namespace = each["metadata"]["namespace"]
        pod = self._pods.get(namespace, (endpoint.get("targetRef") or {}).get("name", ""))
        service = (each["metadata"].get("labels") or {}).get("kubernetes.io/service-name", "")
        return Endpoint(namespace, service, pod) if pod is not None and is_serving(pod) else None


def is_serving(pod: Object) -> bool:
    """Whether the pod's containers would answer."""
    return not is_deleted(pod) and condition(pod, "Ready") == "True"
