# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One API call, read from the wire with the vendor's own model of the service."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from moto.core.model import OperationModel, ServiceModel
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request

from twin.aws.errors import AwsError, Unsupported
from twin.aws.principal import Principal
from twin.aws.services import read_operation
from twin.contract import Fault

SCOPE = re.compile(r"Credential=(?P<key>[^/]+)/(?P<date>\d{8})/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")


@dataclass(frozen=True)
class Scope:
    """What a signature says about its call: who signs, for which service and region."""

    access_key: str
    service: str
    region: str
    presigned: bool = False


@dataclass
class Call:
    """An API call: ``params`` is keyed as in the service model, ``account`` and ``region`` are where it acts."""

    service: str
    operation: str
    region: str
    protocol: str
    params: dict[str, Any]
    model: ServiceModel
    operation_model: OperationModel
    request: Request
    principal: Principal = field(default_factory=Principal.anonymous)
    fault: Fault | None = None

    @property
    def account(self) -> str:
        """Account in which the call acts."""
        return self.principal.account

    @property
    def key(self) -> tuple[str, str]:
        """(service, operation), as handlers are registered."""
        return self.service, self.operation

    @property
    def place(self) -> tuple[str, str]:
        """(account, region), as state is kept."""
        return self.account, self.region


def replayable(environ: dict[str, Any]) -> bytes:
    """Read the body once; every later reader of ``environ`` gets it from memory."""
    length = environ.get("CONTENT_LENGTH") or "0"
    body: bytes = environ["wsgi.input"].read(int(length)) if length.isdigit() and int(length) else b""
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def rewound(environ: dict[str, Any], body: bytes) -> dict[str, Any]:
    """A copy of ``environ`` whose body is unread."""
    copy = dict(environ)
    copy["wsgi.input"] = io.BytesIO(body)
    return copy


def read_scope(environ: dict[str, Any]) -> Scope | None:
    """Who signed the request and for what; None for an unsigned one."""
    found = SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
    if found:
        return Scope(found["key"], found["service"].lower(), found["region"])
    query = parse_qs(environ.get("QUERY_STRING", ""))
    credential = query.get("X-Amz-Credential", [""])[0]
    found = SCOPE.search(f"Credential={credential}")
    return Scope(found["key"], found["service"].lower(), found["region"], presigned=True) if found else None


def read_call(environ: dict[str, Any], body: bytes, scope: Scope) -> Call:
    """Work out operation and parameters of a signed request.

    :raises Unsupported: for a service or an operation that no model knows.
    :raises AwsError: for a request that its protocol cannot mean.
    """
    request = Request(rewound(environ, body))
    model, protocol, operation_model, in_path = read_operation(scope.service, request)
    if protocol not in PROTOCOL_PARSERS:
        raise Unsupported(scope.service, str(operation_model.name), f"in the protocol {protocol}")
    try:
        params = _parameters(operation_model, request, protocol, body, in_path)
    except ValueError as error:
        raise AwsError("MalformedInput", f"The request cannot be read: {error}") from error
    return Call(
        service=str(model.service_name),
        operation=str(operation_model.name),
        region=scope.region,
        protocol=protocol,
        params=params,
        model=model,
        operation_model=operation_model,
        request=request,
    )


def _parameters(
    operation: OperationModel, request: Request, protocol: str, body: bytes, in_path: dict[str, Any]
) -> dict[str, Any]:
    parsed = PROTOCOL_PARSERS[protocol](operation).parse(
        {
            "method": request.method,
            "values": request.values,
            "headers": request.headers,
            "body": body,
            "url_path": request.path,
            "url_params": in_path,
        }
    )
    return dict(parsed) if parsed else {}
