# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who signed this request."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from werkzeug.wrappers import Request

from twin.aws import sigv4
from twin.aws.call import Call, Scope
from twin.aws.credentials import CredentialStore, unknown_key, wrong_signature
from twin.aws.errors import AwsError
from twin.aws.principal import Principal


def authenticate(store: CredentialStore, call: Call, scope: Scope, environ: dict[str, Any], body: bytes) -> Principal:
    """The owner of the access key, if the signature is right.

    :raises AwsError: with the code of the called service.
    """
    known = store.find(scope.access_key)
    if known is None:
        raise unknown_key(call.service, call.protocol)
    request = Request(environ)
    token = request.args.get("X-Amz-Security-Token") if scope.presigned else request.headers.get("X-Amz-Security-Token")
    if (token or None) != known.credentials.token:
        raise unknown_key(call.service, call.protocol)
    url = f"http://{request.host}{environ.get('RAW_URI') or request.full_path.rstrip('?')}"
    try:
        if scope.presigned:
            now = datetime.now(UTC)
            sigv4.verify_query(
                url=url,
                headers=dict(request.headers.items()),
                credentials=known.credentials,
                service=scope.service,
                region=scope.region,
                now=now,
            )
        else:
            sigv4.verify_header(
                method=request.method,
                url=url,
                headers=dict(request.headers.items()),
                body=body,
                credentials=known.credentials,
                service=scope.service,
                region=scope.region,
            )
    except sigv4.Expired as error:
        raise AwsError("ExpiredToken", f"Signature expired: {error}", 403) from error
    except sigv4.SignatureWrong as error:
        raise wrong_signature(call.protocol) from error
    return known.principal
