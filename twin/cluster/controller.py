# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The base of the stand-in controllers: told of objects, level-triggered, tried again with back-off."""

from __future__ import annotations

import abc
import functools
import logging
import threading
import time
from collections.abc import Hashable, Sequence
from typing import ClassVar, NamedTuple

import urllib3

from twin.cluster.cluster import Cluster
from twin.cluster.delays import Delay
from twin.cluster.objects import Object, key_of
from twin.cluster.work_queue import WorkQueue
from twin.contract import TwinError

_log = logging.getLogger(__name__)
_FIRST_RETRY, _LAST_RETRY = 0.1, 1.0  # real seconds: a minute or more of the twin's time


class Item(NamedTuple):
    """One object in one collection."""

    path: str
    namespace: str
    name: str


class Controller(abc.ABC):
    """Plays one controller of the cluster. Its `reconcile` runs in one thread, for one object at a time."""

    watches: ClassVar[Sequence[str]] = ()
    """Collections, by path ("/apis/apps/v1/deployments"); those of custom resources need not exist yet."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.api = cluster.api
        self._queue: WorkQueue[Item] = WorkQueue()
        self._failures: dict[Item, int] = {}
        self._began: dict[Hashable, float] = {}

    @abc.abstractmethod
    def reconcile(self, path: str, thing: Object) -> float | None:
        """Bring the world to what the object says. Must be idempotent: it is called for any reason, or none.

        Returns the real seconds after which to look again, None when only a change can make a difference. Raises
        TwinError or urllib3's errors to be tried again. Objects being deleted come with their deletionTimestamp.
        """

    def removed(self, path: str, thing: Object) -> None:
        """The object is gone; `thing` is what was last known of it. What needs an orderly end uses a finalizer."""
        _log.debug("%s: %s of %s is gone", type(self).__name__, key_of(thing), path)

    def related(self, path: str, thing: Object) -> Sequence[Item] | None:
        """Which items a change of this object makes worth a look; None (the default) means the object itself."""
        return None

    def start(self) -> None:
        """Follow the collections and work until the process ends."""
        for path in self.watches:
            self.cluster.informer(path).listen(functools.partial(self._told, path))
        threading.Thread(target=self._work, name=type(self).__name__, daemon=True).start()

    def left(self, what: Delay, key: Hashable) -> float:
        """Real seconds until `what` has taken its time for `key`, 0 afterwards; the first call starts the time.

        Use: `if (left := self.left("volume", uid)) > 0: return left`.
        """
        began = self._began.setdefault((what, key), time.monotonic())
        return max(0.0, began + self.cluster.delays.real(what) - time.monotonic())

    def forget(self, what: Delay, key: Hashable) -> None:
        """The next `left` of this key starts its time anew."""
        self._began.pop((what, key), None)

    def look_again(self, path: str) -> None:
        """Everything of a collection is worth a look."""
        for thing in self.cluster.informer(path).all():
            self._queue.add(Item(path, *key_of(thing)))

    def look_at_all(self) -> None:
        """Everything that is followed is worth a look: something that no object tells has changed."""
        for path in self.watches:
            for thing in self.cluster.informer(path).all():
                self._told(path, thing, False)

    def _told(self, path: str, thing: Object, gone: bool) -> None:
        items = self.related(path, thing)
        if items is not None:
            for item in items:
                self._queue.add(item)
        elif gone:
            self._end(path, thing)
        else:
            self._queue.add(Item(path, *key_of(thing)))

    def _end(self, path: str, thing: Object) -> None:
        try:
            self.removed(path, thing)
        except (TwinError, urllib3.exceptions.HTTPError, OSError) as error:
            _log.warning("%s: end of %s: %s", type(self).__name__, key_of(thing), error)

    def _work(self) -> None:
        while True:
            item = self._queue.take()
            thing = self.cluster.known(item.path, item.namespace, item.name)
            if thing is None:
                self._failures.pop(item, None)
                continue
            after = self._try(item, thing)
            if after is not None:
                self._queue.add(item, after)

    def _try(self, item: Item, thing: Object) -> float | None:
        try:
            after = self.reconcile(item.path, thing)
        except (TwinError, urllib3.exceptions.HTTPError, OSError) as error:
            return self._retry(item, str(error))
        except Exception:  # noqa: BLE001  # why: a defect met on one object must not end the work on all others
            _log.exception("%s: %s", type(self).__name__, item)
            return self._retry(item, "")
        self._failures.pop(item, None)
        return after

    def _retry(self, item: Item, why: str) -> float:
        failures = self._failures.get(item, 0)
        self._failures[item] = failures + 1
        if why and failures in (0, 10, 100):  # the log says what happens, not how often
            _log.info("%s: %s: %s", type(self).__name__, item, why)
        return float(min(_LAST_RETRY, _FIRST_RETRY * 2 ** min(failures, 10)))
