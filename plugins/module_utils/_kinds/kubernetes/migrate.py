# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Objects of a definition whose stored version changed, rewritten so that the old version can be dropped one day."""

from __future__ import annotations

import concurrent.futures
import time
import typing as t

from ..._clients.kube import Port
from ..._clients.kube_discovery import Resource
from ..._clients.kube_errors import Heals
from ..._engine.errors import Conflict, EstateError, NotFound
from ..._engine.progress import Line
from ..._engine.script import Timing
from .objects import MANAGER, Key
from .retries import pause

WORKERS = 8
_DEFINITIONS = Resource("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", False)


def migrate(port: Port, definition: Key, *, timing: Timing, tell: t.Callable[[Line], None]) -> int:
    """Rewrite all objects of a definition, then say that only its newest version is stored.

    Returns how many there were; 0 also when nothing older is stored. Nothing of an object changes but how it is kept.
    Raises EstateError; the list of stored versions is shortened only when every object was rewritten.
    """
    body = port.get(_DEFINITIONS, "", definition.name)
    if body is None:
        raise NotFound(f"definition {definition.name} is not there")
    spec = body["spec"]
    newest = next(one["name"] for one in spec["versions"] if one.get("storage"))
    stored = (body.get("status") or {}).get("storedVersions") or [newest]
    if stored == [newest]:
        return 0
    names = spec["names"]
    resource = Resource(spec["group"], newest, names["kind"], names["plural"], spec["scope"] == "Namespaced")
    rows = port.listed(resource, metadata_only=True)
    tell(Line(definition.address, "migrate", "started", f"{len(rows)} objects to {newest}"))

    def rewrite(row: t.Mapping[str, t.Any]) -> None:
        metadata = row["metadata"]
        _patiently(timing, lambda: _touch(port, resource, metadata.get("namespace", ""), metadata["name"]))

    try:
        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            # Errors come out of the iterator.
            list(pool.map(rewrite, rows))
        change = {"status": {"storedVersions": [newest]}}
        _patiently(
            timing,
            lambda: port.merge(_DEFINITIONS, "", definition.name, change, manager=MANAGER, subresource="status"),
        )
    except EstateError as error:
        raise error.during("migrate", definition.sort, definition.name) from error
    tell(Line(definition.address, "migrate", "done", f"{', '.join(stored)} to {newest}"))
    return len(rows)


def _touch(port: Port, resource: Resource, namespace: str, name: str) -> None:
    try:
        # The API server writes whatever reads differently in the version that is stored now.
        port.merge(resource, namespace, name, {}, manager=MANAGER)
    except NotFound:
        # Deleted meanwhile: nothing to keep.
        return


def _patiently(timing: Timing, call: t.Callable[[], t.Any]) -> None:
    until = time.monotonic() + timing.settle_timeout
    tries = 0
    while True:
        try:
            call()
            return
        except (Heals, Conflict) as error:
            if time.monotonic() > until:
                raise
            time.sleep(pause(tries, timing, error))
            tries += 1
