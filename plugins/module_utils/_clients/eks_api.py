# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is private to the collection: its content may change in any release.
"""Reading the Kubernetes API of an EKS cluster, with a token that never leaves this process."""

from __future__ import annotations

import base64
import binascii
import json
import ssl
import typing as t
import urllib.parse

from .._engine.errors import Denied, EstateError, Invalid, NotFound, Unavailable
from . import eks_token
from .aws import Connection, translate

try:
    import botocore.exceptions
    import urllib3

    HAS_URLLIB3 = True
except ImportError:
    HAS_URLLIB3 = False

Row = t.Mapping[str, t.Any]
_PAGE = 500


class EksApi:
    """One cluster's API. endpoint: https URL; authority: its CA certificate in PEM as base64, as EKS tells it."""

    def __init__(self, endpoint: str, authority: str, token: str) -> None:
        if not HAS_URLLIB3:
            raise Invalid("the Python library urllib3 is missing", remedy="Install it for ansible_playbook_python.")
        try:
            pem = base64.b64decode(authority, validate=True).decode()
            trusted = trust(pem)
        except (binascii.Error, UnicodeDecodeError, ssl.SSLError) as error:
            raise Invalid(f"the certificate authority of {endpoint} is not base64 of PEM") from error
        self._endpoint = endpoint.rstrip("/")
        self._pool = urllib3.PoolManager(
            ssl_context=trusted,
            headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
            timeout=urllib3.Timeout(connect=10, read=30),
            retries=urllib3.Retry(total=3, backoff_factor=0.2, status_forcelist=(429, 503)),
        )

    def listed(self, path: str) -> list[Row]:
        """All objects of a collection ("/api/v1/nodes"), page by page."""
        found: list[Row] = []
        following = ""
        while True:
            query = {"limit": _PAGE, **({"continue": following} if following else {})}
            answer = self._get(f"{path}?{urllib.parse.urlencode(query)}")
            found += answer["items"]
            following = answer.get("metadata", {}).get("continue") or ""
            if not following:
                return found

    def _get(self, path: str) -> Row:
        url = f"{self._endpoint}{path}"
        try:
            answer = self._pool.request("GET", url)
        except urllib3.exceptions.HTTPError as error:
            raise Unavailable(f"{url}: {error}", remedy="Is the cluster's endpoint reachable from here?") from error
        if answer.status != 200:
            raise _refusal(url, answer.status, answer.data)
        return t.cast(Row, json.loads(answer.data))


def trust(pem: str) -> ssl.SSLContext:
    """Trust in one authority and nobody else.

    EKS' authorities have no key identifiers, which RFC 5280 allows and which Python refuses since 3.13 unless told.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=pem)
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def _refusal(url: str, status: int, body: bytes) -> EstateError:
    try:
        told = json.loads(body).get("message", "")
    except (ValueError, AttributeError):
        told = ""
    cause = f"{url} answers {status} {told}".strip()
    if status in (401, 403):
        return Denied(cause, remedy="These AWS credentials need an access entry with a policy in the cluster.")
    return NotFound(cause) if status == 404 else Unavailable(cause)


def nodes(connection: Connection, cluster: str, endpoint: str, authority: str) -> list[Row]:
    """The nodes that the cluster's own API shows, asked with the connection's AWS credentials."""
    c = connection
    try:
        session = eks_token.session_of(
            profile=c.profile,
            shared_credentials_file=c.shared_credentials_file,
            keys=(c.access_key, c.secret_key, c.session_token) if c.access_key and c.secret_key else None,
        )
        token = eks_token.token(
            cluster,
            c.region,
            session,
            endpoint_url=c.endpoint_url,
            ca_bundle=c.ca_bundle,
            assume_role=c.assume_role,
        )
    except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
        raise translate(error, "sts", "get_caller_identity") from error
    return EksApi(endpoint, authority, token).listed("/api/v1/nodes")
