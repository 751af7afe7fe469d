# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Let moto answer a call, and turn what it cannot do into a clean error instead of a page of HTML."""

from __future__ import annotations

import functools
import logging
from typing import Any

from moto.backend_index import backend_url_patterns
from moto.backends import ALT_SERVICE_NAMES, SERVICE_NAMES
from moto.core import responses
from moto.core.base_backend import BackendDict
from moto.core.exceptions import ServiceException
from moto.core.model_instances import reset_model_data
from moto.core.utils import method_names_from_class
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from twin.aws.call import Call, rewound
from twin.aws.errors import AwsError, Unsupported

LOG = logging.getLogger(__name__)
# Services of one path, which need none of the dispatcher's guessing.
DIRECT: tuple[SERVICE_NAMES, ...] = ("ec2", "iam", "sts", "autoscaling")
METHOD_NAMES = functools.cache(method_names_from_class)


class MotoGate:
    """moto as a WSGI application in this process, emptied at the start: one world a process."""

    def __init__(self) -> None:
        BackendDict.reset()
        reset_model_data()
        self._dispatcher = DomainDispatcherApplication(create_backend_app)
        self._direct: dict[str, Any] = {name: create_backend_app(name) for name in DIRECT}
        # Looked up anew for every call, these names are half of what a call costs.
        vars(responses)["method_names_from_class"] = METHOD_NAMES

    @staticmethod
    def has(service: str) -> bool:
        """Whether moto has any of this service."""
        plain = service.replace("-", "")
        return any(name.replace("-", "") == plain for name, _ in backend_url_patterns) or plain in ALT_SERVICE_NAMES

    def answer(self, call: Call, environ: dict[str, Any], body: bytes) -> Response:
        """moto's answer.

        :raises Unsupported: if moto has no such service or operation.
        """
        if not self.has(call.service):
            raise Unsupported(call.service, call.operation, "no such service")
        inner = rewound(environ, body)
        inner["HTTP_X_MOTO_ACCOUNT_ID"] = call.account
        try:
            application = self._direct.get(call.service, self._dispatcher)
            response = Response.from_app(application, inner, buffered=True)
        except NotImplementedError as error:
            raise Unsupported(call.service, call.operation, str(error)) from error
        except (AwsError, ServiceException, HTTPException):
            raise
        except Exception as error:
            # moto runs its applications in debug mode, so whatever breaks in a model arrives here; it is a gap of
            # the twin, and one that must not take the server down.
            LOG.exception("moto failed in %s:%s", call.service, call.operation)
            raise Unsupported(call.service, call.operation, f"moto failed: {type(error).__name__}: {error}") from error
        if is_html(response):
            raise Unsupported(call.service, call.operation, f"moto answered {response.status_code} with a page")
        return response


def is_html(response: Response) -> bool:
    """Whether this is the web framework's own error page, which no AWS service sends."""
    failed = response.status_code in (404, 405, 500)
    return failed and response.get_data().lstrip().lower().startswith((b"<!doctype html", b"<html"))
