# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all controllers of one cluster share: its API, one informer for each collection, delays, names."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

from twin.cluster.api import ClusterApi
from twin.cluster.delays import Delays
from twin.cluster.faults import FaultsInForce
from twin.cluster.informer import Informer
from twin.cluster.objects import Object, condition, is_deleted

DEPLOYMENTS = "/apis/apps/v1/deployments"
PODS = "/api/v1/pods"
SECRETS = "/api/v1/secrets"
CONFIG_MAPS = "/api/v1/configmaps"
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
# Of these only the metadata is held: their contents are large and nobody here reads them.
_METADATA_ONLY = frozenset({CONFIG_MAPS, DEFINITIONS})


@dataclass(frozen=True)
class Settings:
    """Which cluster this is. `directory` is the control plane's own; `twin` the twin's state directory."""

    name: str
    directory: Path
    twin: Path
    scale: float
    socket: Path


class Cluster:
    """Safe to use from several threads."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.api = ClusterApi(settings.directory)
        self.delays = Delays(settings.scale)
        self.faults = FaultsInForce(settings.directory)
        self._informers: dict[str, Informer] = {}
        self._lock = threading.Lock()
        self.informer(DEFINITIONS).listen(self._kinds_changed)

    def informer(self, path: str) -> Informer:
        """The one informer of a collection ("/apis/apps/v1/deployments"); made and started when first asked for."""
        with self._lock:
            if path not in self._informers:
                self._informers[path] = Informer(self.api, path, metadata_only=path in _METADATA_ONLY)
                self._informers[path].start()
            return self._informers[path]

    def known(self, path: str, namespace: str, name: str) -> Object | None:
        """An object as last seen by its informer."""
        return self.informer(path).get(namespace, name)

    def available(self, namespace: str, deployment: str) -> bool:
        """Whether that Deployment is there and has the condition Available."""
        found = self.known(DEPLOYMENTS, namespace, deployment)
        # A Deployment scaled to nothing is Available by its conditions, and yet nobody works.
        return (
            found is not None
            and not is_deleted(found)
            and condition(found, "Available") == "True"
            and (found["status"].get("readyReplicas") or 0) > 0
        )

    def _kinds_changed(self, definition: Object, _gone: bool) -> None:
        kind = definition["metadata"]["name"]
        for informer in list(self._informers.values()):
            if informer.kind == kind:
                informer.kinds_changed()
