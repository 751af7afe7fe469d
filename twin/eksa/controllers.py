# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""EKS Anywhere's controllers in one management cluster: one thread that looks when something has changed or is due."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

import urllib3

from twin.cluster.api import ClusterApi
from twin.cluster.objects import Key, Object, key_of
from twin.contract import TwinError
from twin.eksa.kinds import CLUSTER
from twin.eksa.projection import Projection
from twin.eksa.reconciler import Reconciler
from twin.eksa.surroundings import Surroundings, Watched

_log = logging.getLogger(__name__)
_LONGEST, _RETRY, _SHORTEST = 5.0, 0.2, 0.01  # real seconds


class Manager:
    """Works from `start` to `stop`."""

    def __init__(self, directory: Path, around: Surroundings) -> None:
        """`directory` is the management cluster's control plane's."""
        self._changed = threading.Event()
        self._ended = threading.Event()
        self._around = around
        self._watched = Watched(directory, self._changed)
        self._projection = Projection(ClusterApi(directory))
        self._clusters: dict[Key, Reconciler] = {}
        self._thread = threading.Thread(target=self._work, name=f"eksa {around.name}", daemon=True)

    def start(self) -> None:
        """Begin; definitions must be there."""
        self._watched.start()
        self._thread.start()

    def stop(self) -> None:
        """End, before the control plane does."""
        self._ended.set()
        self._changed.set()
        self._watched.stop()
        self._thread.join()
        for reconciler in self._clusters.values():
            reconciler.close()

    def _work(self) -> None:
        while not self._ended.is_set():
            self._changed.clear()
            after = self._look()
            self._changed.wait(max(_SHORTEST, min(after, _LONGEST)))
            # What changes comes in bursts: one look for all of it.
            self._ended.wait(_SHORTEST)

    def _look(self) -> float:
        after = _LONGEST
        for cluster in self._watched.all(CLUSTER):
            key = key_of(cluster)
            if key not in self._clusters:
                self._clusters[key] = Reconciler(key.name, self._around, self._watched, self._projection, self._changed)
            after = min(after, self._try(self._clusters[key], cluster))
        return after

    def _try(self, reconciler: Reconciler, cluster: Object) -> float:
        try:
            after = reconciler.reconcile(cluster)
        except (TwinError, urllib3.exceptions.HTTPError, OSError) as error:
            if not self._ended.is_set():
                _log.info("cluster %s, to be tried again: %s", cluster["metadata"]["name"], error)
            return _RETRY
        except Exception:  # noqa: BLE001  # why: a defect met on one cluster must not end the work on all others
            _log.exception("cluster %s", cluster["metadata"]["name"])
            return _LONGEST
        if reconciler.over:
            reconciler.close()
            del self._clusters[key_of(cluster)]
        return after
