# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which service's model a request is to be read with: a signature names only a family of services."""

from __future__ import annotations

import functools

from botocore.exceptions import UnknownServiceError
from botocore.model import OperationNotFoundError
from moto.core.model import OperationModel, ServiceModel
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model
from werkzeug.exceptions import HTTPException

from twin.aws.errors import Unsupported

# Where the name in a signature is not that of one service's model.
SERVICES_OF_SIGNING_NAME = {
    "aps": ("amp",),
    "elasticfilesystem": ("efs",),
    "elasticloadbalancing": ("elbv2", "elb"),
    "email": ("ses",),
    "monitoring": ("cloudwatch",),
    "servicequotas": ("service-quotas",),
    "ses": ("ses", "sesv2"),
    "sso": ("sso-admin", "sso"),
    "tagging": ("resourcegroupstaggingapi",),
}
# Members of a model's metadata that tell services of one signing name apart.
VERSION, TARGET = "apiVersion", "targetPrefix"


@functools.cache
def models(signing_name: str) -> tuple[ServiceModel, ...]:
    """The vendor's models of the services that sign as ``signing_name``; none for a name that nobody has."""
    try:
        names = SERVICES_OF_SIGNING_NAME.get(signing_name, (signing_name,))
        return tuple(get_service_model(name) for name in names)
    except (UnknownServiceError, FileNotFoundError):
        return ()


def read_operation(signing_name: str, request: Request) -> tuple[ServiceModel, str, OperationModel, dict[str, str]]:
    """Model, protocol, operation and parameters in the path of a request.

    :raises Unsupported: if no service of this name has such an operation.
    """
    for model in models(signing_name):
        if not _fits(model, request):
            continue
        try:
            protocol = determine_request_protocol(model, request.content_type)
            return model, protocol, *_operation(model, request)
        except (OperationNotFoundError, HTTPException, NotImplementedError):
            continue
    what = _name(request) or f"{request.method} {request.path}"
    raise Unsupported(signing_name, what, "no such operation in the vendor's models")


def _fits(model: ServiceModel, request: Request) -> bool:
    version, target = request.values.get("Version"), request.headers.get("X-Amz-Target")
    if model.protocol in ("query", "ec2") and version:
        return bool(model.metadata.get(VERSION) == version)
    if target and model.metadata.get(TARGET):
        return bool(target.rpartition(".")[0] == model.metadata[TARGET])
    return True


def _operation(model: ServiceModel, request: Request) -> tuple[OperationModel, dict[str, str]]:
    name = _name(request)
    if name and model.protocol in ("json", "query", "ec2"):
        return model.operation_model(name), {}
    return get_service_router(str(model.service_name)).match(request)


def _name(request: Request) -> str | None:
    target = request.headers.get("X-Amz-Target")
    return target.rpartition(".")[2] if target else request.values.get("Action")
