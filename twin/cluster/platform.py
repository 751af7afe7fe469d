# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cloud around this cluster, as its controllers reach it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import urllib3

from twin.contract import TwinError


class NoPlatformError(TwinError):
    """This cluster stands in no cloud that the twin plays: nobody makes volumes or load balancers for it."""


class Platform:
    """Safe to use from several threads."""

    def __init__(self, twin: Path, cluster: str) -> None:
        """`twin` is the twin's state directory: its daemon has written there where it answers."""
        self._listening = twin / "daemon.json"
        self._cluster = cluster
        self._pool = urllib3.PoolManager(retries=False, timeout=30)

    def ask(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """The answer to a request such as POST volumes.

        Raises NoPlatformError, TwinError with the cloud's reason when it refuses, urllib3's errors.
        """
        if not self._listening.exists():
            raise NoPlatformError("no daemon of a twin is around this cluster")
        url = json.loads(self._listening.read_text())["control_url"]
        answer = self._pool.request(method, f"{url}/twin/platform/{self._cluster}/{path}", json=body)
        content: dict[str, Any] = answer.json()
        if answer.status == 404:
            raise NoPlatformError(content["error"])
        if answer.status >= 300:
            raise TwinError(content["error"])
        return content
