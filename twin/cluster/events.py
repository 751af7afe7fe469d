# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Events on objects, as controllers leave them for people."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from twin.cluster.api import ClusterApi
from twin.cluster.objects import Object, key_of

_MANAGER = "twin-events"


def warn(api: ClusterApi, thing: Object, *, kind: str, version: str, reason: str, message: str, source: str) -> None:
    """Leave a warning on an object; the same one again only renews its time. Raises as the API does."""
    namespace, name = key_of(thing)
    uid = thing["metadata"]["uid"]
    digest = hashlib.sha256(f"{uid}/{reason}/{message}".encode()).hexdigest()[:16]
    space = namespace or "default"
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    about = {"apiVersion": version, "kind": kind, "namespace": namespace, "name": name, "uid": uid}
    called = f"{name[:200]}.{digest}"
    event = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": called, "namespace": space},
        "involvedObject": {key: value for key, value in about.items() if value},
        "type": "Warning",
        "reason": reason,
        "message": message,
        "source": {"component": source},
        "lastTimestamp": now,
        "firstTimestamp": now,
        "count": 1,
    }
    api.apply(f"/api/v1/namespaces/{space}/events/{called}", event, manager=_MANAGER)
