# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stream of the mirror, applied as upstream says to: all of it, again and again until nothing is refused."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import urllib3

from ansible_collections.kubeops.hybrid.plugins.module_utils._kinds.kubernetes.yaml_stream import read_stream
from twin.kube_api import KubeApi, KubeApiError
from twin.processes import NotInTimeError, wait_until

MIRROR = Path(__file__).resolve().parents[3] / "shared" / "upstream" / "rendered"
_PAUSE = 0.2  # real seconds between two rounds

type Object = dict[str, Any]


def stream(name: str) -> list[Object]:
    """The objects of a rendered stream of the mirror, lists opened."""
    return [one.body for one in read_stream(MIRROR / f"{name}.yaml.gz")]


class Applier:
    """Server-side apply over several connections."""

    def __init__(self, api: KubeApi) -> None:
        self.api = api
        self._resources: dict[tuple[str, str], tuple[str, bool]] = {}

    def apply_all(self, objects: Sequence[Object], *, seconds: float) -> float:
        """Apply until every object was taken once; real seconds that it took. AssertionError names what never was."""
        began = time.monotonic()
        left: list[tuple[Object, str]] = [(thing, "") for thing in objects]
        with ThreadPoolExecutor(max_workers=4) as pool:

            def once() -> bool | None:
                nonlocal left
                self._resources.clear()
                left = [entry for entry in pool.map(lambda entry: self._try(entry[0]), left) if entry]
                return None if left else True

            try:
                wait_until(once, seconds=seconds, interval=_PAUSE, what="objects that are still refused")
            except NotInTimeError as error:
                refused = [f"{thing['kind']} {thing['metadata']['name']}: {why}" for thing, why in left]
                raise AssertionError("\n".join([str(error), *refused])) from error
        return time.monotonic() - began

    def path(self, thing: Object) -> str:
        """Where the object is in the API. Raises KubeApiError 404 for a kind that is not there (yet)."""
        version = thing["apiVersion"]
        base = f"/apis/{version}" if "/" in version else f"/api/{version}"
        if (version, thing["kind"]) not in self._resources:
            for known in self.api.request("GET", base)["resources"]:
                if "/" not in known["name"]:
                    self._resources[version, known["kind"]] = (known["name"], known["namespaced"])
        if (version, thing["kind"]) not in self._resources:
            raise KubeApiError(404, f"no matches for kind {thing['kind']}")
        plural, namespaced = self._resources[version, thing["kind"]]
        namespace = f"/namespaces/{thing['metadata'].get('namespace', 'default')}" if namespaced else ""
        return f"{base}{namespace}/{plural}/{thing['metadata']['name']}"

    def apply(self, thing: Object) -> Object:
        """Once. Raises KubeApiError with the refusal."""
        found: Object = self.api.apply(self.path(thing), thing)
        return found

    def _try(self, thing: Object) -> tuple[Object, str] | None:
        try:
            self.apply(thing)
        except (KubeApiError, urllib3.exceptions.HTTPError) as error:
            return thing, str(error)[:300]
        return None
