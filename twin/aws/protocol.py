# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write results and errors as the protocol of the called service has them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

from moto.core.model import ServiceModel
from moto.core.responses import BaseResponse
from moto.core.serialize import XFormedAttributePicker, get_serializer_class
from moto.ec2.responses import EC2Response
from werkzeug.wrappers import Response

from twin.aws.call import Call
from twin.aws.errors import AwsError

JSON_TYPES = {
    "json": "application/x-amz-json-1.1",
    "rest-json": "application/json",
    "smithy-rpc-v2-cbor": "application/json",
}
# moto's own rules for turning its model objects into members of the answer, where a service has such rules.
RESPONSE_CLASSES: dict[str, type[BaseResponse]] = {"ec2": EC2Response}


def render(call: Call, result: Mapping[str, Any]) -> Response:
    """Serialize ``result`` (keyed as the output shape) by the model of the operation."""
    response_class = RESPONSE_CLASSES.get(call.service, BaseResponse)
    picker = XFormedAttributePicker(response_transformers=response_class.RESPONSE_KEY_PATH_TO_TRANSFORMER)
    serializer = get_serializer_class(call.service, call.protocol)(call.operation_model, value_picker=picker)
    answer = serializer.serialize(result)
    body = answer["body"]
    response = Response(body, status=answer["status_code"], headers=dict(answer["headers"]))
    response.headers["x-amzn-RequestId"] = str(uuid.uuid4())
    return response


def render_error(error: AwsError, service: str, protocol: str, model: ServiceModel | None) -> Response:
    """An error that the client parses into a ClientError with exactly ``error.code``."""
    status = error.status or _modelled_status(model, error.code) or 400
    request_id = str(uuid.uuid4())
    if protocol in JSON_TYPES:
        body = json.dumps({"__type": error.code, "message": error.message, "Message": error.message, **error.fields})
        content_type = JSON_TYPES[protocol]
    else:
        body = _xml_body(error, service, protocol, request_id, "Receiver" if status >= 500 else "Sender")
        content_type = "text/xml"
    headers = {"x-amzn-ErrorType": error.code, "x-amzn-RequestId": request_id, "Content-Type": content_type}
    return Response(body, status=status, headers=headers)


def _modelled_status(model: ServiceModel | None, code: str) -> int | None:
    shapes = model.error_shapes if model is not None else []
    for shape in shapes:
        error = shape.metadata.get("error", {})
        if code in (shape.name, error.get("code")):
            status = error.get("httpStatusCode")
            return int(status) if status else None
    return None


def _xml_body(error: AwsError, service: str, protocol: str, request_id: str, kind: str) -> str:
    code_and_message = f"<Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>"
    if protocol == "ec2":
        inner = f"<Errors><Error>{code_and_message}</Error></Errors><RequestID>{request_id}</RequestID>"
        return f'<?xml version="1.0" encoding="UTF-8"?><Response>{inner}</Response>'
    if service == "s3":
        inner = f"{code_and_message}<RequestId>{request_id}</RequestId>"
        return f'<?xml version="1.0" encoding="UTF-8"?><Error>{inner}</Error>'
    inner = f"<Error><Type>{kind}</Type>{code_and_message}</Error><RequestId>{request_id}</RequestId>"
    return f"<ErrorResponse>{inner}</ErrorResponse>"
