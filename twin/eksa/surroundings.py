# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the controllers of a management cluster work with: its API's objects, and the world around it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from twin.cluster.api import ClusterApi
from twin.cluster.informer import Informer
from twin.cluster.objects import Object
from twin.contract import Clock
from twin.eksa.faults import EksaFaults
from twin.eksa.kinds import CLUSTER, DATACENTER, MACHINE, MACHINE_CONFIG, Kind
from twin.eksa.machines import Machines
from twin.eksa.planes import Planes
from twin.eksa.versions import Distro


@dataclass(frozen=True)
class Surroundings:
    """What the controllers of a management cluster work with. `name` is that cluster's."""

    name: str
    planes: Planes
    machines: Machines
    clock: Clock
    faults: EksaFaults
    releases: Mapping[str, Distro]


class Watched:
    """What the API has, kept up to date; `changed` is set by any change."""

    def __init__(self, directory: Path, changed: threading.Event) -> None:
        api = ClusterApi(directory)
        self._informers = {kind: Informer(api, kind.everywhere) for kind in
                           (CLUSTER, DATACENTER, MACHINE_CONFIG, MACHINE)}  # fmt: skip
        for informer in self._informers.values():
            informer.listen(lambda _thing, _gone: changed.set())

    def start(self) -> None:
        """Follow until `stop`."""
        for informer in self._informers.values():
            informer.start()
        for informer in self._informers.values():
            informer.looked.wait()

    def stop(self) -> None:
        """Follow no more."""
        for informer in self._informers.values():
            informer.stop()

    def all(self, kind: Kind) -> list[Object]:
        """All objects of a kind."""
        return self._informers[kind].all()

    def get(self, kind: Kind, namespace: str, name: str) -> Object | None:
        """One of them."""
        return self._informers[kind].get(namespace, name)

    def of(self, kind: Kind, namespace: str) -> dict[str, Object]:
        """Those of a namespace by name."""
        return {thing["metadata"]["name"]: thing for thing in self._informers[kind].all(namespace)}
