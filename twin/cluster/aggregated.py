# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Aggregated APIs as far as discovery needs them; their lists are empty.

Not played: metrics themselves. What asks for them (an HPA, kubectl top) is told that there are none.
"""

from __future__ import annotations

from typing import Any

from twin.cluster.objects import Object

_READ = ["get", "list"]
_RESOURCES: dict[str, list[Object]] = {
    "metrics.k8s.io": [
        {"name": "nodes", "singularName": "", "namespaced": False, "kind": "NodeMetrics", "verbs": _READ},
        {"name": "pods", "singularName": "", "namespaced": True, "kind": "PodMetrics", "verbs": _READ},
    ],
    "visibility.kueue.x-k8s.io": [
        {"name": "clusterqueues", "singularName": "", "namespaced": False, "kind": "ClusterQueue", "verbs": ["get"]},
        {"name": "localqueues", "singularName": "", "namespaced": True, "kind": "LocalQueue", "verbs": ["get"]},
    ],
}


def answer(path: str) -> tuple[int, Any]:
    """(HTTP status, content) for a path below /apis."""
    parts = path.strip("/").split("/")
    if len(parts) < 3 or parts[0] != "apis":
        return 404, _status(404, "NotFound", f"the server could not find the requested resource: {path}")
    _, group, version, *rest = parts
    known = _RESOURCES.get(group, [])
    if not rest:
        about = {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": f"{group}/{version}"}
        return 200, {**about, "resources": known}
    kinds = {entry["name"]: entry["kind"] for entry in known}
    if rest[-1] in kinds and (len(rest) == 1 or rest[0] == "namespaces"):
        about = {"kind": f"{kinds[rest[-1]]}List", "apiVersion": f"{group}/{version}"}
        return 200, {**about, "metadata": {}, "items": []}
    return 404, _status(404, "NotFound", f"no metrics known for {'/'.join(rest)}")


def _status(code: int, reason: str, message: str) -> Object:
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message,
            "reason": reason, "code": code}  # fmt: skip
