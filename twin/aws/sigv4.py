# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check signatures (AWS Signature Version 4) with botocore's own signer."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, quote, urlsplit

from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

MAX_SKEW = timedelta(minutes=15)
MAX_PRESIGNED = timedelta(minutes=15)


class Expired(ValueError):
    """The signature is right, but not now."""


class SignatureWrong(ValueError):
    """The signature was not made with the secret of this access key over this request."""


def verify_header(
    *,
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    credentials: Credentials,
    service: str,
    region: str,
) -> None:
    """Verify a request that is signed in its Authorization header.

    :raises SignatureWrong: if it was not signed so.
    """
    sent = {name.lower(): value for name, value in headers.items()}
    fields = _authorization(sent.get("authorization", ""))
    signed = {name: sent.get(name, "") for name in fields["SignedHeaders"].split(";")}
    request = AWSRequest(method=method, url=url, headers=signed, data=body)
    request.context["timestamp"] = sent.get("x-amz-date", "")
    payload_hash = sent.get("x-amz-content-sha256")
    if payload_hash and "x-amz-content-sha256" not in signed:
        request.headers["X-Amz-Content-SHA256"] = payload_hash
    # S3 signs the path as it is sent, everybody else escapes it once more: botocore has two signers for it.
    signer = _PlainPath if service == "s3" else SigV4Auth
    _compare(signer(credentials, service, region), request, fields["Signature"])


def verify_query(
    *, url: str, headers: Mapping[str, str], credentials: Credentials, service: str, region: str, now: datetime
) -> None:
    """Verify a presigned GET.

    :param headers: the headers that the caller says were sent; only the signed ones count.
    :raises Expired: outside of its time, or made for longer than 15 minutes.
    :raises SignatureWrong: if it was not signed so.
    """
    parts = urlsplit(url)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    query = dict(pairs)
    _check_time(query, now)
    signature = query.get("X-Amz-Signature", "")
    unsigned = "&".join(
        f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}"
        for name, value in sorted(pairs)
        if name != "X-Amz-Signature"
    )
    lower = {name.lower(): value for name, value in headers.items()} | {"host": parts.netloc}
    signed = {name: lower.get(name, "") for name in query.get("X-Amz-SignedHeaders", "host").split(";")}
    request = AWSRequest(method="GET", url=f"{parts.scheme}://{parts.netloc}{parts.path}?{unsigned}", headers=signed)
    request.context["timestamp"] = query["X-Amz-Date"]
    _compare(SigV4QueryAuth(credentials, service, region), request, signature)


class _PlainPath(SigV4Auth):
    def _normalize_url_path(self, path: str) -> str:
        return path


def _check_time(query: Mapping[str, str], now: datetime) -> None:
    try:
        made = datetime.strptime(query["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        valid_for = timedelta(seconds=int(query["X-Amz-Expires"]))
    except (KeyError, ValueError) as error:
        raise SignatureWrong("the presigned URL has no date or no expiry") from error
    if valid_for > MAX_PRESIGNED:
        raise Expired(f"presigned for {valid_for}, at most {MAX_PRESIGNED} are accepted")
    if not made - MAX_SKEW <= now <= made + valid_for:
        raise Expired(f"presigned at {made:%H:%M:%S} for {valid_for}")


def _compare(signer: SigV4Auth, request: AWSRequest, signature: str) -> None:
    canonical = signer.canonical_request(request)
    expected = signer.signature(signer.string_to_sign(request, canonical), request)
    if not hmac.compare_digest(str(expected), signature):
        raise SignatureWrong("the signature does not match the request")


def _authorization(header: str) -> dict[str, str]:
    fields = dict(part.strip().split("=", 1) for part in header.partition(" ")[2].split(",") if "=" in part)
    if not {"SignedHeaders", "Signature"} <= set(fields):
        raise SignatureWrong("the Authorization header is incomplete")
    return fields
