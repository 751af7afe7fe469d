# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The twin's own API on loopback: status, faults, calls, and the token reviews of the control planes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from werkzeug.exceptions import BadRequest, HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from twin.calls import CallLog
from twin.cluster.faults import is_for_clusters
from twin.contract import UserInfo
from twin.faults import FaultRules
from twin.kube_faults import KubeFaults
from twin.vsphere_faults import VsphereFaults, is_for_vcenters

type Review = Callable[[str, str], UserInfo | None]
"""(cluster, token) -> whose token it is, None when it is nobody's."""

_ROUTES = Map(
    [
        Rule("/twin/status", endpoint="status", methods=["GET"]),
        Rule("/twin/calls", endpoint="calls", methods=["GET"]),
        Rule("/twin/calls", endpoint="forget_calls", methods=["DELETE"]),
        Rule("/twin/faults", endpoint="faults", methods=["GET"]),
        Rule("/twin/faults", endpoint="add_fault", methods=["POST"]),
        Rule("/twin/faults", endpoint="clear_faults", methods=["DELETE"]),
        Rule("/twin/faults/<rule>", endpoint="clear_faults", methods=["DELETE"]),
        Rule("/twin/tokens/<cluster>", endpoint="review", methods=["POST"]),
    ]
)


@dataclass(frozen=True)
class ControlApi:
    """A WSGI application. `status` answers what the daemon knows about itself."""

    status: Callable[[], dict[str, Any]]
    calls: CallLog
    faults: FaultRules
    review: Review
    kube_faults: KubeFaults
    vsphere_faults: VsphereFaults = field(default_factory=VsphereFaults)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Answer one request; errors are `{"error": message}`."""
        request = Request(environ)
        try:
            endpoint, arguments = _ROUTES.bind_to_environ(environ).match()
            response = _json(getattr(self, f"_{endpoint}")(request, **arguments))
        except HTTPException as error:
            response = _json({"error": error.description}, status=error.code or 500)
        return response(environ, start_response)

    def _status(self, _request: Request) -> dict[str, Any]:
        return self.status()

    def _calls(self, request: Request) -> dict[str, Any]:
        return self.calls.count(request.args.get("since", 0, int))

    def _forget_calls(self, _request: Request) -> dict[str, Any]:
        self.calls.reset()
        return {"mark": self.calls.mark()}

    def _faults(self, _request: Request) -> list[dict[str, Any]]:
        return [*self.faults.describe(), *self.kube_faults.describe(), *self.vsphere_faults.describe()]

    def _add_fault(self, request: Request) -> dict[str, Any]:
        data = request.get_json()
        if not isinstance(data, dict):
            raise BadRequest("a fault is a JSON object")
        try:
            if is_for_vcenters(data):
                return {"id": self.vsphere_faults.add(data).id}
            rule = self.kube_faults.add(data) if is_for_clusters(data) else self.faults.add(data)
        except (ValueError, TypeError) as error:
            raise BadRequest(str(error)) from error
        return {"id": rule.id}

    def _clear_faults(self, _request: Request, rule: str | None = None) -> dict[str, Any]:
        return {"cleared": self.faults.clear(rule) + self.kube_faults.clear(rule) + self.vsphere_faults.clear(rule)}

    def _review(self, request: Request, cluster: str) -> dict[str, Any]:
        token = request.get_json().get("spec", {}).get("token", "")
        user = self.review(cluster, token)
        status: dict[str, Any] = {"authenticated": user is not None}
        if user is not None:
            status["user"] = {"username": user.username, "uid": user.uid, "groups": list(user.groups)}
        return {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "status": status}


def _json(content: object, status: int = 200) -> Response:
    return Response(json.dumps(content) + "\n", status=status, mimetype="application/json")
