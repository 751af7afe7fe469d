# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One collection of the API, held in memory and kept up to date by a watch; it may not exist yet."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

import urllib3

from twin.cluster.api import ClusterApi
from twin.cluster.objects import Key, Object, key_of
from twin.kube_api import KubeApiError

_log = logging.getLogger(__name__)
_PAUSES = (0.1, 0.2, 0.4, 0.8, 1.6)  # real seconds: a new kind is served moments after it is established

type Listener = Callable[[Object, bool], None]
"""Told of each object that came, changed or (True) went. Called from the informer's thread: must not block."""


class Informer:
    """Follows `path` in a thread of its own."""

    def __init__(self, api: ClusterApi, path: str, *, metadata_only: bool = False) -> None:
        self.path = path
        self._api = api
        self._metadata_only = metadata_only
        self._objects: dict[Key, Object] = {}
        self._listeners: list[Listener] = []
        self._lock = threading.Lock()
        self._kinds_changed = threading.Event()
        self._failures = 0
        self._ended = threading.Event()
        self.looked = threading.Event()  # set once the collection was listed, or found not to exist

    def listen(self, listener: Listener) -> None:
        """Tell of all objects that are there, and of every change from now on."""
        with self._lock:
            self._listeners.append(listener)
            for thing in self._objects.values():
                listener(thing, False)

    def start(self) -> None:
        """Follow until the process ends, or `stop`."""
        threading.Thread(target=self._run, name=self.path, daemon=True).start()

    def stop(self) -> None:
        """Follow no longer than until the server ends the watch: for one whose server is about to go."""
        self._ended.set()
        self._kinds_changed.set()

    def get(self, namespace: str, name: str) -> Object | None:
        """The newest known state of an object; do not change it."""
        return self._objects.get(Key(namespace, name))

    def all(self, namespace: str | None = None) -> list[Object]:
        """All objects (of a namespace); do not change them."""
        # Without the lock: listeners of one informer ask another, and copying a dict's values is atomic.
        things = list(self._objects.values())
        return [thing for thing in things if namespace is None or thing["metadata"].get("namespace") == namespace]

    @property
    def kind(self) -> str:
        """The name of the CustomResourceDefinition that would define what is followed here."""
        *_, group, _version, plural = self.path.split("/")
        return f"{plural}.{group}"

    def kinds_changed(self) -> None:
        """Its kind came or changed: a collection that was not there is looked for again."""
        self._failures = 0
        self._kinds_changed.set()

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                self._follow()
                self._failures = 0
            except KubeApiError as error:
                self._take_refusal(error)
            except (urllib3.exceptions.HTTPError, OSError) as error:
                _log.info("watching %s: %s", self.path, error)
                self._pause()

    def _follow(self) -> None:
        things, version = self._api.list(self.path, metadata_only=self._metadata_only)
        self._replace({key_of(thing): thing for thing in things})
        self.looked.set()
        for event, thing in self._api.follow(self.path, version, metadata_only=self._metadata_only):
            self._failures = 0
            self._take(thing, gone=event == "DELETED")

    def _replace(self, found: dict[Key, Object]) -> None:
        with self._lock:
            gone = [thing for key, thing in self._objects.items() if key not in found]
            changed = [
                thing for key, thing in found.items()
                if key not in self._objects or _version(self._objects[key]) != _version(thing)
            ]  # fmt: skip
            self._objects = found
            self._tell(gone, gone=True)
            self._tell(changed, gone=False)

    def _take(self, thing: Object, *, gone: bool) -> None:
        with self._lock:
            if gone:
                self._objects.pop(key_of(thing), None)
            else:
                self._objects[key_of(thing)] = thing
            self._tell([thing], gone=gone)

    def _tell(self, things: list[Object], *, gone: bool) -> None:
        for thing in things:
            for listener in self._listeners:
                listener(thing, gone)

    def _take_refusal(self, error: KubeApiError) -> None:
        if error.status == 404:
            self._replace({})
            self.looked.set()
            self._wait_for_kind()
        elif error.status != 410:
            _log.info("watching %s: %s", self.path, error)
            self._pause()

    def _wait_for_kind(self) -> None:
        """Soon at first, since serving a kind follows its being established; then not before another kind comes."""
        pause = _PAUSES[self._failures] if self._failures < len(_PAUSES) else None
        self._failures += 1
        self._kinds_changed.wait(pause)
        self._kinds_changed.clear()

    def _pause(self) -> None:
        self._failures = min(self._failures + 1, len(_PAUSES) - 1)
        threading.Event().wait(_PAUSES[self._failures])


def _version(thing: Object) -> str:
    return str(thing["metadata"]["resourceVersion"])
