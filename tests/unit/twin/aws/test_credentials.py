# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The credentials file, and signatures made with what is in it."""

from __future__ import annotations

import configparser
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from twin.aws.credentials import STRANGER_ACCOUNT, CredentialStore, allowed
from twin.aws.principal import Principal
from twin.aws.sigv4 import Expired, SignatureWrong, verify_header, verify_query

ACCOUNT = "123456789012"
KEYS = Credentials("AKIAIOSFODNN7EXAMPLE", "a long secret for tests")
OTHER = Credentials("AKIAIOSFODNN7EXAMPLE", "another long secret for tests")
URL = "http://127.0.0.1:4566/clusters?maxResults=5&x=a%20b"


def keys_of(path: Path) -> dict[str, str]:
    """Access key by profile."""
    parser = configparser.RawConfigParser()
    parser.read(path)
    return {profile: parser[profile]["aws_access_key_id"] for profile in parser.sections()}


def test_the_file_is_made_complete_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "private" / "aws-credentials"
    CredentialStore(path, ACCOUNT)
    first = keys_of(path)
    assert set(first) == {"twin", "readonly", "stranger"}
    assert path.stat().st_mode & 0o777 == 0o600
    store = CredentialStore(path, ACCOUNT)
    assert keys_of(path) == first
    stranger = store.find(first["stranger"])
    assert stranger is not None
    assert stranger.principal.account == STRANGER_ACCOUNT


def test_unknown_keys_are_nobodys(tmp_path: Path) -> None:
    assert CredentialStore(tmp_path / "keys", ACCOUNT).find("AKIANOBODY") is None


def test_sessions_belong_to_their_role(tmp_path: Path) -> None:
    store = CredentialStore(tmp_path / "keys", ACCOUNT)
    made = store.add_session(f"arn:aws:iam::{ACCOUNT}:role/path/deployer", "run-1", "AROA1")
    found = store.find(made.credentials.access_key)
    assert found is not None
    assert found.principal.arn == f"arn:aws:sts::{ACCOUNT}:assumed-role/deployer/run-1"


def test_readers_only_read() -> None:
    reader = Principal("arn", ACCOUNT, "id", read_only=True)
    assert allowed(reader, "DescribeVpcs")
    assert allowed(reader, "GetCallerIdentity")
    assert not allowed(reader, "CreateVpc")


def signed(keys: Credentials, body: bytes = b"{}") -> dict[str, str]:
    """Headers of a signed request."""
    request = AWSRequest(method="POST", url=URL, data=body, headers={"Host": "127.0.0.1:4566", "X-Amz-Test": "y"})
    SigV4Auth(keys, "eks", "us-east-2").add_auth(request)
    return dict(request.headers.items())


def check(headers: dict[str, str], body: bytes = b"{}") -> None:
    """Verify it."""
    verify_header(
        method="POST", url=URL, headers=headers, body=body, credentials=KEYS, service="eks", region="us-east-2"
    )


def test_header_signatures() -> None:
    check(signed(KEYS))
    for headers, body in ((signed(OTHER), b"{}"), (signed(KEYS), b"{ }"), (signed(KEYS) | {"X-Amz-Test": "n"}, b"{}")):
        with pytest.raises(SignatureWrong):
            check(headers, body)
    with pytest.raises(SignatureWrong):
        check({"Authorization": "AWS4-HMAC-SHA256 nothing"})


def presigned(keys: Credentials, expires: int) -> str:
    """A presigned GetCallerIdentity."""
    url = "https://sts.us-east-2.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15"
    request = AWSRequest(method="GET", url=url, headers={"x-k8s-aws-id": "demo"})
    SigV4QueryAuth(keys, "sts", "us-east-2", expires=expires).add_auth(request)
    return str(request.url)


def check_query(url: str, after: float = 0.0, cluster: str = "demo") -> None:
    """Verify it some seconds later."""
    verify_query(
        url=url,
        headers={"x-k8s-aws-id": cluster},
        credentials=KEYS,
        service="sts",
        region="us-east-2",
        now=datetime.now(UTC) + timedelta(seconds=after),
    )


def test_presigned_urls() -> None:
    url = presigned(KEYS, 60)
    check_query(url)
    check_query(url, after=58)
    with pytest.raises(Expired):
        check_query(url, after=62)
    with pytest.raises(Expired):
        check_query(presigned(KEYS, 3600))
    with pytest.raises(SignatureWrong):
        check_query(url, cluster="other")
    with pytest.raises(SignatureWrong):
        check_query(presigned(OTHER, 60))
    with pytest.raises(SignatureWrong):
        check_query(url.replace("X-Amz-Expires=60", "X-Amz-Expires=600"))
