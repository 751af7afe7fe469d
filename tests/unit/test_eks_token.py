# Copyright: KubeOps Hybrid contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens for EKS: their signature is computed again here, as the AWS documentation on Signature Version 4 says."""

from __future__ import annotations

import base64
import datetime
import hashlib
import hmac
import json
import os
import subprocess
import sys
import urllib.parse
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws

from ansible_collections.kubeops.hybrid.plugins.module_utils._clients import eks_token

# Together they take seconds: not for the inner loop.
pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).parents[2] / "roles" / "eks" / "files" / "eks_token.py"
ACCESS, SECRET = "AKIDEXAMPLE", "a-secret-for-tests-only"
REGION = "us-east-2"


@pytest.fixture
def credentials(tmp_path: Path) -> Path:
    """A shared credentials file with profiles of long-lived and temporary keys."""
    path = tmp_path / "credentials"
    keys = f"aws_access_key_id = {ACCESS}\naws_secret_access_key = {SECRET}\n"
    path.write_text(f"[prod]\n{keys}[temporary]\n{keys}aws_session_token = a/session+token=\n", encoding="utf-8")
    return path


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The program as kubectl runs it, in an environment without credentials."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment |= {"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/nonexistent"}
    return subprocess.run(
        [sys.executable, str(SCRIPT), "--cluster", "demo", "--region", REGION, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def url_of(token: str) -> urllib.parse.SplitResult:
    """What a token hides."""
    text = token.removeprefix(eks_token.PREFIX)
    assert text != token
    assert not text.endswith("=")
    return urllib.parse.urlsplit(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode())


def signature(url: urllib.parse.SplitResult, cluster: str, secret: str) -> str:
    """The signature that a presigned GET of this URL has to have."""
    query = dict(urllib.parse.parse_qsl(url.query))
    scope = query["X-Amz-Credential"].split("/", 1)[1]
    date, region, service, end = scope.split("/")
    rest = sorted((key, value) for key, value in query.items() if key != "X-Amz-Signature")
    canonical_query = "&".join(
        f"{urllib.parse.quote(k, safe='-_.~')}={urllib.parse.quote(v, safe='-_.~')}" for k, v in rest
    )
    headers = f"host:{url.netloc}\nx-k8s-aws-id:{cluster}\n"
    request = "\n".join(["GET", "/", canonical_query, headers, "host;x-k8s-aws-id", hashlib.sha256(b"").hexdigest()])
    to_sign = "\n".join(["AWS4-HMAC-SHA256", query["X-Amz-Date"], scope, hashlib.sha256(request.encode()).hexdigest()])
    key = f"AWS4{secret}".encode()
    for part in (date, region, service, end):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()


def assert_signed(token: str, cluster: str = "demo", secret: str = SECRET) -> dict[str, str]:
    """The token is a presigned question for the cluster; answers its query."""
    url = url_of(token)
    query = dict(urllib.parse.parse_qsl(url.query))
    assert query["X-Amz-Signature"] == signature(url, cluster, secret)
    assert (query["Action"], query["Version"], query["X-Amz-Expires"]) == ("GetCallerIdentity", "2011-06-15", "60")
    assert query["X-Amz-SignedHeaders"] == "host;x-k8s-aws-id"
    return query


def test_the_program_prints_an_exec_credential(credentials: Path) -> None:
    before = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    answer = run("--profile", "prod", "--shared-credentials-file", str(credentials))
    assert (answer.returncode, answer.stderr) == (0, "")
    document: dict[str, Any] = json.loads(answer.stdout)
    assert (document["apiVersion"], document["kind"]) == ("client.authentication.k8s.io/v1", "ExecCredential")
    expiry = datetime.datetime.fromisoformat(document["status"]["expirationTimestamp"])
    assert datetime.timedelta(0) <= expiry - before - datetime.timedelta(minutes=14) < datetime.timedelta(minutes=1)
    query = assert_signed(document["status"]["token"])
    assert query["X-Amz-Credential"].startswith(f"{ACCESS}/")
    assert url_of(document["status"]["token"]).netloc == f"sts.{REGION}.amazonaws.com"


def test_temporary_credentials_sign_their_session_token(credentials: Path) -> None:
    answer = run("--profile", "temporary", "--shared-credentials-file", str(credentials))
    query = assert_signed(json.loads(answer.stdout)["status"]["token"])
    assert query["X-Amz-Security-Token"] == "a/session+token="


def test_an_own_endpoint_is_the_signed_host(credentials: Path) -> None:
    url = "http://127.0.0.1:4566"
    answer = run("--profile", "prod", "--shared-credentials-file", str(credentials), "--endpoint-url", url)
    token = json.loads(answer.stdout)["status"]["token"]
    assert_signed(token)
    assert url_of(token).netloc == "127.0.0.1:4566"


def test_another_cluster_needs_another_token(credentials: Path) -> None:
    session = eks_token.session_of(profile="prod", shared_credentials_file=str(credentials))
    token = eks_token.token("other", REGION, session)
    assert_signed(token, cluster="other")
    url = url_of(token)
    assert dict(urllib.parse.parse_qsl(url.query))["X-Amz-Signature"] != signature(url, "demo", SECRET)


@mock_aws
def test_an_assumed_role_signs_with_its_own_keys() -> None:
    session = eks_token.session_of(keys=(ACCESS, SECRET, None))
    role = "arn:aws:iam::123456789012:role/admin"
    query = dict(urllib.parse.parse_qsl(url_of(eks_token.token("demo", REGION, session, assume_role=role)).query))
    assert not query["X-Amz-Credential"].startswith(ACCESS)
    assert query["X-Amz-Security-Token"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--profile", "nobody"), "The config profile (nobody) could not be found"),
        ((), "Unable to locate credentials"),
    ],
)
def test_without_credentials_it_says_so_in_one_line(arguments: tuple[str, ...], told: str) -> None:
    answer = run(*arguments, "--shared-credentials-file", "/nonexistent")
    assert (answer.returncode, answer.stdout) == (1, "")
    assert told in answer.stderr
    assert answer.stderr.count("\n") == 1


def test_the_role_and_the_modules_use_one_file() -> None:
    assert SCRIPT.resolve() == Path(eks_token.__file__).resolve()
