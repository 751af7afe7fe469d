# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Access policies that hold in namespaces, although RBAC can only bind in a namespace that exists.

In AWS a policy may name a namespace before there is one. Making it here would put an object into the cluster that
nobody asked for, so the binding waits for the namespace.
"""

from __future__ import annotations

import logging
import threading

import urllib3

from twin import access
from twin.kube_api import KubeApi, KubeApiError

_log = logging.getLogger(__name__)
_PAUSE = 1.0  # real seconds between two attempts to watch


class NamespaceAccess:
    """Follows the namespaces of one control plane, from the first wish on until `stop`."""

    def __init__(self, api: KubeApi) -> None:
        self._api = api
        self._wishes: set[tuple[str, str]] = set()
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def add(self, policy: str, namespace: str) -> None:
        """Bind the policy's group in the namespace, now or when it comes. Raises TwinError for unknown policies."""
        access.role_of(policy)
        with self._lock:
            self._wishes.add((policy, namespace))
            if self._thread is None:
                self._thread = threading.Thread(target=self._follow, daemon=True)
                self._thread.start()
        self._bind(policy, namespace)

    def stop(self) -> None:
        """Follow no longer; the end of the API server ends the watch."""
        self._ended.set()

    def _follow(self) -> None:
        while not self._ended.is_set():
            try:
                # Version 0: the watch begins with all namespaces that exist.
                for event in self._api.watch("/api/v1/namespaces?resourceVersion=0"):
                    self._came(event["object"]["metadata"]["name"], event["type"])
            except (KubeApiError, urllib3.exceptions.HTTPError) as error:
                if not self._ended.is_set():
                    _log.warning("watching namespaces: %s", error)
            self._ended.wait(_PAUSE)

    def _came(self, namespace: str, event: str) -> None:
        if event != "ADDED":
            return
        with self._lock:
            policies = [policy for policy, wished in self._wishes if wished == namespace]
        for policy in policies:
            self._bind(policy, namespace)

    def _bind(self, policy: str, namespace: str) -> None:
        try:
            access.bind_access(self._api, policy, namespace)
        except KubeApiError as error:
            if error.status != 404:
                raise
