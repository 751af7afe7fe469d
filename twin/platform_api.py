# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way from what runs inside a cluster to the cloud around it: `/twin/platform/<cluster>/...` on loopback."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from twin.aws.platform import Platform, UnknownClusterError
from twin.contract import TwinError

PREFIX = "/twin/platform"
"""Where the daemon mounts it."""
_ROUTES = Map(
    [
        Rule("/<cluster>/volumes", endpoint="create_volume", methods=["POST"]),
        Rule("/<cluster>/volumes/<name>", endpoint="grow_volume", methods=["PATCH"]),
        Rule("/<cluster>/volumes/<name>", endpoint="delete_volume", methods=["DELETE"]),
        Rule("/<cluster>/load-balancers", endpoint="create_load_balancer", methods=["POST"]),
        Rule("/<cluster>/load-balancers/<name>", endpoint="delete_load_balancer", methods=["DELETE"]),
    ]
)


class PlatformApi:
    """A WSGI application; answers 404 when no cloud has the cluster, 409 with its reason when the cloud refuses."""

    def __init__(self, platform: Platform) -> None:
        self._calls: Mapping[str, Callable[..., dict[str, Any]]] = {
            "create_volume": lambda request, cluster: platform.create_volume(cluster, request.get_json()),
            "grow_volume": lambda request, cluster, name: platform.grow_volume(
                cluster, name, request.get_json()["gib"]
            ),
            "delete_volume": lambda _request, cluster, name: platform.delete_volume(cluster, name),
            "create_load_balancer": lambda request, cluster: platform.create_load_balancer(cluster, request.get_json()),
            "delete_load_balancer": lambda _request, cluster, name: platform.delete_load_balancer(cluster, name),
        }

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Answer one request; errors are `{"error": message}`."""
        request = Request(environ)
        try:
            endpoint, arguments = _ROUTES.bind_to_environ(environ).match()
            answer, status = self._calls[endpoint](request, **arguments), 200
        except UnknownClusterError as error:
            answer, status = {"error": str(error)}, 404
        except TwinError as error:
            answer, status = {"error": str(error)}, 409
        except HTTPException as error:
            answer, status = {"error": error.description}, error.code or 500
        response = Response(json.dumps(answer), status=status, mimetype="application/json")
        return response(environ, start_response)
